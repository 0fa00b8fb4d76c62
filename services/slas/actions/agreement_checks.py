"""What must hold of an SLA before it is saved, and what follows from what is given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.common.context import Context
from services.common.errors import Invalid
from services.federation.partners.trusts import ACTIVE
from services.slas.actions import hierarchy
from services.slas.actions.customers import Chosen
from services.slas.actions.references import Fault, check, known, of_account
from services.slas.actions.saving import records, refusing
from services.slas.actions.trusts import trust_with
from services.slas.model import shapes
from services.slas.model.coverage import CHOSEN_BY_COVERAGE, chosen_for, misfits
from services.slas.model.representation import without_the_expired
from services.slas.model.status import Term, check_dates, check_move, check_today, due_on, local_date, settled

Fields = Mapping[str, Any]
Document = dict[str, Any]

# What a customer may say of a partner's SLA.
CUSTOMERS_OWN = frozenset(
    {
        "service_instance_ids",
        "organization_ids",
        "site_ids",
        "people_ids",
        "coverage_group_ids",
        "customer_representative_ids",
        "service_level_manager_id",
        "shares_requester_target",
        "remarks",
        "source",
        "sourceID",
    }
)
_CHOICES = tuple(dict.fromkeys(field for fields in CHOSEN_BY_COVERAGE.values() for field in fields))
# As many as one announcement names.
MAX_REPRESENTATIVES = 100


def complete(context: Context, before: Fields, state: Document, customer: Chosen) -> Document:
    """Checks the whole of an SLA of ours, and completes it with what follows from it. `customer`: what it is
    where none is named. Raises Invalid, Unavailable."""
    partner = (state.get("customer_account") or {}).get("id")
    if state.get("customer_id") is None:
        state = {**state, "customer_id": customer(context, state)}
    _check_service(context, state)
    faults: dict[str, Fault] = {"customer_id": known}
    if partner is not None:
        faults["customer_representative_ids"] = of_account(partner)
        _check_partners(state)
    check(context, before, {name: value for name, value in state.items() if name in _CHECKED}, faults)
    if partner is None:
        _check_within(state)
        check_choices(context, before, state)
    return set_today(context, before, state)


_CHECKED = frozenset(
    {
        "service_instance_id",
        "service_offering_id",
        "customer_id",
        "customer_representative_ids",
        "service_level_manager_id",
    }
)


def check_allowed(state: Fields, fields: Fields, own: frozenset[str] = CUSTOMERS_OWN) -> None:
    """Raises Invalid for a field of a partner's agreement that only the partner may change; the rest are the
    customer's `own`."""
    account = state.get("account")
    if account is None:
        return
    refused = sorted(fields.keys() - own - {"impact_relations"})
    if refused:
        may = ", ".join(sorted(own))
        text = f"can only be changed by {account['name']}; you may change: {may}"
        raise Invalid(
            "foreign_record", f"This agreement is {account['name']}'s.", [(each, text) for each in refused]
        )


def customer_account(context: Context, state: Fields, account_id: str | None) -> Document | None:
    """`{id, name}` of the trusted account that is the customer. Raises Invalid, Unavailable."""
    if account_id == (state.get("customer_account") or {}).get("id"):
        known_account: Document | None = state.get("customer_account")
        return known_account
    if state.get("thread"):
        text = "cannot be changed: the account knows of this agreement. Let it expire and register another"
        raise Invalid(errors=[("customer_account_id", text)])
    if account_id is None:
        return None
    trust = trust_with(context, account_id)
    if trust is None or trust.status != ACTIVE:
        trust = trust_with(context, account_id, refresh=True)
    if trust is None or trust.status != ACTIVE:
        text = "is not an account that there is an active trust with"
        raise Invalid(errors=[("customer_account_id", text)])
    return {"id": trust.partner, "name": trust.name}


def set_today(context: Context, before: Fields, state: Document) -> Document:
    """As `with_dates`, of what a person made of the agreement `before` ({}: of nothing). Raises Invalid,
    IllegalMove."""
    old, new = term_of(before) if before else None, term_of(state)
    with refusing():
        check_move(old.status if old else None, new.status)
        check_dates(new)
        check_today(old, new, _today(context, state))
    return with_dates(context, state)


def with_dates(context: Context, state: Document) -> Document:
    """The state with the status that its dates give today, and the day on which they move it next."""
    term = term_of(state)
    status = settled(term, _today(context, state))
    day = due_on(Term(status, term.start_date, term.notice_date, term.expiry_date))
    completed = {**state, "status": status}
    completed = without_the_expired(completed)
    completed.pop("due_on", None)
    if day is not None:
        completed["due_on"] = day.isoformat()
    return completed


def _today(context: Context, state: Fields) -> date:
    """In the time zone of an SLA's service offering; an FLSA has one of its own."""
    offering_id = state.get("service_offering_id")
    terms = state if offering_id is None else records(context, "service_offering").get(offering_id).state
    return local_date(context.clock.now(), terms.get("time_zone"))


def term_of(state: Fields) -> Term:
    days = [state.get(name) for name in ("start_date", "notice_date", "expiry_date")]
    return Term(state["status"], *(None if day is None else date.fromisoformat(day) for day in days))


def _check_service(context: Context, state: Fields) -> None:
    """The offering must be one of the service that the service instance is of. Raises Invalid."""
    errors = [
        (field, "must be given")
        for field in ("service_instance_id", "service_offering_id")
        if state.get(field) is None
    ]
    if not errors:
        instance = records(context, "service_instance").find_one({"_id": state["service_instance_id"]})
        offering = records(context, "service_offering").find_one({"_id": state["service_offering_id"]})
        if instance and offering and instance.state["service_id"] != offering.state["service_id"]:
            errors = [
                ("service_offering_id", "is an offering of another service than the service instance's")
            ]
    if errors:
        raise Invalid(errors=errors)


def _check_within(state: Fields) -> None:
    """What can only be said of an SLA with a trusted account. Raises Invalid."""
    text = "means nothing within the account: it is between accounts"
    names = ("asks_requester_target", "shares_requester_target")
    if errors := [(name, text) for name in names if state.get(name)]:
        raise Invalid(errors=errors)


def _check_partners(state: Fields) -> None:
    """What cannot be said of an SLA with a trusted account. Raises Invalid."""
    name = state["customer_account"]["name"]
    errors = [
        (field, f"is chosen by {name}, in its own account") for field in _CHOICES if listed(state, field)
    ]
    if state.get("shares_requester_target"):
        errors.append(("shares_requester_target", f"is said by {name}, in its own account"))
    if len(state["customer_representative_ids"]) > MAX_REPRESENTATIVES:
        errors.append(("customer_representative_ids", f"may be {MAX_REPRESENTATIVES} at most"))
    if errors:
        raise Invalid(errors=errors)


def check_choices(context: Context, before: Fields, state: Fields) -> None:
    """What an SLA covers must be ours, and of the kind that its coverage speaks of. Raises Invalid."""
    new = [field for field in _CHOICES if listed(state, field) not in ([], listed(before, field))]
    if errors := misfits(state["coverage"], new):
        raise Invalid(errors=errors)
    names = (*_CHOICES, "customer_representative_ids", "service_level_manager_id")
    chosen = {name: listed(state, name) if name in _CHOICES else state.get(name) for name in names}
    known_before = {name: listed(before, name) if name in _CHOICES else before.get(name) for name in names}
    check(context, known_before, chosen)
    if "service_instance_ids" in chosen_for(state["coverage"]):
        covered = listed(state, "service_instance_ids")
        hierarchy.check_edges(context, state["service_instance_id"], covered, "service_instance_ids")


def listed(state: Fields, field: str) -> list[int]:
    if field == "service_instance_ids":
        return shapes.covered_ids(state)
    return list(state.get(field) or ())
