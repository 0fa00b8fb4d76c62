"""What an account keeps for itself, a canary in all of it: files, and overlays on partners' organizations."""

from __future__ import annotations

from typing import Any, Final

from interdesk.local.local_account import LocalAccount
from tests.uploads import uploaded
from tests.waiting import wait_until

CANARY: Final = "canary"
FORM: Final = [
    {"id": "own", "label": f"{CANARY} label", "type": "text", "internal": False},
    {"id": "own_file", "label": f"{CANARY} file", "type": "attachment", "internal": False},
]
OWN_FIELDS: Final = {"custom_fields": [{"id": "own", "value": CANARY}]}


def content_of(account: LocalAccount) -> bytes:
    """What stands in the account's files."""
    return f"{CANARY} of {account.id}".encode()


def attached(account: LocalAccount) -> dict[str, Any]:
    """A file beside the remarks of a record."""
    keys = uploaded(account.url, account.admin_token, f"{CANARY}.txt", content_of(account))
    return {"remarks_attachments": keys}


def keep_overlays(account: LocalAccount) -> None:
    """On every organization of the partner's, all that an overlay takes."""
    kept = {"remarks": f"{CANARY} remarks", "financialID": f"{CANARY} financialID"}
    with account.api() as api:
        wait_until(lambda: bool(api.get("organizations/external")))
        for organization in api.get("organizations/external"):
            files = attached(account)
            own = [*OWN_FIELDS["custom_fields"], {"id": "own_file", "value": files["remarks_attachments"][0]}]
            body = {**kept, **files, "custom_fields": own}
            api.patch(f"organizations/{organization['id']}", body)
