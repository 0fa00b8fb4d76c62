"""Which partner's service instance can be put on a request, and by which agreement.

A request may be handed to a partner only under an active SLA of that partner's for the service instance,
and only when the SLA covers the case. What a coverage means:

- `customer_account`: everything and everybody of the customer's account.
- `organizations`, `organizations_and_descendants`: the requester belongs to one of the chosen organizations
  (or to one below it).
- `sites`: the requester works at one of the chosen sites.
- `organizations_and_sites`: both: he belongs to one of the chosen organizations and works at one of the
  chosen sites.
- `people`: the requester is one of the chosen people.
- `coverage_groups`: one of the chosen groups covers the requester. A group is made once and chosen in many
  SLAs; its own coverage is one of those that say who the requester is (`OF_GROUPS`).
- `service_instances`: the request is about one of the chosen service instances of the customer's own, or
  the one who puts the partner's instance on it works in a team of such an instance: the members of these
  teams are covered.

For an SLA between accounts the choice is the customer's: its service level manager makes it on the
customer's copy of the SLA, and it never leaves the account. A provider's hand in its customer's
organizations would need it to know them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.slas.model.shapes import covered_ids
from services.slas.model.status import ACTIVE

DISCONTINUED = "discontinued"

# coverage → the fields that hold what was chosen
CHOSEN_BY_COVERAGE: dict[str, tuple[str, ...]] = {
    "customer_account": (),
    "organizations_and_descendants": ("organization_ids",),
    "organizations": ("organization_ids",),
    "sites": ("site_ids",),
    "organizations_and_sites": ("organization_ids", "site_ids"),
    "people": ("people_ids",),
    "service_instances": ("service_instance_ids",),
    "coverage_groups": ("coverage_group_ids",),
}
COVERAGES = tuple(CHOSEN_BY_COVERAGE)
OF_GROUPS = ("organizations_and_descendants", "organizations", "sites", "organizations_and_sites", "people")
# When several agreements allow the same, the one made for the narrowest case is meant.
_NARROWEST_FIRST = (
    "service_instances",
    "people",
    "organizations_and_sites",
    "coverage_groups",
    "sites",
    "organizations",
    "organizations_and_descendants",
    "customer_account",
)

if set(_NARROWEST_FIRST) != set(COVERAGES):
    raise AssertionError("_NARROWEST_FIRST does not order all coverages")


def chosen_for(coverage: str) -> tuple[str, ...]:
    """The fields in which something is chosen for a coverage; none for one that is not known here."""
    return CHOSEN_BY_COVERAGE.get(coverage, ())


# The fields in which groups choose.
CHOICES = tuple(dict.fromkeys(field for coverage in OF_GROUPS for field in CHOSEN_BY_COVERAGE[coverage]))


def misfits(coverage: str, chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Those of the fields in which something was `chosen` that the coverage does not speak of, as errors."""
    text = f"means nothing with the coverage {coverage}"
    return [(field, text) for field in chosen if field not in chosen_for(coverage)]


class Covering(Protocol):
    """Whatever says what it covers. Ids are the account's own."""

    @property
    def coverage(self) -> str: ...

    @property
    def service_instance_ids(self) -> frozenset[int]: ...

    @property
    def organization_ids(self) -> frozenset[int]: ...

    @property
    def site_ids(self) -> frozenset[int]: ...

    @property
    def people_ids(self) -> frozenset[int]: ...

    @property
    def groups(self) -> tuple[Group, ...]: ...


@dataclass(frozen=True)
class Group:
    """A coverage group; its coverage is one of `OF_GROUPS`."""

    name: str
    coverage: str
    organization_ids: frozenset[int] = frozenset()
    site_ids: frozenset[int] = frozenset()
    people_ids: frozenset[int] = frozenset()
    service_instance_ids: frozenset[int] = frozenset()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Agreement:
    """What the rule needs of a foreign SLA. Ids are the customer account's own; `trust` is the state of the
    trust with the partner."""

    id: int
    name: str
    partner: str
    partner_name: str
    trust: str
    status: str
    service_instance_id: int
    coverage: str
    service_instance_ids: frozenset[int] = frozenset()
    organization_ids: frozenset[int] = frozenset()
    site_ids: frozenset[int] = frozenset()
    people_ids: frozenset[int] = frozenset()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Target:
    """A partner's service instance that somebody wants on a request."""

    id: int
    name: str
    status: str


@dataclass(frozen=True)
class Asking:
    """A request about to be handed over.

    `organization_ids`: the requester's organization first, then those above it. `site_id`: the requester's.
    `supported_instance_ids`: own service instances whose support or first line team the acting person
    is a member of.
    """

    own_service_instance_id: int | None = None
    requester_id: int | None = None
    organization_ids: tuple[int, ...] = ()
    site_id: int | None = None
    supported_instance_ids: frozenset[int] = frozenset()


def group_of(state: Mapping[str, Any]) -> Group:
    """The coverage group whose state it is."""
    return Group(state["name"], state["coverage"], **_sets(state))


def chosen_in(sla: Mapping[str, Any], groups: Mapping[int, Group]) -> dict[str, Any]:
    """What an SLA covers, as the fields of a `Covering`; `groups`: those that are known."""
    return {
        "coverage": sla["coverage"],
        "service_instance_ids": frozenset(covered_ids(sla)),
        **_sets(sla),
        "groups": tuple(groups[id] for id in sla.get("coverage_group_ids") or () if id in groups),
    }


def _sets(state: Mapping[str, Any]) -> dict[str, Any]:
    return {field: frozenset(state.get(field) or ()) for field in CHOICES}


class NotCovered(Exception):
    """No agreement allows it. `message` says what is missing and what would be allowed."""

    code = "no_agreement"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def covers(agreement: Covering, asking: Asking) -> bool:
    """Whether the coverage includes the case, whatever the agreement's status."""
    match agreement.coverage:
        case "customer_account":
            return True
        case "organizations":
            return bool(agreement.organization_ids & set(asking.organization_ids[:1]))
        case "organizations_and_descendants":
            return bool(agreement.organization_ids & set(asking.organization_ids))
        case "sites":
            return asking.site_id in agreement.site_ids
        case "organizations_and_sites":
            own = asking.organization_ids[:1]
            return asking.site_id in agreement.site_ids and bool(agreement.organization_ids & set(own))
        case "coverage_groups":
            return any(covers(group, asking) for group in agreement.groups)
        case "people":
            return asking.requester_id in agreement.people_ids
        case "service_instances":
            about = {asking.own_service_instance_id} | asking.supported_instance_ids
            return bool(agreement.service_instance_ids & about)
    return False


def permitted(
    agreements: Iterable[Agreement], target: Target, asking: Asking, names: Mapping[int, str]
) -> Agreement:
    """The agreement under which the service instance `target` may be put on the request.

    `names` gives the names of own service instances, for the refusal. Raises NotCovered.
    """
    about = [agreement for agreement in agreements if agreement.service_instance_id == target.id]
    fitting = [one for one in about if _in_force(one) and covers(one, asking)]
    if fitting and target.status != DISCONTINUED:
        return min(fitting, key=lambda one: (_NARROWEST_FIRST.index(one.coverage), one.id))
    raise NotCovered(_why_not(about, target, names))


def _in_force(agreement: Agreement) -> bool:
    return agreement.status == ACTIVE and agreement.trust == "active"


def _why_not(about: Sequence[Agreement], target: Target, names: Mapping[int, str]) -> str:
    if target.status == DISCONTINUED:
        return f'The service instance "{target.name}" is discontinued.'
    if not about:
        return f'There is no SLA for the service instance "{target.name}".'
    active = [agreement for agreement in about if agreement.status == ACTIVE]
    if not active:
        known = ", ".join(f'"{one.name}" is {one.status.replace("_", " ")}' for one in about)
        return f'There is no active SLA for the service instance "{target.name}": {known}.'
    in_force = [agreement for agreement in active if _in_force(agreement)]
    if not in_force:
        one = active[0]
        return f"The trust with {one.partner_name} is {one.trust}: nothing new can be handed over to it."
    allowed = "; ".join(f'"{one.name}" covers {_covered(one, names)}' for one in in_force)
    return f'No active SLA for the service instance "{target.name}" covers this request; allowed: {allowed}.'


def _covered(agreement: Agreement, names: Mapping[int, str]) -> str:
    if agreement.coverage == "service_instances":
        if not agreement.service_instance_ids:
            return "no service instance yet: a service level manager must choose which of your own it covers"
        chosen = sorted(agreement.service_instance_ids)
        told = ", ".join(f'"{names.get(one, str(one))}"' for one in chosen)
        return f"requests about {told}, and the members of the teams that support it"
    if agreement.coverage == "coverage_groups":
        told = ", ".join(f'"{group.name}"' for group in agreement.groups)
        return f"those whom the coverage groups {told} cover" if told else "no chosen coverage groups yet"
    if agreement.coverage == "people":
        return _counted(agreement.people_ids, "people")
    whose = [
        _counted(ids, what)
        for ids, what in ((agreement.organization_ids, "organizations"), (agreement.site_ids, "sites"))
        if f"{what.removesuffix('s')}_ids" in chosen_for(agreement.coverage)
    ]
    below = " and those below" if agreement.coverage == "organizations_and_descendants" else ""
    return f"people of {' at '.join(whose)}{below}"


def _counted(ids: frozenset[int], what: str) -> str:
    return f"{len(ids)} chosen {what}" if ids else f"no chosen {what} yet"
