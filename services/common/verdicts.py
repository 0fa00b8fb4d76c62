"""How the handling of a message ends: by returning (done), or by raising one of these. Never in a log line.

    return         done: the message is acked
    Later          not yet: it comes again after a while
    Park           a person must look: it is stored with its bytes and the code, and acked

An `Unavailable` counts as `Later` with growing waits, for ever: nothing is wrong with the message. Any other
exception is tried a few times and then parked: it is a bug, or poison.
"""

from __future__ import annotations

from pymongo.errors import ConnectionFailure, ExecutionTimeout, NetworkTimeout, WriteConcernError

from services.common.errors import Unavailable


class Later(Exception):
    """Not yet: to be handled again in about `seconds`. The code says what it waits for."""

    def __init__(self, seconds: float, code: str) -> None:
        super().__init__(code)
        self.seconds = seconds
        self.code = code


class Park(Exception):
    """Not without a person. The code says why; a detail for operators may follow."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def is_outage(error: BaseException) -> bool:
    """Whether an error says that a part of the account is away, and nothing about the message."""
    away = (Unavailable, ConnectionFailure, NetworkTimeout, ExecutionTimeout, WriteConcernError)
    return isinstance(error, away)
