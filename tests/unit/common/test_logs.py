"""Logs are one JSON object per line, with whose they are and which request."""

import json
import subprocess
import sys

PROGRAM = """
import logging, structlog
from services.common import logs, trace
logs.configure("info", "json")
logs.bind("widget", "requests")
with trace.tracing("request-1"):
    structlog.get_logger("x").info("saved", id=7)
logging.getLogger("a.library").warning("it said %s", "so")
logging.getLogger("pymongo").info("chatter")
try:
    raise RuntimeError("broken")
except RuntimeError:
    structlog.get_logger("x").exception("failed")
"""


def test_lines_are_json_with_account_service_and_request() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["saved", "it said so", "failed"]
    assert all((line["account"], line["service"]) == ("widget", "requests") for line in lines)
    assert (lines[0]["id"], lines[0]["request_id"], lines[0]["level"]) == (7, "request-1", "info")
    assert "request_id" not in lines[1]
    assert "RuntimeError: broken" in lines[2]["exception"]
