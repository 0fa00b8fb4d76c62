"""`Side` is one account's end of a talk over real parts: its own database, its own border vhost, its
partners.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

import pymongo
import pymongo.database
import requests
from kombu import Connection

from interdesk.local.broker import Broker
from interdesk.vhosts import ensure_vhosts
from services.common.clock import Clock, SystemClock
from services.common.config import Config
from services.common.context import Context
from services.common.crash import CrashPoints
from services.common.publishing import Outgoing
from services.federation import stored
from services.federation.border import Post
from services.federation.partners.addresses import tls_of, uri_with_login
from services.federation.partners.connections import Line
from services.federation.partners.topology import BrokerAdmin
from services.federation.partners.trusts import TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.restoring.deployment_note import AS_RESTORED, say_of
from services.federation.sealing import ciphers
from services.federation.sealing.rings import OwnRing, PartnerRing
from tests.federation.correspondent import TALKS, Running, Talk, Waker, find, open_talk, say
from tests.federation.peers import Peer
from tests.federation.seen import Seen

Backup = dict[str, list[dict[str, Any]]]


class Side(Seen):
    """One account's end of the talk."""

    def __init__(
        self,
        account: str,
        broker: Broker,
        database: pymongo.database.Database[dict[str, Any]],
        *,
        crash: CrashPoints | None = None,
        clock: Clock | None = None,
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
            secret=(secrets.token_bytes(32),),
            sweep_seconds=0.3,
            lease_seconds=2,
            retry_min_seconds=0.5,
            retry_max_seconds=2,
            lane_renew_seconds=5,
        ).changed(**settings)
        self.waker = Waker()
        self.context = Context(
            config,
            "requests",
            database,
            clock=clock or SystemClock(),
            crash=crash or CrashPoints(),
            wake=self.waker.wake,
        )
        for collection in (TALKS, *stored.ALL):
            collection.ensure(database)
        self.database = self.context.database
        self.keeps_ring()
        self.running: Running | None = None

    @property
    def post(self) -> Post:
        assert self.running is not None
        return self.running.post

    def trusts(self, other: Side, *, status: str = "active") -> None:
        """Makes `other` a partner: its user and lanes here, its keys and address in our book."""
        password = secrets.token_hex(8)
        other.admin_of(self, password)
        sealed = ciphers.encrypt_at_rest(
            self.context.config.secret or (),
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

    def keeps_ring(self) -> None:
        """Stores our own ring as the organizations service would have it copied."""
        document = self.ring.to_document(self.context.config.secret or ())
        self.database["copy_keyring"].replace_one({"_id": self.account}, document, upsert=True)
        TrustBook.of(self.context).forget()

    def turns(self, ring: OwnRing) -> None:
        """Its own keys are these from now on."""
        self.ring = ring
        self.keeps_ring()

    def is_told_by(self, other: Side) -> None:
        """Knows the other's keys as they are now, and the other has the receipt for the announcement."""
        known = PartnerRing.from_document(self._keyring(other.account)).announced(other.ring.to_wire())
        self.database["copy_keyring"].replace_one({"_id": other.account}, known.to_document())
        TrustBook.of(self.context).forget()
        told = [{"kid": key["kid"], "state": key["state"]} for key in other.ring.to_wire()]
        other.database["copy_trust"].update_one({"_id": self.account}, {"$set": {"own_keys_known": told}})
        TrustBook.of(other.context).forget()

    def _keyring(self, account: str) -> dict[str, Any]:
        found = self.database["copy_keyring"].find_one({"_id": account})
        assert found is not None
        return found

    def set_status(self, partner: str, status: str) -> None:
        self.database["copy_trust"].update_one({"_id": partner}, {"$set": {"status": status}})
        TrustBook.of(self.context).forget()

    def clears(self) -> None:
        """Nothing of an earlier test is left but its threads."""
        self.talk.reset()
        self.database[stored.QUARANTINE.name].delete_many({})
        for partner in self.post.borders.paused():
            self.post.borders.resume(partner)
        self.database["copy_trust"].update_many({}, {"$set": {"status": "active"}})
        TrustBook.of(self.context).forget()

    def start(self) -> None:
        assert self.running is None
        self.running = Running(self.context, self.talk, self.waker)
        self.running.start()

    def stop(self) -> None:
        running, self.running = self.running, None
        if running is not None:
            running.stop()

    def backed_up(self) -> Backup:
        """The whole database as it is now."""
        names = self.database.list_collection_names()
        return {name: list(self.database[name].find()) for name in names}

    def restores(self, backup: Backup) -> None:
        """Its database is again as it was; the side is started anew, as from another process. Where it keeps
        a note, a person says what happened.
        """
        self.stop()
        for name in self.database.list_collection_names():
            self.database[name].delete_many({})
            if backup.get(name):
                self.database[name].insert_many(backup[name])
        self.context.kept.clear()
        if self.context.config.state_dir is not None:
            say_of(self.context.config.state_dir, self.context.service, AS_RESTORED)
        self.start()

    @property
    def incarnation(self) -> int:
        return Deployment.of(self.context).incarnation

    def open(self, partner: str, text: str) -> str:
        """Opens a thread with a first note; gives its id."""
        return open_talk(self.context, partner, text)

    def say(self, partner: str, thread_id: str, *texts: str) -> None:
        for text in texts:
            say(self.context, partner, thread_id, text)

    def say_when_resumed(self, partner: str, thread_id: str, *texts: str) -> None:
        """As `say`, as soon as the thread is resumed after a restore."""

        def resumed() -> bool:
            record = find(self.context, partner, thread_id)
            assert record is not None
            return bool(record.state["thread"]["sent"]["incarnation"] == self.incarnation)

        self.waits_until(resumed)
        self.say(partner, thread_id, *texts)

    def smuggle(self, partner: Side, *bodies: bytes, routing_key: str = "note.added", **options: Any) -> None:
        """Publishes raw bytes to the partner's border as our broker user may."""
        trust = TrustBook.of(self.context).trust(partner.account)
        assert trust is not None
        user, password = trust.login(self.context.config.secret or ())
        line = Line(uri_with_login(partner.address, user, password), tls_of(partner.address, partner.ca))
        exchange = options.pop("exchange", f"from.{self.account}")
        content_type = options.pop("content_type", "application/jose")
        try:
            line.publish(
                [
                    Outgoing(
                        exchange=exchange,
                        routing_key=routing_key,
                        body=body,
                        content_type=content_type,
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
        with Connection(self.context.config.border_uri or "", connect_timeout=5) as connection:
            channel = connection.channel()
            stolen = [channel.basic_get(lane, no_ack=True) for _ in range(count)]
        assert None not in stolen

    def delete_lane(self, partner: str) -> None:
        lane = f"requests.from.{partner}"
        requests.delete(
            f"{self.broker.admin_uri}/api/queues/{self.border_vhost}/{lane}", timeout=30
        ).raise_for_status()

    def paused(self) -> dict[str, str]:
        return {partner: paused["code"] for partner, paused in self.post.borders.paused().items()}

    def waits_for_queues(self) -> None:
        """Until a killed broker would not forget our lanes: it writes new ones down within 2 s."""
        time.sleep(2.5)

    def peer(self, database_uri: str, crash_at: str | None = None) -> Peer:
        """Runs this side in a process of its own, as services run; it may be told where to crash."""
        files = self.talk.files is not None
        return Peer(self.context.config, self.database.name, database_uri, crash_at, files)
