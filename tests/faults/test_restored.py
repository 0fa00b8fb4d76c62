"""An account goes back to a backup, on real services: nothing is said until a person says what it is; then
both sides agree again. Two that speak as one are told, and a copy leaves the partners alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.services import STORING
from interdesk.waiting import holds_within
from tests.faults.at_rest import await_quiet, must_agree
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, Partners, partners_up

pytestmark = pytest.mark.soak

Backup = dict[str, dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """Customer and provider, one process per account, for these tests alone."""
    with partners_up(tmp_path_factory.mktemp("restored"), processes="account", durable=False) as up:
        yield up


def test_nothing_is_lost_or_doubled_when_an_account_goes_back_to_a_backup(alone: Partners) -> None:
    asked, open_, closed = (Case(alone, f"back {number}") for number in range(3))
    asked.hand_over()
    asked.ask()
    open_.hand_over()
    open_.arrived()
    closed.play_without_question()
    await_quiet(alone)
    backup = backed_up(alone)
    asked.answer()
    asked.adds_note("and on tuesday")
    asked.answer_comes()
    asked.complete()
    open_.complete()
    open_.close()
    lost = Case(alone, "back lost")
    lost.hand_over()
    lost.arrived()
    await_quiet(alone)

    goes_back(alone, backup)
    assert holds_within(lambda: "database_went_back" in problem(alone), QUIET_SECONDS, 0.5), problem(alone)
    meanwhile = alone.api(CUSTOMER).post("requests", OWN_WORK)  # the account's own work goes on
    said_of(alone, "--as-restored")
    alone[CUSTOMER].wait_ready(deadline_seconds=QUIET_SECONDS)

    assert holds_within(lambda: ended(alone, lost) == "withdrawn", QUIET_SECONDS, 0.5)
    knows_refusals(alone, "unknown_thread")
    asked.close()
    assert not open_is(alone, open_)  # that it ended the episode came back; how it completed it was its own
    completes_again(alone, open_)
    must_agree(alone, [asked, open_, closed])
    assert alone.api(CUSTOMER).get(f"requests/{meanwhile['id']}")["subject"] == OWN_WORK["subject"]
    fresh = Case(alone, "back fresh")
    fresh.play()
    must_agree(alone, [fresh])
    assert fresh.request_id > lost.request_id


def test_two_that_speak_as_one_are_told_and_one_of_them_goes_on(alone: Partners) -> None:
    """The note was restored with the database, against all advice: only the partner can see it."""
    case = Case(alone, "two")
    case.hand_over()
    case.arrived()
    await_quiet(alone)
    alone[CUSTOMER].stop()
    backup, state = backed_up(alone), alone[CUSTOMER].state_dir
    shutil.copytree(state, state.with_name("old state"))
    alone[CUSTOMER].start()
    alone[CUSTOMER].wait_ready(deadline_seconds=QUIET_SECONDS)
    case.adds_note("by the one")
    await_quiet(alone)
    alone[CUSTOMER].stop()
    shutil.rmtree(state)
    state.with_name("old state").rename(state)
    restored(alone, backup)
    alone[CUSTOMER].start()
    alone[CUSTOMER].wait_ready(deadline_seconds=QUIET_SECONDS)

    alone.api(CUSTOMER).patch(f"requests/{case.request_id}", {"subject": "By the other"}, lambda: False)

    for account, partner in ((CUSTOMER, PROVIDER), (PROVIDER, CUSTOMER)):
        assert holds_within(lambda a=account: paused(alone, a), QUIET_SECONDS, 0.5)  # type: ignore[misc]
        health = alone.api(account).get(f"trusts/{partner}/health")
        assert "border_paused" in str(health)
    said_of(alone, "--as-restored")
    knows_refusals(alone, "sequence_conflict")
    for account, partner in ((CUSTOMER, PROVIDER), (PROVIDER, CUSTOMER)):
        with alone[account].api() as api:
            api.post(f"trusts/{partner}/resume_border")
    assert holds_within(
        lambda: alone.api(PROVIDER).get(f"requests/{case.remote_id}")["subject"] == "By the other",
        QUIET_SECONDS,
        0.5,
    )
    case.complete()
    case.close()
    must_agree(alone, [case])


def test_a_copy_has_keys_of_its_own_and_leaves_the_partners_alone(alone: Partners) -> None:
    case = Case(alone, "copy")
    case.hand_over()
    case.arrived()
    await_quiet(alone)
    keys = kids(alone)
    backup = backed_up(alone)
    heard = inbox_of(alone, PROVIDER)
    goes_back(alone, backup)
    said_of(alone, "--as-copy")
    alone[CUSTOMER].wait_ready(deadline_seconds=QUIET_SECONDS)

    assert [trust["status"] for trust in alone.api(CUSTOMER).get("trusts")] == ["ended"]
    assert not keys & kids(alone)
    assert holds_within(lambda: case.turn() not in ("with", "asked"), QUIET_SECONDS, 0.5)
    completes_again(alone, case)
    assert inbox_of(alone, PROVIDER) == heard
    assert alone.api(PROVIDER).get(f"trusts/{CUSTOMER}")["status"] == "active"
    assert alone.api(PROVIDER).get(f"requests/{case.remote_id}")["status"] == "assigned"


OWN_WORK = {
    "subject": "Work of our own",
    "category": "incident",
    "impact": "low",
    "source": "x",
    "sourceID": "1",
}


def backed_up(partners: Partners) -> Backup:
    """The customer's databases, whole, as they are now."""
    return {
        service: {name: list(database[name].find()) for name in database.list_collection_names()}
        for service in STORING
        for database in [partners.stored(CUSTOMER, service)]
    }


def restored(partners: Partners, backup: Backup) -> None:
    """The databases are again as they were."""
    for service, collections in backup.items():
        database = partners.stored(CUSTOMER, service)
        for name in database.list_collection_names():
            database[name].delete_many({})
            if collections.get(name):
                database[name].insert_many(collections[name])


def goes_back(partners: Partners, backup: Backup) -> None:
    partners[CUSTOMER].stop()
    restored(partners, backup)
    partners[CUSTOMER].start()


def said_of(partners: Partners, option: str) -> None:
    """A person says what the databases are."""
    told = CliRunner().invoke(
        app, ["restore", option, "-d", str(partners.deployment.directory), "--account", CUSTOMER]
    )
    assert told.exit_code == 0, told.output


def problem(partners: Partners) -> str:
    return str(partners[CUSTOMER].problem("requests"))


def ended(partners: Partners, case: Case) -> Any:
    return partners.api(PROVIDER).get(f"requests/{case.remote_id}")["completion_reason"]


def completes_again(partners: Partners, case: Case) -> None:
    """The customer, on its own."""
    changes = {"status": "completed", "completion_reason": "gone", "note": f"{case.key}: it is over"}
    partners.api(CUSTOMER).patch(f"requests/{case.request_id}", changes, lambda: False)


def open_is(partners: Partners, case: Case) -> bool:
    """Whether the customer has the episode as open."""
    handover = partners.api(CUSTOMER).get(f"handovers/{case.request_id}")
    return bool(handover["providers"][0]["open"])


def paused(partners: Partners, account: str) -> bool:
    return partners.stored(account, "requests")["borders"].count_documents({"paused": {"$ne": None}}) > 0


def knows_refusals(partners: Partners, code: str) -> None:
    for account in partners.names:
        with partners[account].api() as api:
            refused = api.get_all("deliveries", state="refused", fields="refused_code", per_page=100)
            partners.known_refusals |= {each["id"] for each in refused if each["refused_code"] == code}


def kids(partners: Partners) -> set[str]:
    """The customer's keys in use."""
    keys = partners.stored(CUSTOMER, "organizations")["keyrings"].find_one({"_id": CUSTOMER})
    assert keys is not None
    return {key["kid"] for key in keys["keys"] if key["state"] in ("current", "next")}


def inbox_of(partners: Partners, account: str) -> list[str]:
    """What the account has heard of its partners, with how often it was tried."""
    return [
        row["_id"]
        for service in STORING
        for row in partners.stored(account, service)["inbox"].find({}, {"_id": 1})
    ]
