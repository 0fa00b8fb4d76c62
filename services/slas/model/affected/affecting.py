"""Which SLAs a request affects, and who is accountable under each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from services.slas.model.affected.situation import Situation
from services.slas.model.coverage import Asking, Group, covers
from services.slas.model.status import ACTIVE

# The request is on the SLA's service instance; on one below it; or on neither, or it was declined.
PROVIDER: Final = "provider"
SUPPLIER: Final = "supplier"
NOT_AFFECTED: Final = "sla_not_affected"
ACCOUNTABILITIES: Final = (PROVIDER, SUPPLIER, NOT_AFFECTED)


@dataclass(frozen=True)
class Promise:
    """What the rule needs of an SLA of the account's own. `agreement` is the thread of one whose customer is
    another account, None for one within the account; `customer_id` is the organization here that stands for
    the customer."""

    id: int
    status: str
    service_instance_id: int
    coverage: str
    agreement: str | None = None
    customer_id: int | None = None
    service_instance_ids: frozenset[int] = frozenset()
    organization_ids: frozenset[int] = frozenset()
    site_ids: frozenset[int] = frozenset()
    people_ids: frozenset[int] = frozenset()
    groups: tuple[Group, ...] = ()


def affected_by(promises: Iterable[Promise], situation: Situation, asking: Asking) -> list[int]:
    """The ids of the SLAs that the request affects, in their order.

    An SLA between accounts is affected by what was handed over under it, whatever it says by now: the
    customer decided that it covers the request, and its end takes nothing back. All others must be active.
    One of them is affected, too, by the account's own requests for people of the customer's organization.

    Those within the account cover the requester, who is `asking`; in a request of another account there is
    none. An SLA with coverage `service_instances` underpins: it is affected too where it serves a service
    instance whose own SLA is, or that the request is about.
    """
    near = [each for each in promises if accountability(each.service_instance_id, situation) != NOT_AFFECTED]
    found = [each for each in near if _covers(each, situation, asking)]
    while more := [each for each in near if each not in found and _underpins(each, found, situation)]:
        found += more
    return sorted(each.id for each in found)


def accountability(service_instance_id: int, situation: Situation) -> str:
    """Who is accountable under an SLA of this service instance."""
    if situation.declined:
        return NOT_AFFECTED
    if service_instance_id == situation.service_instance_id:
        return PROVIDER
    below = service_instance_id in situation.above or service_instance_id == situation.about_id
    return SUPPLIER if below else NOT_AFFECTED


def covers_requester(promise: Promise, situation: Situation, asking: Asking) -> bool:
    """Whether the SLA is for who asked. One between accounts is for the account: what its people expect is
    their own account's business."""
    return promise.agreement is None and situation.agreement is None and covers(promise, asking)


def _covers(promise: Promise, situation: Situation, asking: Asking) -> bool:
    if situation.agreement is not None:
        return promise.agreement == situation.agreement
    if promise.agreement is not None:
        return promise.status == ACTIVE and promise.customer_id in asking.organization_ids
    return promise.status == ACTIVE and covers(promise, asking)


def _underpins(promise: Promise, found: Sequence[Promise], situation: Situation) -> bool:
    if promise.status != ACTIVE or promise.agreement is not None or promise.coverage != "service_instances":
        return False
    served = {situation.about_id, *(each.service_instance_id for each in found)}
    served.discard(promise.service_instance_id)
    return bool(promise.service_instance_ids & served)
