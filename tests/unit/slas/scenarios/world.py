"""Two accounts to walk requests through, as the table beside this file describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.slas.model.affected import Promise, Snapshot, snapshot
from services.slas.model.calendars import calendar_of
from services.slas.model.coverage import Asking
from services.slas.model.hierarchy import ancestors

ZONE = "Europe/Amsterdam"
OFFICE, ALWAYS = 1, 2
_WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
CALENDARS = {
    OFFICE: calendar_of(
        {
            "calendar_hours": [
                {"weekday": day, "time_from": "09:00", "time_until": "17:00"} for day in _WORKDAYS
            ]
        },
        [{"start_at": "2026-04-03T00:00", "end_at": "2026-04-04T00:00"}],
    ),
    ALWAYS: calendar_of(
        {
            "calendar_hours": [
                {"weekday": day, "time_from": "00:00", "time_until": "24:00"}
                for day in (*_WORKDAYS, "sat", "sun")
            ]
        }
    ),
}
TEAMS = {"Service Desk": 1, "Webshop Team": 2, "Network Team": 3, "Payroll Team": 4, "Third Line": 5}
TEAMS |= {"Hosting Desk": 6, "Hosting Team": 7, "Lines Team": 8, "Racks Team": 9}


def targets(level: str, hours: int, **given: int) -> dict[str, Any]:
    """`response=60`, `resolution_in_days=2`: as an offering's record has them."""
    named = {
        f"{name.split('_')[0]}_target_{level}{'_in_days' if name.endswith('days') else ''}": value
        for name, value in given.items()
    }
    return {**named, f"support_hours_{level}_id": hours}


@dataclass
class Sla:
    promise: Promise
    offering: dict[str, Any]
    instance: dict[str, Any]

    def terms(self, level: str | None) -> Snapshot:
        offering = {"time_zone": ZONE, "service_hours_id": OFFICE, **self.offering}
        return snapshot(level, offering, self.instance, CALENDARS)


@dataclass
class Account:
    """`below`: service instance → those it supports."""

    instances: dict[str, int]
    below: dict[int, list[int]]
    slas: dict[str, Sla]
    people: dict[str, Asking] = field(default_factory=dict)

    def name_of(self, sla_id: int) -> str:
        return next(name for name, each in self.slas.items() if each.promise.id == sla_id)

    def above(self, *instances: int | None) -> frozenset[int]:
        return frozenset(each for one in instances if one for each in ancestors(one, self.below))

    def terms(self, sla_id: int, level: str | None) -> Snapshot:
        return self.slas[self.name_of(sla_id)].terms(level)


def widget() -> Account:
    webshop, network, payroll, hosting = 1, 2, 3, 4
    sales, finance, business = 1, 2, 3
    teams = {"first_line_team_id": TEAMS["Service Desk"]}
    return Account(
        instances={"Webshop": webshop, "Network": network, "Payroll": payroll, "Hosting": hosting},
        below={network: [webshop], hosting: [webshop]},
        slas={
            "Shop": Sla(
                Promise(
                    1,
                    "active",
                    webshop,
                    "organizations_and_descendants",
                    organization_ids=frozenset({sales}),
                ),
                {
                    **targets("low", OFFICE, response=60, resolution=480),
                    **targets("medium", OFFICE, response=30, resolution=240),
                    **targets("high", OFFICE, response=30, resolution_in_days=2),
                    **targets("top", ALWAYS, response=15, resolution=120),
                    **targets("rfc", OFFICE, response_in_days=1, resolution_in_days=5),
                    **targets("rfi", OFFICE, response=240),
                },
                {**teams, "support_team_id": TEAMS["Webshop Team"]},
            ),
            "VIP": Sla(
                Promise(2, "active", webshop, "people", people_ids=frozenset({1})),
                targets("low", OFFICE, response=15, resolution=120),
                {**teams, "support_team_id": TEAMS["Webshop Team"]},
            ),
            "Net": Sla(
                Promise(3, "active", network, "service_instances", service_instance_ids=frozenset({webshop})),
                targets("low", ALWAYS, response=30, resolution=240),
                {"support_team_id": TEAMS["Network Team"]},
            ),
            "Pay": Sla(
                Promise(4, "active", payroll, "customer_account"),
                targets("low", OFFICE, response=60, resolution=480),
                {**teams, "support_team_id": TEAMS["Payroll Team"]},
            ),
            "Old": Sla(
                Promise(5, "expired", webshop, "customer_account"),
                targets("low", OFFICE, response=1, resolution=1),
                {**teams, "support_team_id": TEAMS["Webshop Team"]},
            ),
        },
        people={
            "Ann": Asking(requester_id=1, organization_ids=(sales, business)),
            "Bob": Asking(requester_id=2, organization_ids=(sales, business)),
            "Eve": Asking(requester_id=3, organization_ids=(finance, business)),
            "Sam": Asking(
                requester_id=4,
                organization_ids=(finance, business),
                supported_instance_ids=frozenset({webshop}),
            ),
        },
    )


def gigatera() -> Account:
    hosting, lines, racks, backup = 1, 2, 3, 4
    return Account(
        instances={"Hosting": hosting, "Lines": lines, "Racks": racks, "Backup": backup},
        below={lines: [hosting], racks: [hosting]},
        slas={
            "Gold": Sla(
                Promise(1, "active", hosting, "service_instances", agreement="agreement/gigatera/1"),
                {
                    **targets("low", OFFICE, response=30, resolution=240),
                    **targets("top", ALWAYS, response=15, resolution=60),
                },
                {
                    "first_line_team_id": TEAMS["Hosting Desk"],
                    "support_team_id": TEAMS["Hosting Team"],
                },
            ),
            "Own": Sla(
                Promise(2, "active", hosting, "customer_account"),
                targets("low", OFFICE, response=1, resolution=1),
                {"support_team_id": TEAMS["Hosting Team"]},
            ),
            "Cage": Sla(
                Promise(3, "active", racks, "service_instances", service_instance_ids=frozenset({hosting})),
                targets("low", OFFICE, response=20, resolution=120),
                {"support_team_id": TEAMS["Racks Team"]},
            ),
        },
    )


ACCOUNTS = {"widget": widget, "gigatera": gigatera}
