"""Notes over the border: both sides keep a partner's, and send their own public ones."""

from typing import Any

from services.requests.model.request import Below
from services.requests.model.step import Draft
from services.requests.model.values import Medium, Note, Visibility
from services.requests.model.wire import episode_body


def send_note(draft: Draft, link: Below, note: Note) -> None:
    """A public note by itself, to a provider."""
    body = {"episode": episode_body(link.episode), "note": draft.body_of(note, link.partner)}
    draft.send_down(link, "note.added", body, note)


def hear_note(
    draft: Draft, partner: str, body: dict[str, Any] | None, visibility: Visibility = Visibility.END_USER
) -> None:
    """Keeps a partner's note, of either side."""
    if body is not None:
        draft.note(
            body["text"],
            visibility,
            medium=Medium(body["medium"]),
            person=body["person"],
            account=partner,
            source=(partner, body["id"]),
        )
