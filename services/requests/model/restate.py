"""Re-statement: both sides say where they are, and agree again (handover.md rule 10).

It follows `thread.resumed`, a new trust, or an operator's wish. The customer says its episode, whether it is
open, which question it answered, and the core; the provider answers every such statement with its episode,
status and question. The higher episode wins, ended wins over open, and else the provider's last word is the
truth (rule 3).
"""

from collections.abc import Collection
from dataclasses import replace

from services.requests.model import core, customer, provider
from services.requests.model.errors import UnknownThread
from services.requests.model.facts import Incoming, Sent, Take
from services.requests.model.refusals import ENDS
from services.requests.model.request import Below
from services.requests.model.speaking import restated, speak
from services.requests.model.statements import state
from services.requests.model.step import Draft
from services.requests.model.values import (
    CompletionReason,
    Ending,
    Medium,
    Note,
    Ref,
    Status,
    TrailEntry,
    Turn,
)
from services.requests.model.view import come_back
from services.requests.model.wire import TARGET, customer_restatement, read_core, read_episode, read_time


def say(draft: Draft, thread: str) -> None:
    """This account's side of this thread, whichever side it is."""
    above = draft.request.above
    if above is not None and above.thread == thread:
        draft.send_up("request.restated", restated(draft.request))
        return
    link = draft.request.link_of(thread)
    assert link is not None
    body = customer_restatement(link, draft.request.id, draft.request.core)
    draft.send_down(link, "request.restated", body)


def heard_from_customer(draft: Draft, incoming: Incoming, take: Take | None) -> None:
    """A higher episode is ended or taken up, and declined by itself where it leads nowhere; the same one is
    ended, or its question answered. Always answered.
    """
    above, body = draft.request.above, incoming.body
    assert above is not None
    _said_by("customer", incoming)
    episode = read_episode(body)
    if episode > above.episode and body["open"]:
        provider.begin(draft, incoming, take)
        if take is not None:
            provider.decline_by_itself(draft, take)
    elif episode > above.episode or (episode == above.episode and above.open and not body["open"]):
        draft.change_above(episode=episode)
        provider.withdraw(draft, Ending.TAKEN_BACK)
    elif episode == above.episode and above.open:
        core.replace_whole(draft, read_core(body))
        draft.change_above(target_at=read_time(body.get(TARGET)))
        if above.question is not None and above.question == body["answered"]:
            provider.resume(draft)
    speak(draft)
    say(draft, incoming.thread)
    draft.record("restated", incoming.partner)


def relearned(draft: Draft, sent: Sent, known: Collection[int]) -> None:
    """A message of ours that we had forgotten came back: its public notes are ours again, and an episode that
    it ended is ended. `known`: ids of notes that are here.

    Nothing else follows: both sides state where they are, and the rest of what was said is history. Every
    account that the notes were for has had them.
    """
    body = sent.body
    draft.record("remembered", f"we said {sent.type}")
    link = draft.request.link_of(sent.thread)
    if sent.type in ENDS and link is not None and link.open and read_episode(body) == link.episode:
        customer.ended_before(draft, link)
    for said in (*body.get("notes", ()), body.get("note")):
        if said is None or said["id"] in known:
            continue
        person = said["person"]
        note = Note(
            id=said["id"],
            n=draft.request.note_count + 1,
            text=said["text"],
            account=draft.context.account,
            created_at=read_time(said["created_at"]) or draft.context.at,
            person=None if person is None else Ref(person["id"], person["name"]),
            medium=Medium(said["medium"]),
        )
        draft.keep(note)
        partners = [link.thread for link in draft.request.below]
        if draft.request.above is not None:
            partners.append(draft.request.above.thread)
        draft.carried.update((thread, note.n) for thread in partners)


def _said_by(side: str, incoming: Incoming) -> None:
    if incoming.body["by"] != side:
        raise UnknownThread(f"{incoming.partner} is the {side} here, and states the other side.")


def heard_from_provider(draft: Draft, link: Below, incoming: Incoming) -> None:
    _said_by("provider", incoming)
    body = incoming.body
    episode = read_episode(body)
    link = draft.change_link(link, request_id=body["request_id"])
    draft.record("restated", f"{incoming.partner}: {body['status'].replace('_', ' ')}")
    if episode > link.episode:
        _adopt(draft, link, incoming)
    elif episode == link.episode and link.open:
        _apply(draft, link, incoming)
    elif episode == link.episode and body["status"] not in ("withdrawn", "completed", "declined"):
        # Ended wins over open: the provider still works on what we have ended.
        customer.send_end(draft, link, "request.recalled")


def _adopt(draft: Draft, link: Below, incoming: Incoming) -> None:
    """The provider knows a later episode of ours than we do: we lost it in a restore.

    Ours from now on, and stated back with the core; ended at once when our request is completed or another
    provider has it; closed without a word when the provider's side has ended it too.
    """
    request, body = draft.request, incoming.body
    elsewhere = request.link is not None and request.link.thread != link.thread
    withdrawn = body["status"] == "withdrawn"
    if withdrawn or not request.live or elsewhere:
        if link.open:
            come_back(draft, link)
        returned = body["status"] == "completed"
        link = draft.change_link(link, episode=read_episode(body), open=False)
        if not withdrawn:
            customer.send_end(draft, link, "request.closed" if returned else "request.recalled")
        return
    if not link.open:
        entry = TrailEntry(draft.context.account, request.team or link.team, request.member, draft.context.at)
        link = replace(link, handed_by=entry, depth=len(request.trail))
        draft.change(supplier=link.organization, supplier_request_id=str(body["request_id"]))
    link = draft.change_link(
        link, episode=read_episode(body), open=True, stated=Status.ASSIGNED, question=None, answered=None
    )
    _apply(draft, link, incoming)
    say(draft, link.thread)


def _apply(draft: Draft, link: Below, incoming: Incoming) -> None:
    """Rule 3; a stated `withdrawn` ends the episode."""
    body = incoming.body
    if body["status"] == "withdrawn":
        if link.turn is Turn.WITH:
            come_back(draft, link)
        draft.change_link(link, open=False)
        customer.release(draft)
        draft.system_note(f"{link.partner} has ended its side; the request is back.")
        return
    status = Status(body["status"])
    if status is Status.COMPLETED:
        reason = CompletionReason(body["completion_reason"])
        link = draft.change_link(link, completion_reason=reason, completed_at=read_time(body["completed_at"]))
    if status is link.stated and link.turn is not Turn.WITH and body["question"] == link.question:
        return  # nothing new: whatever our teams did since it came back stays
    state(draft, link, status, body, question=body["question"])
