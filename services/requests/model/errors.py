"""What a rule refuses. Each error has a stable `code`, a `message` for people, and `errors` as (field, text)
pairs.

    RuleError
    ├── IllegalMove      illegal_move       this move does not exist here; the text names those that do
    ├── NotAllowed       not_allowed        the move exists, this person may not make it
    ├── MissingFields    missing_fields     the move needs more fields
    ├── MirroredField    field_mirrored     the field shows the provider's word and is read-only now
    ├── InvalidField     invalid_field      a value that the request or the account's records do not allow
    └── UnknownThread    unknown_thread     a partner's message belongs to no hand-over of this request
"""

from collections.abc import Iterable


class RuleError(Exception):
    """`code` is stable; the fields named are the API's."""

    code = "rule"

    def __init__(self, message: str, fields: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.errors = [(field, message) for field in fields]


class IllegalMove(RuleError):
    """The move is not in the table for this place, or a guard of its rows does not hold."""

    code = "illegal_move"

    def __init__(self, move: str, place: str, why: str, legal: Iterable[str]) -> None:
        self.move = move
        self.place = place
        self.legal = tuple(legal)
        would_be = ", ".join(self.legal) or "none"
        super().__init__(
            f"{move} is not possible now ({place}): {why}. Possible now: {would_be}.", ("status",)
        )


class NotAllowed(RuleError):
    code = "not_allowed"


class MissingFields(RuleError):
    code = "missing_fields"

    def __init__(self, move: str, fields: Iterable[str]) -> None:
        fields = tuple(fields)
        super().__init__(f"{move} needs {' and '.join(fields)}.", fields)


class MirroredField(RuleError):
    code = "field_mirrored"

    def __init__(self, fields: Iterable[str], partner: str) -> None:
        super().__init__(
            f"shows what {partner} says while {partner} has the request. "
            "Set team_id to one of your own teams to take it back, or complete it.",
            fields,
        )


class InvalidField(RuleError):
    code = "invalid_field"


class UnknownThread(RuleError):
    code = "unknown_thread"
