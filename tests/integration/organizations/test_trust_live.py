"""Trust between two running accounts: two organizations services as processes, a real broker between them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interdesk.accounts import AccountSpec
from interdesk.hosting import Hosting, hosts_of
from interdesk.local_account import LocalAccount
from services.common.actor import Actor
from services.common.errors import Invalid, Unavailable
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


def both(a: Running, b: Running, status: str) -> Callable[[], bool]:
    return lambda: a.status(b.id) == status and b.status(a.id) == status


def delivered(running: Running) -> bool:
    """Whether everything it said has its final receipt."""
    return all(row["state"] in ("accepted", "refused") for row in running.database["outbox"].find())


def test_an_invitation_makes_two_running_accounts_trust_each_other_and_an_end_is_told(start):
    a, b = start()
    made = a.call("invite", {"account_id": "gigatera"})
    accepted = b.call("accept_invitation", {"invitation": made["invitation"]})
    assert (made["status"], accepted["status"]) == ("invited", "invited")
    wait_until(both(a, b, "active"), 60)
    wait_until(lambda: delivered(a) and delivered(b), 60)
    for one in (a, b):
        assert one.database["quarantine"].count_documents({}) == 0
        assert one.database["inbox"].count_documents({"state": "accepted"}) == 1

    with pytest.raises(Invalid) as refused:
        b.call("accept_invitation", {"invitation": made["invitation"]})
    assert refused.value.code == "invitation_used"

    # Suspending holds what comes in, silently; resuming lets it in.
    a.call("update_trust", "gigatera", {"status": "suspended"})
    b.call("update_trust", "widget", {"status": "ended"})
    wait_until(lambda: b.database["outbox"].count_documents({"state": {"$ne": "accepted"}}) > 0, 60)
    assert a.status("gigatera") == "suspended"
    a.call("update_trust", "gigatera", {"status": "active"})
    wait_until(lambda: a.status("gigatera") == "ended", 60)
    wait_until(lambda: delivered(b), 60)

    # And anew, the other way round.
    made = b.call("invite", {"account_id": "widget"})
    a.call("accept_invitation", {"invitation": made["invitation"]})
    wait_until(both(a, b, "active"), 60)
    wait_until(lambda: delivered(a) and delivered(b), 60)


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
    wait_until(lambda: not died.running, 60)
    died.start()
    wait_until(both(a, b, "active"), 60)
    wait_until(lambda: delivered(a) and delivered(b), 60)
    for one in (a, b):
        assert one.database["inbox"].count_documents({}) == 1
        assert one.database["trusts"].count_documents({"unsettled": True}) == 0
