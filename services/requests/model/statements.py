"""What the provider says, on the customer's side: handover.md, table 3, rows "any open episode ←".

A statement is the provider's status, never a change of it, and the last one in an open episode is the truth,
whatever the request showed before (rule 3). One of another or an ended episode is recorded with its note and
does nothing else.
"""

from collections.abc import Callable

from services.requests.model.facts import Incoming
from services.requests.model.notes import hear_note
from services.requests.model.request import Below
from services.requests.model.step import ARRIVED_LATE, Draft
from services.requests.model.values import Body, CompletionReason, Status, Turn, Visibility
from services.requests.model.view import show
from services.requests.model.wire import read_episode, read_time


def hear(draft: Draft, link: Below, incoming: Incoming) -> None:
    """Applies any statement: the provider's last word in an open episode is the truth (rule 3).

    One of another or an ended episode is recorded with its note and has no other effect.
    """
    body = incoming.body
    if incoming.type == "request.taken":
        # The provider's own id is a fact of the thread, not of the episode: it is told only once.
        link = draft.change_link(link, request_id=body["request_id"])
        if link.open:
            draft.change(supplier_request_id=str(body["request_id"]))
    if not link.open or read_episode(body) != link.episode:
        hear_late(draft, link, incoming)
        return
    STATEMENTS[incoming.type](draft, link, body)


def hear_late(draft: Draft, link: Below, incoming: Incoming) -> None:
    partner = link.partner
    if read_episode(incoming.body) == link.episode:
        text = f"{partner} said {_word(incoming.type)}; it arrived after you took it back or completed it"
    else:
        text = f"{partner} said {_word(incoming.type)} of another episode"
    draft.record(ARRIVED_LATE, text)
    hear_note(draft, partner, incoming.body.get("note"), Visibility.SPECIALIST)


def _word(type_: str) -> str:
    return type_.removeprefix("request.").replace("_", " ")


def _progressed(draft: Draft, link: Below, body: Body) -> None:
    state(draft, link, Status(body["status"]), body)
    draft.change(waiting_until=read_time(body.get("waiting_until")))
    draft.record("progressed", f"{link.partner}: {body['status'].replace('_', ' ')}")


def _waiting(draft: Draft, link: Below, body: Body) -> None:
    hear_note(draft, link.partner, body["note"])
    state(draft, link, Status.WAITING_FOR_CUSTOMER, body, question=body["question"])
    draft.record("asked", link.partner)


def _completed(draft: Draft, link: Below, body: Body) -> None:
    # The solution is for specialists to verify, rewrite or translate; the requester hears of it from them
    # (rule 12).
    hear_note(draft, link.partner, body["note"], Visibility.SPECIALIST)
    link = draft.change_link(
        link,
        completion_reason=CompletionReason(body["completion_reason"]),
        completed_at=read_time(body["completed_at"]),
    )
    state(draft, link, Status.COMPLETED, body)
    draft.record("returned", f"{link.partner} completed it: {body['completion_reason']}")


def _declined(draft: Draft, link: Below, body: Body) -> None:
    hear_note(draft, link.partner, body["note"], Visibility.SPECIALIST)
    state(draft, link, Status.DECLINED, body)
    code = body["code"]
    text = f"{link.partner} declined the request" + (f" ({code})" if code else "") + "."
    draft.system_note(text)
    draft.record("declined", text)


STATEMENTS: dict[str, Callable[[Draft, Below, Body], None]] = {
    "request.taken": _progressed,
    "request.progressed": _progressed,
    "request.waiting_for_customer": _waiting,
    "request.completed": _completed,
    "request.declined": _declined,
}


def state(draft: Draft, link: Below, status: Status, body: Body, question: str | None = None) -> None:
    """Puts the provider's word into the link and shows it."""
    was = link.turn
    link = draft.change_link(
        link,
        stated=status,
        stated_team=body["team"],
        stated_member=body["member"],
        question=question,
        answered=link.answered if question is not None else None,
    )
    if link.turn is not was and link.turn is not Turn.WITH:
        draft.event("request.came_back", partner=link.partner, thread=link.thread, turn=link.turn.value)
    show(draft, link)
