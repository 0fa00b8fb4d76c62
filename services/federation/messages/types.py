"""What is said of one type of message besides its body: where it goes, who may say it, whether it opens a
thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from marshmallow import Schema, ValidationError

from services.federation.threads import KINDS, ThreadId

Side = Literal["opener", "other", "either"]

#: How a type may be called, known or not.
NAME: Final = r"[a-z]+(?:[._][a-z]+)*\.v[1-9][0-9]{0,3}"

_VERSION = ".v"


class Checked(Protocol):
    """What can check a body: a marshmallow schema, or a choice of them."""

    def load(self, data: Mapping[str, Any]) -> Any: ...


class OneShapeOf:
    """A body of one of several shapes, told apart by the value of one key."""

    def __init__(self, key: str, shapes: Mapping[str, Schema]) -> None:
        self._key = key
        self._shapes = shapes

    @property
    def choices(self) -> tuple[Schema, ...]:
        return tuple(self._shapes.values())

    def load(self, data: Mapping[str, Any]) -> Any:
        chosen = data.get(self._key)
        if not isinstance(chosen, str) or chosen not in self._shapes:
            raise ValidationError({self._key: [f"Must be one of: {', '.join(self._shapes)}."]})
        return self._shapes[chosen].load(data)


@dataclass(frozen=True)
class MessageType:
    """One type, as `request.taken.v1`.

    `kind` is the kind of thread it is said in (None: in any), `side` which of the two accounts may say it:
    the one that opened the thread or the other. `opens`: it may be the first of its thread. `sequenced` is
    false for what has no place in the order: it is not stored, not receipted, and proves itself.
    """

    name: str
    kind: str | None
    schema: Checked
    side: Side = "either"
    opens: bool = False
    sequenced: bool = True

    def __post_init__(self) -> None:
        if self.kind is not None and self.kind not in KINDS:
            raise ValueError(f"{self.name}: there are no threads of the kind {self.kind!r}")
        if _VERSION not in self.name:
            raise ValueError(f"{self.name}: a type is named noun.verb.vN")

    def routing_key(self, thread: str) -> str:
        """The type without its version; what has no kind of its own says which service it is for.

        Raises ValueError for a malformed thread.
        """
        name = self.name.rpartition(_VERSION)[0]
        return name if self.kind else f"{name}.{ThreadId.parse(thread).service}"

    def may_be_said_by(self, account: str, thread: ThreadId) -> bool:
        return self.side == "either" or (self.side == "opener") == (account == thread.opener)


# Which routing keys lead into which service's lane (partner-protocol.md section 1).
LANES: Final[Mapping[str, tuple[str, ...]]] = {
    "requests": (
        "request.#",
        "note.#",
        "attachment.#",
        "representative.#",
        "receipt.requests",
        "thread.*.requests",
    ),
    "slas": ("agreement.#", "receipt.slas", "thread.*.slas"),
    "organizations": (
        "organization.#",
        "trust.#",
        "keys.#",
        "receipt.organizations",
        "thread.*.organizations",
    ),
}
