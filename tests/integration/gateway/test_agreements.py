"""Services, their hierarchy and SLAs over the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client

Made = dict[str, Any]


@dataclass
class Catalog:
    manager: Client
    above: Made
    below: Made
    sla: Made
    people: list[Made]


@pytest.fixture(scope="module")
def catalog(account: Account) -> Catalog:
    _, manager = account.person("Mary Manager", "specialist", "service_level_manager")
    people = [account.person(f"Covered {number}")[0] for number in range(2)]
    team = account.client().post("teams", {"name": "Operations"})
    service = manager.post("services", {"name": "Hosting"})
    above, below = (
        manager.post(
            "service_instances",
            {
                "name": name,
                "service_id": service["id"],
                "support_team": team["id"],
                "status": "in_production",
            },
        )
        for name in ("Web shop", "Web server")
    )
    offering = manager.post(
        "service_offerings", {"name": "Gold", "service": service["id"], "status": "available"}
    )
    fields = {
        "name": "For some",
        "service_instance_id": above["id"],
        "service_offering_id": offering["id"],
        "coverage": "people",
        "status": "active",
    }
    return Catalog(manager, above, below, manager.post("slas", fields), people)


def ids(records: list[Made]) -> list[int]:
    return sorted(record["id"] for record in records)


def test_people_are_put_on_an_sla_and_taken_off_one_by_one(catalog: Catalog) -> None:
    manager, path = catalog.manager, f"slas/{catalog.sla['id']}/people"
    one, other = ids(catalog.people)
    shown = manager.post(f"{path}/{one}", None, status=200)
    assert ids(shown["people"]) == [one]
    manager.post(f"{path}/{other}", None, status=200)
    assert ids(manager.get(path)) == [one, other]
    assert ids(manager.get(path, name="Covered 0")) == [one]
    assert manager.send("DELETE", f"{path}/{one}").status_code == 204
    assert ids(manager.get(path)) == [other]
    assert manager.send("DELETE", path).status_code == 204
    assert manager.get(path) == []


def test_a_representative_sees_the_slas_he_represents_and_no_others(
    account: Account, catalog: Catalog
) -> None:
    person, client = account.person("Rita Representative")
    assert client.get("slas") == []
    catalog.manager.post(
        f"slas/{catalog.sla['id']}/customer_representatives/{person['id']}", None, status=200
    )
    assert ids(client.get("slas")) == [catalog.sla["id"]]
    assert client.send("PATCH", f"slas/{catalog.sla['id']}", {"name": "Mine"}).status_code == 403


def test_the_hierarchy_of_service_instances_is_drawn_by_links(catalog: Catalog) -> None:
    manager, above, below = catalog.manager, catalog.above["id"], catalog.below["id"]
    path = f"service_instances/{below}/parent_service_instances"
    shown = manager.post(f"{path}/{above}", {"impact_relation": "degraded"}, status=200)
    (parent,) = shown["parent_service_instances"]
    assert (parent["service_instance"]["name"], parent["impact_relation"]) == ("Web shop", "degraded")
    assert ids(manager.get(path)) == [above]
    assert ids(manager.get(f"service_instances/{above}/child_service_instances")) == [below]
    circle = manager.send("POST", f"service_instances/{above}/parent_service_instances/{below}", {})
    assert circle.status_code == 422
    assert manager.send("DELETE", f"{path}/{above}").status_code == 204
    assert manager.get(path) == []


def test_the_slas_of_a_service_instance_are_listed_under_it(catalog: Catalog) -> None:
    assert ids(catalog.manager.get(f"service_instances/{catalog.above['id']}/slas")) == [catalog.sla["id"]]
    assert catalog.manager.get(f"service_instances/{catalog.below['id']}/slas") == []


def test_the_nearest_filters_are_paths(catalog: Catalog) -> None:
    assert ids(catalog.manager.get("slas/active")) == [catalog.sla["id"]]
    assert catalog.manager.get("slas/inactive") == []
    assert ids(catalog.manager.get("service_instances/active")) == sorted(
        [catalog.above["id"], catalog.below["id"]]
    )


def test_what_belongs_to_a_service_a_team_and_a_customer_is_listed_below_it(
    account: Account, catalog: Catalog
) -> None:
    manager, sla = catalog.manager, catalog.sla
    instance = manager.get(f"service_instances/{sla['service_instance']['id']}")
    service = f"services/{instance['service']['id']}"
    assert ids(manager.get(f"{service}/service_instances")) == ids([catalog.above, catalog.below])
    assert ids(manager.get(f"{service}/service_offerings")) == [sla["service_offering"]["id"]]
    assert sla["id"] in ids(manager.get(f"{service}/slas"))
    team = f"teams/{instance['support_team']['id']}"
    assert ids(manager.get(f"{team}/service_instances")) == ids([catalog.above, catalog.below])
    customer = f"organizations/{sla['customer']['id']}"
    assert sla["id"] in ids(manager.get(f"{customer}/slas"))
    _, end_user = account.person("No Manager")
    assert end_user.get(f"{service}/slas") == []
    assert manager.send("GET", "services/999/slas").status_code == 404


def test_an_account_administrator_needs_no_other_role_to_furnish_an_account(account: Account) -> None:
    _, client = account.person("Just Administrator", "account_administrator")
    person = client.post("people", {"name": "New", "primary_email": "furnished@widget.example"})
    client.patch(f"people/{person['id']}/permissions", {"roles": ["specialist"]})
    client.post("personal_access_tokens", {"name": "theirs", "person_id": person["id"]})
    team = client.post("teams", {"name": "Furnished", "members": [person["id"]]})
    client.post("organizations", {"name": "Furnished"})
    service = client.post("services", {"name": "Furnished", "support_team_id": team["id"]})
    fields = {"name": "Furnished", "service_id": service["id"], "support_team_id": team["id"]}
    instance = client.post("service_instances", fields)
    offering = client.post("service_offerings", {"name": "Furnished", "service_id": service["id"]})
    sla = client.post(
        "slas",
        {
            "name": "Furnished",
            "service_instance_id": instance["id"],
            "service_offering_id": offering["id"],
            "coverage": "people",
        },
    )
    client.patch(f"slas/{sla['id']}", {"people": [person["id"]]})
    client.patch("account", {"locale": "fr"})
    for path in ("trusts", "requests", "notes", "handovers", "deliveries", "parked_messages", "slas"):
        client.get(path)


def test_what_an_sla_makes_visible_is_told_before_and_after_it_is_saved(
    account: Account, catalog: Catalog
) -> None:
    manager, sla = catalog.manager, catalog.sla
    fields = {
        "name": "Told first",
        "service_instance": sla["service_instance"],
        "service_offering": sla["service_offering"],
    }
    before = len(manager.get("slas"))
    (line,) = manager.post("slas/disclosures", fields, status=200)
    assert "Told first" in line["sees"]
    assert len(manager.get("slas")) == before
    person, client = account.person("Rosa Representative")
    named = {"customer_representatives": [person["id"]]}
    told = manager.post(f"slas/{sla['id']}/disclosures", named, status=200)
    assert told[-1]["to"] == "Rosa Representative"
    assert "Rosa Representative" not in [each["to"] for each in manager.get(f"slas/{sla['id']}/disclosures")]
    assert client.send("POST", "slas/disclosures", fields).status_code == 403
