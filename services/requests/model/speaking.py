"""What a provider says of itself: its status, whenever it differs from what the customer's account was told
last.

So the statements of handover.md, table 4 ("progressed", "progressed up if changed"), follow from the state
and are written nowhere else. While an account below holds the request, what is said is this account's team
all the same: neither end of a chain learns of the other.
"""

from dataclasses import replace

from services.requests.model.holder import own_team
from services.requests.model.request import Above, Request, Stated
from services.requests.model.step import Draft
from services.requests.model.values import CompletionReason, Note, Ref, Status
from services.requests.model.wire import episode_body, ref_body, statement_body, time_text


def stated(request: Request) -> Stated:
    """What the customer should know of this account now. While an account below holds it is this one's team
    all the same: neither end of a chain learns of the other.
    """
    team, member = own_team(request)
    return Stated(
        spoken(request), team.id if team else None, member.id if member else None, request.waiting_until
    )


def spoken(request: Request) -> Status:
    """The status as a statement: a completed request with the reason `declined` is said to be declined."""
    declined_ = request.completion_reason is CompletionReason.DECLINED and not request.live
    return Status.DECLINED if declined_ else request.status


def speak(draft: Draft, note: Note | None = None, code: str | None = None) -> None:
    """Tells the customer's account this account's status, when the episode is open and it differs from the
    last word.

    `note` and `code` travel with it. `taken` comes first, once in the life of the thread, with this request's
    id.
    """
    above = draft.request.above
    if above is None or not above.open:
        return
    now = stated(draft.request)
    team, member = own_team(draft.request)
    if not above.taken:
        _take(draft, above, now, team, member)
        above = draft.request.above
        assert above is not None
    asked = now.status is Status.WAITING_FOR_CUSTOMER and above.question is not None
    if above.stated == now or (asked and above.stated and above.stated.status is now.status):
        return  # a question stands as it was asked; who waits for the answer is told with the next statement
    carried = () if note is None else (note,)
    said = {"note": draft.body_of(note, above.partner)}
    if now.status is Status.WAITING_FOR_CUSTOMER:
        message_id = draft.context.ids.message()
        question = above.question or message_id
        draft.change_above(question=question)
        draft.send_up(
            "request.waiting_for_customer",
            statement_body(above, team, member, question=question, **said),
            *carried,
            message_id=message_id,
        )
    elif now.status is Status.COMPLETED:
        reason, at = draft.request.completion_reason, draft.request.completed_at
        body = statement_body(
            above, team, member, completion_reason=str(reason), completed_at=time_text(at), **said
        )
        draft.send_up("request.completed", body, *carried)
    elif now.status is Status.DECLINED:
        draft.send_up("request.declined", statement_body(above, team, member, code=code, **said), *carried)
    else:
        until = time_text(draft.request.waiting_until)
        body = statement_body(above, team, member, status=now.status.value, waiting_until=until)
        draft.send_up("request.progressed", body)
    if now.status is not Status.WAITING_FOR_CUSTOMER:
        draft.change_above(question=None)
    draft.change_above(stated=now)


def _take(draft: Draft, above: Above, now: Stated, team: Ref | None, member: Ref | None) -> None:
    working = now.status if draft.request.working else Status.ASSIGNED
    body = statement_body(above, team, member, request_id=draft.request.id, status=working.value)
    draft.send_up("request.taken", body)
    draft.change_above(taken=True, stated=replace(now, status=working))


def restated(request: Request) -> dict[str, object]:
    """The body with which a provider states its side again (rule 10)."""
    above = request.above
    assert above is not None
    team, member = own_team(request)
    withdrawn = not above.open and request.completion_reason is CompletionReason.WITHDRAWN
    result = None if request.live or withdrawn or spoken(request) is Status.DECLINED else request
    return {
        "by": "provider",
        "episode": episode_body(above.episode),
        "request_id": request.id,
        "status": "withdrawn" if withdrawn else spoken(request).value,
        "question": above.question,
        "completion_reason": str(result.completion_reason) if result else None,
        "completed_at": time_text(result.completed_at) if result else None,
        "team": ref_body(team),
        "member": ref_body(member),
    }
