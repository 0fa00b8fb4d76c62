"""Trust between two running accounts: two organizations services as processes, a real broker between them."""

from __future__ import annotations

import base64
import contextlib
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.local.accounts import AccountSpec
from interdesk.local.hosting import Hosting, hosts_of
from interdesk.local.local_account import LocalAccount
from services.common.actor import Actor
from services.common.clock import SystemClock
from services.common.config import reading
from services.common.errors import Invalid, Unavailable
from services.common.publishing import Outgoing
from services.federation.partners.addresses import tls_of, uri_with_login
from services.federation.partners.connections import Line
from services.federation.sealing import ciphers
from services.federation.sealing.envelope import Message, seal
from services.federation.sealing.keys import Key
from services.federation.sealing.rings import OwnRing
from services.federation.threads import Thread
from tests.integration.common.conftest import BusCaller
from tests.waiting import wait_until

SETTINGS = {
    "INTERDESK_SWEEP_SECONDS": "0.5",
    "INTERDESK_RETRY_MIN_SECONDS": "0.5",
    "INTERDESK_RETRY_MAX_SECONDS": "2",
    "INTERDESK_LEASE_SECONDS": "2",
}
NAMES = {"widget": "Widget Data Center", "gigatera": "GigaTera"}


class Running:
    """One account whose organizations service runs, asked over the bus."""

    def __init__(self, account: LocalAccount, mongo: Any) -> None:
        self.account = account
        self.id = account.id
        self.database = mongo[f"interdesk_{account.id}_organizations"]
        self.caller: BusCaller | None = None

    def start(self, **settings: str) -> None:
        self.account.start("organizations", settings=settings)
        self.account.wait_ready("organizations")

    def call(self, method: str, *arguments: Any) -> Any:
        if self.caller is None:
            environ = (self.account.directory / "env").read_text()
            uri = next(line for line in environ.splitlines() if line.startswith("AMQP_URI")).partition("=")[2]
            self.caller = BusCaller(uri.strip("\"'"), self.id)
        owner = self.database["accounts"].find_one({})["owner_id"]
        administrator = Actor(owner, self.id, frozenset({"account_administrator"}), name="Administrator")
        return self.caller.call("organizations", method, *arguments, actor=administrator, timeout=60)

    def status(self, partner: str) -> str | None:
        found = self.database["trusts"].find_one({"_id": partner}) or {}
        return found.get("status")

    def ring(self) -> OwnRing:
        """Its own keys, as who has broken in may read them."""
        return OwnRing.from_document(self.database["keyrings"].find_one({"_id": self.id}), self.secret())

    def secret(self) -> ciphers.Secret:
        return reading.secret(str(self.account.directory / "secret"))

    def knows(self, secret: ciphers.Secret) -> None:
        """It is started anew with this in INTERDESK_SECRET_FILE."""
        self.account.stop("organizations")
        lines = (base64.urlsafe_b64encode(each).decode() for each in secret)
        (self.account.directory / "secret").write_text("\n".join(lines))
        self.start()

    def known_by(self, other: Running) -> bool:
        """Whether the other knows all keys of ours in their states, and has receipted them."""
        names = ("kid", "state")
        own = self.database["keyrings"].find_one({"_id": self.id})["keys"]
        told = self.database["trusts"].find_one({"_id": other.id})
        known = other.database["keyrings"].find_one({"_id": self.id})["keys"]
        mine, his = ({tuple(key[name] for name in names) for key in keys} for keys in (own, known))
        receipted = {tuple(key[name] for name in names) for key in told["own_keys_known"]}
        return told["announcement"] is None and mine == receipted and mine <= his

    @property
    def running(self) -> bool:
        return self.account.processes["organizations"].alive


@pytest.fixture
def start(broker, database, tmp_path: Path) -> Iterator[Callable[..., tuple[Running, Running]]]:
    """Starts widget and gigatera: `a, b = start()`."""
    specs = [AccountSpec(id, name, f"{id}.example", environ=SETTINGS) for id, name in NAMES.items()]
    hosting = Hosting(tmp_path, hosts_of([spec.id for spec in specs], "service"), dies_with_parent=True)
    made: list[Running] = []
    with database.administrator() as client:

        def starting(**settings: dict[str, str]) -> tuple[Running, Running]:
            for spec in specs:
                account = LocalAccount(spec, tmp_path / "accounts" / spec.id, hosting)
                account.prepare(broker, database, {})
                running = Running(account, client)
                made.append(running)
                account.start("organizations", settings=settings.get(spec.id))
            for running in made:
                running.account.wait_ready("organizations")
            return made[0], made[1]

        yield starting
        for running in made:
            if running.caller is not None:
                running.caller.close()
            running.account.kill("organizations")
        for name in client.list_database_names():
            if name.startswith(("interdesk_widget_", "interdesk_gigatera_")):
                client.drop_database(name)


def smuggle(thief: Running, to: Running, key: Key, ring: OwnRing) -> None:
    """Somebody with a key of the thief's account announces these keys in its name, as its next message."""
    trust = thief.database["trusts"].find_one({"_id": to.id})
    thread = Thread.from_document(trust["thread"])
    message = Message(
        id=str(uuid.uuid4()),
        type="keys.announced.v1",
        sender=thief.id,
        recipient=to.id,
        thread=thread.id,
        incarnation=thread.sent.incarnation,
        sequence=thread.sent.sequence + 1,
        prev=thread.sent.hash,
        sent_at=SystemClock().now(),
        traceparent=None,
        body={"keys": ring.to_wire()},
    )
    login = ciphers.decrypt_at_rest(thief.secret(), trust["credentials"])
    address, ca = trust["border_address"], trust["border_ca"]
    line = Line(uri_with_login(address, login["user"], login["password"]), tls_of(address, ca))
    sealed = seal(message, key)
    said = Outgoing(
        f"from.{thief.id}", "keys.announced", sealed, content_type="application/jose", mandatory=True
    )
    line.publish([said])
    line.close()


def users_of(broker: Any, account: Running) -> set[str]:
    """The users that its partners have on its border."""
    found = requests.get(f"{broker.admin_uri}/api/users", timeout=30).json()
    return {user["name"] for user in found if user["name"].startswith(f"{account.id}.from.")}


def both(a: Running, b: Running, status: str) -> Callable[[], bool]:
    return lambda: a.status(b.id) == status and b.status(a.id) == status


def delivered(running: Running) -> bool:
    """Whether everything it said has its final receipt."""
    return all(row["state"] in ("accepted", "refused") for row in running.database["outbox"].find())


@pytest.mark.timeout(300)
def test_two_running_accounts_come_to_trust_each_other_change_all_their_secrets_and_part(start, broker):
    a, b = start()
    made = a.call("invite", {"account_id": "gigatera"})
    accepted = b.call("accept_invitation", {"invitation": made["invitation"]})
    assert (made["status"], accepted["status"]) == ("invited", "invited")
    wait_until(both(a, b, "active"))
    wait_until(lambda: delivered(a) and delivered(b))
    for one in (a, b):
        assert one.database["quarantine"].count_documents({}) == 0
        assert one.database["inbox"].count_documents({"state": "accepted"}) == 1

    with pytest.raises(Invalid) as refused:
        b.call("accept_invitation", {"invitation": made["invitation"]})
    assert refused.value.code == "invitation_used"

    # Both change their keys and each other's credentials at once, again and again; each hears of all of it.
    old = {one.id: users_of(broker, one) for one in (a, b)}
    for _ in range(3):
        for one in (a, b):
            one.call("rotate_keys")
    for one, other in ((a, b), (b, a)):
        one.call("renew_credentials", other.id)
    wait_until(lambda: a.known_by(b) and delivered(a))
    # A thief speaks first, in the place where the revocation will stand: what he names is not believed.
    stolen, ring = a.ring().current(), OwnRing.generate("widget")
    smuggle(a, b, stolen, replace(ring, keys=(*ring.keys, replace(stolen, state="retired"))))
    wait_until(lambda: b.database["inbox"].find_one({"code": "successor_not_proven"}))
    a.call("revoke_key", {"kid": stolen.kid})
    wait_until(lambda: all(one.known_by(other) for one, other in ((a, b), (b, a))))
    wait_until(lambda: all(len(users_of(broker, one) - old[one.id]) == 1 for one in (a, b)))
    wait_until(lambda: not any(users_of(broker, one) & old[one.id] for one in (a, b)))
    wait_until(lambda: delivered(a) and delivered(b))
    for one in (a, b):
        assert one.database["inbox"].count_documents({"state": {"$ne": "accepted"}}) == 0
        assert one.database["borders"].count_documents({"paused": {"$exists": True}}) == 0
        assert one.database["outbox"].count_documents({"state": "refused"}) == 0

    assert a.database["quarantine"].count_documents({}) == 0
    assert [row["code"] for row in b.database["quarantine"].find()] == ["successor_not_proven"]

    # Suspending holds what comes in, silently; resuming lets it in.
    a.call("update_trust", "gigatera", {"status": "suspended"})
    b.call("update_trust", "widget", {"status": "ended"})
    wait_until(lambda: b.database["outbox"].count_documents({"state": {"$ne": "accepted"}}) > 0)
    assert a.status("gigatera") == "suspended"
    a.call("update_trust", "gigatera", {"status": "active"})
    wait_until(lambda: a.status("gigatera") == "ended")
    wait_until(lambda: delivered(b))

    # And anew, the other way round.
    made = b.call("invite", {"account_id": "widget"})
    a.call("accept_invitation", {"invitation": made["invitation"]})
    wait_until(both(a, b, "active"))
    wait_until(lambda: delivered(a) and delivered(b))

    # What one keeps of all this is encrypted with another secret from now on, and it goes on.
    old, new = a.secret(), (b"n" * 32,)
    for known in (old + new, new + old):
        a.knows(known)
    told = CliRunner().invoke(app, ["account", "reencrypt", "--env-file", str(a.account.directory / "env")])
    assert "of 2 records 2 were encrypted anew" in told.stderr, told.output
    a.knows(new)
    a.call("rotate_keys")
    wait_until(lambda: a.known_by(b) and delivered(a))


@pytest.mark.timeout(300)  # processes start and die; on a busy machine that takes its time
@pytest.mark.parametrize(
    ("dying", "point"),
    [
        ("gigatera", "organizations.after_message_sink"),
        ("gigatera", "organizations.after_deliver"),
        ("widget", "organizations.after_inbox_ack"),
        ("widget", "organizations.after_apply"),
        ("gigatera", "organizations.after_inbox_store"),
    ],
)
def test_trust_comes_to_be_though_one_dies_in_the_middle(start, dying, point):
    a, b = start(**{dying: {"INTERDESK_CRASH_AT": point}})
    made = a.call("invite", {"account_id": "gigatera"})
    died = a if dying == "widget" else b

    def accept() -> None:
        with contextlib.suppress(Unavailable):  # he may die before he answers
            b.call("accept_invitation", {"invitation": made["invitation"]})

    threading.Thread(target=accept, daemon=True).start()
    wait_until(lambda: not died.running)
    died.start()
    wait_until(both(a, b, "active"))
    wait_until(lambda: delivered(a) and delivered(b))
    for one in (a, b):
        assert one.database["inbox"].count_documents({}) == 1
        assert one.database["trusts"].count_documents({"unsettled": True}) == 0
