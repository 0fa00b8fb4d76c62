"""Bodies of the messages about a request that representatives of a customer may see: the observation thread,
one per request and customer, opened by the account that holds the request.

    holder → customer   observed  forgotten
    customer → holder   acted

`observed` is the whole of what the customer's people may see, each time; what is not named stays. An action
is one command: the receipt is its outcome, and what it changed comes back as the next `observed`.
"""

from __future__ import annotations

from typing import Final

from services.federation.messages import shapes
from services.federation.messages.requests import REASONS, WORKING
from services.federation.messages.shapes import Body, Note, Ref
from services.federation.messages.types import MessageType
from services.federation.threads import WINDOW

OBSERVED: Final = "request.observed.v1"
FORGOTTEN: Final = "request.forgotten.v1"
ACTED: Final = "representative.acted.v1"

STATUSES: Final = (*WORKING, "waiting_for_customer", "completed")
OBSERVED_REASONS: Final = (*REASONS, "declined")
ACTIONS: Final = ("add_note", "withdraw")
MAX_AGREEMENTS: Final = 20


class Observed(Body):
    """A request, as its end user sees it. `agreements` are the threads of the SLAs that it affects, `notes`
    the newest public ones that fit, `note_count` how many there are.
    """

    revision = shapes.revision()
    request_id = shapes.integer()
    agreements = shapes.many(shapes.text(120), MAX_AGREEMENTS, minimum=1)
    subject = shapes.text()
    category = shapes.one_of(shapes.CATEGORIES)
    impact = shapes.one_of(shapes.IMPACTS, null=True)
    status = shapes.one_of(STATUSES)
    completion_reason = shapes.one_of(OBSERVED_REASONS, null=True)
    requested_for = shapes.text(null=True)
    created_at = shapes.time()
    completed_at = shapes.time(null=True)
    desired_completion_at = shapes.time(null=True)
    notes = shapes.many(Note, WINDOW)
    note_count = shapes.integer(0)


class Forgotten(Body):
    """The request is no more for the customer's representatives."""

    revision = shapes.revision()


class Acted(Body):
    """What a representative does: adds a note, or withdraws the request for the reason in the note."""

    action = shapes.one_of(ACTIONS)
    representative = shapes.nested(Ref)
    text = shapes.long_text()


TYPES: Final = (
    # Later than version 1: for partners that named them (`capabilities`).
    MessageType(OBSERVED, "observation", Observed(), "opener", opens=True),
    MessageType(FORGOTTEN, "observation", Forgotten(), "opener"),
    MessageType(ACTED, "observation", Acted(), "other"),
)
