"""What inboxes hear when a partner's request changes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.common.clock import iso
from services.requests.model.observed_news import news

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
STUB: dict[str, Any] = {"revision": [1, 1]}


def shown(*notes: int, **changes: Any) -> dict[str, Any]:
    said = [{"id": id, "text": f"Note {id}", "person": None, "created_at": NOW} for id in notes]
    return {"core": {}, "status": "assigned", "completion_reason": None, "notes": said, **changes}


def action(n: int, action: str, text: str, state: str = "done") -> dict[str, Any]:
    return {"action": action, "text": text, "state": state, "person": {"id": n, "name": "Grace"}}


def told(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any] | None:
    return news(before, after, id=7, n=3, at=NOW)


def test_what_changes_nothing_that_is_told_says_nothing() -> None:
    assert told(shown(1), shown(1, core={"impact": "high"})) is None
    assert told(STUB, {**STUB, "thread": {}}) is None


def test_a_status_is_said_and_that_it_is_shown_no_more_and_again() -> None:
    said = {"request_id": 7, "n": 3, "at": iso(NOW), "by_id": None, "notes": []}
    assert told(shown(1), shown(1, status="in_progress")) == {**said, "status": "in_progress"}
    assert told(shown(1), STUB) == {**said, "status": None}
    for before in ({}, STUB):
        assert told(before, shown(1, 2)) == {**said, "status": "assigned"}


def test_each_note_that_was_not_shown_is_said_with_who_of_us_wrote_it() -> None:
    ours = {"actions": [action(204, "add_note", "Note 3")]}
    said = told(shown(1), shown(1, 2, 3, **ours))
    assert said is not None
    assert [(each["id"], each["by_id"]) for each in said["notes"]] == [(2, None), (3, 204)]
    assert told(shown(1, 2), shown(2)) is None, "an earlier one that fits no more"


def test_what_the_partners_own_people_or_refused_ones_of_us_said_is_nobodys_of_ours() -> None:
    theirs = shown(1, 2, actions=[action(204, "add_note", "Note 2")])
    theirs["notes"][1]["person"] = {"id": 9, "name": "Sam"}
    refused = shown(1, 2, actions=[action(204, "add_note", "Note 2", "refused")])
    for after in (theirs, refused):
        said = told(shown(1), after)
        assert said is not None
        assert [each["by_id"] for each in said["notes"]] == [None]


def test_who_withdrew_it_is_named_and_nobody_who_was_refused() -> None:
    tried = [action(204, "withdraw", "Mine", "refused"), action(205, "withdraw", "No need", "pending")]
    over = {"status": "completed", "actions": tried}
    said = told(shown(), shown(**over, completion_reason="withdrawn"))
    assert said is not None
    assert said["by_id"] == 205
    said = told(shown(), shown(**over, completion_reason="solved"))
    assert said is not None
    assert said["by_id"] is None
