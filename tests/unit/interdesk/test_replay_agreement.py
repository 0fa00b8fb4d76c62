"""Two accounts agree, or it is said about what they do not."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from interdesk.replay.agreement import CORE, Copy, disagreements

Documents = dict[str, Any]
Change = Callable[[Documents, Documents], object]
POSITION = {"incarnation": 1, "sequence": 4}
OTHER = {"incarnation": 1, "sequence": 3}


def side(remote_request_id: int, **also: Any) -> Documents:
    return {
        "thread": "handover/widget/1",
        "remote_request_id": remote_request_id,
        "episode": {"incarnation": 1, "n": 2},
        "open": True,
        "question": None,
        "sent": POSITION,
        "applied": POSITION,
        **also,
    }


def note(id: int, text: str, author: str | None = None, *, internal: bool = False) -> Documents:
    return {"id": id, "text": text, "internal": internal, "account": {"id": author} if author else None}


def pair(turn: str = "returned", status: str = "completed", reason: str | None = "solved") -> list[Documents]:
    """Widget's copy 7 and GigaTera's copy 8, which agree."""
    core = {name: f"the {name}" for name in CORE}
    ours: Documents = {
        "account": "widget",
        "request": {"id": 7, "status": "assigned", "completion_reason": None, **core},
        "handover": {
            "origin": "o",
            "core_version": 1,
            "customer": None,
            "providers": [side(8, turn=turn, open=turn != "ended")],
        },
        "notes": [note(1, "It burns."), note(2, "Put out.", "gigatera", internal=True)],
    }
    theirs: Documents = {
        "account": "gigatera",
        "request": {"id": 8, "status": status, "completion_reason": reason, **core},
        "handover": {
            "origin": "o",
            "core_version": 1,
            "customer": side(7, open=turn != "ended"),
            "providers": [],
        },
        "notes": [note(5, "It burns.", "widget"), note(6, "Put out.")],
    }
    return [ours, theirs]


def said(ours: Documents, theirs: Documents) -> list[str]:
    return disagreements(Copy(**ours), Copy(**theirs))


def link(ours: Documents) -> Documents:
    found: Documents = ours["handover"]["providers"][0]
    return found


@pytest.mark.parametrize(
    ("turn", "status", "reason"),
    [
        ("with", "assigned", None),
        ("asked", "waiting_for_customer", None),
        ("returned", "completed", "unsolvable"),
        ("refused", "completed", "declined"),
        ("ended", "completed", "withdrawn"),
    ],
)
def test_the_allowed_pairs_agree(turn: str, status: str, reason: str | None) -> None:
    assert said(*pair(turn, status, reason)) == []


@pytest.mark.parametrize(
    ("turn", "status", "reason"),
    [
        ("with", "waiting_for_customer", None),
        ("with", "completed", "solved"),
        ("asked", "assigned", None),
        ("returned", "completed", "declined"),
        ("returned", "in_progress", None),
        ("refused", "completed", "solved"),
        ("ended", "in_progress", None),
    ],
)
def test_no_other_pair_agrees(turn: str, status: str, reason: str | None) -> None:
    assert any("no allowed pair" in text for text in said(*pair(turn, status, reason)))


CHANGES: dict[str, Change] = {
    "thread": lambda ours, theirs: link(ours).update(thread="handover/widget/2"),
    "provider's request": lambda ours, theirs: link(ours).update(remote_request_id=9),
    "customer's request": lambda ours, theirs: theirs["handover"]["customer"].update(remote_request_id=9),
    "episode": lambda ours, theirs: link(ours).update(episode={"incarnation": 1, "n": 3}),
    "open": lambda ours, theirs: theirs["handover"]["customer"].update(open=False),
    "customer sent last": lambda ours, theirs: theirs["handover"]["customer"].update(applied=OTHER),
    "provider sent last": lambda ours, theirs: link(ours).update(applied=OTHER),
    "origin": lambda ours, theirs: theirs["handover"].update(origin="p"),
    "subject": lambda ours, theirs: theirs["request"].update(subject="another"),
    "impact": lambda ours, theirs: ours["request"].update(impact="top"),
    "the customer does not have": lambda ours, theirs: theirs["notes"].append(note(9, "Hello.")),
    "the provider does not have": lambda ours, theirs: ours["notes"].append(note(9, "Hello.")),
    "note twice": lambda ours, theirs: theirs["notes"].append(note(9, "Put out.")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_differs_is_named(what: str) -> None:
    ours, theirs = deepcopy(pair())
    CHANGES[what](ours, theirs)
    assert any(what in text for text in said(ours, theirs)), said(ours, theirs)


def test_the_customer_mirrors_the_status_of_a_provider_that_has_it() -> None:
    ours, theirs = pair("with", "in_progress", None)
    assert said(ours, theirs) == ["the customer mirrors assigned, the provider is in_progress"]


def test_what_was_said_after_the_end_is_told_with_the_next_episode() -> None:
    ours, theirs = pair("ended")
    ours["notes"].append(note(9, "Thank you."))
    assert said(ours, theirs) == []
    theirs["notes"].append(note(10, "Thank you.", "widget"))
    theirs["notes"].pop(0)
    assert said(ours, theirs) == ["notes that the provider does not have: ['It burns.']"]


def test_after_the_end_the_owner_may_have_changed_the_core_but_not_the_provider() -> None:
    ours, theirs = pair("ended")
    ours["request"]["subject"] = "another"
    assert said(ours, theirs) == ["subject: 'another' and 'the subject'"]
    ours["handover"]["core_version"] = 2
    assert said(ours, theirs) == []
    theirs["handover"]["core_version"] = 3
    assert said(ours, theirs) == ["the provider's core is newer (3) than its owner's"]
