"""Contact cards between two accounts: entitled by agreements, told once, kept by who hears them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.copies import Copies
from services.common.listing import ListQuery
from services.federation.partners import capabilities
from services.federation.stored import DEPLOYMENT
from services.federation.thread_errors import AlreadyApplied, Gap
from services.federation.verdicts import done, refused
from services.organizations import partner, queries, store
from services.organizations.actions import founding
from services.organizations.actions.contact_cards import card_requests, linking
from services.organizations.actions.records import editing, introductions
from tests.configs import config_of
from tests.integration.neighbours import Neighbours
from tests.integration.organizations.conftest import FOUNDING_TOKEN, actor_of
from tests.integration.organizations.neighbourhood import Desk

PUBLISHED, WITHDRAWN, ASKED = (f"organization.{verb}.v1" for verb in ("published", "withdrawn", "asked"))
CONTACT = {"contacts": [{"label": "service desk", "telephone": "+31 10 555 0100"}]}


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def desks(database: Any, tmp_path: Any, clock: SteppedClock) -> Iterator[tuple[Desk, Desk]]:
    """(gigatera, the provider, and widget, its customer), trusting each other, without an agreement."""
    made: list[Desk] = []
    with database.administrator() as client:
        for account, other in (("gigatera", "widget"), ("widget", "gigatera")):
            token = tmp_path / account
            token.write_text(FOUNDING_TOKEN)
            held = client.get_database(f"test_{secrets.token_hex(6)}")
            copies = Copies(
                held, Neighbours(account), dict.fromkeys(("sla", "flsa", "service_instance"), "slas"), account
            )
            config = config_of(account, founding_token_file=token)
            context = Context(config, "organizations", held, clock=clock, copies=copies)
            store.ensure_indexes(held)
            founding.found_account(context)
            owner = next(context.database["accounts"].find())["owner_id"]
            made.append(Desk(context, actor_of(context, owner), other))
        for one, two in (made, reversed(made)):
            one.trusts(two, opener="widget")
        yield made[0], made[1]
        for desk in made:
            client.drop_database(desk.context.database)


@pytest.fixture
def gigatera(desks: tuple[Desk, Desk]) -> Desk:
    return desks[0]


@pytest.fixture
def widget(desks: tuple[Desk, Desk]) -> Desk:
    return desks[1]


def agree(gigatera: Desk, widget: Desk, id: int = 5, status: str = "active") -> None:
    """An SLA of gigatera's for widget, as both slas services have it."""
    actor = Actor.system(gigatera.account)
    known_as = introductions.introduce(gigatera.context, actor, "widget", "organization", None, "Widget")
    instance = {"id": 3, "provider_id": gigatera.own_id}
    gigatera.context.copies.store("service_instance", {"id": 3, "version": 1, "record": instance})
    customer = {"customer_account": {"id": "widget"}, "customer_id": known_as["id"]}
    gigatera.agrees("sla", id, status=status, service_instance_id=3, **customer)
    actor = Actor.system(widget.account)
    provider = introductions.introduce(
        widget.context, actor, "gigatera", "organization", gigatera.own_id, "GigaTera"
    )
    instance = {"id": 8, "provider_id": provider["id"]}
    widget.context.copies.store("service_instance", {"id": 8, "version": 1, "record": instance})
    theirs = {"account": {"id": "gigatera"}, "remote_id": id, "customer_id": widget.own_id}
    widget.agrees("sla", id + 100, status=status, service_instance_id=8, **theirs)


def exchange(one: Desk, other: Desk) -> list[tuple[str, Any]]:
    return [*one.deliver(other), *other.deliver(one)]


def names(desk: Desk, predefined: str | None = None) -> list[str]:
    """What stands in All Organizations there."""
    query = ListQuery.parse([("fields", "name,account,card_at")], queries.ORGANIZATIONS, predefined)
    page = queries.list_organizations(desk.context.database, query, desk.administrator)
    return [each["name"] for each in page.items]


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


def test_words_are_applied_once_and_in_order(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    gigatera.edit(name="Second")
    first, second = gigatera.said()
    with pytest.raises(Gap):
        widget.hears(second)
    assert [widget.hears(first), widget.hears(second)] == [done(), done()]
    with pytest.raises(AlreadyApplied):
        widget.hears(first)
    assert widget.theirs()["name"] == "Second"


def test_a_card_that_does_not_come_is_asked_for_once_a_day(
    gigatera: Desk, widget: Desk, clock: SteppedClock
) -> None:
    agree(gigatera, widget)
    gigatera.delivered |= {row["id"] for row in gigatera.said()}  # it never arrives
    card_requests.ask_for_missing(widget.context)
    assert ASKED not in widget.types(), "it may be on its way"
    for hours in (1, 2, 25):
        clock.set(clock.now() + timedelta(hours=hours))
        card_requests.ask_for_missing(widget.context)
    assert widget.types().count(ASKED) == 2
    answers = widget.deliver(gigatera)
    assert answers.count((ASKED, done())) == 2
    assert gigatera.types() == [PUBLISHED] * 2, "both came at once, and one answer is enough"
    clock.set(clock.now() + timedelta(hours=25))
    card_requests.ask_for_missing(widget.context)
    widget.deliver(gigatera)
    assert gigatera.types() == [PUBLISHED] * 3


def test_who_is_not_entitled_is_refused_and_learns_nothing(
    gigatera: Desk, widget: Desk, clock: SteppedClock
) -> None:
    agree(gigatera, widget)
    widget.deliver(gigatera)
    agree_here_only = {"account": {"id": "gigatera"}, "remote_id": 5, "customer_id": widget.own_id}
    gigatera.agrees("sla", 5, status="expired", customer_account={"id": "widget"}, service_instance_id=3)
    gigatera.deliver(widget)
    widget.agrees("sla", 105, status="active", service_instance_id=8, **agree_here_only)
    assert widget.theirs()["card"] is None
    clock.set(clock.now() + timedelta(hours=1))
    card_requests.ask_for_missing(widget.context)
    (row,) = [row for row in widget.said() if row["type"] == ASKED]
    said = len(gigatera.said())
    assert widget.deliver(gigatera) == [(ASKED, refused("not_entitled"))]
    assert len(gigatera.said()) == said
    partner.refused(widget.context, "gigatera", row, "not_entitled")


def restored(desk: Desk, incarnation: int) -> None:
    state = {"incarnation": incarnation, "resuming": True}
    desk.context.database[DEPLOYMENT.name].update_one({}, {"$set": state})
    desk.context.kept.clear()


def test_a_restored_account_resumes_and_states_its_card(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    restored(gigatera, 7)
    due = [each for each in partner.earlier(gigatera.context, 7) if each[1].startswith("card/")]
    assert len(due) == 2, "that of its own card, and that of widget's"
    for who, thread in due * 2:
        partner.resume(gigatera.context, who, thread)
    assert sorted(gigatera.deliver(widget)) == sorted(
        [("thread.resumed.v1", done()), (PUBLISHED, done()), ("thread.resumed.v1", done())], key=str
    )
    assert widget.theirs()["card_revision"] == [7, 1]
    assert widget.deliver(gigatera) == [], "widget had said nothing that was forgotten"


def test_a_thread_that_its_owner_forgot_is_replaced(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    exchange(gigatera, widget)
    before, (forgotten,) = widget.theirs(), [row for row in gigatera.said() if row["type"] == PUBLISHED]
    gigatera.context.database[store.CARDS].delete_many({})
    restored(gigatera, 7)
    linking.follow(gigatera.context, "widget")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    gigatera.edit(name="GigaTera Anew")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    after = widget.theirs()
    assert (after["name"], after["_id"], after["card_revision"]) == ("GigaTera Anew", before["_id"], [7, 2])
    assert after["thread"]["id"] != before["thread"]["id"]
    assert widget.hears(forgotten) == refused("superseded_card")
    assert widget.theirs() == after


def test_a_discarded_card_is_gone_past_and_the_next_one_counts(gigatera: Desk, widget: Desk) -> None:
    agree(gigatera, widget)
    (row,) = gigatera.said()
    partner.discard(widget.context, widget.open(row))
    gigatera.delivered.add(row["id"])
    partner.refused(gigatera.context, "widget", row, "discarded")
    partner.unanswered(gigatera.context, {**row, "_id": row["id"]})
    (kept,) = gigatera.context.database[store.CARDS].find()
    assert (kept["refused"]["code"], kept["unanswered"]["type"]) == ("discarded", PUBLISHED)
    assert widget.theirs()["card"] is None
    gigatera.edit(name="Said again")
    assert gigatera.deliver(widget) == [(PUBLISHED, done())]
    assert widget.theirs()["name"] == "Said again"
