"""The ledger over the API, out of real stores: whole, in pages, and open to auditors only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import pytest

from interdesk.ledger_export import PAGE, Scope, export
from services.federation import stored
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.ledger.verification import verify
from services.federation.sealing.envelope import read_verified
from services.federation.sealing.rings import OwnRing, PartnerRing
from tests.configs import SECRET
from tests.integration.gateway.account import Account, Client, pages
from tests.unit.federation.ledgers import RINGS, START, Talk

MANY = 240


class Reader:
    """The three calls that an export makes, by a test client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get(self, path: str, **parameters: Any) -> Any:
        return self._client.get(path, **parameters)

    def get_all(self, path: str, **parameters: Any) -> Iterator[Any]:
        for page in pages(self._client, path, **parameters):
            yield from json.loads(page.data)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self._client.post(path, body, 200)


@pytest.fixture(scope="module")
def talks(account: Account) -> list[Talk]:
    """What widget and its partners said: many short threads, and one that is longer than some pages."""
    organizations = account.contexts["organizations"].database
    for partner in ("gigatera", "globalnet"):
        ring = PartnerRing.from_wire(partner, RINGS[partner].to_wire())
        organizations["keyrings"].insert_one({"_id": partner, **ring.to_document()})
    own = organizations["keyrings"].find_one({"_id": "widget"})
    assert own is not None
    key = OwnRing.from_document(own, SECRET).current()
    account.clock.step(days=1)
    made = []
    for n in range(1, 31):
        service = ("requests", "slas", "organizations")[n % 3]
        talk = Talk(service, ("gigatera", "globalnet")[n % 2], n)
        for _ in range(MANY // 2 if n == 15 else 1):
            talk.say(SENT, key=key)
            talk.say(RECEIVED)
        made.append(talk)
    made[1].say(SENT, key=key, type="trust.accepted.v1", body={"credentials": "a secret"})
    for talk in made:
        keep(account.contexts[talk.service].database, talk)
    return made


def keep(database: Any, talk: Talk) -> None:
    """Puts a thread into a service's store, as the outbox and the inbox do."""
    outbox, inbox = [], []
    for direction, record, row in talk.rows:
        message = read_verified(record["sealed"].encode())
        kept = {
            "partner": talk.partner,
            "thread": talk.thread,
            "incarnation": row.place[0],
            "sequence": row.place[1],
            "hash": row.hash,
            "type": message.type,
            "sealed": record["sealed"].encode(),
            "state": record["state"],
            "code": record["code"],
            "attempts": 1,
            "answered_at": datetime.fromisoformat(record["answered_at"]),
        }
        if direction == SENT:
            outbox.append({**kept, "_id": message.id, "at": row.at, "receipt": record["receipt"].encode()})
        else:
            id = stored.row_id(talk.partner, talk.thread, *row.place)
            inbox.append({**kept, "_id": id, "message_id": message.id, "received_at": row.at})
    database["outbox"].insert_many(outbox)
    database["inbox"].insert_many(inbox)


def exported(account: Account, scope: Scope = Scope()) -> list[bytes]:  # noqa: B008  # it is frozen
    reader: Any = Reader(account.client())
    return list(export(reader, scope))


def records_of(file: Iterable[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file]


def test_all_that_the_stores_hold_is_in_the_ledger_and_proven(account: Account, talks: list[Talk]) -> None:
    report = verify(exported(account))
    assert (report.findings, report.partial) == ([], [])
    sent = sum(direction == SENT for talk in talks for direction, *_ in talk.rows)
    assert (report.threads, report.sent, report.received) == (len(talks), sent, sent - 1)
    assert report.sent > PAGE
    assert report.receipts == report.sent


def test_a_secret_is_withheld_whatever_carries_it(account: Account, talks: list[Talk]) -> None:
    file = exported(account)
    (withheld,) = [record["withheld"] for record in records_of(file) if record.get("withheld")]
    assert withheld["type"] == "trust.accepted.v1"
    assert withheld["hash"] == talks[1].rows[-1][2].hash
    secret = talks[1].rows[-1][1]["sealed"].encode()
    assert secret not in b"".join(file)


def test_a_period_is_by_the_account_s_clock_and_the_trusts_are_there_all_the_same(
    account: Account, talks: list[Talk]
) -> None:
    since, until = START.replace(hour=10), START.replace(hour=11)
    report = verify(exported(account, Scope(since=since, until=until)))
    assert report.findings == []
    (long,) = [talk for talk in talks if len(talk.rows) > 3]
    within = sum(since <= row.at < until for _, _, row in long.rows)
    trusts = [talk for talk in talks if talk.service == "organizations"]
    assert within > PAGE // 2
    assert report.sent + report.received == within + sum(len(talk.rows) for talk in trusts)
    assert report.threads == len(trusts) + 1


def test_what_is_said_after_the_heads_were_sealed_is_left_for_the_next_export(
    account: Account, talks: list[Talk]
) -> None:
    """Between the heads and the messages, more is said in a thread that the heads name."""

    class Busy(Reader):
        said = False

        def post(self, path: str, body: dict[str, Any]) -> Any:
            page = super().post(path, body)
            if path == "ledger/requests/heads" and not self.said:
                self.said = True
                self.more()
            return page

        def more(self) -> None:
            talk = next(each for each in talks if each.service == "requests")
            before = len(talk.rows)
            talk.say(RECEIVED)
            new = Talk(talk.service, talk.partner, talk.n, talk.rows[before:])
            new.rows.append(_next_sent(account, talk))
            keep(account.contexts["requests"].database, new)

    reader: Any = Busy(account.client())
    first = verify(export(reader, Scope()))
    assert first.findings == []
    second = verify(exported(account))
    assert second.findings == []
    assert second.received == first.received + 1


def _next_sent(account: Account, talk: Talk) -> Any:
    own = account.contexts["organizations"].database["keyrings"].find_one({"_id": "widget"})
    assert own is not None
    talk.say(SENT, key=OwnRing.from_document(own, SECRET).current())
    return talk.rows[-1]


def test_what_was_dropped_from_the_store_is_missed(account: Account, talks: list[Talk]) -> None:
    (long,) = [talk for talk in talks if len(talk.rows) > 10]
    place = {"thread": long.thread, "sequence": 7}
    outbox = account.contexts[long.service].database["outbox"]
    (dropped,) = outbox.find(place)
    outbox.delete_one(place)
    try:
        (finding,) = verify(exported(account)).findings
    finally:
        outbox.insert_one(dropped)
    assert finding.code == "message_missing"
    assert long.thread in finding.text
    assert "#7 is missing" in finding.text


def test_only_auditors_and_administrators_see_it(account: Account) -> None:
    auditor = account.person("Rita Auditor", "auditor")[1]
    assert auditor.send("GET", "ledger/keys").status_code == 200
    manager = account.person("Every Other", "specialist", "service_level_manager")[1]
    for path in ("ledger/keys", "ledger/requests/sent", "ledger/slas/received"):
        assert manager.send("GET", path).status_code == 403
    for path in ("ledger/requests/heads", "ledger/seal"):
        assert manager.send("POST", path, {}).status_code == 403


def test_no_private_key_is_in_the_list_of_keys(account: Account, talks: list[Talk]) -> None:
    keys = account.client().get("ledger/keys", per_page=100)
    assert {key["account"] for key in keys} == {"widget", "gigatera", "globalnet"}
    assert all(set(key["public"]) == {"kty", "crv", "x"} for key in keys)
    assert all(key["public"]["crv"] == "Ed25519" for key in keys)


def test_what_is_asked_wrongly_is_refused_by_name(account: Account) -> None:
    client = account.client()
    export_id = "019b0000-0000-4000-8000-00000000e000"
    for body, field in (
        ({}, "export"),
        ({"export": "1"}, "export"),
        ({"export": export_id, "partners": ["No Account"]}, "partners.0"),
        ({"export": export_id, "threads": []}, "threads"),
        ({"export": export_id, "since": "yesterday"}, "since"),
        ({"export": export_id, "everything": True}, "everything"),
    ):
        response = client.send("POST", "ledger/requests/heads", body)
        assert response.status_code == 422, response.text
        assert [name for name, _ in json.loads(response.data)["errors"]] == [field]
    assert client.send("POST", "ledger/nothing/heads", {"export": export_id}).status_code == 404
