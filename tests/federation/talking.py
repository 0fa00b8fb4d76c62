"""A small correspondent over real parts: two accounts that say notes to each other in hand-over threads.

`Side` is one account's requests service as far as the border goes: its own database, its own border vhost,
the inside relay and a `Post`, in threads of the test's process. What a note's text does to its hearer is
written in `Talk`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pymongo
import pymongo.database
import requests

from interdesk.broker import Broker
from interdesk.vhosts import ensure_vhosts
from services.common.config import Config
from services.common.context import Context
from services.common.crash import CrashPoints
from services.common.outbox import Relay
from services.common.publishing import Outgoing
from services.common.store import Collection, Index, Record, Records, Saved, decide_again
from services.common.verdicts import Later, Park
from services.federation import ciphers, stored
from services.federation.border import Post
from services.federation.connections import Line, tls_of, uri_with_login
from services.federation.envelope import Message, read_verified
from services.federation.keys import OwnRing, PartnerRing
from services.federation.letters import write
from services.federation.threads import Thread, open_thread, opened_by
from services.federation.topology import BrokerAdmin
from services.federation.trusts import TrustBook
from services.federation.verdicts import Verdict, done, refused
from tests.waiting import wait_until

TALKS = Collection("talks", (Index(["partner", "thread_id"], unique=True),))
AT = "2026-01-05T09:00:00.000Z"
CORE = {
    "subject": "Talk",
    "category": "other",
    "impact": None,
    "requester": None,
    "desired_completion_at": None,
    "downtime_start_at": None,
    "downtime_end_at": None,
}


def note(text: str) -> dict[str, Any]:
    return {"id": 1, "text": text, "person": None, "medium": "default", "created_at": AT}


def opening(text: str) -> dict[str, Any]:
    return {
        "episode": [1, 1],
        "request_id": 1,
        "agreement": "agreement",
        "service_instance_id": 1,
        "origin": "origin",
        "core_version": 1,
        "core": CORE,
        "team": {"id": 1, "name": "Team"},
        "member": None,
        "notes": [note(text)],
    }


class Talk:
    """The correspondent. A text that begins with `poison` raises, `later` waits until `open_up`, `no` is
    refused.
    """

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.mended = threading.Event()
        self.undone: list[str] = []
        self.flagged: list[str] = []

    def receive(self, context: Context, message: Message) -> Verdict:
        return self._hear(context, message)

    @decide_again
    def _hear(self, context: Context, message: Message) -> Verdict:
        body = message.body
        text = body["notes"][0]["text"] if "notes" in body else body["note"]["text"]
        record = _find(context, message.sender, message.thread)
        thread = _thread(record) if record else opened_by(message)
        verdict = refused("not_wanted") if text.startswith("no") else done()
        thread = thread.advance(message, verdict)
        if text.startswith("poison") and not self.mended.is_set():
            raise ValueError("a bug in the correspondent")
        if text.startswith("odd") and not self.mended.is_set():
            raise Park("odd_text", "somebody has to look at this")
        if text.startswith("later") and not self.opened.is_set():
            raise Later(0.2, "not_open")
        heard = [] if verdict.word == "refused" else [text]
        _save(context, record, message.sender, thread, heard)
        return verdict

    def refused(self, context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
        self.undone.append(f"{row['sequence']} {code}")

    def discard(self, context: Context, message: Message) -> None:
        record = _find(context, message.sender, message.thread)
        thread = _thread(record) if record else opened_by(message)
        _save(context, record, message.sender, thread.advance(message, refused("discarded")), [])

    def unanswered(self, context: Context, row: Mapping[str, Any]) -> None:
        self.flagged.append(f"{row['sequence']} {row['state']}")


def _records(context: Context) -> Records:
    return Records(context, TALKS)


def _find(context: Context, partner: str, thread: str) -> Record | None:
    return _records(context).find_one({"partner": partner, "thread_id": thread})


def _thread(record: Record) -> Thread:
    return Thread.from_document(record.state["thread"])


def _save(context: Context, record: Record | None, partner: str, thread: Thread, heard: list[str]) -> None:
    before = record.state["heard"] if record else []
    state = {
        "partner": partner,
        "thread_id": thread.id,
        "thread": thread.to_document(),
        "heard": [*before, *heard],
    }
    if record:
        _records(context).save(record, state)
    else:
        _records(context).insert(context.new_uuid(), state)


class _NoEvents:
    def publish(self, *messages: Outgoing) -> None:
        assert not messages


class Side:
    """One account's end of the talk."""

    def __init__(
        self,
        account: str,
        broker: Broker,
        database: pymongo.database.Database[dict[str, Any]],
        *,
        crash: CrashPoints | None = None,
        **settings: Any,
    ) -> None:
        password = secrets.token_hex(8)
        vhosts = ensure_vhosts(broker.admin_uri, account, password)
        self.account = account
        self.broker = broker
        self.admin = BrokerAdmin(broker.admin_uri)
        self.border_vhost = vhosts.border
        self.address = broker.amqps_address(vhosts.border)
        self.ca: str | None = broker.ca_pem
        self.ring = OwnRing.generate(account)
        self.talk = Talk()
        config = Config(
            account=account,
            domain=f"{account}.example",
            amqp_uri=broker.amqp_uri(vhosts.inside, account, password),
            mongo_uri="not used",
            border_uri=broker.amqp_uri(vhosts.border, account, password),
            border_address=self.address,
            secret=secrets.token_bytes(32),
            sweep_seconds=0.3,
            lease_seconds=2,
            retry_min_seconds=0.5,
            retry_max_seconds=2,
        ).changed(**settings)
        self._woken: Relay | None = None
        self.context = Context(config, "requests", database, crash=crash or CrashPoints(), wake=self._wake)
        for collection in (TALKS, *stored.ALL):
            collection.ensure(database)
        self.database = self.context.database
        self.database["copy_keyring"].replace_one(
            {"_id": account}, self.ring.to_document(config.secret or b""), upsert=True
        )
        self.post: Post | None = None

    def _wake(self, saved: Saved) -> None:
        if self._woken is not None:
            self._woken.wake(saved)

    def trusts(self, other: Side, *, status: str = "active") -> None:
        """Makes `other` a partner: its user and lanes here, its keys and address in our book."""
        password = secrets.token_hex(8)
        other.admin_of(self, password)
        sealed = ciphers.encrypt_at_rest(
            self.context.config.secret or b"",
            {"user": f"{other.account}.from.{self.account}", "password": password},
        )
        self.database["copy_trust"].replace_one(
            {"_id": other.account},
            {
                "_id": other.account,
                "name": other.account,
                "status": status,
                "border_address": other.address,
                "border_ca": other.ca,
                "credentials": sealed,
            },
            upsert=True,
        )
        ring = PartnerRing.from_wire(other.account, other.ring.to_wire())
        self.database["copy_keyring"].replace_one({"_id": other.account}, ring.to_document(), upsert=True)
        TrustBook.of(self.context).forget()

    def admin_of(self, partner: Side, password: str) -> None:
        """What the partner needs on our border."""
        self.admin.ensure_partner(self.account, partner.account, password)

    def set_status(self, partner: str, status: str) -> None:
        self.database["copy_trust"].update_one({"_id": partner}, {"$set": {"status": status}})
        TrustBook.of(self.context).forget()

    def start(self) -> None:
        assert self.post is None
        relay = Relay(
            self.database,
            self.account,
            "requests",
            _NoEvents(),
            self.context.clock,
            collections=[TALKS.name],
            crash=self.context.crash,
            sweep_seconds=self.context.config.sweep_seconds,
        )
        self.post = Post(self.context, self.talk)
        relay.message_sink = self.post.outbox.offer
        self._woken = relay
        self._relay_thread = threading.Thread(target=relay.run, daemon=True)
        self._relay_thread.start()
        self.post.start()

    def stop(self) -> None:
        if self.post is not None:
            assert self._woken is not None
            self.post.stop()
            self._woken.stop()
            self._relay_thread.join(10)
            self.post, self._woken = None, None

    def open(self, partner: str, text: str) -> str:
        """Opens a thread with a first note; gives its id."""
        thread = open_thread("handover", self.account, partner, self.context.new_uuid())
        self._say(partner, thread, None, "request.handed_over.v1", opening(text))
        return thread.id

    def say(self, partner: str, thread_id: str, *texts: str) -> None:
        @decide_again
        def once(text: str) -> None:
            record = _find(self.context, partner, thread_id)
            assert record is not None
            body = {"episode": [1, 1], "note": note(text)}
            self._say(partner, _thread(record), record, "note.added.v1", body)

        for text in texts:
            once(text)

    def _say(
        self, partner: str, thread: Thread, record: Record | None, type: str, body: dict[str, Any]
    ) -> None:
        thread, row = write(self.context, thread, type=type, body=body)
        heard = record.state["heard"] if record else []
        state = {"partner": partner, "thread_id": thread.id, "thread": thread.to_document(), "heard": heard}
        if record:
            _records(self.context).save(record, state, rows=[row])
        else:
            _records(self.context).insert(self.context.new_uuid(), state, rows=[row])

    def heard(self, partner: str, thread_id: str) -> list[str]:
        record = _find(self.context, partner, thread_id)
        return list(record.state["heard"]) if record else []

    def delivered(self, thread_id: str) -> list[str]:
        """The states of our messages in that thread, in their order."""
        rows = self.database["outbox"].find({"thread": thread_id, "partner": {"$exists": True}})
        return [row["state"] for row in rows.sort([("sequence", 1)])]

    def inbox(self, thread_id: str) -> list[dict[str, Any]]:
        return list(self.database["inbox"].find({"thread": thread_id}).sort([("sequence", 1)]))

    def quarantined(self) -> list[str]:
        return [row["code"] for row in self.database["quarantine"].find().sort([("received_at", 1)])]

    def waits_until(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        wait_until(condition, deadline_seconds=seconds)

    def sealed(self, thread_id: str, sequence: int) -> bytes:
        """The bytes of a message of ours, wherever it lies."""
        row = self.database["outbox"].find_one({"thread": thread_id, "sequence": sequence})
        if row is None:
            record = self.database[TALKS.name].find_one({"thread_id": thread_id})
            assert record is not None
            row = next(row for row in record["outbox"] if row["sequence"] == sequence)
        return bytes(row["sealed"])

    def smuggle(self, partner: Side, *bodies: bytes, routing_key: str = "note.added", **options: Any) -> None:
        """Publishes raw bytes to the partner's border as our broker user may."""
        trust = TrustBook.of(self.context).trust(partner.account)
        assert trust is not None
        user, password = trust.login(self.context.config.secret or b"")
        line = Line(uri_with_login(partner.address, user, password), tls_of(partner.address, partner.ca))
        exchange = options.pop("exchange", f"from.{self.account}")
        try:
            line.publish(
                [
                    Outgoing(
                        exchange=exchange,
                        routing_key=routing_key,
                        body=body,
                        content_type="application/jose",
                        mandatory=True,
                        **options,
                    )
                    for body in bodies
                ]
            )
        finally:
            line.close()

    def steal_from_lane(self, partner: str, count: int = 1) -> None:
        """Takes messages out of a lane of ours, as if they had been lost."""
        lane = f"requests.from.{partner}"
        got = requests.post(
            f"{self.broker.admin_uri}/api/queues/{self.border_vhost}/{lane}/get",
            json={"count": count, "ackmode": "ack_requeue_false", "encoding": "auto"},
            timeout=30,
        )
        got.raise_for_status()
        assert len(got.json()) == count

    def delete_lane(self, partner: str) -> None:
        lane = f"requests.from.{partner}"
        requests.delete(
            f"{self.broker.admin_uri}/api/queues/{self.border_vhost}/{lane}", timeout=30
        ).raise_for_status()

    def message(self, thread_id: str, sequence: int) -> Message:
        return read_verified(self.sealed(thread_id, sequence))

    def paused(self) -> dict[str, str]:
        assert self.post is not None
        return {partner: paused["code"] for partner, paused in self.post.borders.paused().items()}
