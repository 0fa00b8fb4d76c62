"""What the account's clocks hear of a request: `request.situation_changed`.

    n                    1, 2, 3 … per request: clocks follow in this order, and know by it what is missing
    at                   of the save that it came with
    customer_account     that of the customer who handed it over, under `agreement` (its thread)
    about_id             the account's own service instance that it is about
    handed_down          it was handed over to this account, and a provider below has it now

The other names are those of the API. It is said whole, whenever something of it has changed.
"""

from typing import Any

from services.requests.model.holder import provider_holds
from services.requests.model.request import Request
from services.requests.model.step import Draft
from services.requests.model.values import Ref
from services.requests.model.wire import core_value, time_text


def tell_situation(draft: Draft) -> None:
    """Says it when it is not what it was."""
    now = _situation(draft.request)
    if draft.before is None or _situation(draft.before) != now:
        draft.change(situations=draft.request.situations + 1)
        draft.event(
            "request.situation_changed", n=draft.request.situations, at=time_text(draft.context.at), **now
        )


def _situation(request: Request) -> dict[str, Any]:
    above, core = request.above, request.core
    return {
        "status": request.status.value,
        "category": core.category.value,
        "impact": core.impact.value if core.impact else None,
        "service_instance_id": _id(request.service_instance),
        "about_id": _id(request.own_service_instance),
        "team_id": _id(request.team),
        "requested_for_id": _id(request.requested_for),
        "completion_reason": request.completion_reason.value if request.completion_reason else None,
        "customer_account": above.partner if above else None,
        "agreement": above.agreement if above else None,
        "provider_not_accountable": request.provider_not_accountable,
        "handed_down": above is not None and provider_holds(request),
        "desired_completion_at": core_value(core.desired_completion_at),
        "downtime_start_at": core_value(core.downtime_start_at),
        "downtime_end_at": core_value(core.downtime_end_at),
    }


def _id(ref: Ref | None) -> int | None:
    return None if ref is None else ref.id
