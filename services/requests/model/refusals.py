"""A message that the partner refused undoes exactly itself, and is shown to the team (handover.md rule 9).

`refused` and `unanswered` are called with the message as it stands in the outbox. A statement or an end that
was refused is made again, at most `MAX_RESENDS` times in an episode, so that two sides that cannot agree do
not talk for ever; the flag stays, and an operator's re-statement starts again.
"""

from services.requests.model import customer, provider
from services.requests.model.facts import Sent
from services.requests.model.holder import own_team
from services.requests.model.speaking import speak
from services.requests.model.statements import STATEMENTS
from services.requests.model.step import Draft
from services.requests.model.wire import read_episode

MAX_RESENDS = 3

GIVES = frozenset({"request.handed_over", "request.reopened"})
ENDS = frozenset({"request.recalled", "request.closed"})

# The one who opened the thread knows nothing of it.
UNKNOWN_THREAD = "unknown_thread"


def refused(draft: Draft, sent: Sent, code: str) -> None:
    """Undoes the message: a give, an answer in force, an end, or a statement. The rest is only flagged."""
    if any(flag.message_id == sent.id and flag.kind == "refused" for flag in draft.request.flags):
        return
    above = draft.request.above
    if above is not None and above.thread == sent.thread and code == UNKNOWN_THREAD:
        provider.forgotten(draft)
    elif "episode" not in sent.body:
        pass  # it was about the thread (`thread.resumed`, `thread.returned`)
    elif above is not None and above.thread == sent.thread:
        _statement(draft, sent)
    else:
        _intent(draft, sent, code)
    _flag(draft, "refused", sent, code)


def unanswered(draft: Draft, sent: Sent) -> None:
    """The partner has not receipted it for long."""
    _flag(draft, "unanswered", sent, None)


def settled(draft: Draft, message_id: str) -> None:
    """It was receipted after all: its flag goes."""
    draft.change(
        flags=tuple(
            flag for flag in draft.request.flags if flag.message_id != message_id or flag.kind == "refused"
        )
    )


def _flag(draft: Draft, kind: str, sent: Sent, code: str | None) -> None:
    team, _ = own_team(draft.request)
    draft.flag(kind, sent.id, sent.type, sent.partner, code, team)


def _intent(draft: Draft, sent: Sent, code: str) -> None:
    link = draft.request.link_of(sent.thread)
    if link is None:
        return
    if sent.type in GIVES:
        lost = [*sent.body["notes"], sent.body.get("note")]
        owed = tuple(note["id"] for note in lost if note)
        link = draft.change_link(link, notes_owed=(*link.notes_owed, *owed))
    if read_episode(sent.body) != link.episode:
        return
    if sent.type in GIVES and link.open:
        customer.give_refused(draft, link, code)
    elif sent.type == "request.answered" and link.open:
        if link.question == link.answered == sent.body["question"]:
            customer.answer_refused(draft, link)
    elif sent.type in ENDS and not link.open and link.resends < MAX_RESENDS:
        link = draft.change_link(link, resends=link.resends + 1)
        customer.send_end(draft, link, sent.type)


def _statement(draft: Draft, sent: Sent) -> None:
    above = draft.request.above
    assert above is not None
    if not above.open or read_episode(sent.body) != above.episode or above.resends >= MAX_RESENDS:
        return
    if sent.type == "request.taken":
        draft.change_above(taken=False)
    elif sent.type == "note.added" or sent.type not in STATEMENTS:
        return
    draft.change_above(stated=None, resends=above.resends + 1)
    speak(draft)
