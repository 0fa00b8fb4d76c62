"""Calendars and holidays: made, changed, filled from lists; and offerings that refer to them."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Conflict, Forbidden, Invalid, NotFound
from services.common.schemas import loaded
from services.slas.actions import calendars, services
from services.slas.model.calendars import calendar_of
from services.slas.schemas import (
    CalendarInputSchema,
    FillHolidaysInputSchema,
    HolidayInputSchema,
    ImportHolidaysInputSchema,
    ServiceOfferingInputSchema,
)
from tests.integration.slas.accounts import Hosting, Side

Made = dict[str, Any]
MONDAY = {"weekday": "mon", "time_from": "8:30", "time_until": "24:00"}
CHRISTMAS = {"name": "Christmas", "start_at": "2026-12-25", "end_at": "2026-12-27T00:00"}


def calendar(side: Side, **fields: Any) -> Made:
    taken = loaded(CalendarInputSchema(), {"name": "Office hours", **fields})
    return calendars.create_calendar(side.context, side.manager, taken)


def holiday(side: Side, calendar_id: int, **fields: Any) -> Made:
    taken = loaded(HolidayInputSchema(), {**CHRISTMAS, "calendar": calendar_id, **fields})
    return calendars.create_holiday(side.context, side.manager, taken)


def filled(side: Side, id: int, **fields: Any) -> Made:
    asked = loaded(FillHolidaysInputSchema(), {"country": "NL", "years": [2026], **fields})
    return calendars.fill_holidays(side.context, side.manager, id, asked)


def states(answer: Made) -> set[str]:
    return {each["state"] for each in answer["holidays"]}


def refused(made: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        made()
    return [field for field, _ in caught.value.errors]


def test_hours_and_exceptions_are_kept_in_their_order_and_as_the_rules_read_them(widget: Side) -> None:
    days = [{"day": "2026-12-31", "hours": []}, {"day": "2026-12-24", "hours": [{**MONDAY}]}]
    del days[1]["hours"][0]["weekday"]  # type: ignore[index]
    made = calendar(widget, calendar_hours=[{**MONDAY, "weekday": "sun"}, MONDAY], exceptions=days)
    assert [each["weekday"] for each in made["calendar_hours"]] == ["mon", "sun"]
    assert made["calendar_hours"][0]["time_from"] == "08:30"
    assert [each["day"] for each in made["exceptions"]] == ["2026-12-24", "2026-12-31"]
    read = calendar_of(widget.document("calendars", made["id"]))
    assert [len(day) for day in read.week] == [1, 0, 0, 0, 0, 0, 1]
    assert len(read.exceptions) == 2


def test_what_is_wrong_with_hours_is_told_where_it_stands(widget: Side) -> None:
    fields = [{**MONDAY, "weekday": "sun"}, MONDAY, {**MONDAY, "time_from": "23:00"}]
    assert refused(lambda: calendar(widget, calendar_hours=fields)) == ["calendar_hours.2.time_from"]
    for wrong in ("24:00", "25:00", "9", 9):
        told = refused(lambda wrong=wrong: calendar(widget, calendar_hours=[{**MONDAY, "time_from": wrong}]))
        assert told == ["calendar_hours.0.time_from"]


def test_the_same_hours_in_another_order_are_no_change(widget: Side) -> None:
    hours = [MONDAY, {**MONDAY, "weekday": "tue"}]
    made = calendar(widget, calendar_hours=hours)
    again = loaded(CalendarInputSchema(), {"calendar_hours": hours[::-1]}, partial=True)
    changed = calendars.update_calendar(widget.context, widget.manager, made["id"], again)
    assert changed["version"] == made["version"]


def test_a_holiday_is_of_one_calendar_once_and_ends_after_it_starts(widget: Side) -> None:
    office = calendar(widget)["id"]
    made = holiday(widget, office)
    assert (made["start_at"], made["end_at"]) == ("2026-12-25T00:00", "2026-12-27T00:00")
    with pytest.raises(Conflict):
        holiday(widget, office)
    assert holiday(widget, calendar(widget)["id"])["id"] != made["id"]
    assert refused(lambda: holiday(widget, office, end_at="2026-12-25")) == ["end_at"]
    assert refused(lambda: holiday(widget, 404)) == ["calendar_id"]


def test_a_disabled_calendar_still_gets_holidays(widget: Side) -> None:
    assert holiday(widget, calendar(widget, disabled=True)["id"])


def test_a_list_of_holidays_is_shown_before_it_is_saved_and_saved_once(widget: Side) -> None:
    office = calendar(widget)["id"]
    shown = filled(widget, office)
    assert (shown["saved"], states(shown)) == (False, {"new"})
    assert {each["id"] for each in shown["holidays"]} == {None}
    saved = filled(widget, office, save=True)
    assert (saved["saved"], states(saved)) == (True, {"new"})
    assert all(each["id"] for each in saved["holidays"])
    again = filled(widget, office, save=True, years=[2027, 2026])
    assert states(again) == {"new", "there"}
    stored = widget.context.database["holidays"].count_documents({"calendar_id": office})
    assert stored == len(again["holidays"])


def test_a_holiday_that_was_disabled_stays_so(widget: Side) -> None:
    office = calendar(widget)["id"]
    first = filled(widget, office, save=True)["holidays"][0]
    calendars.update_holiday(widget.context, widget.manager, first["id"], {"disabled": True})
    again = filled(widget, office, save=True)["holidays"][0]
    assert (again["id"], again["state"]) == (first["id"], "disabled")


def test_a_file_of_holidays_is_taken_for_some_years(widget: Side) -> None:
    office = calendar(widget)["id"]
    event = "BEGIN:VEVENT\nSUMMARY:Day\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=YEARLY\nEND:VEVENT"
    fields = {"icalendar": f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR", "first_year": 2026, "last_year": 2028}

    def imported(**more: Any) -> Made:
        asked = loaded(ImportHolidaysInputSchema(), {**fields, **more})
        return calendars.import_holidays(widget.context, widget.manager, office, asked)

    saved = imported(save=True)
    starts = [each["start_at"] for each in saved["holidays"]]
    assert starts == [f"{year}-01-01T00:00" for year in (2026, 2027, 2028)]
    assert states(imported()) == {"there"}
    assert refused(lambda: imported(last_year=2036)) == ["last_year"]
    assert refused(lambda: imported(last_year=2025)) == ["last_year"]


def test_a_calendar_has_a_bounded_number_of_holidays(widget: Side) -> None:
    office, stored = calendar(widget)["id"], widget.context.database["holidays"]
    few = range(calendars.MAX_HOLIDAYS - 3)
    stored.insert_many(
        {"_id": -each, "calendar_id": office, "name": "Day", "start_at": str(each)} for each in few
    )
    assert refused(lambda: filled(widget, office, save=True)) == ["calendar_id"]
    assert stored.count_documents({"calendar_id": office}) == len(few)
    assert holiday(widget, office)


def test_only_those_who_keep_calendars_may_change_them(widget: Side) -> None:
    office = calendar(widget)["id"]
    specialist = widget.actor("specialist")
    with pytest.raises(Forbidden):
        calendars.create_calendar(widget.context, specialist, {"name": "Mine"})
    with pytest.raises(Forbidden):
        calendars.update_calendar(widget.context, specialist, office, {"name": "Mine"})
    with pytest.raises(Forbidden):
        calendars.fill_holidays(widget.context, specialist, office, {})
    assert calendars.create_calendar(widget.context, widget.actor("account_designer"), {"name": "Ours"})


def test_a_calendar_that_is_not_there_is_not_filled(widget: Side) -> None:
    with pytest.raises(NotFound):
        filled(widget, 404)


def test_an_offering_leads_to_calendars_that_are_there_and_not_disabled(
    gigatera: Side, hosting: Hosting
) -> None:
    office, old = calendar(gigatera)["id"], calendar(gigatera, disabled=True)["id"]

    def changed(**fields: Any) -> Made:
        taken = loaded(ServiceOfferingInputSchema(), fields, partial=True)
        return services.update_service_offering(
            gigatera.context, gigatera.manager, hosting.offering_id, taken
        )

    assert refused(lambda: changed(service_hours=old, support_hours_low=404)) == [
        "service_hours_id",
        "support_hours_low_id",
    ]
    zone = "Central Time (US & Canada)"
    made = changed(service_hours=office, support_hours_top={"id": office}, time_zone=zone)
    assert (made["service_hours_id"], made["support_hours_top_id"]) == (office, office)
    assert made["time_zone"] == "America/Chicago"
    assert gigatera.document("service_offerings", hosting.offering_id)["calendar_ids"] == [office]

    # What it leads to already stays, also when it is disabled later.
    calendars.update_calendar(gigatera.context, gigatera.manager, office, {"disabled": True})
    assert changed(service_hours=office, name="Golden")["service_hours_id"] == office
    changed(service_hours=None, support_hours_top=None)
    assert gigatera.document("service_offerings", hosting.offering_id)["calendar_ids"] == []
