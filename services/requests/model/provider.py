"""The provider's side of a hand-over: handover.md, table 4.

What the customer's account says is an intent with an episode; this account derives its own view from its own
table. What it says in turn follows from the state, see `speaking`.
"""

from dataclasses import replace

from services.requests.model import core, customer
from services.requests.model.facts import Incoming, Take
from services.requests.model.holder import provider_holds
from services.requests.model.notes import hear_note
from services.requests.model.request import Above, Request
from services.requests.model.speaking import speak, stated
from services.requests.model.step import ARRIVED_LATE, Context, Draft
from services.requests.model.values import (
    CompletionReason,
    Ending,
    Note,
    Status,
    TrailEntry,
)
from services.requests.model.wire import TARGET, read_core, read_episode, read_time

# -- what the customer's account says ------------------------------------------------------------------------


def new_request(incoming: Incoming, context: Context) -> Draft:
    """none → assigned: the first hand-over of a thread makes this account's own request."""
    body = incoming.body
    above = Above(
        incoming.partner, incoming.thread, body["request_id"], body["agreement"], read_episode(body)
    )
    request = Request(
        id=context.ids.request(),
        account=context.account,
        core=read_core(body),
        status=Status.ASSIGNED,
        created_at=context.at,
        updated_at=context.at,
        above=above,
    )
    return Draft(request, context, account=incoming.partner, person=body["member"])


def given(draft: Draft, incoming: Incoming, take: Take | None) -> None:
    """`handed_over` or `reopened` of a higher episode → assigned; any other is recorded only (rule 2).

    A hand-over goes to the support team; a reopened request to the team and member that had it. The business
    never refuses (rule 9): what cannot be taken is applied, and declined by itself with a code.
    """
    above, body = draft.request.above, incoming.body
    assert above is not None
    first = draft.before is None
    if not first and read_episode(body) <= above.episode:
        draft.record(ARRIVED_LATE, f"{incoming.type} of an episode that is known already")
        return
    reopened = incoming.type == "request.reopened"
    begin(draft, incoming, None if reopened else take)
    if reopened:
        draft.change(reopen_count=draft.request.reopen_count + 1)
        hear_note(draft, incoming.partner, body["note"])
    for note in body["notes"]:
        hear_note(draft, incoming.partner, note)
    draft.record("reopened" if reopened else "taken", f"handed over by {incoming.partner}")
    if take is not None:
        decline_by_itself(draft, take)


def decline_by_itself(draft: Draft, take: Take) -> None:
    """What leads nowhere here goes back at once, with the code that says why (rule 9)."""
    if take.decline is not None:
        draft.system_note(f"Declined by itself: {take.decline}.")
        declined(draft, None, take.decline)


def begin(draft: Draft, incoming: Incoming, take: Take | None) -> None:
    """A new episode: completion fields are cleared, the core is the one given, and nobody below works on the
    old one.

    Without a `take` the team and member stay (a reopened request); with one the trail starts anew at the
    customer.
    """
    request, above, body = draft.request, draft.request.above, incoming.body
    if take is not None or not provider_holds(request):
        customer.end(draft)
        draft.change(status=Status.ASSIGNED, waiting_until=None)
    # Else the customer's rejection crossed our taking it up again and giving it down: that work goes on.
    if take is not None:
        entry = TrailEntry(incoming.partner, body["team"], body["member"], draft.context.at)
        draft.change(
            team=take.team,
            member=None,
            service_instance=take.service_instance or request.service_instance,
            trail=(entry,),
        )
    core.replace_whole(draft, read_core(body))
    draft.change(completion_reason=None, completed_at=None)
    if take is not None:
        # The customer shows exactly this of itself when it hands over, so there is nothing to tell.
        draft.change_above(stated=stated(draft.request))
    elif above is not None and above.taken_up_again:
        # It has rejected one of several words of ours: which one it shows is not known, so it is told.
        draft.change_above(stated=None)
    else:
        customer_shows_assigned(draft)
    draft.change_above(
        agreement=body["agreement"],
        request_id=body["request_id"],
        episode=read_episode(body),
        ended=None,
        question=None,
        taken_up_again=False,
        resends=0,
        target_at=read_time(body.get(TARGET)),
    )


def answered(draft: Draft, incoming: Incoming) -> None:
    """Resumes when exactly this question stands (rule 5); the text is kept in any case."""
    above, body = draft.request.above, incoming.body
    assert above is not None
    standing = (
        above.open
        and read_episode(body) == above.episode
        and above.question is not None
        and above.question == body["question"]
    )
    hear_note(draft, incoming.partner, body["note"])
    if standing:
        resume(draft)
        draft.record("answered", incoming.partner)
    else:
        draft.record(ARRIVED_LATE, f"{incoming.partner} answered a question that does not stand")


def resume(draft: Draft) -> None:
    """waiting(q) → assigned, the same member; the clock runs again. The customer shows the same without being
    told.
    """
    draft.change(status=Status.ASSIGNED)
    draft.change_above(question=None)
    customer_shows_assigned(draft)


def customer_shows_assigned(draft: Draft) -> None:
    """After an answer or a rejection the customer shows `assigned` with the team and member it was last told
    of.
    """
    above = draft.request.above
    assert above is not None
    told = above.stated
    draft.change_above(stated=told and replace(told, status=Status.ASSIGNED, waiting_until=None))


def ended(draft: Draft, incoming: Incoming, how: Ending) -> None:
    """`recalled` or `closed`: a live request becomes withdrawn; one with an own result keeps it and is marked
    (rule 4).
    """
    above, body = draft.request.above, incoming.body
    assert above is not None
    hear_note(draft, incoming.partner, body["note"])
    episode = read_episode(body)
    if episode < above.episode or (episode == above.episode and not above.open):
        draft.record(ARRIVED_LATE, f"{incoming.type} of an episode that has ended")
        return
    draft.change_above(episode=episode)
    withdraw(draft, how)


def withdraw(draft: Draft, how: Ending) -> None:
    """Ends the episode on this side, and this account's own episode below with it (rule 7)."""
    draft.change_above(ended=how, question=None)
    if draft.request.live:
        customer.end(draft)
        draft.change(
            status=Status.COMPLETED,
            completion_reason=CompletionReason.WITHDRAWN,
            completed_at=draft.context.at,
            waiting_until=None,
        )
    draft.record(how.value.replace("_", " "))


def skip(draft: Draft, incoming: Incoming) -> None:
    """A give that a person discards: its episode is over before it began, unless one is still to end."""
    above = draft.request.above
    gives = ("request.handed_over", "request.reopened")
    if above is None or above.thread != incoming.thread or incoming.type not in gives:
        return
    if not draft.request.live and read_episode(incoming.body) > above.episode:
        draft.change_above(episode=read_episode(incoming.body), ended=Ending.TAKEN_BACK)


def trust_ended(draft: Draft) -> None:
    """Each side ends by itself, without a message (handover.md section 8)."""
    above = draft.request.above
    assert above is not None
    if above.open:
        draft.system_note(f"The trust with {above.partner} has ended.")
        withdraw(draft, Ending.TRUST_ENDED)


def forgotten(draft: Draft) -> None:
    """The customer's account was restored from a backup that is older than its hand-over: it knows nothing of
    it (handover.md section 7).
    """
    above = draft.request.above
    assert above is not None
    if above.open:
        draft.system_note(f"{above.partner} was restored from a backup and knows nothing of this request.")
        withdraw(draft, Ending.FORGOTTEN)


# -- what this account says ----------------------------------------------------------------------------------


def declined(draft: Draft, note: Note | None, code: str | None = None) -> None:
    """Nobody of this account is left to whom it could go back: it goes back to the customer's account."""
    customer.end(draft, note)
    draft.change(
        status=Status.COMPLETED,
        completion_reason=CompletionReason.DECLINED,
        completed_at=draft.context.at,
        waiting_until=None,
        member=None,
    )
    speak(draft, note, code)
