"""Services are killed around what falls due: each alarm and each follow-up has its effect once, none is
missing.

Nobody waits here for days: what the services keep is set back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interdesk.waiting import holds_within
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, Partners
from tests.waiting import wait_until

TARGET_MINUTES = 6_000  # nothing falls due by itself while the tests run
# Where who keeps the clocks, and who hears them, is killed each time something falls due.
ROUNDS: tuple[dict[str, str], ...] = (
    {"slas": "before_save", "requests": "after_save"},
    {"slas": "after_save", "requests": "after_event"},
    {"slas": "after_publish"},
    {"slas": "after_mark"},
)
REMINDER, ALARM = "Reminder:", "The resolution target"


@pytest.fixture(scope="module")
def hurry(partners: Partners) -> Iterator[None]:
    """The provider's offering reminds after a business day, and escalates at each tenth of its target."""
    with partners[PROVIDER].api() as api:
        rules = [
            {"threshold_percentage": 10 * number, "make_urgent": True} for number in range(1, len(ROUNDS) + 1)
        ]
        scheme = api.post("sla_notification_schemes", {"name": "Hurry", "rules": rules})
        patience = {"name": "Patience", "rules": [{"nr_of_business_days": 1}]}
        offering = f"service_offerings/{partners.provider.offering_id}"
        before = api.get(offering)
        other_terms = {
            "resolution_target_low_in_days": before["resolution_target_low_in_days"],
            "support_hours_low_id": before["support_hours_low"]["id"],
        }
        terms = {
            **dict.fromkeys(other_terms),  # around the clock: the test runs on Sundays, too
            "resolution_target_low": TARGET_MINUTES,
            "resolution_target_notification_scheme_low_id": scheme["id"],
            "waiting_for_customer_follow_up_id": api.post("waiting_for_customer_follow_ups", patience)["id"],
        }
        api.patch(offering, terms)
        yield
        api.patch(offering, {**dict.fromkeys(terms), **other_terms})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_falls_due_has_its_effect_once_wherever_a_service_is_killed(
    partners: Partners, hurry: None
) -> None:
    silent, late = Case(partners, "silent"), Case(partners, "late")
    silent.hand_over()
    silent.ask()
    late.hand_over()
    late.arrived()
    wait_until(lambda: all(_affected(partners, case) is not None for case in (silent, late)))
    for number, points in enumerate(ROUNDS, start=1):
        partners[PROVIDER].kill(*points)
        _set_back(partners, silent, late, number)
        _killed_at(partners, points)
        _has_told(partners, silent, REMINDER, number)
        _has_told(partners, late, ALARM, number)
    partners[PROVIDER].wait_ready("slas", "requests")
    silent.answer()
    silent.answer_comes()
    for case in (silent, late):
        case.complete()
        case.close()
    must_agree(partners, [silent, late], (CUSTOMER, PROVIDER))
    assert len(_told(partners, silent, REMINDER)) == len(ROUNDS)
    assert _told(partners, late, ALARM) == [
        f"{ALARM} of {_sla_name(partners)} was {10 * number} % gone: "
        + ("made urgent." if number == 1 else "it is urgent already.")
        for number in range(1, len(ROUNDS) + 1)
    ]


def _killed_at(partners: Partners, points: dict[str, str]) -> None:
    """Each service works until it comes to its point, and is started again at once: another may need it to
    come to its own."""
    provider, alive = partners[PROVIDER], set(points)
    for service, point in points.items():
        provider.start(service, settings={"INTERDESK_CRASH_AT": f"{service}.{point}"})

    def all_died() -> bool:
        for service in [each for each in alive if not provider.processes[each].alive]:
            alive.remove(service)
            provider.start(service)
        return not alive

    assert holds_within(all_died, 60), f"{alive} live: {points}"


def _has_told(partners: Partners, case: Case, kind: str, times: int) -> None:
    wait_until(lambda: len(_told(partners, case, kind)) >= times)


def _set_back(partners: Partners, silent: Case, late: Case, number: int) -> None:
    """One request has waited a day longer, and began to; of another one's target one tenth more is gone."""
    now = datetime.now(UTC).replace(microsecond=0)
    since = now - timedelta(days=5 + number)
    wait: dict[str, Any] = {"waiting_since": since}
    _set(partners, "slas", "affected_slas", {"request_id": silent.remote_id}, {**wait, "due": now})
    _set(partners, "requests", "requests", {"_id": silent.remote_id}, {**wait, "reminders": 0})
    begun = now - timedelta(minutes=TARGET_MINUTES * number // 10 + 1)
    late_ = {"started_at": begun, "due": now}
    _set(partners, "slas", "affected_slas", {"request_id": late.remote_id}, late_)


def _set(
    partners: Partners, service: str, collection: str, which: dict[str, Any], fields: dict[str, Any]
) -> None:
    changed = partners.stored(PROVIDER, service)[collection].update_one(which, {"$set": fields})
    assert changed.matched_count == 1


def _affected(partners: Partners, case: Case) -> dict[str, Any] | None:
    """The provider's affected SLA of a case, with the scheme, when it has followed it to where it is."""
    request = partners.stored(PROVIDER, "requests")["requests"].find_one({"_id": case.remote_id})
    situation = partners.stored(PROVIDER, "slas")["situations"].find_one({"_id": case.remote_id})
    if request is None or situation is None or situation["n"] != request["situations"]:
        return None
    return partners.stored(PROVIDER, "slas")["affected_slas"].find_one(
        {"request_id": case.remote_id, "resolution_rules": {"$ne": None}}
    )


def _told(partners: Partners, case: Case, kind: str) -> list[str]:
    found = partners.stored(PROVIDER, "requests")["notes"].find(
        {"request_id": case.remote_id, "medium": "system"}
    )
    return [note["text"] for note in found.sort([("_id", 1)]) if note["text"].startswith(kind)]


def _sla_name(partners: Partners) -> str:
    (sla,) = partners.stored(PROVIDER, "slas")["slas"].find({"account": None})
    return str(sla["name"])
