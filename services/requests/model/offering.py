"""The files of the notes that a step says: each is offered in the same thread, right after."""

from services.requests.model.step import Draft, Said
from services.requests.model.values import Attachment, FileState
from services.requests.model.wire import offer_body

#: So many are offered in one step, which has to fit into one document.
MAX_OFFERS = 200


def offer_files(draft: Draft) -> None:
    """The files of the notes that this step says, to who takes files. One that is still coming from another
    partner is offered when it is here.
    """
    offers = [
        (said, file)
        for said in draft.said
        if said.note.attachments and said.partner in draft.context.take_files
        for file in said.note.attachments
        if file.state is FileState.HERE
    ]
    for said, file in offers[:MAX_OFFERS]:
        offer(draft, said, file)
    if (left_out := len(offers) - MAX_OFFERS) > 0:
        draft.system_note(f"{left_out} files are too many for one time and were not passed on.")


def offer(draft: Draft, said: Said, file: Attachment) -> None:
    """A file of a note that was said, in the same thread."""
    request = draft.request
    link = request.link_of(said.thread)
    if link is not None:
        draft.send_down(link, "attachment.offered", offer_body(link.episode, said.note, file))
    elif request.above is not None:
        draft.send_up("attachment.offered", offer_body(request.above.episode, said.note, file))
