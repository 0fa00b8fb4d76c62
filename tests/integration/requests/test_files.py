"""Files of notes cross the border: which are offered to whom, which are taken, and what the notes show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.common import attachments
from services.federation import files as crossing
from services.federation.files import allowance
from services.federation.partners.capabilities import OWN, VERSION_1
from services.federation.sealing.envelope import read_verified
from services.federation.verdicts import Verdict, done, refused
from services.requests import partner, queries
from services.requests.actions import arrivals, desk, files
from tests.configs import NAMES
from tests.integration.requests.accounts import Desk
from tests.integration.requests.conftest import GLOBALNET_HOSTING
from tests.integration.requests.plays import handed_over, settle

OFFERED = "attachment.offered.v1"
LOG = b"It is slow again\n" * 10

Made = dict[str, Any]


def takes_files(desk: Desk, *partners: Desk, named: list[str] | None = None) -> None:
    """The desk knows that the partners understand all that it does itself."""
    for other in partners:
        known = {"name": NAMES[other.account], "status": "active", "capabilities": named or list(OWN)}
        desk.around.keep("trust", other.account, **known)
        desk.context.copies.refresh("trust", other.account)
    desk.context.kept.clear()
    crossing.COMING.ensure(desk.context.database)


@pytest.fixture
def pair(widget: Desk, gigatera: Desk) -> tuple[Desk, Desk]:
    takes_files(widget, gigatera)
    takes_files(gigatera, widget)
    return widget, gigatera


def upload(desk: Desk, content: bytes = LOG, name: str = "slow.log") -> str:
    """Sam's; its key."""
    file = attachments.begin(desk.context, room=len(content), person_id=2)
    attachments.write(desk.context, file, 0, content, 2)
    return str(attachments.finish(desk.context, file, name=name, person_id=2)["key"])


def note(side: Desk, id: int, *keys: str, internal: bool = False) -> int:
    said = {"text": "See this", "internal": internal, "attachments": [{"key": key} for key in keys]}
    return desk.add_note(side.context, side.specialist, id, said).id


def shown(side: Desk, note_id: int, **person: Any) -> list[Made]:
    viewer = person.get("viewer") or side.specialist
    found: list[Made] = queries.get_note(side.context.database, note_id, viewer)["attachments"]
    return found


def offers(side: Desk, partner: Desk) -> list[Made]:
    """What the side has offered, as it was said."""
    rows = [row for row in side.written() if (row["type"], row["partner"]) == (OFFERED, partner.account)]
    return [read_verified(row["sealed"]).body["file"] for row in rows]


def coming(side: Desk) -> list[Made]:
    """Rows of files that were taken or refused here; each shows itself as the pulling thread has it do."""
    rows = side.context.database["requests"].find({}, {"outbox": 1})
    copies = [row for request in rows for row in request["outbox"] if row["type"] == crossing.COMING.name]
    found = [row["document"] for row in copies]
    for row in found:
        files.shows(side.context, row)
    return found


def comes(side: Desk, row: Made, content: bytes = LOG) -> None:
    """The whole of a file has come."""
    file = attachments.begin(side.context, room=len(content), id=row["id"])
    attachments.write(side.context, file, 0, content)
    here = attachments.finish(side.context, file, name=row["file"]["name"])
    files.shows(side.context, {**row, "state": crossing.IS_HERE, "here": here})


def arrive(side: Desk, other: Desk, name: str) -> list[Verdict]:
    """What waits arrives, a file under this name."""
    verdicts = []
    for row in side.waiting(other):
        message = other.open(row, side.account)
        if message.type == OFFERED:
            body = {**message.body, "file": {**message.body["file"], "name": name}}
            message = replace(message, body=body)
        verdicts.append(partner.receive(other.context, message))
        side.delivered.add(row["id"])
    return verdicts


def noted(side: Desk) -> int:
    """The newest note here."""
    (found,) = side.context.database["notes"].find().sort([("_id", -1)]).limit(1)
    return int(found["_id"])


def test_a_public_notes_files_are_offered_and_taken(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    here, _ = handed_over(widget, gigatera)
    mine = note(widget, here, upload(widget), upload(widget, name="more.log"))
    assert [kind for kind, _ in widget.deliver(gigatera)] == ["note.added.v1", OFFERED, OFFERED]
    assert [file["name"] for file in offers(widget, gigatera)] == ["slow.log", "more.log"]
    rows = coming(gigatera)
    there = shown(gigatera, noted(gigatera))
    assert [(file["name"], file["state"], file["uri"]) for file in there] == [
        ("slow.log", "coming", None),
        ("more.log", "coming", None),
    ]
    comes(gigatera, rows[0])
    first, second = shown(gigatera, noted(gigatera))
    assert (first["state"], second["state"]) == ("here", "coming")
    assert (first["uri"], first["key"]) == (f"/v1/attachments/{first['id']}", shown(widget, mine)[0]["key"])
    assert queries.get_attachment(gigatera.context.database, first["id"], gigatera.specialist)
    assert files.lies(widget.context, {"note_id": mine, "file": offers(widget, gigatera)[0]}) is not None


def test_files_go_along_with_a_hand_over_and_with_a_solution(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    _, there = handed_over(widget, gigatera, note="Since noon", note_attachments=[{"key": upload(widget)}])
    assert [row["file"]["name"] for row in coming(gigatera)] == ["slow.log"]
    key = upload(gigatera, name="why.log")
    solved: Made = {"status": "completed", "completion_reason": "solved", "note": "Restarted it"}
    gigatera.edit(there, **solved, note_attachments=[{"key": key}])
    settle(widget, gigatera)
    assert [row["file"]["name"] for row in coming(widget)] == ["why.log"]
    (solution,) = shown(widget, noted(widget))
    assert solution["state"] == "coming"


def test_files_of_internal_notes_are_offered_to_nobody(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    here, _ = handed_over(
        widget, gigatera, internal_note="Careful", internal_note_attachments=[{"key": upload(widget)}]
    )
    internal = note(widget, here, upload(widget), internal=True)
    settle(widget, gigatera)
    assert offers(widget, gigatera) == []
    (file,) = shown(widget, internal)
    assert file["uri"] is not None
    document = widget.context.database["notes"].find_one({"_id": internal})
    assert document is not None
    assert files.lies(widget.context, {"note_id": internal, "file": document["attachments"][0]}) is None


def test_a_partner_who_takes_no_files_is_told_which_he_does_not_get(widget: Desk, gigatera: Desk) -> None:
    takes_files(widget, gigatera, named=sorted(VERSION_1))
    here, there = handed_over(widget, gigatera)
    note(widget, here, upload(widget), upload(widget, name="more.log"))
    settle(widget, gigatera)
    assert offers(widget, gigatera) == []
    assert gigatera.notes(there)[0] == "See this\n\n[Not sent with this note: slow.log, more.log]"
    assert widget.notes(here)[0] == "See this"


@pytest.mark.parametrize(
    ("name", "settings", "code"),
    [
        ("slow.log", {"attachment_megabytes": 0}, files.TOO_LARGE),
        ("slow.log", {"partner_attachment_megabytes": 0}, files.TOO_MUCH),
        ("slow.exe", {}, files.NOT_ALLOWED),
    ],
)
def test_what_is_not_taken_is_refused_with_its_code_and_undoes_nothing_else(
    pair: tuple[Desk, Desk], name: str, settings: Made, code: str
) -> None:
    widget, gigatera = pair
    here, there = handed_over(widget, gigatera)
    before = widget.see(here)
    mine = note(widget, here, upload(widget))
    object.__setattr__(gigatera.context, "config", gigatera.context.config.changed(**settings))
    row = widget.waiting(gigatera)[1]
    verdicts = arrive(widget, gigatera, name)
    assert verdicts == [done(), refused(code)]
    widget.context.database["outbox"].insert_one({"_id": row["id"], "sealed": row["sealed"]})
    (refusal,) = coming(gigatera)
    assert (refusal["state"], refusal["code"]) == ("refused", code)
    (theirs,) = shown(gigatera, noted(gigatera))
    assert (theirs["state"], theirs["refused"], theirs["uri"]) == ("refused", code, None)
    arrivals.refuse(widget.context, {**row, "_id": row["id"]}, code)
    whose = {"id": "gigatera", "name": "GigaTera"}
    (ours,) = shown(widget, mine)
    assert "state" not in ours, "it is this account's own"
    assert ours["offered"] == [{"account": whose, "state": "refused", "refused": code}]
    after = widget.see(here)
    assert [flag["code"] for flag in after["flags"]] == [code]
    assert (after["status"], after["team_id"]) == (before["status"], before["team_id"])
    assert gigatera.see(there)["status"] == "assigned"


def test_what_a_partner_may_send_in_a_day_holds_over_a_crash_between_counting_and_saving(
    pair: tuple[Desk, Desk],
) -> None:
    widget, gigatera = pair
    here, _ = handed_over(widget, gigatera)
    for name in ("one.log", "two.log"):
        note(widget, here, upload(widget, name=name))
    added, first, *more = widget.waiting(gigatera)
    partner.receive(gigatera.context, gigatera.open(added, "widget"))
    message = gigatera.open(first, "widget")
    room = gigatera.context.config.partner_attachment_megabytes * 1024 * 1024
    assert allowance.take(gigatera.context, "widget", "an earlier one", room - len(LOG), room)
    assert allowance.take(gigatera.context, "widget", message.id, len(LOG), room), (
        "and it dies before it saves"
    )
    assert partner.receive(gigatera.context, message) == done(), "counted once, and there is just room for it"
    verdicts = [partner.receive(gigatera.context, gigatera.open(row, "widget")) for row in more]
    assert verdicts == [done(), refused(files.TOO_MUCH)]
    assert not allowance.take(gigatera.context, "widget", "another", 1, room)
    assert allowance.take(gigatera.context, "globalnet", "of another partner", 1, room)


def test_a_file_of_a_note_that_is_not_here_is_refused(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    here, _ = handed_over(widget, gigatera)
    note(widget, here, upload(widget))
    added, offer = widget.waiting(gigatera)
    partner.receive(gigatera.context, gigatera.open(added, "widget"))
    gigatera.context.database["notes"].delete_many({})
    gigatera.context.database["requests"].update_many({}, {"$set": {"outbox": []}})
    verdict = partner.receive(gigatera.context, gigatera.open(offer, "widget"))
    assert verdict == refused(files.UNKNOWN_NOTE)
    assert coming(gigatera) == []


def test_of_a_file_that_is_offered_twice_one_stays(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    here, _ = handed_over(widget, gigatera)
    note(widget, here, upload(widget))
    settle(widget, gigatera)
    (row,) = coming(gigatera)
    again = {**row, "id": row["id"] + 1000}
    comes(gigatera, row)
    comes(gigatera, again)
    (file,) = shown(gigatera, noted(gigatera))
    assert file["id"] == row["id"]
    of_both = gigatera.context.database[attachments.COLLECTIONS[0].name].find(
        {"metadata.id": {"$in": [row["id"], again["id"]]}}
    )
    for_the_sweep = [each["metadata"]["id"] for each in of_both if "unnamed_since" in each["metadata"]]
    assert for_the_sweep == [again["id"]]


def test_in_a_chain_a_file_is_offered_on_when_it_is_here_and_once(
    pair: tuple[Desk, Desk], globalnet: Desk
) -> None:
    widget, gigatera = pair
    takes_files(gigatera, widget, globalnet)
    takes_files(globalnet, gigatera)
    here, there = handed_over(widget, gigatera)
    gigatera.edit(there, service_instance_id=GLOBALNET_HOSTING)
    settle(widget, gigatera, globalnet)
    note(widget, here, upload(widget))
    settle(widget, gigatera, globalnet)
    assert globalnet.notes(globalnet.crossed())[0] == "See this"
    assert offers(gigatera, globalnet) == []
    (row,) = coming(gigatera)
    comes(gigatera, row)
    comes_again = {**row, "state": crossing.IS_HERE, "here": {"name": "slow.log", "type": "text/plain"}}
    files.shows(gigatera.context, comes_again)
    settle(widget, gigatera, globalnet)
    (offered,) = offers(gigatera, globalnet)
    assert offered["key"] == offers(widget, gigatera)[0]["key"], "the text of the note calls it so"
    assert offers(gigatera, widget) == [], "it does not go back"
    assert [each["file"]["name"] for each in coming(globalnet)] == ["slow.log"]


def test_a_file_that_the_partner_has_is_shown_so(pair: tuple[Desk, Desk]) -> None:
    widget, gigatera = pair
    here, _ = handed_over(widget, gigatera)
    mine = note(widget, here, upload(widget))
    offered = {"note_id": mine, "file": offers(widget, gigatera)[0]}
    for _ in range(2):
        files.settled(widget.context, "gigatera", offered, None)
    (file,) = shown(widget, mine)
    assert [(each["account"]["id"], each["state"]) for each in file["offered"]] == [("gigatera", "here")]
    requester = replace(widget.specialist, roles=frozenset())
    (seen,) = shown(widget, mine, viewer=requester)
    assert "offered" not in seen
