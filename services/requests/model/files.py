"""Files of notes over the border: each is offered to whom its note is said (`services.federation.files` tells
how it gets there), and what is refused of it undoes nothing else.
"""

from collections.abc import Collection

from services.requests.model.errors import UnknownThread
from services.requests.model.finish import finish
from services.requests.model.offering import offer
from services.requests.model.request import Request
from services.requests.model.step import Context, Draft, Said, Step
from services.requests.model.values import Attachment, Note


def offer_heard(request: Request, partner: str, name: str, code: str | None, context: Context) -> Step:
    """A partner offers a file of one of its notes; with a code: it is refused. Only the history tells."""
    draft = Draft(request, context, account=partner, before=request)
    draft.record("offered a file", name if code is None else f"{name}: refused ({code})")
    return finish(draft)


def came(
    request: Request, note: Note, file: Attachment, offered: Collection[str], context: Context
) -> Step | None:
    """A partner's file is here: it is offered on to the others to whom its note was said, but in threads
    where it was `offered` already. None when there are none.
    """
    draft = Draft(request, context, before=request)
    above, link = request.above, request.link
    told = []
    if above is not None and above.hears:
        told.append(Said("up", above.partner, above.thread, note))
    if link is not None and note.n <= link.notes_given and note.id not in link.notes_owed:
        told.append(Said("down", link.partner, link.thread, note))
    others = [
        said
        for said in told
        if note.public and said.partner != note.account and said.partner in context.take_files
    ]
    new = [said for said in others if said.thread not in offered]
    for said in new:
        offer(draft, said, file)
    return finish(draft) if new else None


def check_thread(request: Request, partner: str, thread: str) -> None:
    """Raises `UnknownThread` when the request has no such thread with this partner."""
    above, link = request.above, request.link_of(thread)
    sides = [side for side in (above, link) if side is not None and side.thread == thread]
    if not any(side.partner == partner for side in sides):
        raise UnknownThread(f"{thread} of {partner} belongs to no hand-over of this request.")
