"""Files that tests upload."""

from __future__ import annotations

import requests


def uploaded(url: str, token: str, name: str, content: bytes) -> list[dict[str, str]]:
    """A file at the account's API, as `<field>_attachments` of a record name it."""
    answer = requests.post(
        f"{url}/v1/attachments",
        headers={"Authorization": f"Bearer {token}"},
        files={"file": (name, content)},
        timeout=30,
    )
    assert answer.ok, answer.text
    return [{"key": str(answer.json()["key"])}]
