"""Organizations, people, teams and sites: what 4me shows of them beside their plain fields."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.gateway.account import Account, Client

# 4me's keys of a person, less those that nothing here gives a meaning.
PERSON = """
id nodeID name primary_email authenticationID employeeID supportID source sourceID job_title organization
site location manager work_hours time_zone time_format_24h locale disabled guest vip information picture_uri
addresses contacts cost_per_hour cost_per_hour_currency auto_translation do_not_translate_languages
exclude_team_notifications send_email_notifications show_notification_popup created_at updated_at
"""
# Of 4me's too; they come with the forms and files that give them a meaning.
OF_FORMS = {"ui_extension", "ui_extension_version_id", "custom_fields", "attachments"}


def person_of(client: Client, name: str, **fields: Any) -> dict[str, Any]:
    email = f"{name.lower().replace(' ', '.')}@widget.example"
    return dict(client.post("people", {"name": name, "primary_email": email, **fields}))


def test_a_person_has_4mes_keys_and_no_others(account: Account) -> None:
    assert set(account.client().get("me")) - OF_FORMS == set(PERSON.split())


def test_how_to_reach_somebody_is_listed_line_by_line(account: Account) -> None:
    client = account.client()
    reached = {
        "addresses": [{"label": "office", "city": "Delft", "country": "NL"}],
        "contacts": [{"label": "work", "telephone": "1"}, {"label": "home", "email": "a@b.example"}],
    }
    for path in (
        f"people/{person_of(client, 'Well Reached', **reached)['id']}",
        f"organizations/{client.post('organizations', {'name': 'Well Reached', **reached})['id']}",
    ):
        listed = client.get(f"{path}/contacts", fields="*")
        assert [(each["id"], each["label"], each["telephone"]) for each in listed] == [
            (1, "work", "1"),
            (2, "home", None),
        ]
        assert [each["city"] for each in client.get(f"{path}/addresses", fields="*")] == ["Delft"]
    _, nobody = account.person("Nobody Reaches")
    assert nobody.send("GET", f"{path}/contacts").status_code == 404


def test_an_organization_belongs_to_the_nearest_business_unit(account: Account) -> None:
    client = account.client()
    top = client.post("organizations", {"name": "Holding", "business_unit": True})
    middle = client.post("organizations", {"name": "Division", "parent": top["id"]})
    unit = client.post("organizations", {"name": "Unit", "parent": middle["id"], "business_unit": True})
    below = client.post("organizations", {"name": "Department", "parent": unit["id"]})
    alone = client.post("organizations", {"name": "Alone"})
    expected = {top["id"]: top, middle["id"]: top, unit["id"]: unit, below["id"]: unit}
    for id, business_unit in expected.items():
        found = client.get(f"organizations/{id}")["business_unit_organization"]
        assert (found["id"], found["name"]) == (business_unit["id"], business_unit["name"])
    assert alone["business_unit_organization"] is None
    wanted = ",".join(str(id) for id in (*expected, alone["id"]))
    listed = client.get("organizations", ids=wanted, fields="business_unit_organization", sort="id")
    found_ids = [(each["business_unit_organization"] or {}).get("id") for each in listed]
    assert found_ids == [top["id"], top["id"], unit["id"], unit["id"], None]
    refused = client.send("PATCH", f"organizations/{below['id']}", {"business_unit_organization": top["id"]})
    assert refused.status_code == 422
    assert client.post(f"organizations/{below['id']}/trash", {}, status=200)["business_unit_organization"]


def test_work_hours_are_one_of_the_accounts_calendars(account: Account) -> None:
    client = account.client()
    calendar = client.post("calendars", {"name": "Office hours of people"})
    person = person_of(client, "Nine To Five", work_hours=calendar["id"])
    assert person["work_hours"]["name"] == "Office hours of people"
    team = client.post("teams", {"name": "Nine to five", "work_hours_id": calendar["id"]})
    assert team["work_hours"]["id"] == calendar["id"]
    client.patch(f"calendars/{calendar['id']}", {"disabled": True})
    account.contexts["organizations"].copies.refresh("calendar", calendar["id"])
    for id, code in ((999999, "unknown_reference"), (calendar["id"], "disabled_reference")):
        refused = client.send("POST", "teams", {"name": "Late", "work_hours": id})
        assert refused.headers["X-Interdesk-Error"] == code
        assert json.loads(refused.data)["errors"][0][0] == "work_hours_id"
    # What refers to it already keeps it.
    assert client.patch(f"teams/{team['id']}", {"remarks": "Late"})["work_hours"]["id"] == calendar["id"]


def test_no_end_user_sees_another_one_with_privacy_or_without(account: Account) -> None:
    administrator = account.client()
    for private in (True, False):
        fields = {"name": f"Privacy {private}", "end_user_privacy": private}
        organization = administrator.post("organizations", fields)
        assert organization["end_user_privacy"] is private
        person, client = account.person(f"End User With Privacy {private}")
        other = person_of(administrator, f"Colleague {private}", organization=organization["id"])["id"]
        administrator.patch(f"people/{person['id']}", {"organization": organization["id"]})
        account.clock.step(5)
        listed = client.get(f"organizations/{organization['id']}/people")
        assert [each["id"] for each in listed] == [person["id"]]
        assert client.send("GET", f"people/{other}").status_code == 404


def test_the_slas_of_a_site_are_those_that_name_it(account: Account) -> None:
    client = account.client()
    sites = [client.post("sites", {"name": f"Branch {number}"})["id"] for number in range(2)]
    team = client.post("teams", {"name": "Branch support"})
    service = client.post("services", {"name": "Branch service"})
    instance = client.post(
        "service_instances",
        {"name": "Branch instance", "service": service["id"], "support_team": team["id"]},
    )
    offering = client.post("service_offerings", {"name": "Branch offering", "service": service["id"]})
    sla = {"service_instance": instance["id"], "service_offering": offering["id"], "coverage": "sites"}
    made = client.post("slas", {"name": "Branch SLA", **sla, "sites": sites[:1]})
    assert [each["id"] for each in client.get(f"sites/{sites[0]}/slas")] == [made["id"]]
    assert client.get(f"sites/{sites[1]}/slas") == []


def test_slas_cover_a_person_by_who_he_is_and_where_he_works(
    account: Account,
) -> None:
    client = account.client()
    site = client.post("sites", {"name": "Covered site"})["id"]
    above = client.post("organizations", {"name": "Covered holding"})["id"]
    organization = client.post("organizations", {"name": "Covered", "parent": above})["id"]
    person = person_of(client, "Covered Person", organization=organization, site=site)["id"]
    other = person_of(client, "Uncovered Person")["id"]
    team = client.post("teams", {"name": "Covered team", "members": [person]})["id"]
    service = client.post("services", {"name": "Covered service"})["id"]
    fields = {"name": "Covered instance", "service": service, "support_team": team}
    instance = client.post("service_instances", fields)["id"]
    backing = client.post("service_instances", {**fields, "name": "Backing instance"})["id"]
    offering = client.post("service_offerings", {"name": "Covered offering", "service": service})["id"]
    group = client.post("sla_coverage_groups", {"name": "Covered", "coverage": "people", "people": [person]})

    def sla(name: str, status: str = "active", **chosen: Any) -> int:
        fields = {"name": name, "service_instance": backing, "service_offering": offering, **chosen}
        dates = {"status": status, "start_date": "2020-01-01", "customer": above}
        return int(client.post("slas", {**fields, **dates})["id"])

    covering = {
        sla("By people", coverage="people", people=[person]),
        sla("By site", coverage="sites", sites=[site]),
        sla("By descent", coverage="organizations_and_descendants", organizations=[above]),
        sla("By organization", coverage="organizations", organizations=[organization]),
        sla("By group", coverage="coverage_groups", coverage_groups=[group["id"]]),
        sla("By team", coverage="service_instances", service_instances=[instance]),
    }
    sla("Of another", coverage="people", people=[other])
    sla("Not of those below", coverage="organizations", organizations=[above])
    sla("Not yet", "being_prepared", coverage="people", people=[person])
    for kind, id in (("person", person), ("person", other), ("organization", organization), ("team", team)):
        account.contexts["slas"].copies.refresh(kind, id)  # what it hears by events
    found = client.get(f"people/{person}/sla_coverages", per_page=100)
    assert {each["id"] for each in found} == covering
    assert [each["name"] for each in client.get(f"people/{other}/sla_coverages")] == ["Of another"]


def test_all_roles_of_a_person_are_taken_at_once(account: Account) -> None:
    person, client = account.person("Retired", "specialist", "auditor")
    path = f"people/{person['id']}/permissions"
    assert client.send("DELETE", path).status_code == 403
    assert account.client().send("DELETE", path).status_code == 204
    assert account.client().get(path) == []
    last = account.client().send("DELETE", "people/me/permissions")
    assert last.headers["X-Interdesk-Error"] == "last_administrator"


def test_people_are_grouped_by_email_domain_when_somebody_says_so(account: Account) -> None:
    administrator = account.client()
    person = administrator.post("people", {"name": "Grouped", "primary_email": "g@grouped.example"})
    organization = administrator.post(
        "organizations", {"name": "Groups", "email_domains": ["grouped.example"]}
    )
    found = administrator.get("organizations", email_domains="grouped.example")
    assert [each["id"] for each in found] == [organization["id"]]
    path = "people/group_by_email_domain"
    told = administrator.post(path, {}, status=200)
    assert told["saved"] is False
    assert [each["id"] for each in told["people"]] == [person["id"]]
    assert administrator.get(f"people/{person['id']}") == person
    assert administrator.post(path, {"save": True}, status=200)["people"] == told["people"]
    assert administrator.get(f"people/{person['id']}")["organization"]["id"] == organization["id"]
    _, specialist = account.person("Groups Nobody", "specialist")
    assert specialist.send("POST", path, {}).status_code == 403
