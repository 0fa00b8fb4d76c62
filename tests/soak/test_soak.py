"""A long run: ten thousand messages and more cross the border while services, broker and database are killed
twenty times, ending in a table of what became of them.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests

from interdesk.waiting import holds_within
from services.common import crash
from services.federation.partners.topology import BrokerAdmin, border_vhost, lane_of
from tests.faults.at_rest import await_quiet
from tests.faults.at_rest import inside_of as wrong_inside_of
from tests.faults.cases import Case, playing
from tests.faults.partners import CUSTOMER, PROVIDER, Partners, partners_up

MESSAGES = 10_000
KILLS = {"a service": 8, "a service at a point": 4, "the broker": 4, "the database": 4}
MESSAGES_OF_A_CASE = 6

SERVICES = ("requests", "requests", "slas", "organizations")  # the first twice as often


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    with partners_up(tmp_path_factory.mktemp("soak")) as up:
        yield up


@pytest.mark.soak
def test_ten_thousand_messages_and_twenty_kills(soaked: Partners, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(2**32))
    choice = random.Random(seed)
    cases = [Case(soaked, f"soak {number}") for number in range(MESSAGES // MESSAGES_OF_A_CASE + 1)]
    kills = choice.sample(list(KILLS), sum(KILLS.values()), counts=list(KILLS.values()))
    with playing(cases, Case.play, at_a_time=8):
        # In the middle of the stream: the first kill when it flows, the last while there is some left.
        for number, what in enumerate(kills, start=1):
            due = number * len(cases) // (len(kills) + 2)
            assert holds_within(lambda due=due: _closed(cases) >= due, 600, 0.2)  # type: ignore[misc]
            _kill(soaked, what, choice)
            time.sleep(choice.uniform(0, 1))
    await_quiet(soaked)
    table = _table(soaked, cases)
    with capsys.disabled():
        lines = [f"FAULTS_SEED={seed}; {len(kills)} kills: {KILLS}; {len(cases)} requests"]
        lines += [f"  {name:<14} {count:>6}" for name, count in table.items()]
        sys.stdout.write("\n\n" + "\n".join(lines) + "\n")
    wrong = [each for case in cases for each in case.wrong()]
    wrong += [each for account in soaked.names for each in wrong_inside_of(soaked, account)]
    assert not wrong, "\n".join(wrong)
    assert table["attempted"] == table["accepted"] >= MESSAGES
    assert [table[name] for name in ("refused", "parked", "lost", "doubled", "out of order")] == [0] * 5


@pytest.mark.soak
def test_a_lane_that_comes_back_without_its_log_is_made_anew(soaked: Partners) -> None:
    """The broker crashes at once after a lane was made: RabbitMQ 3.10 may bring it back beyond use."""
    broker = soaked.deployment.broker_of(PROVIDER)
    vhost, lane = border_vhost(PROVIDER), lane_of("requests", CUSTOMER)
    soaked[PROVIDER].kill("requests")
    requests.delete(f"{broker.admin_uri}/api/queues/{quote(vhost, safe='')}/{lane}", timeout=30)
    with BrokerAdmin(broker.admin_uri) as admin:
        admin.ensure_partner(PROVIDER, CUSTOMER, None)
    broker.kill()
    broker.start()
    broker.wait_ready()
    soaked[PROVIDER].start("requests")
    case = Case(soaked, "the lane that came back")
    case.hand_over()
    case.complete()
    case.close()
    await_quiet(soaked)
    assert case.wrong() == []


def _closed(cases: list[Case]) -> int:
    return sum(case.step == "closed" for case in cases)


def _kill(partners: Partners, what: str, choice: random.Random) -> None:
    """SIGKILLs it, or has it kill itself at a named point; it is up again when this returns."""
    account, service = choice.choice((CUSTOMER, PROVIDER)), choice.choice(SERVICES)
    if what == "the broker":
        broker = partners.deployment.broker_of(account)
        broker.kill()
        broker.start()
        broker.wait_ready()
    elif what == "the database":
        partners.database.kill()
        partners.database.start()
        partners.database.wait_ready()
    else:
        partners[account].kill(service)
        if what == "a service at a point":
            places = [name for name in crash.NAMES if name.startswith("requests.")]
            point = f"{choice.choice(places)}:{choice.randint(1, 5)}"
            partners[account].kill("requests")
            partners[account].start("requests", settings={"INTERDESK_CRASH_AT": point})
            process = partners[account].processes["requests"]
            holds_within(lambda: not process.alive, 20)
            partners[account].kill("requests")
            partners[account].start("requests")
        partners[account].start(service)
        partners[account].wait_ready(service)


def _table(partners: Partners, cases: list[Case]) -> dict[str, int]:
    """What became of the messages of both accounts."""
    table = dict.fromkeys(
        ("attempted", "accepted", "refused", "parked", "lost", "doubled", "out of order"), 0
    )
    for sender, receiver in ((CUSTOMER, PROVIDER), (PROVIDER, CUSTOMER)):
        sent = list(partners.stored(sender, "requests")["outbox"].find({}, {"sealed": 0}))
        taken = list(partners.stored(receiver, "requests")["inbox"].find({}, {"sealed": 0}))
        states = Counter(row["state"] for row in sent)
        table["attempted"] += len(sent)
        table["accepted"] += states["accepted"]
        table["refused"] += states["refused"]
        table["parked"] += sum(row["state"] == "parked" for row in taken)
        applied = Counter(row["message_id"] for row in taken if row["state"] == "accepted")
        table["lost"] += sum(row["_id"] not in applied for row in sent)
        table["doubled"] += sum(times > 1 for times in applied.values())
    said = [each for case in cases for each in case.wrong()]
    table["doubled"] += sum(" times " in each for each in said)
    table["out of order"] += sum("out of order" in each for each in said)
    return table
