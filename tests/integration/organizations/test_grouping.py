"""People find their organization by their e-mail domain, on a real database."""

from __future__ import annotations

import pytest

from services.common.errors import Conflict, Forbidden
from services.organizations.actions.records import editing, grouping, shelving


@pytest.fixture
def organization(context, administrator):
    def make(name, *email_domains, **fields):
        made = {"name": name, "email_domains": list(email_domains), **fields}
        return editing.create_organization(context, administrator, made)["id"]

    return make


@pytest.fixture
def grace(context, administrator):
    def make(address, **fields):
        return editing.create_person(
            context, administrator, {"name": "Grace", "primary_email": address, **fields}
        )

    return make


def test_a_new_person_goes_where_the_address_fits_best(context, account, administrator, organization, grace):
    gadget, europe = organization("Gadget", "gadget.example"), organization("Europe", "EU.gadget.example")
    assert grace("a@gadget.example")["organization_id"] == gadget
    assert grace("a@nl.eu.gadget.example")["organization_id"] == europe
    assert grace("b@gadget.example", organization_id=europe)["organization_id"] == europe
    assert grace("a@elsewhere.example")["organization_id"] == account["organization_id"]
    editing.update_organization(context, administrator, europe, {"disabled": True})
    assert grace("b@nl.eu.gadget.example")["organization_id"] == gadget


def test_a_domain_belongs_to_one_organization_in_use(context, administrator, organization):
    first, second = organization("First", "one.example", "two.example"), organization("Second")
    with pytest.raises(Conflict) as refused:
        organization("Third", "TWO.example")
    assert [field for field, _ in refused.value.errors] == ["email_domains"]
    with pytest.raises(Conflict):
        editing.update_organization(context, administrator, second, {"email_domains": ["one.example"]})
    shelving.shelve(context, administrator, "organization", first, "archive")
    editing.update_organization(context, administrator, second, {"email_domains": ["one.example"]})
    with pytest.raises(Conflict) as refused:
        shelving.shelve(context, administrator, "organization", first, "restore")
    assert [field for field, _ in refused.value.errors] == ["email_domains"]
    editing.update_organization(context, administrator, second, {"email_domains": []})
    shelving.shelve(context, administrator, "organization", first, "restore")


def test_people_are_grouped_when_it_was_told_first(context, administrator, organization, grace):
    early = grace("early@gadget.example")
    gadget = organization("Gadget", "gadget.example")
    lab = organization("Lab", parent_id=gadget)
    at_home, below = grace("home@gadget.example"), grace("lab@gadget.example", organization_id=lab)
    other = grace("late@elsewhere.example")

    def all_of(**fields):
        told, after = [], None
        while True:
            answer = grouping.group_people(context, administrator, {"after": after, **fields}, 2)
            told += answer["people"]
            after = answer["next"]
            if after is None:
                return told

    def where(person):
        return context.database["people"].find_one({"_id": person["id"]})["organization_id"]

    before = [where(each) for each in (early, at_home, below, other)]
    told = all_of()
    assert [(each["id"], each["fitting_organization"]) for each in told] == [
        (early["id"], {"id": gadget, "name": "Gadget"})
    ]
    assert [where(each) for each in (early, at_home, below, other)] == before
    assert all_of(save=True) == told
    assert [where(each) for each in (early, at_home, below, other)] == [gadget, *before[1:]]
    assert all_of() == []


def test_only_administrators_group_people(context, person):
    with pytest.raises(Forbidden):
        grouping.group_people(context, person("Manager", "specialist", "service_level_manager"), {})
