"""Which organizations of two accounts an active agreement links: what entitles each to the other's card.

An SLA or FLSA links the provider's organization with the customer's for as long as it is active. The
provider's account registered it, the customer's account holds a foreign one (`account` is the provider's).
Both come as the slas service offers copies of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Agreement = Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """`own_id` is the organization of ours that the partner's account is entitled to the card of, `their_id`
    the record that names theirs here; None where nobody has said which of their organizations it is.
    """

    own_id: int
    their_id: int | None


def link_of(
    agreement: Agreement, partner: str, provider_id: int | None, foreign: Collection[int]
) -> Link | None:
    """What one agreement links with this partner; None for one that is not active or not with it.

    `provider_id`: the organization that provides. `foreign`: the ids of the partner's organizations: a
    provider may have named its customer by a record of its own.
    """
    if agreement.get("status") != "active" or provider_id is None:
        return None
    home = (agreement.get("account") or {}).get("id")
    customer_id = agreement.get("customer_id")
    if home == partner:
        return None if customer_id is None else Link(customer_id, provider_id)
    if home is None and (agreement.get("customer_account") or {}).get("id") == partner:
        return Link(provider_id, customer_id if customer_id in foreign else None)
    return None


def is_linked(organization: Mapping[str, Any], id: int, links: Iterable[Link]) -> bool:
    """Whether one of the partner's organizations stands in All Organizations. One that nobody has named does
    when its card has come and some link names none.
    """
    named = {link.their_id for link in links}
    return id in named or (None in named and organization.get("card") is not None)


def with_link(state: Mapping[str, Any], linked: bool, now: datetime) -> dict[str, Any]:
    """The state of a foreign organization that is linked, or not, with what it is found by. `unlisted` is
    there only on those that are not: lists ask for what has it not, own records among them. `awaited` is
    there only on those whose card should come.
    """
    known = {name: value for name, value in state.items() if name not in ("unlisted", "awaited")}
    since = state.get("linked_at") if state.get("linked") else now
    found_by = {"unlisted": not linked, "awaited": linked and state.get("card") is None}
    return {
        **known,
        "linked": linked,
        "linked_at": since if linked else None,
        **{name: True for name, there in found_by.items() if there},
    }
