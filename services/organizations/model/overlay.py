"""A partner's organization as this account shows it: what its account told, and what this account adds.

Its document holds both side by side. The last contact card is `card`, with the name, which stays when a card
goes; only the partner's messages write these. The overlay is what people here keep on it: it stands where an
own organization has the same fields, so that the same filters and indexes find it; only edits write it. They
are put together when the record is read, so neither ever changes the other, whichever comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.organizations.model.rules import RuleBroken

State = Mapping[str, Any]

NAME: Final = "name"
OF_CARD: Final[Mapping[str, Any]] = {"picture_uri": None, "addresses": [], "contacts": []}
"""What a card brings besides the name, and how each looks while there is none."""
OURS: Final = ("remarks", "attachments", "financialID", "ui_extension", "custom_fields")
"""What is shown of the overlay."""
WRITTEN: Final = ("remarks", "remarks_attachments", "financialID", "custom_fields")
"""What an edit of it takes."""


def is_foreign(state: State) -> bool:
    """Whether the record's home is another account."""
    return state.get("account") is not None


def merged(state: State) -> dict[str, Any]:
    """The organization as it is shown. An own one is shown as it is; a partner's with what its card says, and
    with `from_account` and `ours`: which of its fields its account told, and which are this account's own.
    """
    if not is_foreign(state):
        return dict(state)
    card = state.get("card")
    told = OF_CARD if card is None else {name: card[name] for name in OF_CARD}
    theirs = (NAME,) if card is None else (NAME, *OF_CARD)
    return {**state, **told, "from_account": list(theirs), "ours": list(OURS)}


def takes(state: State, fields: Mapping[str, Any]) -> None:
    """Whether these fields of a partner's organization may be written here.

    Raises RuleBroken `foreign_field`, which names those that may not.
    """
    if refused := [name for name in fields if name not in WRITTEN]:
        account = state["account"]
        raise RuleBroken(
            "foreign_field",
            f"This organization belongs to the account {account['name']}, which alone writes it. "
            f"Yours to keep on it are: {', '.join(WRITTEN)}.",
            [(name, f"is written by account {account['id']}") for name in refused],
        )
