"""FLSAs: registering and changing what a service desk promises of the first line.

As SLAs, they are registered by the provider's account and announced to the customer's, where a foreign FLSA
is kept. An organization has one service desk at a time: of the FLSAs of a customer no two are active on one
day.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from services.common import hierarchies, idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Invalid
from services.common.roles import MAINTAIN_AGREEMENTS
from services.common.store import decide_again
from services.federation.partners.capabilities import understands
from services.slas.actions import customers
from services.slas.actions.agreement_checks import (
    MAX_REPRESENTATIVES,
    check_allowed,
    customer_account,
    set_today,
    term_of,
)
from services.slas.actions.customers import Chosen
from services.slas.actions.references import Fault, check, known, of_account
from services.slas.actions.saving import changed, insert, made_before, records, save, shown
from services.slas.actions.telling import tell
from services.slas.actions.trusts import trust_with
from services.slas.model import shapes
from services.slas.model.status import overlap

Fields = Mapping[str, Any]
Document = dict[str, Any]

# What a customer may say of a partner's FLSA.
CUSTOMERS_OWN: Final = frozenset({"customer_representative_ids", "remarks", "source", "sourceID"})
_OFFERED: Final = "agreement.flsa_offered.v1"
_CHECKED: Final = (
    "provider_id",
    "customer_id",
    "service_desk_team_id",
    "support_hours_id",
    "customer_representative_ids",
    "major_incident_manager_ids",
)


def create_flsa(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """A new FLSA of ours. With `customer_account_id` its customer is that trusted account, and it is
    announced there unless it is being prepared. With source and sourceID, or the `key`
    (`common.idempotency`), of one that is there: that one, and `created` is false.

    Raises Forbidden, Invalid, Conflict, Unavailable.
    """
    actor.needs(*MAINTAIN_AGREEMENTS)
    keyed = idempotency.id_for(context, actor, "flsa", key, fields, lambda: context.ids.next("flsa"))
    if (made := made_before(context, "flsa", fields, keyed)) is not None:
        return made
    id = keyed or context.ids.next("flsa")
    with _one_at_a_time(context):
        state, rows = tell(context, id, beginning(context, fields), "flsa")
        try:
            return shown("flsa", insert(context, actor, "flsa", id, state, rows))
        except Conflict:
            # Two tries at the same time to make one record: the later one finds what the earlier made.
            if (made := made_before(context, "flsa", fields, keyed)) is None:
                raise
            return made


def update_flsa(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """Of an FLSA of ours all may be changed; of a partner's `CUSTOMERS_OWN`. `version`: the only one to be
    changed.

    Raises Forbidden, NotFound, PreconditionFailed, Invalid, IllegalMove, Conflict, Unavailable.
    """
    actor.needs(*MAINTAIN_AGREEMENTS)
    with _one_at_a_time(context):
        return _updated(context, actor, id, fields, version)


@decide_again
def _updated(context: Context, actor: Actor, id: int, fields: Fields, version: int | None) -> Document:
    record = records(context, "flsa").get(id, version)
    state, stored = after(context, id, record.state, fields)
    if not changed(record.state, stored):
        return shown("flsa", record)
    state, rows = tell(context, id, state, "flsa")
    changes = changed(record.state, {name: state.get(name) for name in {*stored, "status"}})
    return shown("flsa", save(context, actor, "flsa", record, state, changes, rows=rows))


def beginning(context: Context, fields: Fields, customer: Chosen = customers.introduced) -> Document:
    """The state of an FLSA that is made of these fields. `customers.known`: to look at it, and save nothing.

    Raises Invalid, IllegalMove, Unavailable.
    """
    made = shapes.new("flsa", _stored(context, {}, fields), context.clock.now())
    return _complete(context, None, {}, made, customer)


def after(
    context: Context, id: int, before: Fields, fields: Fields, customer: Chosen = customers.introduced
) -> tuple[Document, Document]:
    """(the state of an FLSA after an edit, the fields as they are stored). Raises as `beginning`."""
    check_allowed(before, fields, CUSTOMERS_OWN)
    stored = _stored(context, before, fields)
    if not changed(before, stored):
        return dict(before), stored
    state = shapes.edited(before, stored, context.clock.now())
    if before.get("account") is None:
        return _complete(context, id, before, state, customer), stored
    check(context, before, {"customer_representative_ids": state["customer_representative_ids"]})
    return state, stored


def _stored(context: Context, state: Fields, fields: Fields) -> Document:
    """The fields as they are stored. Raises Invalid."""
    stored = dict(fields)
    if "customer_account_id" in stored:
        account = customer_account(context, state, stored.pop("customer_account_id"))
        if account is not None and account != state.get("customer_account"):
            _check_understood(context, account)
        stored["customer_account"] = account
    for field in ("customer_representative_ids", "major_incident_manager_ids"):
        if field in stored:
            stored[field] = sorted(set(stored[field]))
    return stored


def _complete(
    context: Context, id: int | None, before: Fields, state: Document, customer: Chosen
) -> Document:
    """Checks the whole of an FLSA of ours, and completes it with what follows from it. Raises Invalid."""
    partner = (state.get("customer_account") or {}).get("id")
    if state.get("provider_id") is None:
        ours = context.copies.get("account", context.account) or {}
        state = {**state, "provider_id": ours.get("organization_id")}
    if state.get("customer_id") is None:
        state = {**state, "customer_id": customer(context, state)}
    faults: dict[str, Fault] = {"customer_id": known}
    if partner is not None:
        faults["customer_representative_ids"] = of_account(partner)
        if len(state["customer_representative_ids"]) > MAX_REPRESENTATIVES:
            raise Invalid(errors=[("customer_representative_ids", f"may be {MAX_REPRESENTATIVES} at most")])
    check(context, before, {name: state.get(name) for name in _CHECKED}, faults)
    state = set_today(context, before, state)
    _check_only_one(context, id, state)
    return state


def _check_only_one(context: Context, id: int | None, state: Fields) -> None:
    """Raises Invalid when another FLSA of the customer may be active on a day on which this one is."""
    if state["customer_id"] is None:
        return  # not known yet, so there is none
    of_customer = {"customer_id": state["customer_id"], "discarded": None}
    for record in records(context, "flsa").find(of_customer):
        if record.id != id and overlap(term_of(state), term_of(record.state)):
            name, status = record.state["name"], record.state["status"].replace("_", " ")
            until = record.state.get("expiry_date")
            ends = f"until {until}" if until else "without an expiry date"
            text = (
                f'has another FLSA, "{name}", {status} {ends}: '
                "an organization has one at a time. Let that one expire before this one starts"
            )
            raise Invalid("another_flsa", f"The customer {text}.", [("customer_id", text)])


def _check_understood(context: Context, account: Mapping[str, str]) -> None:
    """Raises Invalid for a partner whose system does not know FLSAs."""
    trust = trust_with(context, account["id"])
    if trust is None or not understands(trust.capabilities, _OFFERED):
        trust = trust_with(context, account["id"], refresh=True)
    if trust is None or not understands(trust.capabilities, _OFFERED):
        text = f"{account['name']}'s system does not understand FLSAs yet: it has to be brought up to date"
        raise Invalid("not_understood", f"{text}.", [("customer_account_id", text)])


def _one_at_a_time(context: Context) -> AbstractContextManager[None]:
    """Two edits at the same time may each be fine, and make two service desks together."""
    return hierarchies.locked(context, "FLSAs")
