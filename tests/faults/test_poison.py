"""What can't be applied is parked with its bytes; everything else moves on; a person replays or discards it,
and the sender sees what became of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from interdesk.waiting import holds_within
from tests.faults.at_rest import must_agree
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners
from tests.faults.smuggling import Smuggler

pytestmark = [pytest.mark.timeout(600)]


@contextmanager
def unreadable(partners: Partners, request_id: int) -> Iterator[None]:
    """The provider's record of a request is damaged meanwhile: nothing can be applied to it."""
    records = partners.stored(PROVIDER, "requests")["requests"]
    before = records.find_one({"_id": request_id}, {"core": 1})
    assert before is not None
    damaged = records.update_one({"_id": request_id}, {"$unset": {"core": ""}})
    assert damaged.modified_count == 1
    try:
        yield
    finally:
        records.update_one({"_id": request_id}, {"$set": {"core": before["core"]}})


def parked_of(partners: Partners, account: str, thread: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = partners.api(account).get("parked_messages", thread=thread, fields=FIELDS)
    return found


ACCEPTED = ("request.handed_over.v1", "accepted")
FIELDS = "type,code,thread,sequence,service"


def wait_parked(partners: Partners, thread: str, account: str = PROVIDER) -> dict[str, Any]:
    assert holds_within(lambda: bool(parked_of(partners, account, thread)), QUIET_SECONDS, 0.3)
    (message,) = parked_of(partners, account, thread)
    return message


def thread_of(partners: Partners, case: Case) -> str:
    return str(partners.api(CUSTOMER).get(f"handovers/{case.request_id}")["providers"][0]["thread"])


def deliveries_of(partners: Partners, case: Case) -> list[tuple[str, str]]:
    """Type and state of what the customer's account has said about the case, the first first."""
    found = partners.api(CUSTOMER).get(
        "deliveries", request=case.request_id, fields="type,state,sequence", per_page=100
    )
    return [(one["type"], one["state"]) for one in sorted(found, key=lambda one: int(one["sequence"]))]


def command(partners: Partners, *arguments: str) -> None:
    """Runs `interdesk …` on the deployment, as an operator of the provider would."""
    run: list[str | Path] = [Path(sys.executable).with_name("interdesk"), *arguments]
    run += ["--directory", partners.deployment.directory, "--account", PROVIDER]
    subprocess.run(run, check=True, capture_output=True, timeout=60)


def health_of(partners: Partners, partner: str) -> tuple[int, list[str]]:
    """The exit code of `interdesk trust health` at the provider's, and the codes of what is not well."""
    run: list[str | Path] = [
        Path(sys.executable).with_name("interdesk"),
        "trust",
        "health",
        partner,
        "--json",
    ]
    run += ["--directory", partners.deployment.directory, "--account", PROVIDER]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    (health,) = json.loads(done.stdout)
    return done.returncode, [problem["code"] for problem in health["problems"]]


def test_poison_parks_the_rest_moves_and_a_replay_finishes_it(partners: Partners) -> None:
    poisoned, other = Case(partners, "poisoned"), Case(partners, "beside the poison")
    poisoned.hand_over()
    poisoned.arrived()
    thread = thread_of(partners, poisoned)
    with unreadable(partners, poisoned.remote_id):
        poisoned.adds_note("it got worse")
        parked = wait_parked(partners, thread)
        assert (parked["type"], parked["code"]) == ("note.added.v1", "internal_error")
        assert health_of(partners, CUSTOMER) == (1, ["messages_parked"])
        other.play()
        command(partners, "parked", "replay", parked["id"])  # the cause is still there
        wait_parked(partners, thread)
    poisoned.adds_note("much worse")
    held = [ACCEPTED, ("note.added.v1", "held"), ("note.added.v1", "held")]
    assert holds_within(lambda: deliveries_of(partners, poisoned) == held, QUIET_SECONDS, 0.3), deliveries_of(
        partners, poisoned
    )
    command(partners, "parked", "replay", parked["id"])
    poisoned.ask()
    poisoned.answer()
    poisoned.answer_comes()
    poisoned.complete()
    poisoned.close()
    must_agree(partners, [poisoned, other])
    assert health_of(partners, CUSTOMER) == (0, [])
    health = partners.api(PROVIDER).get(f"trusts/{CUSTOMER}/health")
    assert health["delivery"] == "open"
    for known in ("heard_at", "keys_heard_at", "own_keys_taken_at", "authority_expires_at"):
        assert health[known] is not None, known


def test_a_discarded_give_is_told_to_the_sender_and_the_request_comes_back_flagged(
    partners: Partners,
) -> None:
    case = Case(partners, "discarded")
    case.hand_over()
    case.complete()
    with unreadable(partners, case.remote_id):
        case.rejects_the_solution()
        parked = wait_parked(partners, thread_of(partners, case))
        assert parked["type"] == "request.reopened.v1"
    command(partners, "parked", "discard", "--yes", parked["id"])
    customer = partners.api(CUSTOMER)

    def refused() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = customer.get("deliveries/refused", request=case.request_id, fields="id")
        return found

    assert holds_within(lambda: bool(refused()), QUIET_SECONDS, 0.3)
    delivery = customer.get(f"deliveries/{refused()[0]['id']}")
    assert (delivery["type"], delivery["refused_code"]) == ("request.reopened.v1", "discarded")
    partners.known_refusals.add(delivery["id"])
    assert holds_within(lambda: bool(_flags(partners, case)), QUIET_SECONDS, 0.3)
    request = customer.get(f"requests/{case.request_id}")
    assert request["status"] == "assigned"
    assert "account" not in request["team"]
    (flag,) = _flags(partners, case)
    assert (flag["kind"], flag["code"]) == ("refused", "discarded")
    case.close()
    must_agree(partners, [])
    assert parked_of(partners, PROVIDER, thread_of(partners, case)) == []


def test_what_no_version_knows_is_parked_and_can_be_discarded(partners: Partners) -> None:
    smuggler = Smuggler(partners, CUSTOMER, PROVIDER)
    message = smuggler.message("request.sung.v7", {"melody": "la"})
    smuggler.publish(smuggler.seal(message))
    parked = wait_parked(partners, message.thread)
    assert (parked["code"], parked["sequence"]) == ("unknown_type", 1)
    case = Case(partners, "after a strange word")
    case.play()
    command(partners, "parked", "discard", "--yes", parked["id"])
    assert parked_of(partners, PROVIDER, message.thread) == []
    must_agree(partners, [case])


def _flags(partners: Partners, case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = partners.api(CUSTOMER).get(f"handovers/{case.request_id}")["flags"]
    return found
