"""Attachments over the API: what is refused, and told by name."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.attached import LOG, PNG, Made, fetched, noted, sent, uploaded


@pytest.fixture(scope="module")
def specialist(account: Account) -> Client:
    return account.person("Howard Tanner", "specialist", "account_designer")[1]


@pytest.fixture(scope="module")
def end_user(account: Account) -> Client:
    return account.person("Ellen User")[1]


@pytest.fixture(scope="module")
def request_(specialist: Client) -> Made:
    made: Made = specialist.post("requests", {"subject": "No network", "category": "incident"})
    return made


def test_what_can_not_be_named_is_told_by_name(
    account: Account, administrator: Client, specialist: Client, request_: Made
) -> None:
    others = uploaded(administrator)
    place = f"requests/{request_['id']}"
    wrong: list[tuple[Any, str]] = [
        ([{"key": "attachments/0/none.txt"}], "note_attachments.0.key"),
        ([{"key": others}], "note_attachments.0.key"),
        ([{"key": others, "_destroy": True}], "note_attachments.0.key"),
        ([{"key": uploaded(specialist), "inline": True}], "note_attachments.0.key"),
        ([{"key": 5}], "note_attachments.0.key"),
        ([{}], "note_attachments.0.key"),
        ([{"key": "a", "nonsense": 1}], "note_attachments.0.nonsense"),
        ([{"key": "a", "_destroy": False}], "note_attachments.0._destroy"),
        ("a", "note_attachments"),
    ]
    before = specialist.get(place)
    for given, field in wrong:
        refused = specialist.patch(place, {"note": "With", "note_attachments": given}, 422)
        assert field in [name for name, _ in refused["errors"]], refused
    team = administrator.post("teams", {"name": "Without files"})
    mine = uploaded(specialist)
    for given, field in wrong:
        if given == [{"key": others}]:  # to an administrator it is not another's
            given = [{"key": mine}]
        refused = administrator.patch(f"teams/{team['id']}", {"remarks_attachments": given}, 422)
        assert field.replace("note", "remarks", 1) in [name for name, _ in refused["errors"]], refused
    old = uploaded(specialist)
    account.clock.step(hours=24)
    refused = specialist.post(f"{place}/notes", {"text": "Old", "attachments": [{"key": old}]}, 422)
    assert refused["errors"] == [["attachments.0.key", "was uploaded more than a day ago: upload it again"]]
    assert specialist.get(place) == before
    assert administrator.get(f"teams/{team['id']}")["attachments"] == []


@pytest.mark.parametrize(
    ("name", "content", "type", "code"),
    [
        ("a.txt", b"MZ\x90\x00", "text/plain", "not_allowed"),
        ("a.html", b"<html>", "text/html", "active"),
        ("a.svg", b"<svg onload='alert(1)'>", "image/svg+xml", "active"),
        ("a.png", LOG, "image/png", "other_name"),
        ("a.png", PNG, "image/jpeg", "other_type"),
        ("a.txt", b"", "text/plain", "empty"),
    ],
)
def test_what_is_not_allowed_is_refused(
    account: Account, specialist: Client, name: str, content: bytes, type: str, code: str
) -> None:
    files = account.contexts["requests"].database["attachments.files"]
    before = files.count_documents({})
    answer = sent(specialist, content, name, type)
    assert (answer.status_code, answer.headers["X-Interdesk-Error"]) == (422, code)
    assert answer.json is not None
    assert answer.json["errors"][0][0] == "file"
    assert files.count_documents({}) == before


def test_what_is_no_form_with_a_file_is_refused(account: Account, specialist: Client) -> None:
    files = account.contexts["requests"].database["attachments.files"]
    before = files.count_documents({})

    def file() -> tuple[BytesIO, str]:
        return BytesIO(b"plain"), "a.txt"

    for form, field in (
        ({"key": "a"}, "file"),
        ({"file": "no file"}, "file"),
        ({"files": file()}, "files"),
        ({"file": file(), "nonsense": "a"}, "nonsense"),
        ({"file": [file(), file()]}, "file"),
    ):
        answer = specialist.send("POST", "attachments", data=form, content_type="multipart/form-data")
        assert answer.status_code == 422, form
        assert answer.json is not None
        assert answer.json["errors"][0][0] == field
    assert specialist.send("POST", "attachments", {}).status_code == 415
    for type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        assert specialist.send("POST", "attachments", data=b"nonsense", content_type=type).status_code == 422
    assert files.count_documents({}) == before


def test_what_is_too_large_is_refused(specialist: Client) -> None:
    assert sent(specialist, bytes(26 * 1024 * 1024)).status_code == 413
    assert sent(specialist, b"a" * (25 * 1024 * 1024 + 1)).status_code == 422


def test_nobody_fills_the_disk_with_uploads(account: Account) -> None:
    busy = account.person("Billy Busy")[1]
    for _ in range(100):
        uploaded(busy, b"plain")
    answer = sent(busy, b"plain")
    assert (answer.status_code, answer.headers["X-Interdesk-Error"]) == (422, "uploads_full")
    request = busy.post("requests", {"subject": "With", "category": "other"})
    account.clock.step(hours=25)
    service = account.caller.services["requests"]
    service.sweep_attachments()
    noted(busy, request, attachments=[{"key": uploaded(busy)}])
    account.clock.step(hours=26)
    service.sweep_attachments()
    (note,) = busy.get(f"requests/{request['id']}/notes")
    assert fetched(busy, note["attachments"][0]["uri"]).data == LOG
