"""An import whose service is killed anywhere goes on where it was: no line is done or counted twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from services.common.crash import CrashPoints
from services.organizations.actions.transferring import imports, transfers
from services.organizations.store import ORGANIZATIONS
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.transferring import csv_of, outcomes, seen, send

LINES = 60


class Killed(BaseException):
    """What nothing catches, as nothing catches a SIGKILL."""


class Killing(CrashPoints):
    def __init__(self, nth: int) -> None:
        super().__init__()
        self.left = nth

    def here(self, name: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def process(account: Account, crash: CrashPoints) -> Any:
    """The context of a process that has just started."""
    return replace(account.contexts["organizations"], crash=crash, kept={})


# In the first lines, on both sides of a save, in the middle of the second bunch, and behind the last save.
@pytest.mark.parametrize("nth", [1, 2, 31, 2 * (imports.LINES_AT_ONCE + 5), 2 * LINES])
def test_what_was_done_before_a_kill_is_told_as_it_was(
    account: Account, administrator: Client, nth: int
) -> None:
    name = f"Killed at {nth}"
    administrator.post("organizations", {"name": f"{name} 0", "region": "North"})
    rows = [{"name": f"{name} {n}", "region": "West", "parent": ""} for n in range(LINES)]
    rows[7]["parent"] = f"{name} 50"
    response = send(administrator, "organizations", csv_of(*rows))
    token = json.loads(response.data)["token"]
    with pytest.raises(Killed):
        transfers.work(process(account, Killing(nth)))
    account.clock.step(account.config.lease_seconds + 1)
    transfers.work(process(account, CrashPoints()))

    done, lines = seen(administrator, token)
    assert (done["state"], done["line"]) == ("done", LINES)
    assert (done["results"]["updated"], done["results"]["created"]) == (1, LINES - 1)
    assert outcomes(lines) == ["updated"] + ["created"] * (LINES - 1)
    assert lines[0]["changes"] == {"region": ["North", "West"]}
    assert lines[7]["changes"]["parent"] == [None, f"{name} 50"]
    stored = account.contexts["organizations"].database[ORGANIZATIONS]
    made = list(stored.find({"name": {"$regex": f"^{name} "}}, {"history": 1}))
    assert len(made) == LINES
    assert sum(len(each["history"]) for each in made) == LINES + 1


def test_a_dry_run_that_was_killed_begins_anew(account: Account, administrator: Client) -> None:
    rows = csv_of(*({"name": f"Tried {n}"} for n in range(LINES)))
    token = json.loads(send(administrator, "sites", rows, dry_run="true").data)["token"]
    with pytest.raises(Killed):
        transfers.work(process(account, Killing(2 * imports.LINES_AT_ONCE + 9)))
    account.clock.step(account.config.lease_seconds + 1)
    transfers.work(process(account, CrashPoints()))
    done, lines = seen(administrator, token)
    assert done["results"]["created"] == len(lines) == LINES
    assert administrator.get("sites", name="Tried 0") == []
    assert not [
        name
        for name in account.contexts["organizations"].database.list_collection_names()
        if name.startswith("draft_")
    ]


def test_a_second_process_waits_while_the_first_works(account: Account, administrator: Client) -> None:
    token = json.loads(send(administrator, "sites", csv_of({"name": "Waited for"})).data)["token"]
    first, second = process(account, CrashPoints()), process(account, CrashPoints())
    assert transfers._lease(first).acquire()
    transfers.work(second)
    assert administrator.get(f"import/{token}")["state"] == "queued"
    transfers.work(first)
    assert administrator.get(f"import/{token}")["state"] == "done"


def test_an_import_is_forgotten_after_thirty_days_and_its_file_at_once(
    account: Account, administrator: Client
) -> None:
    token = json.loads(send(administrator, "sites", csv_of({"name": "Forgotten"})).data)["token"]
    transfers.work(process(account, CrashPoints()))
    database = account.contexts["organizations"].database
    assert database["transfer_pieces"].count_documents({"_id": {"$regex": f"^{token}"}}) == 0
    account.clock.step(imports.KEPT.total_seconds() + 1)
    transfers.work(process(account, CrashPoints()))
    assert administrator.send("GET", f"import/{token}").status_code == 404
    assert database["transfer_lines"].count_documents({"import": token}) == 0


def test_so_many_imports_wait_and_no_more(account: Account, administrator: Client) -> None:
    for _ in range(imports.MAX_WAITING):
        assert send(administrator, "sites", csv_of({"name": "Waiting"})).status_code == 200
    refused = send(administrator, "sites", csv_of({"name": "Waiting"}))
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (409, "too_many_imports")
    transfers.work(process(account, CrashPoints()))
    assert send(administrator, "sites", csv_of({"name": "Waiting"})).status_code == 200
