"""Attachments over the API: uploaded, put on notes and records, and fetched."""

from __future__ import annotations

import hashlib

import pytest

from services.common.attachments import PIECE_BYTES, find_by_id
from services.common.attachments.marks import mark_unnamed
from tests.integration.gateway.account import Account, Client, pages
from tests.integration.gateway.attached import LOG, PNG, Made, fetched, noted, uploaded


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
    administrator.post(f"{place}/trash", {}, status=200)
    assert fetched(administrator, again["attachments"][0]["uri"]).status_code == 404
    administrator.post(f"{place}/restore", {}, status=200)
    assert fetched(administrator, again["attachments"][0]["uri"]).data == PNG
    told = administrator.get(f"{place}/audit")
    assert ["a.log"] in [change for line in told for change in line["changes"].get("attachments", ())]


def test_the_files_of_all_notes_of_a_request_are_one_list(specialist: Client, end_user: Client) -> None:
    request = end_user.post("requests", {"subject": "Many files", "category": "rfi"})
    path = f"requests/{request['id']}/note_attachments"
    assert specialist.get(path) == []
    noted(specialist, request)
    first = noted(specialist, request, attachments=[{"key": uploaded(specialist)} for _ in range(2)])
    secret = noted(specialist, request, internal=True, attachments=[{"key": uploaded(specialist)}])
    whole = {"state": None, "refused": None, "offered": None}
    told = [
        {**file, **whole, "note": {name: note[name] for name in ("id", "internal")}}
        | {"created_at": note["created_at"]}
        for note in (first, secret)
        for file in note["attachments"]
    ]
    assert specialist.get(path) == told
    assert end_user.get(path) == told[:2]
    paged = [
        each["id"]
        for page in pages(specialist, path, per_page=1, sort="-id", fields="id")
        for each in page.json or ()
    ]
    assert paged == [each["id"] for each in reversed(told)]
    said = specialist.patch(f"notes/{secret['id']}", {"internal": False})
    assert specialist.get(path, fields="note")[2]["note"] == {"id": said["id"], "internal": False}
    assert end_user.get(path) == specialist.get(path)


def test_the_files_of_a_request_are_listed_for_who_sees_it(account: Account, request_: Made) -> None:
    outsider, path = account.person("Oda Outsider")[1], f"requests/{request_['id']}/note_attachments"
    assert outsider.send("GET", path).status_code == 404


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
