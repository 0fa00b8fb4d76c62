"""Bodies of the messages about a request: the hand-over thread, opened by the customer's account.

    customer → provider   handed_over  reopened  answered  recalled  closed
    provider → customer   taken  progressed  waiting_for_customer  completed  declined
    either                core_changed  restated  note.added

What each one means, and what it does on either side, is the table of the requests service.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields

from services.federation.messages import shapes
from services.federation.messages.shapes import Body, Core, Note, Ref
from services.federation.messages.types import MessageType, OneShapeOf, Side
from services.federation.threads import WINDOW

WORKING: Final = (
    "on_backlog", "assigned", "accepted", "in_progress", "waiting_for",
    "reservation_pending", "workflow_pending", "project_pending",
)  # fmt: skip
REASONS: Final = (
    "solved", "workaround", "gone", "duplicate", "withdrawn", "no_reply", "rejected", "conflict",
    "unsolvable",
)  # fmt: skip
STATED: Final = (*WORKING, "waiting_for_customer", "completed", "declined", "withdrawn")


def _question(*, null: bool = False) -> fields.Field[Any]:
    """The id of the message that asked."""
    return shapes.text(64, null=null)


def _target() -> fields.Field[Any]:
    """When the customer's own requester may expect the resolution: there where the agreement shares it."""
    return shapes.time(null=True, required=False)


class _Whole(Body):
    """What the customer tells whole every time, so that nothing is missing when it is the first."""

    episode = shapes.episode()
    request_id = shapes.integer()
    agreement = shapes.text(120)
    service_instance_id = shapes.integer(null=True)  # under an FLSA none
    origin = shapes.text(64)
    core_version = shapes.integer()
    core = shapes.nested(Core)
    member = shapes.nested(Ref, null=True)
    requester_resolution_target_at = _target()


class _Given(_Whole):
    team = shapes.nested(Ref)
    notes = shapes.many(Note, WINDOW)


class HandedOver(_Given):
    pass


class Reopened(_Given):
    note = shapes.nested(Note)


class _Stated(Body):
    """A statement of the provider's own status (handover.md, rule 3)."""

    episode = shapes.episode()
    team = shapes.nested(Ref, null=True)
    member = shapes.nested(Ref, null=True)


class Taken(_Stated):
    request_id = shapes.integer()
    status = shapes.one_of(WORKING)
    team = shapes.nested(Ref)


class Progressed(_Stated):
    status = shapes.one_of(WORKING)
    waiting_until = shapes.time(null=True)


class WaitingForCustomer(_Stated):
    question = _question()
    note = shapes.nested(Note, null=True)


class Completed(_Stated):
    completion_reason = shapes.one_of(REASONS)
    completed_at = shapes.time()
    note = shapes.nested(Note, null=True)


class Declined(_Stated):
    code = shapes.code(null=True)
    note = shapes.nested(Note, null=True)


class Answered(Body):
    episode = shapes.episode()
    question = _question()
    note = shapes.nested(Note)
    team = shapes.nested(Ref)
    member = shapes.nested(Ref, null=True)


class Ended(Body):
    """`recalled` and `closed`."""

    episode = shapes.episode()
    note = shapes.nested(Note, null=True)


def _at_least_one(value: dict[str, Any]) -> None:
    if not value:
        raise ValidationError("Must hold at least one field.")


_ANY_OF_CORE: Final = [{"required": [name]} for name in Core().fields]


class CoreChanged(Body):
    """Whole fields of the core: downwards the new values, upwards a proposal to the owner. Downwards also the
    requester's target when that is another; then with a field of the core as it is, under its own version.
    """

    episode = shapes.episode()
    core_version = shapes.integer()
    core = fields.Nested(
        Core(partial=True),
        required=True,
        validate=_at_least_one,
        metadata=shapes.in_json_schema(anyOf=_ANY_OF_CORE),
    )
    requester_resolution_target_at = _target()


class RestatedByCustomer(_Whole):
    by = shapes.one_of(("customer",))
    open = shapes.boolean()
    answered = _question(null=True)
    team = shapes.nested(Ref, null=True)


class RestatedByProvider(Body):
    by = shapes.one_of(("provider",))
    episode = shapes.episode()
    request_id = shapes.integer()
    status = shapes.one_of(STATED)
    question = _question(null=True)
    completion_reason = shapes.one_of(REASONS, null=True)
    completed_at = shapes.time(null=True)
    team = shapes.nested(Ref, null=True)
    member = shapes.nested(Ref, null=True)


class NoteAdded(Body):
    episode = shapes.episode()
    note = shapes.nested(Note)


_RESTATED = OneShapeOf("by", {"customer": RestatedByCustomer(), "provider": RestatedByProvider()})


def _request(verb: str, schema: type[Body], side: Side, *, opens: bool = False) -> MessageType:
    return MessageType(f"request.{verb}.v1", "handover", schema(), side, opens)


TYPES: Final = (
    _request("handed_over", HandedOver, "opener", opens=True),
    _request("reopened", Reopened, "opener"),
    _request("answered", Answered, "opener"),
    _request("recalled", Ended, "opener"),
    _request("closed", Ended, "opener"),
    _request("taken", Taken, "other"),
    _request("progressed", Progressed, "other"),
    _request("waiting_for_customer", WaitingForCustomer, "other"),
    _request("completed", Completed, "other"),
    _request("declined", Declined, "other"),
    _request("core_changed", CoreChanged, "either"),
    MessageType("request.restated.v1", "handover", _RESTATED),
    MessageType("note.added.v1", "handover", NoteAdded()),
)
