"""Records of each kind that can be made through the API alone, and what makes one more."""

from __future__ import annotations

from typing import Any

from tests.integration.gateway.account import Client

Made = dict[str, Any]

KINDS = (
    "people",
    "teams",
    "organizations",
    "sites",
    "ui_extensions",
    "services",
    "service_instances",
    "service_offerings",
    "slas",
    "sla_coverage_groups",
    "flsas",
    "calendars",
    "holidays",
    "sla_notification_schemes",
    "waiting_for_customer_follow_ups",
    "requests",
)
OFFICE_HOURS = {"weekday": "mon", "time_from": "08:30", "time_until": "17:00"}
FLOOR = {"id": "floor", "label": "Floor", "type": "number", "min": 0}
NODE_TYPES = {
    "people": "Person",
    "teams": "Team",
    "organizations": "Organization",
    "sites": "Site",
    "ui_extensions": "UiExtension",
    "services": "Service",
    "service_instances": "ServiceInstance",
    "service_offerings": "ServiceOffering",
    "flsas": "Flsa",
    "sla_coverage_groups": "SlaCoverageGroup",
    "calendars": "Calendar",
    "holidays": "Holiday",
    "sla_notification_schemes": "SlaNotificationScheme",
    "waiting_for_customer_follow_ups": "WaitingForCustomerFollowUp",
    "requests": "Req",
}


def name_of(kind: str) -> str:
    """The field that names a record of that kind."""
    return "subject" if kind == "requests" else "name"


def bodies_in(client: Client) -> dict[str, Made]:
    """What makes a record of each kind, by path; what it refers to is made now."""
    team = client.post("teams", {"name": "Team"})
    service = client.post("services", {"name": "Service"})
    fields = {"name": "Instance", "service_id": service["id"], "support_team_id": team["id"]}
    instance = client.post("service_instances", fields)
    offering = client.post("service_offerings", {"name": "Offering", "service_id": service["id"]})
    calendar = client.post("calendars", {"name": "Calendar"})
    request = client.post("requests", {"subject": "Request", "category": "other"})
    return {
        "people": {"name": "Ann", "primary_email": "ann@widget.example"},
        "teams": {"name": "Keyed"},
        "organizations": {"name": "Keyed", "contacts": [{"label": "a", "email": "a@widget.example"}]},
        "sites": {"name": "Keyed", "city": "Delft", "country": "NL", "time_zone": "Amsterdam"},
        "ui_extensions": {"name": "Keyed", "category": "site", "fields": [FLOOR]},
        "services": {"name": "Keyed"},
        "service_instances": fields,
        "service_offerings": {"name": "Keyed", "service_id": service["id"]},
        "slas": {
            "name": "Keyed",
            "service_instance_id": instance["id"],
            "service_offering_id": offering["id"],
            "coverage": "people",
        },
        "sla_coverage_groups": {"name": "Keyed", "coverage": "people"},
        "flsas": {"name": "Keyed", "service_desk_team_id": team["id"], "pickups_within_target": 90},
        "calendars": {"name": "Keyed", "calendar_hours": [OFFICE_HOURS]},
        "holidays": {
            "name": "Keyed",
            "calendar_id": calendar["id"],
            "start_at": "2026-12-25",
            "end_at": "2026-12-27",
        },
        "sla_notification_schemes": {"name": "Keyed", "rules": [{"threshold_percentage": 80}]},
        "waiting_for_customer_follow_ups": {"name": "Keyed", "rules": [{"nr_of_business_days": 3}]},
        "requests": {"subject": "Keyed", "category": "other", "note": "With a note"},
        f"requests/{request['id']}/notes": {"text": "Keyed"},
    }


def named(kind: str, body: Made, name: str) -> Made:
    """The body under another name."""
    address = {"primary_email": f"{name.lower()}@widget.example"} if kind == "people" else {}
    return {**body, name_of(kind): name, **address}


def some_in(client: Client) -> dict[str, list[Made]]:
    """Some records of each kind; requests that have notes are the first three."""
    post = client.post
    people = [
        post("people", {"name": f"Person {number}", "primary_email": f"person{number}@widget.example"})
        for number in range(5)
    ]
    teams = [
        post("teams", {"name": f"Team {number}", "members": [people[number]["id"]], "coordinator": None})
        for number in range(5)
    ]
    organizations = [post("organizations", {"name": f"Organization {number}"}) for number in range(3)]
    sites = [post("sites", {"name": f"Site {number}"}) for number in range(3)]
    extensions = [
        post("ui_extensions", {"name": f"Extension {number}", "category": "team"}) for number in range(3)
    ]
    services = [post("services", {"name": f"Service {number}"}) for number in range(3)]
    instances = [
        post(
            "service_instances",
            {
                "name": f"Instance {number}",
                "service": services[number]["id"],
                "support_team_id": teams[number]["id"],
            },
        )
        for number in range(3)
    ]
    offerings = [
        post("service_offerings", {"name": f"Offering {number}", "service_id": services[number]["id"]})
        for number in range(3)
    ]
    groups = [
        post("sla_coverage_groups", {"name": f"Group {number}", "coverage": "sites", "sites": [sites[0]]})
        for number in range(3)
    ]
    flsas = [
        post("flsas", {"name": f"FLSA {number}", "service_desk_team_id": teams[number]["id"]})
        for number in range(3)
    ]
    calendars = [post("calendars", {"name": f"Calendar {number}"}) for number in range(3)]
    holidays = [
        post(
            "holidays",
            {
                "name": f"Holiday {number}",
                "calendar": calendars[0]["id"],
                "start_at": f"2026-0{number + 1}-01",
                "end_at": f"2026-0{number + 1}-02",
            },
        )
        for number in range(3)
    ]
    schemes = [post("sla_notification_schemes", {"name": f"Scheme {number}"}) for number in range(3)]
    follow_ups = [
        post("waiting_for_customer_follow_ups", {"name": f"Follow-up {number}"}) for number in range(3)
    ]
    requests = [
        post("requests", {"subject": f"Request {number}", "category": "incident" if number % 2 else "rfi"})
        for number in range(7)
    ]
    for request in requests[:3]:
        post(f"requests/{request['id']}/notes", {"text": "A note"})
    return {
        "people": people,
        "teams": teams,
        "organizations": organizations,
        "sites": sites,
        "ui_extensions": extensions,
        "services": services,
        "service_instances": instances,
        "service_offerings": offerings,
        "sla_coverage_groups": groups,
        "flsas": flsas,
        "calendars": calendars,
        "holidays": holidays,
        "sla_notification_schemes": schemes,
        "waiting_for_customer_follow_ups": follow_ups,
        "requests": requests,
    }


def promised_to_all(client: Client, instance: Made, offering: Made) -> Made:
    """An active SLA that covers everybody of the account."""
    sla = {
        "name": "Hosting for all",
        "service_instance_id": instance["id"],
        "service_offering_id": offering["id"],
        "coverage": "customer_account",
        "status": "active",
    }
    made: Made = client.post("slas", sla)
    return made
