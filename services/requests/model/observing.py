"""What a customer's representatives are told of a request that this account holds.

A request that affects an SLA between accounts is shown to the representatives of the SLA's customer: whole,
as its end user sees it, and again whenever that has changed. Who is told is computed from the request, from
the SLAs as they are, and from whom the customer has said to be its representatives. What is to be said
follows by comparing that with what was said last; so nothing is told twice, and however events come, the last
word is the state of things.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from services.requests.model.request import Request
from services.requests.model.values import Note
from services.requests.model.wire import newest_that_fit, note_body, time_text

Document = Mapping[str, Any]

#: As many as one message names.
MAX_AGREEMENTS: Final = 20


def observers(request: Request, slas: Iterable[Document], trusted: Iterable[str]) -> dict[str, list[str]]:
    """The accounts whose representatives see the request: account → threads of the SLAs that let them.

    `slas` are this account's copies, `trusted` the partners with whom there is a trust. Not an account that
    handed the request over itself: it has it.
    """
    above = request.above.partner if request.above is not None else None
    found: dict[str, list[str]] = {}
    for sla in sorted(slas, key=lambda each: int(each["id"])):
        customer = (sla.get("customer_account") or {}).get("id")
        if sla["id"] not in request.sla_ids or not lets_observe(sla):
            continue
        if customer != above and customer in set(trusted):
            found.setdefault(str(customer), []).append(str(sla["thread"]))
    return {customer: threads[:MAX_AGREEMENTS] for customer, threads in found.items()}


def lets_observe(sla: Document) -> bool:
    """Whether somebody at the customer's account may see what an SLA of ours affects."""
    ours = sla.get("account") is None and bool(sla.get("thread"))
    return ours and sla.get("status") == "active" and bool(sla.get("represented_by"))


def may_act(request: Request, slas: Iterable[Document], customer: str, person_id: int) -> bool:
    """Whether a person of the customer's account, by its own id, represents it where the request is shown."""
    mine = [sla for sla in slas if any(each["id"] == person_id for each in sla.get("represented_by") or ())]
    return customer in observers(request, mine, [customer])


def snapshot(request: Request, notes: Sequence[Note], agreements: Sequence[str]) -> dict[str, Any]:
    """The body of `request.observed`, without its revision. `notes` are the public ones, oldest first.

    Whom a request of a third account is for is not ours to tell.
    """
    core = request.core
    told = newest_that_fit(notes, request.account)
    requested_for = request.requested_for if request.above is None else None
    return {
        "request_id": request.id,
        "agreements": list(agreements),
        "subject": core.subject,
        "category": core.category.value,
        "impact": core.impact.value if core.impact else None,
        "status": request.status.value,
        "completion_reason": request.completion_reason.value if request.completion_reason else None,
        "requested_for": requested_for.name if requested_for else None,
        "created_at": time_text(request.created_at),
        "completed_at": time_text(request.completed_at),
        "desired_completion_at": time_text(core.desired_completion_at),
        "notes": [note_body(note, request.account, without=note.attachments) for note in told],
        "note_count": len(notes),
    }


def to_say(told: str | None, now: str | None, on_the_way: bool) -> str | None:
    """`observed`, `forgotten`, `waits` or None: what brings the customer from what it was `told` (a hash;
    None: nothing) to what holds `now`. While a word is `on_the_way` the next one waits for its receipt.
    """
    if told == now:
        return None
    if on_the_way:
        return "waits"
    return "forgotten" if now is None else "observed"
