"""Under which name a file is saved by who fetches it."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from gateway.downloads import download
from services.common.attachments.names import clean

ATTACHMENT = {"size": 1, "sha256": "0" * 64, "type": "text/plain", "inline": False, "displayable": False}


def disposition(name: str) -> str:
    """What the answer says of a file with this name; its bytes are not read."""
    database: Any = pymongo.MongoClient("mongodb://127.0.0.1:1", connect=False)["requests"]
    request = Request(EnvironBuilder().get_environ())
    answer = download(request, database, {"_id": "file"}, {**ATTACHMENT, "name": name})
    return str(answer.headers["Content-Disposition"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("network.log", "attachment; filename=network.log"),
        ("Übersicht.pdf", "attachment; filename=Ubersicht.pdf; filename*=UTF-8''%C3%9Cbersicht.pdf"),
        ("图", "attachment; filename=file; filename*=UTF-8''%E5%9B%BE"),
    ],
)
def test_a_name_is_said_in_ascii_and_as_it_is(name: str, said: str) -> None:
    assert disposition(name) == said


@pytest.mark.parametrize("name", ["‥／‥／etc／cron.txt", "a＂；x＝.txt", "C：＼Users＼a.png"])
def test_wide_marks_do_not_become_a_path_in_ascii(name: str) -> None:
    assert clean(name) == name  # as it would be kept
    plain = disposition(name).partition("filename=")[2].partition("; filename*")[0].strip('"')
    assert plain == clean(plain)
