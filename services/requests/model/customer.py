"""The customer's side of a hand-over, what this account does: handover.md, table 3.

Every function writes into a `Draft`. Giving opens an episode and makes it the open one (rules 1, 2 and 7);
ending one needs nobody (rule 4). What the provider says is in `statements`, and how the own view follows it
in `view`.
"""

from dataclasses import replace

from services.requests.model.errors import InvalidField
from services.requests.model.facts import Lead
from services.requests.model.holder import own_team
from services.requests.model.notes import send_note
from services.requests.model.request import Below
from services.requests.model.step import Draft
from services.requests.model.values import Note, Status, TrailEntry, Turn
from services.requests.model.view import come_back, show
from services.requests.model.wire import episode_body, give_body, notes_for_give, ref_body


def hand_over(draft: Draft, lead: Lead, earlier: tuple[Note, ...]) -> None:
    """own, or refused by this provider → with: a new episode (rules 1 and 2).

    Table 3 rows "hand over", "hand over again" and, after `end`, "give to another provider". `earlier` are
    the request's public notes of before this step; those the provider has not been offered yet go along, as
    many as one save can hold: of a great many the first and the last ones.
    """
    request, context = draft.request, draft.context
    link = next((link for link in request.below if link.partner == lead.partner), None)
    if link is None:
        link = Below(
            partner=lead.partner,
            thread=f"handover/{context.account}/{context.ids.unique()}",
            agreement=lead.thread,
            service_instance=lead.service_instance,
            remote_instance_id=lead.remote_instance_id,
            team=lead.team,
            handed_by=_handing(draft),
        )
    link = replace(
        link,
        agreement=lead.thread,
        service_instance=lead.service_instance,
        remote_instance_id=lead.remote_instance_id,
        team=lead.team,
        organization=lead.organization,
        shares_target=lead.shares_target,
        stated_team=None,
        stated_member=None,
    )
    draft.change(
        service_instance=lead.service_instance,
        supplier=lead.organization,
        supplier_request_id=None if link.request_id is None else str(link.request_id),
    )
    link = _begin(draft, link)
    offered = [*earlier, *(note for note in draft.notes if note.public)]
    unseen = [
        note
        for note in offered
        if (note.n > link.notes_given or note.id in link.notes_owed) and note.account != link.partner
    ]
    carried, following = notes_for_give(unseen, context.account)
    give = give_body(link, draft.request.id, draft.request.core)
    draft.send_down(
        link,
        "request.handed_over",
        {**give, "notes": [draft.body_of(note, link.partner) for note in carried]},
        *carried,
    )
    for note in following:
        send_note(draft, link, note)
    if left_out := len(unseen) - len(carried) - len(following):
        draft.system_note(f"{left_out} notes are too many for {link.partner} at once and were not passed on.")
    draft.change_link(link, notes_given=draft.request.note_count, notes_owed=())
    draft.record("handed over", link.partner)


def reject(draft: Draft, link: Below, why: Note) -> None:
    """returned → with: the solution was seen and is not one; a new episode at the same team and member."""
    link = _begin(draft, link)
    give = give_body(link, draft.request.id, draft.request.core)
    draft.send_down(
        link, "request.reopened", {**give, "note": draft.body_of(why, link.partner), "notes": []}, why
    )
    draft.record("rejected", link.partner)


def _handing(draft: Draft) -> TrailEntry:
    team, member = own_team(draft.request)
    if team is None or team.account is not None:
        raise InvalidField("A team of your own must hand it over: set team_id first.", ("team",))
    return TrailEntry(draft.context.account, team, member, draft.context.at)


def _begin(draft: Draft, link: Below) -> Below:
    """Opens the next episode: the team that has the request now is the one it will come back to."""
    link = draft.change_link(
        link,
        episode=link.episode.next(draft.context.incarnation),
        open=True,
        handed_by=_handing(draft),
        depth=len(draft.request.trail),
        stated=Status.ASSIGNED,
        question=None,
        answered=None,
        completion_reason=None,
        completed_at=None,
        resends=0,
        target_told=draft.request.requester_resolution_target_at if link.shares_target else None,
    )
    show(draft, link)
    draft.event("request.given", partner=link.partner, thread=link.thread, episode=episode_body(link.episode))
    return link


def answer(draft: Draft, link: Below, note: Note) -> None:
    """asked(q) → with. The answer names its question and counts only while that one stands (rule 5)."""
    link = draft.change_link(link, answered=link.question)
    body = {
        "episode": episode_body(link.episode),
        "question": link.question,
        "note": draft.body_of(note, link.partner),
        "team": ref_body(draft.request.team),
        "member": ref_body(draft.request.member),
    }
    draft.send_down(link, "request.answered", body, note)
    show(draft, link)
    draft.record("answered", link.partner)


def end(draft: Draft, note: Note | None = None) -> None:
    """Ends the open episode, if there is one: `closed` when the provider had completed, else `recalled` (rule
    4).

    The own view goes back to the team that handed it over when the provider held it, and else stays as it is.
    """
    link = draft.request.link
    if link is None:
        return
    if link.turn is Turn.WITH:
        come_back(draft, link)
    type_ = "request.closed" if link.turn is Turn.RETURNED else "request.recalled"
    given = link.notes_given if note is None else note.n
    link = draft.change_link(link, open=False, resends=0, notes_given=given)
    send_end(draft, link, type_, note)
    draft.record("taken back" if type_ == "request.recalled" else "closed", link.partner)


def send_end(draft: Draft, link: Below, type_: str, note: Note | None = None) -> None:
    carried = () if note is None else (note,)
    body = {"episode": episode_body(link.episode), "note": draft.body_of(note, link.partner)}
    draft.send_down(link, type_, body, *carried)


def give_refused(draft: Draft, link: Below, code: str) -> None:
    """A refused give ends that episode: back with the team that handed it over (rule 9).

    A provider that already knows the request still has the episode before open, so it is told that this one
    is over.
    """
    come_back(draft, link)
    link = draft.change_link(link, open=False)
    if link.request_id is not None:
        send_end(draft, link, "request.recalled")
    release(draft)
    draft.system_note(f"{link.partner} refused the hand-over ({code}).")


def answer_refused(draft: Draft, link: Below) -> None:
    """The question stands again (rule 9)."""
    link = draft.change_link(link, answered=None)
    show(draft, link)


def trust_ended(draft: Draft, link: Below) -> None:
    """The episode ends here by itself, without a message (handover.md section 8)."""
    if link.turn is Turn.WITH:
        come_back(draft, link)
    draft.change_link(link, open=False)
    release(draft)
    draft.system_note(f"The trust with {link.partner} has ended; the request is back.")
    draft.record("trust ended", link.partner)


def ended_before(draft: Draft, link: Below) -> None:
    """We had ended the episode and forgot it in a restore (handover.md section 7); the provider has not."""
    if link.turn is Turn.WITH:
        come_back(draft, link)
    draft.change_link(link, open=False, resends=0)
    release(draft)
    draft.system_note(f"{link.partner} was told that this is over, before this account was restored.")


def release(draft: Draft) -> None:
    """The request has no supplier any more."""
    draft.change(supplier=None, supplier_request_id=None)


def take_back(draft: Draft, note: Note | None) -> None:
    """with → own: table 3 "recall". It goes to the team that handed it over."""
    end(draft, note)
    release(draft)
