"""Logs: one JSON object per line on standard error (or text, for people), with account, service and trace.

`configure` once per process. `bind` says whose green thread this is; what is logged in it carries that.
Never in a log: bodies of messages, credentials, tokens.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

from services.common import trace

# Their warnings repeat what is handled (and logged) at the edge, with a traceback for each refused command.
_HANDLED_ELSEWHERE = {"nameko.containers": logging.CRITICAL, "kombu.mixins": logging.ERROR}
_CHATTY = ("pymongo", "amqp", "nameko", "kombu", "urllib3", "requests")


def configure(level: str = "info", format: str = "json") -> None:
    """Sends everything that is logged in this process, ours and the libraries', the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _add_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    rendering: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, rendering],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name, least in _HANDLED_ELSEWHERE.items():
        logging.getLogger(name).setLevel(least)


def bind(account: str, service: str, **more: Any) -> None:
    """From here on this green thread logs for that account's service."""
    structlog.contextvars.bind_contextvars(account=account, service=service, **more)


def _add_trace(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    for name, value in trace.headers().items():
        event.setdefault(name, value)
    return event
