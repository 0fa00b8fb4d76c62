"""How a broker says no. Codes are AMQP's and RabbitMQ's; the text begins with the code's name, as theirs."""

from __future__ import annotations

from typing import Final

NOT_FOUND: Final = 404


class Refusal(Exception):
    """`code` and `text` go to the client."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class ChannelRefusal(Refusal):
    """Ends the channel, and what is consumed on it."""


class SessionRefusal(Refusal):
    """Ends the connection."""


def access_refused(what: str) -> ChannelRefusal:
    return ChannelRefusal(403, f"ACCESS_REFUSED - {what}")


def not_found(what: str) -> ChannelRefusal:
    return ChannelRefusal(NOT_FOUND, f"NOT_FOUND - {what}")


def locked(what: str) -> ChannelRefusal:
    return ChannelRefusal(405, f"RESOURCE_LOCKED - {what}")


def failed(what: str) -> ChannelRefusal:
    return ChannelRefusal(406, f"PRECONDITION_FAILED - {what}")
