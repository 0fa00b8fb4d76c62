"""A customer's representative sees what a provider holds for her organization, and speaks to it."""

from __future__ import annotations

from functools import partial

import pytest

from interdesk.api import Api, ApiError
from tests.stories.observed import CANARY, registered, shown, sla_with
from tests.stories.sides import Desks
from tests.waiting import wait_until

# On a busy machine too.
soon = partial(wait_until, deadline_seconds=60)
pytestmark = pytest.mark.slow


def told(api: Api, id: int) -> list[str]:
    """What the inbox says of a request."""
    return [each["reason"] for each in api.get("me/my_inbox", request=id)]


def test_a_representative_sees_notes_and_withdraws_what_the_provider_holds(
    desks: Desks, customer: None
) -> None:
    manager = desks.api("gigatera", "manager")
    soon(
        lambda: (
            [each["name"] for each in sla_with(manager, "widget")["represented_by"] or ()] == ["Grace Lin"]
        )
    )
    subject = "The invoice run stops"
    analyst, id = registered(desks, subject)
    grace, tom = desks.api("widget", "representative"), desks.api("widget", "end_user")
    soon(lambda: len(shown(grace, subject)) == 1)
    (seen,) = shown(grace, subject)
    assert (seen["account"]["id"], seen["status"], seen["impact"]) == ("gigatera", "assigned", "high")
    assert seen["requester"] == f"caller of {subject}"
    path = f"requests/{seen['id']}"
    soon(lambda: grace.get(path)["note_count"] == 1)
    assert [each["text"] for each in grace.get(f"{path}/notes")] == ["It stops at page 3."]
    assert CANARY not in repr((grace.get(path), grace.get(f"{path}/notes")))
    assert shown(tom, subject) == []
    with pytest.raises(ApiError) as refused:
        tom.get(path)
    assert refused.value.status == 404
    with pytest.raises(ApiError) as refused:
        grace.patch(path, {"subject": "Ours"})
    assert (refused.value.status, refused.value.code) == (422, "foreign_record")

    grace.post("me/watches", {"request_id": seen["id"]})
    analyst.post(f"requests/{id}/notes", {"text": "Which of the pages is big?"})
    soon(lambda: told(grace, seen["id"]) == ["note_added"])
    grace.post(f"{path}/notes", {"text": "Page 3 is the big one."})
    soon(lambda: grace.get(path)["note_count"] == 3)
    (said,) = [
        each for each in analyst.get(f"requests/{id}/notes") if each["text"] == "Page 3 is the big one."
    ]
    assert (said["person"]["name"], said["person"]["account"]["id"]) == ("Grace Lin", "widget")
    grace.patch(path, {"status": "completed", "note": "We found it ourselves."})
    soon(lambda: grace.get(path)["status"] == "completed")
    assert analyst.get(f"requests/{id}")["completion_reason"] == "withdrawn"
    soon(lambda: [each["state"] for each in grace.get(path)["actions"]] == ["done", "done"])

    sla = sla_with(manager, "widget")
    manager.patch(f"slas/{sla['id']}", {"start_date": "2025-01-01", "expiry_date": "2026-01-01"})
    try:
        soon(lambda: shown(grace, subject) == [])
        soon(lambda: gone(desks, path))
        assert (told(grace, seen["id"]), grace.get("me/watches", request=seen["id"])) == ([], [])
        assert sla_with(manager, "widget")["represented_by"] == []
    finally:
        manager.patch(f"slas/{sla['id']}", {"expiry_date": None, "start_date": None, "status": "active"})
    soon(lambda: len(shown(grace, subject)) == 1)
    assert shown(grace, subject)[0]["id"] == seen["id"]


def gone(desks: Desks, path: str) -> bool:
    """Whether nobody of the account sees it any more."""
    try:
        desks.api("widget", "admin").get(path)
    except ApiError as refused:
        return bool(refused.status == 404)
    return False
