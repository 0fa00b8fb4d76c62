"""Attachments over the API: uploaded, put on notes and records, fetched, and refused."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from services.common.attachments import PIECE_BYTES, find_by_id
from services.common.attachments.files import mark_unnamed
from tests.integration.gateway.account import Account, Client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(9) + b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
LOG = b"0123456789abcdef" * 20_000

Made = dict[str, Any]


@pytest.fixture(scope="module")
def specialist(account: Account) -> Client:
    return account.person("Howard Tanner", "specialist", "account_designer")[1]


@pytest.fixture(scope="module")
def end_user(account: Account) -> Client:
    return account.person("Ellen User")[1]


def sent(
    client: Client,
    content: bytes = LOG,
    name: str = "a.log",
    type: str = "application/octet-stream",
    fields: dict[str, str] | None = None,
) -> TestResponse:
    form = {**(fields or {}), "file": (BytesIO(content), name, type)}
    return client.send("POST", "attachments", data=form, content_type="multipart/form-data")


def uploaded(
    client: Client, content: bytes = LOG, name: str = "a.log", fields: dict[str, str] | None = None
) -> str:
    answer = sent(client, content, name, fields=fields)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return str(answer.json["key"])


def fetched(client: Client, uri: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send("GET", uri.removeprefix("/v1/"), headers=named)


def noted(client: Client, request: Made, **fields: Any) -> Made:
    note: Made = client.post(f"requests/{request['id']}/notes", {"text": "See this", **fields})
    return note


@pytest.fixture(scope="module")
def request_(specialist: Client) -> Made:
    made: Made = specialist.post("requests", {"subject": "No network", "category": "incident"})
    return made


def test_storage_says_where_files_go(specialist: Client) -> None:
    storage = specialist.get("attachments/storage")
    assert storage["provider"] == "local"
    assert storage["upload_uri"] == "https://widget.example/v1/attachments"
    assert storage["size_limit"] == 25 * 1024 * 1024
    assert "png" in storage["allowed_extensions"]
    assert not {"exe", "html", "svg", "js"} & set(storage["allowed_extensions"])
    key = uploaded(specialist, fields={**storage["local"], "Content-Type": "text/plain"})
    assert key.startswith("attachments/")
    assert key.endswith("/a.log")


def test_a_note_has_what_it_names(specialist: Client, request_: Made) -> None:
    picture, log = uploaded(specialist, PNG, "no light.png"), uploaded(specialist)
    text = f"The light is off: ![]({picture})"
    note = noted(
        specialist, request_, text=text, note_attachments=[{"key": picture, "inline": True}, {"key": log}]
    )
    assert note["text"] == text
    shown, kept = note["attachments"]
    assert shown == {
        "id": shown["id"],
        "name": "no light.png",
        "uri": f"/v1/attachments/{shown['id']}",
        "key": picture,
        "inline": True,
        "size": len(PNG),
    }
    assert (kept["inline"], kept["size"]) == (False, len(LOG))
    assert specialist.get(f"requests/{request_['id']}/notes")[0]["attachments"] == note["attachments"]
    assert specialist.get(f"notes/{note['id']}")["attachments"] == note["attachments"]


def test_notes_of_an_edit_have_theirs(specialist: Client, end_user: Client) -> None:
    given = {"note": "Please see", "note_attachments": [{"key": uploaded(end_user)}]}
    request = end_user.post("requests", {"subject": "Slow", "category": "incident", **given})
    for_all, internal = uploaded(specialist), uploaded(specialist, PNG, "a.png")
    edit = {
        "note": "Seen",
        "note_attachments": [{"key": for_all}],
        "internal_note": "Odd",
        "internal_note_attachments": [{"key": internal}],
    }
    specialist.patch(f"requests/{request['id']}", edit)
    end_user.patch(f"requests/{request['id']}", given | {"note_attachments": [{"key": uploaded(end_user)}]})
    notes = specialist.get(f"requests/{request['id']}/notes")
    assert [[each["name"] for each in note["attachments"]] for note in notes] == [
        ["a.log"],
        ["a.log"],
        ["a.png"],
        ["a.log"],
    ]
    assert [note["attachments"] for note in end_user.get(f"requests/{request['id']}/notes")] == [
        note["attachments"] for note in notes if not note["internal"]
    ]


def test_attachments_go_with_a_note(specialist: Client, request_: Made) -> None:
    for name in ("note", "internal_note"):
        field = f"{name}_attachments"
        refused = specialist.patch(
            f"requests/{request_['id']}", {field: [{"key": uploaded(specialist)}]}, 422
        )
        assert refused["errors"][0][0] == field


def test_only_who_may_read_the_note_has_its_files(
    account: Account, specialist: Client, end_user: Client
) -> None:
    request = end_user.post("requests", {"subject": "Mine", "category": "rfi"})
    other = account.person("Olaf Other")[1]
    narrow = account.person("Nora Narrow", "specialist", scopes=("requests:*",))[1]
    for internal, those_who_see in ((False, (specialist, end_user)), (True, (specialist,))):
        note = noted(specialist, request, internal=internal, attachments=[{"key": uploaded(specialist)}])
        uri = note["attachments"][0]["uri"]
        for client in (specialist, end_user, other):
            expected = 200 if client in those_who_see else 404
            assert fetched(client, uri).status_code == expected
        assert fetched(account.client(token=None), uri).status_code == 401
        assert fetched(narrow, uri).status_code == 403


def test_what_a_specialist_publishes_has_its_files(specialist: Client, end_user: Client) -> None:
    request = end_user.post("requests", {"subject": "Solved?", "category": "rfi"})
    solution = noted(specialist, request, internal=True, attachments=[{"key": uploaded(specialist)}])
    uri = solution["attachments"][0]["uri"]
    assert fetched(end_user, uri).status_code == 404
    specialist.patch(f"notes/{solution['id']}", {"internal": False})
    assert fetched(end_user, uri).data == LOG


def test_a_file_is_served_so_that_nothing_runs_it(specialist: Client, request_: Made) -> None:
    names = ("Über\u202ecod.txt", "a.png")
    keys = uploaded(specialist, b"plain", names[0]), uploaded(specialist, PNG, names[1])
    note = noted(specialist, request_, attachments=[{"key": keys[0]}, {"key": keys[1], "inline": True}])
    text, picture = (fetched(specialist, each["uri"]) for each in note["attachments"])
    for answer in (text, picture):
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert text.headers["Content-Type"] == "text/plain"
    assert (
        text.headers["Content-Disposition"]
        == "attachment; filename=Ubercod.txt; filename*=UTF-8''%C3%9Cbercod.txt"
    )
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.headers["Content-Disposition"] == "inline; filename=a.png"


def test_a_file_is_fetched_in_part(specialist: Client, request_: Made) -> None:
    note = noted(specialist, request_, attachments=[{"key": uploaded(specialist)}])
    uri = note["attachments"][0]["uri"]
    whole = fetched(specialist, uri)
    tag = whole.headers["ETag"]
    assert tag == f'"{hashlib.sha256(LOG).hexdigest()}"'
    assert (whole.data, whole.headers["Content-Length"]) == (LOG, str(len(LOG)))
    for asked, start, stop in (
        ("bytes=0-0", 0, 1),
        (f"bytes={PIECE_BYTES - 1}-{PIECE_BYTES}", PIECE_BYTES - 1, PIECE_BYTES + 1),
        ("bytes=-7", len(LOG) - 7, len(LOG)),
        ("bytes=319990-", 319_990, len(LOG)),
    ):
        part = fetched(specialist, uri, Range=asked, If_Range=tag)
        assert (part.status_code, part.data) == (206, LOG[start:stop])
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(LOG)}"
    for asked in ("bytes=0-1,5-6", "lines=1-2", "nonsense"):
        assert fetched(specialist, uri, Range=asked).status_code == 200
    assert fetched(specialist, uri, Range="bytes=0-1", If_Range='"another"').status_code == 200
    beyond = fetched(specialist, uri, Range=f"bytes={len(LOG)}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(LOG)}")
    known = fetched(specialist, uri, If_None_Match=tag)
    assert (known.status_code, known.data) == (304, b"")
    head = specialist.send("HEAD", uri.removeprefix("/v1/"))
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(len(LOG)), b"")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("organizations", "remarks_attachments"),
        ("teams", "remarks_attachments"),
        ("sites", "remarks_attachments"),
        ("people", "information_attachments"),
    ],
)
def test_records_have_files_beside_their_texts(
    account: Account, administrator: Client, end_user: Client, path: str, field: str
) -> None:
    first, second = uploaded(administrator), uploaded(administrator, PNG, "a.png")
    fields = {"name": "With files", field: [{"key": first, "filesize": len(LOG)}]}
    if path == "people":
        fields["primary_email"] = "with.files@widget.example"
    record = administrator.post(path, fields)
    place = f"{path}/{record['id']}"
    assert [each["key"] for each in record["attachments"]] == [first]
    changed = administrator.patch(place, {field: [{"key": first, "_destroy": True}, {"key": second}]})
    assert [each["key"] for each in changed["attachments"]] == [second]
    again = administrator.patch(place, {field: [{"key": second, "inline": True}], "name": "Other"})
    assert [each["inline"] for each in again["attachments"]] == [True]
    assert administrator.get(place) == again
    assert fetched(administrator, again["attachments"][0]["uri"]).data == PNG
    assert fetched(administrator, record["attachments"][0]["uri"]).status_code == 404
    assert fetched(end_user, again["attachments"][0]["uri"]).status_code == 404
    told = administrator.get(f"{place}/audit")
    assert ["a.log"] in [change for line in told for change in line["changes"].get("attachments", ())]


def test_ids_are_unique_whosoever_the_record_is(administrator: Client, request_: Made) -> None:
    key = uploaded(administrator)
    site = administrator.post("sites", {"name": "Delft", "remarks_attachments": [{"key": key}]})
    (of_site,) = site["attachments"]
    with_note = {"note": "And here", "note_attachments": [{"key": uploaded(administrator, b"other")}]}
    request = administrator.post("requests", {"subject": "Other", "category": "other", **with_note})
    (of_note,) = administrator.get(f"requests/{request['id']}/notes")[0]["attachments"]
    assert of_site["id"] != of_note["id"]
    assert fetched(administrator, of_site["uri"]).data == LOG
    assert fetched(administrator, of_note["uri"]).data == b"other"


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


def test_a_note_that_a_crash_left_with_its_request_keeps_its_file(
    account: Account, specialist: Client, request_: Made
) -> None:
    note = noted(specialist, request_, attachments=[{"key": uploaded(specialist)}])
    context = account.contexts["requests"]
    id = note["attachments"][0]["id"]
    document = context.database["notes"].find_one_and_delete({"_id": note["id"]})
    row = {"kind": "copy", "type": "notes", "document": document}
    left = {"$push": {"outbox": row}, "$set": {"unsent": context.clock.now()}}
    context.database["requests"].update_one({"_id": request_["id"]}, left)
    mark_unnamed(context, [id])
    account.clock.step(hours=26)
    account.caller.services["requests"].sweep_attachments()
    assert find_by_id(context.database, id) is not None


def test_the_sweep_of_a_service_leaves_what_its_records_name(account: Account, administrator: Client) -> None:
    key = uploaded(administrator)
    site = administrator.post("sites", {"name": "Utrecht", "remarks_attachments": [{"key": key}]})
    (attachment,) = site["attachments"]
    mark_unnamed(account.contexts["organizations"], [attachment["id"]])
    uploaded(administrator)
    account.clock.step(hours=26)
    for service in ("requests", "organizations"):
        account.caller.services[service].sweep_attachments()
    assert find_by_id(account.contexts["requests"].database, attachment["id"]) is None
    assert fetched(administrator, attachment["uri"]).data == LOG


def test_a_key_of_idempotence_makes_one_note_with_its_files(specialist: Client, request_: Made) -> None:
    note = {"text": "Once", "attachments": [{"key": uploaded(specialist)}]}
    path, headers = f"requests/{request_['id']}/notes", {"Idempotency-Key": "once-with-a-file"}
    first, second = (specialist.send("POST", path, note, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
