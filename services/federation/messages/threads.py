"""Bodies of the messages with which an account that was restored from a backup, and its partners, find
together again (partner-protocol.md section 13). They are said in threads of every kind.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields

from services.federation.messages import shapes
from services.federation.messages.shapes import Body
from services.federation.messages.types import MessageType

RESTORED: Final = "thread.restored.v1"
RESUMED: Final = "thread.resumed.v1"
RETURNED: Final = "thread.returned.v1"
TYPES_OF_RESTORES: Final = frozenset({RESTORED, RESUMED, RETURNED})

# What fits into a payload beside the envelope.
MAX_RETURNED_BYTES: Final = 240 * 1024


class Place(Body):
    """A place in one direction of the thread; sequence 0 where nothing of that incarnation is known."""

    incarnation = shapes.integer()
    sequence = shapes.integer(0)


class Restored(Body):
    """Said once, in a thread of its own, when every thread that the sender still knows is resumed."""

    incarnation = shapes.integer()


class Resumed(Body):
    """The first message of a new incarnation. `applied`: how far the sender has the other direction;
    `sent`: the last place of its own that it knows of.
    """

    applied = shapes.nested(Place)
    sent = shapes.nested(Place)


def _sealed() -> fields.Field[Any]:
    return shapes.matching(rf"[A-Za-z0-9_.-]{{1,{MAX_RETURNED_BYTES}}}", null=True)


class Returned(Body):
    """What the recipient said itself and has forgotten: its own sealed bytes; null when they are too many."""

    incarnation = shapes.integer()
    sequence = shapes.integer()
    sealed = _sealed()


TYPES: Final = (
    MessageType(RESTORED, None, Restored(), opens=True),
    MessageType(RESUMED, None, Resumed(), opens=True),
    MessageType(RETURNED, None, Returned()),
)
