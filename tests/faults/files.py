"""Files that are put on notes while services are killed."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable

import requests

from tests.faults.partners import CUSTOMER, QUIET_SECONDS, Partners

SIZE = 300_000  # three pieces


def attaching(partners: Partners, attached: dict[int, bytes]) -> Callable[[threading.Event], None]:
    """One request after the other, each with a file on its first note. `attached`: what was, by request."""

    def drive(over: threading.Event) -> None:
        for number in itertools.count():
            if over.wait(2.0):
                return
            content = f"{number:08}\n".encode() * (SIZE // 9)
            key = _uploaded(partners, content)
            made = partners.api(CUSTOMER).post(
                "requests",
                {
                    "subject": f"With a file {number}",
                    "category": "rfi",
                    "note": "See this",
                    "note_attachments": [{"key": key}],
                    "source": "files",
                    "sourceID": str(number),
                },
            )
            attached[made["id"]] = content

    return drive


def not_attached(partners: Partners, attached: dict[int, bytes]) -> list[str]:
    """What is wrong with these requests: each has one note, with its file."""
    wrong = []
    for id, content in attached.items():
        notes = partners.api(CUSTOMER).get(f"requests/{id}/notes")
        found = [each for note in notes for each in note["attachments"]]
        if (len(notes), len(found)) != (1, 1):
            wrong.append(f"request {id} has {len(notes)} notes and {len(found)} files")
        elif _sent(partners, "GET", found[0]["uri"]).content != content:
            wrong.append(f"the file of request {id} is another")
    return wrong


def _uploaded(partners: Partners, content: bytes) -> str:
    return str(_sent(partners, "POST", "/v1/attachments", {"file": ("a.log", content)}).json()["key"])


def _sent(
    partners: Partners, method: str, path: str, files: dict[str, tuple[str, bytes]] | None = None
) -> requests.Response:
    """The answer, as soon as there is one: an upload that was broken off is made again."""
    account = partners[CUSTOMER]
    headers = {"Authorization": f"Bearer {account.admin_token}"}
    ends_at = time.monotonic() + QUIET_SECONDS
    while True:
        try:
            answer = requests.request(
                method, f"{account.url}{path}", headers=headers, files=files, timeout=30
            )
        except requests.RequestException:
            answer = None
        # An upload whose service has died in the middle of it is not known to the next one.
        if answer is not None and answer.ok:
            return answer
        assert time.monotonic() < ends_at, answer and answer.text
        time.sleep(0.1)
