"""Contact cards between two accounts: entitled by agreements, told once, kept by who hears them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.common.actor import Actor
from services.federation.partners import capabilities
from services.federation.verdicts import done
from services.organizations import partner, queries
from services.organizations.actions.contact_cards import linking
from services.organizations.actions.records import editing, introductions
from tests.integration.organizations.agreements import (
    CONTACT,
    PUBLISHED,
    WITHDRAWN,
    agree,
    exchange,
    names,
)
from tests.integration.organizations.neighbourhood import Desk


def test_an_active_agreement_brings_each_the_card_of_the_other(gigatera: Desk, widget: Desk) -> None:
    gigatera.edit(**CONTACT, region="EMEA")
    agree(gigatera, widget)
    assert exchange(gigatera, widget) == [(PUBLISHED, done()), (PUBLISHED, done())]
    theirs = widget.theirs()
    assert theirs["card"] == {"name": "GigaTera", "picture_uri": None, "addresses": [], **CONTACT}
    assert theirs["linked"] is True
    assert gigatera.theirs()["name"] == "Widget Data Center", "the card says how it is called"
    assert gigatera.theirs()["remote_id"] == widget.own_id
    assert names(widget) == ["GigaTera", "Widget Data Center"]
    shown = queries.get_organization(widget.context.database, theirs["_id"], widget.administrator)
    assert (shown["contacts"], shown["account"]["id"]) == (CONTACT["contacts"], "gigatera")
    assert shown["card_at"] is not None


def provides_too(gigatera: Desk, widget: Desk) -> dict[str, Any]:
    """Widget is gigatera's provider, too, by another organization than its own."""
    fields = {"name": "Widget Hosting"}
    made = editing.create_organization(widget.context, widget.administrator, fields)
    instance = {"id": 4, "provider_id": made["id"]}
    widget.context.copies.store("service_instance", {"id": 4, "version": 1, "record": instance})
    customer = {"customer_account": {"id": "gigatera"}, "customer_id": None}
    widget.agrees("sla", 50, status="active", service_instance_id=4, **customer)
    return made


def test_a_card_of_another_organization_than_the_accounts_own_is_not_taken_for_it(
    gigatera: Desk, widget: Desk
) -> None:
    """The provider's card comes first, before the agreement that names it."""
    provider = provides_too(gigatera, widget)
    agree(gigatera, widget)
    (introduced,) = gigatera.named().values()
    assert widget.deliver(gigatera) == [(PUBLISHED, done()), (PUBLISHED, done())]
    own, other = (gigatera.named()[name] for name in ("Widget Data Center", "Widget Hosting"))
    assert (own["_id"], own["remote_id"], own["is_account"]) == (introduced["_id"], widget.own_id, True)
    assert (other["remote_id"], other["is_account"]) == (provider["id"], False)
    actor = Actor.system("gigatera")
    again = introductions.introduce(gigatera.context, actor, "widget", "organization", None, "Widget")
    assert again["id"] == introduced["_id"]


def test_what_the_partner_says_of_its_own_organization_counts_before_what_was_introduced(
    gigatera: Desk, widget: Desk
) -> None:
    """The account's own organization was known by its id, as a provider, before it was introduced as such."""
    actor = Actor.system("gigatera")
    by_id = introductions.introduce(
        gigatera.context, actor, "widget", "organization", widget.own_id, "Widget Data Center"
    )
    agree(gigatera, widget)
    widget.deliver(gigatera)
    again = introductions.introduce(gigatera.context, actor, "widget", "organization", None, "Widget")
    assert again["id"] == by_id["id"]


def test_a_partner_that_does_not_say_which_organization_is_its_own_is_understood_as_before(
    gigatera: Desk, widget: Desk
) -> None:
    agree(gigatera, widget)
    (row,) = widget.said()
    message = gigatera.open(row)
    body = {name: value for name, value in message.body.items() if name != "of_account"}
    assert partner.receive(gigatera.context, replace(message, body=body)) == done()
    assert (gigatera.theirs()["remote_id"], gigatera.theirs()["is_account"]) == (widget.own_id, True)


def test_without_an_agreement_nothing_is_shown_and_nothing_is_listed(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget, status="being_prepared")
    assert (gigatera.said(), widget.said()) == ([], [])
    assert names(widget) == ["Widget Data Center"]
    found = queries.get_organization(widget.context.database, widget.theirs()["_id"], widget.administrator)
    assert found["name"] == "GigaTera", "it is still found by its id"
    assert names(widget, "trusted") == names(widget, "external") == []
    assert names(widget, "internal") == names(widget, "directory") == ["Widget Data Center"]


def test_a_change_of_the_card_arrives_and_of_nothing_else(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    gigatera.edit(remarks="ours", financialID="F-1", region="EMEA")
    assert gigatera.deliver(widget) == []
    gigatera.edit(name="GigaTera Europe", picture_uri="https://gigatera.example/logo.png")
    linking.follow_all(gigatera.context)
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    assert widget.theirs()["name"] == "GigaTera Europe"


def test_the_card_goes_with_the_last_agreement_and_returns_with_the_next(
    gigatera: Desk, widget: Desk
) -> None:
    agree(gigatera, widget)
    agree(gigatera, widget, id=6)
    exchange(gigatera, widget)
    agree(gigatera, widget, id=5, status="expired")
    assert exchange(gigatera, widget) == []
    agree(gigatera, widget, id=6, status="expired")
    assert exchange(gigatera, widget) == [(WITHDRAWN, done()), (WITHDRAWN, done())]
    gone = widget.theirs()
    assert (gone["card"], gone["name"], gone["linked"]) == (None, "GigaTera", False)
    assert names(widget) == ["Widget Data Center"]
    agree(gigatera, widget, id=7)
    assert exchange(gigatera, widget) == [(PUBLISHED, done()), (PUBLISHED, done())]
    assert names(widget) == ["GigaTera", "Widget Data Center"]


def test_an_flsa_entitles_both_ends(gigatera: Desk, widget: Desk) -> None:
    customer = {"customer_account": {"id": "widget"}, "customer_id": 99, "provider_id": gigatera.own_id}
    gigatera.agrees("flsa", 1, status="active", **customer)
    assert gigatera.types() == [PUBLISHED]
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    assert widget.theirs()["linked"] is False, "it came before the agreement"
    theirs = {
        "account": {"id": "gigatera"},
        "customer_id": widget.own_id,
        "provider_id": widget.theirs()["_id"],
    }
    widget.agrees("flsa", 1, status="active", **theirs)
    assert names(widget, "trusted") == ["GigaTera"]
    assert widget.deliver(gigatera) == [(PUBLISHED, done())]
    assert names(gigatera, "trusted") == ["Widget Data Center"], "though a record of its own stands for it"


def test_a_partner_that_does_not_know_cards_is_sent_none_until_it_does(gigatera: Desk, widget: Desk) -> None:
    gigatera.trust_is(capabilities=sorted(capabilities.VERSION_1))
    agree(gigatera, widget)
    assert gigatera.said() == []
    gigatera.trust_is(capabilities=capabilities.OWN)
    assert gigatera.types() == [PUBLISHED]


def test_while_suspended_words_wait_and_the_end_of_the_trust_takes_the_cards(
    gigatera: Desk, widget: Desk
) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    gigatera.trust_is(status="suspended")
    gigatera.edit(name="GigaTera II")
    assert gigatera.types()[-1] == PUBLISHED
    gigatera.deliver(widget)
    for desk in (gigatera, widget):
        desk.trust_is(status="ended")
    assert (widget.theirs()["card"], widget.theirs()["name"], names(widget)) == (
        None,
        "GigaTera II",
        ["Widget Data Center"],
    )
    assert exchange(gigatera, widget) == [], "nobody is told"
    for desk in (gigatera, widget):
        desk.trust_is(status="active")
    assert exchange(gigatera, widget) == [(PUBLISHED, done()), (PUBLISHED, done())]
