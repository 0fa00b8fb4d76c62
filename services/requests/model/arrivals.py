"""What a partner said, applied: one dispatcher for both sides of a hand-over, and what happens without
anybody's wish.

Which side this account is on follows from the thread: the one of `request.above`, or one of `request.below`.
A statement is applied whatever the request showed before (rule 3), so nothing here is refused for its state.
"""

from collections.abc import Callable, Collection

from services.requests.model import core, customer, provider, refusals, restate
from services.requests.model.errors import UnknownThread
from services.requests.model.facts import Incoming, Sent, Take
from services.requests.model.finish import finish
from services.requests.model.holder import Place, place
from services.requests.model.notes import hear_note
from services.requests.model.request import Above, Request
from services.requests.model.statements import STATEMENTS, hear
from services.requests.model.step import Context, Draft, Step
from services.requests.model.values import Category, CompletionReason, Core, Ending, Episode, Status

FROM_CUSTOMER: dict[str, Callable[[Draft, Incoming, Take | None], None]] = {
    "request.handed_over": provider.given,
    "request.reopened": lambda draft, incoming, take: provider.given(draft, incoming, None),
    "request.answered": lambda draft, incoming, take: provider.answered(draft, incoming),
    "request.recalled": lambda draft, incoming, take: provider.ended(draft, incoming, Ending.TAKEN_BACK),
    "request.closed": lambda draft, incoming, take: provider.ended(draft, incoming, Ending.ACCEPTED),
    "request.core_changed": lambda draft, incoming, take: core.heard(draft, incoming),
    "request.restated": restate.heard_from_customer,
    "note.added": lambda draft, incoming, take: _note(draft, incoming),
}

FROM_PROVIDER = frozenset({*STATEMENTS, "request.core_changed", "request.restated", "note.added"})


def apply(request: Request | None, incoming: Incoming, context: Context, take: Take | None = None) -> Step:
    """Applies a partner's message to the request of its thread; `request` is None only for a thread's first.

    `take` is needed for `request.handed_over`, and for a customer's `request.restated` of a higher episode:
    where the hand-over leads here. Raises `UnknownThread` when the message has no place: a thread that this
    request does not have, a first message that does not open one, or what this side never hears.
    """
    if request is None:
        if incoming.type != "request.handed_over" or take is None:
            raise UnknownThread(f"{incoming.type} can't be the first message of a hand-over.")
        draft = provider.new_request(incoming, context)
        provider.given(draft, incoming, take)
        return finish(draft)
    draft = _draft(request, context, incoming.partner)
    above, link = request.above, request.link_of(incoming.thread)
    if above is not None and above.thread == incoming.thread and incoming.type in FROM_CUSTOMER:
        if take is None and incoming.type == "request.handed_over":
            raise UnknownThread("Where a hand-over leads must be known before it is applied.")
        FROM_CUSTOMER[incoming.type](draft, incoming, take)
    elif link is not None and incoming.type in FROM_PROVIDER:
        if incoming.type in STATEMENTS:
            hear(draft, link, incoming)
        elif incoming.type == "request.restated":
            restate.heard_from_provider(draft, link, incoming)
        elif incoming.type == "request.core_changed":
            core.heard(draft, incoming)
        else:
            _note(draft, incoming)
    else:
        raise UnknownThread(f"{incoming.type} of {incoming.partner} belongs to no hand-over of this request.")
    return finish(draft)


def _unreadable(incoming: Incoming, context: Context) -> Draft:
    """A request that stands for a thread whose beginning nobody could read: it keeps the thread's place."""
    request = Request(
        id=context.ids.request(),
        account=context.account,
        core=Core(incoming.id, 0, f"What {incoming.partner} said could not be read", Category.OTHER),
        status=Status.ASSIGNED,
        created_at=context.at,
        updated_at=context.at,
        above=Above(incoming.partner, incoming.thread, None, None, Episode(0, 0)),
    )
    return Draft(request, context, account=incoming.partner)


def _note(draft: Draft, incoming: Incoming) -> None:
    """Public notes may follow in any state, also after the end (rule 12)."""
    hear_note(draft, incoming.partner, incoming.body["note"])


def discarded(request: Request | None, incoming: Incoming, take: Take | None, context: Context) -> Step:
    """A person discarded this message instead of applying it. Nothing is said: its refusal makes the other
    side undo it (rule 9).

    Of a thread's first hand-over a stub remains (where, says `take`), ended like a declined request; a later
    one that is higher than our episode leaves that episode ended. The body is empty when it can't be read:
    nothing follows then but the stub.
    """
    if request is None:
        assert take is not None, "a stub is somewhere"
        readable = incoming.type == "request.handed_over" and incoming.body
        draft = provider.new_request(incoming, context) if readable else _unreadable(incoming, context)
        draft.change(
            status=Status.COMPLETED,
            completion_reason=CompletionReason.DECLINED,
            completed_at=context.at,
            team=take.team,
            service_instance=take.service_instance,
        )
        draft.change_above(ended=Ending.TAKEN_BACK)
    else:
        draft = _draft(request, context)
        if incoming.body:
            provider.skip(draft, incoming)
    draft.record("discarded", f"{incoming.type} of {incoming.partner}")
    return finish(draft)


def refused(request: Request, sent: Sent, code: str, context: Context) -> Step:
    """The partner refused this message of ours: undone and flagged (rule 9). A second call does nothing."""
    draft = _draft(request, context, sent.partner)
    refusals.refused(draft, sent, code)
    return finish(draft)


def unanswered(request: Request, sent: Sent, context: Context) -> Step:
    """The partner has not receipted this message for long: flagged to the team that has the request."""
    draft = _draft(request, context)
    refusals.unanswered(draft, sent)
    return finish(draft)


def settled(request: Request, message_id: str, context: Context) -> Step:
    """A flagged message was receipted after all."""
    draft = _draft(request, context)
    refusals.settled(draft, message_id)
    return finish(draft)


def trust_ended(request: Request, partner: str, context: Context) -> Step:
    """The trust with this partner has ended: each side ends its open episodes by itself."""
    draft = _draft(request, context)
    link = request.link
    if link is not None and link.partner == partner:
        customer.trust_ended(draft, link)
    if request.above is not None and request.above.partner == partner:
        provider.trust_ended(draft)
    return finish(draft)


def state_again(request: Request, thread: str, context: Context) -> Step:
    """States this account's side of this thread (rule 10). Raises `UnknownThread`."""
    draft = _draft(request, context)
    above: Above | None = request.above
    if request.link_of(thread) is None and not (above and above.thread == thread):
        raise UnknownThread("This request has no such thread.")
    restate.say(draft, thread)
    return finish(draft)


def relearned(request: Request, sent: Sent, known: Collection[int], context: Context) -> Step:
    """A message of ours that we had forgotten in a restore came back. `known`: ids of notes that are here."""
    draft = _draft(request, context)
    restate.relearned(draft, sent, known)
    return finish(draft)


def targets_said(request: Request, context: Context) -> Step:
    """What the account's clocks say of the request is another: who is to be told of it is told."""
    return finish(_draft(request, context))


def due(request: Request, context: Context) -> Step:
    """`waiting_until` has come: back to `assigned`. Nothing happens before, or when a provider has it."""
    draft = _draft(request, context)
    if place(request) is Place.WAITING_FOR and request.waiting_until and request.waiting_until <= context.at:
        draft.change(status=Status.ASSIGNED, waiting_until=None)
        draft.record("waited long enough")
    return finish(draft)


def _draft(request: Request, context: Context, account: str | None = None) -> Draft:
    return Draft(request, context, account=account, before=request)
