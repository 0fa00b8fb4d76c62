"""The demo: what a step is checked by, what a person is shown, and what the accounts have."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

import pytest
from rich.console import Console

from interdesk.demo.data import AGREEMENTS, CASTS, ROLES, WIDGET, Cast
from interdesk.demo.show import Screen
from interdesk.demo.teller import StoryBroken, Teller, differences
from interdesk.local.accounts import AccountSpecSchema

SEEN: dict[str, Any] = {
    "id": 4,
    "status": "assigned",
    "team": "Web Shop Support",
    "member": None,
    "supplier": "GigaTera",
    "completion_reason": None,
    "listed": "open",
    "clock": "runs",
    "next_target_at": "2026-03-23T10:00:00Z",
    "notes": ["Customers cannot check out since 9:40.", "Replaced a faulty load balancer."],
}


class NoStand:
    """What the screen takes of an account's stand: its cast."""

    cast = WIDGET


def test_a_side_that_sees_what_it_must_differs_in_nothing() -> None:
    expected = {"status": "assigned", "member": None, "notes": ["load balancer"], "hidden": ["secret"]}
    assert differences(expected, SEEN) == []


def test_each_difference_tells_what_was_expected_and_what_was_seen() -> None:
    expected = {"status": "completed", "listed": "completed", "notes": ["Nothing"], "hidden": ["balancer"]}
    assert differences(expected, SEEN) == [
        "status 'completed', but sees 'assigned'",
        "listed 'completed', but sees 'open'",
        "the note 'Nothing'",
        "no note 'balancer'",
    ]


def test_a_step_that_names_what_no_side_shows_is_a_mistake_of_the_story() -> None:
    with pytest.raises(KeyError):
        differences({"colour": "red"}, SEEN)


def test_the_sides_are_drawn_beside_each_other() -> None:
    written = io.StringIO()
    screen = Screen(Console(file=written, width=120), {"widget": NoStand(), "gigatera": NoStand()})  # type: ignore[dict-item]
    screen.sides({"widget": SEEN, "gigatera": {**SEEN, "status": "waiting_for_customer", "notes": []}})
    lines = written.getvalue().splitlines()
    status = next(line for line in lines if "status" in line)
    assert status.index("assigned") < status.index("waiting for customer")
    assert "load balancer" in written.getvalue()
    assert "2026-03-23 10:00 UTC" in written.getvalue()


def test_what_a_person_wrote_is_shown_and_not_taken_for_markup() -> None:
    written = io.StringIO()
    screen = Screen(Console(file=written, width=120), {"widget": NoStand()})  # type: ignore[dict-item]
    screen.sides({"widget": {**SEEN, "notes": ["see [red]the[/red] manual"]}})
    assert "[red]the[/red]" in written.getvalue()


class OneRequest:
    """What a teller asks of an account's API, about one request that never changes."""

    def get(self, path: str, **_: Any) -> Any:
        if path.endswith("/notes"):
            return [{"text": text} for text in SEEN["notes"]]
        if path.startswith("handovers/"):
            return {"providers": [{"account": {"id": "gigatera"}, "remote_request_id": None}]}
        if path in ("requests/open", "requests/completed"):
            return [{"id": 4}] if path == "requests/open" else []
        named = {name: SEEN[name] and {"name": SEEN[name]} for name in ("team", "member", "supplier")}
        plain = {name: SEEN[name] for name in ("status", "completion_reason", "next_target_at")}
        return {**plain, "completed_at": None, **named}

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return {}


class Standing(NoStand):
    def api(self, role: str) -> OneRequest:
        return OneRequest()


@pytest.fixture
def teller() -> Teller:
    stands: Any = {"widget": Standing(), "gigatera": Standing()}
    screen = Screen(Console(file=io.StringIO()), stands)
    return Teller(stands, screen, seen_seconds=0.05, requests={"widget": 4})


def test_a_story_that_comes_true_goes_on(teller: Teller) -> None:
    teller.does("widget", "waits", status="assigned")
    teller.sees("widget", status="assigned", listed="open", member=None)


def test_a_story_that_does_not_come_true_tells_the_step_what_was_expected_and_what_was_seen(
    teller: Teller,
) -> None:
    teller.does("widget", "completes it", status="completed")
    with pytest.raises(StoryBroken) as broken:
        teller.sees("widget", status="completed", listed="completed")
    assert str(broken.value) == (
        "Ellen Brown (Widget Data Center) completes it: Widget Data Center (request 4) should see "
        "status 'completed', but sees 'assigned'; listed 'completed', but sees 'open'"
    )


def test_a_hand_over_that_nobody_takes_breaks_the_story(teller: Teller) -> None:
    teller.does("widget", "hands it over", service_instance_id=2)
    with pytest.raises(StoryBroken, match=r"hands it over: gigatera has not taken it after 0\.05 s"):
        teller.arrives("widget", "gigatera")


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: cast.id)
def test_every_account_can_be_run_and_has_a_person_for_each_token(cast: Cast) -> None:
    assert AccountSpecSchema().load(cast.spec.to_document()).id == cast.id
    assert cast.people.keys() == ROLES.keys()
    assert len({cast.email(role) for role in ROLES}) == len(ROLES)


def test_every_provider_serves_the_account_whose_story_is_told_and_there_is_a_chain() -> None:
    pairs = {(provider.id, customer.id) for provider, customer in AGREEMENTS}
    assert pairs == {("gigatera", "widget"), ("globalnet", "widget"), ("globalnet", "gigatera")}


def test_the_picture_is_a_png_of_its_size() -> None:
    kind, _, data = WIDGET.picture.partition(";base64,")
    image = base64.b64decode(data, validate=True)
    assert (kind, image[:8]) == ("data:image/png", b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", image[16:24]) == (32, 32)
