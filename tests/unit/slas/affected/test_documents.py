"""An affected SLA is read as it was written, and counts on by the same calendars."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.common.store.values import storable
from services.slas import documents
from services.slas.model.clocks import RESOLUTION, RESPONSE, Alarm, Escalation, FollowUp, Rule, Said
from tests.unit.slas.affected.examples import shop, situation
from tests.unit.slas.scenarios.world import ALWAYS, CALENDARS, OFFICE

KEPT = {documents.digest(calendar): calendar for calendar in CALENDARS.values()}
STATUSES = ("assigned", "in_progress", "waiting_for_customer", "completed")
IMPACTS = ("low", "high", "top")
steps = st.tuples(st.integers(0, 6_000), st.sampled_from(STATUSES), st.sampled_from(IMPACTS), st.booleans())


@given(st.lists(steps, max_size=10).map(sorted), st.booleans())
def test_what_is_written_is_read_again(happenings: list[tuple[int, str, str, bool]], desired: bool) -> None:
    wanted = situation("26 12:00").at if desired else None
    affected = shop(desired_completion_at=wanted)
    for minutes, status, impact, stops in happenings:
        now = situation(
            status=status, impact=impact, provider_not_accountable=stops, desired_completion_at=wanted
        )
        affected = affected.after(replace(now, at=now.at + timedelta(minutes=minutes)))
    raised = [Alarm(RESPONSE, 50), Alarm(RESOLUTION, 100)]
    written = storable(documents.to_document(affected, raised))
    assert documents.of_document(written, KEPT.__getitem__) == affected
    assert documents.raised_of(written) == raised


def test_the_rules_of_the_terms_are_read_as_they_were_written() -> None:
    affected = shop(status="waiting_for_customer", waiting_since=situation().at)
    rules = (Rule(60, ("service_owner",), Escalation(5)), Rule(80), Rule(100, (), Escalation(None, True)))
    taken = replace(affected.snapshot, resolution_rules=rules, follow_up=FollowUp((1, 2), 4))
    affected = replace(affected, snapshot=replace(taken, service_owner_id=3))
    said = Said(situation().at, 1)
    written = storable(documents.to_document(affected, [], said))
    assert documents.of_document(written, KEPT.__getitem__) == affected
    assert documents.said_of(written) == said
    assert written["due"] == situation("25 17:00").at
    assert documents.said_of(storable(documents.to_document(shop(), []))) is None


def test_calendars_are_told_apart_by_what_they_say() -> None:
    office, always = CALENDARS[OFFICE], CALENDARS[ALWAYS]
    closed = replace(office, exceptions=((20_000, ()),))
    assert len({documents.digest(each) for each in (office, always, closed)}) == 3
    for calendar in (office, always, closed):
        assert documents.read_calendar(documents.calendar_document(calendar)) == calendar
    assert documents.digest(replace(office)) == documents.digest(office)
