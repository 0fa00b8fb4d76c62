"""An account and a second implementation of its protocol, which shares no line with it, hand requests over to
each other: one that speaks version 1, and one of a later version, whose every object says more.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.local.accounts import AccountSpec
from interdesk.local.deployment import LocalDeployment
from interdesk.replay.lines import Line, Needs, set_up
from services.federation.partners.capabilities import OWN
from tests.faults.partners import SETTINGS, TEAM
from tests.waiting import wait_until
from tests.wire.deployed import border_on
from tests.wire.pair import Pair, agreement
from tests.wire.second.cards import CONTACT
from tests.wire.second.threads import TYPES
from tests.wire.second_partner import SecondPartner

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ACCOUNT = "widget"
LATER = {"later_field": {"of": ["a", "later", "version"]}}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    spec = AccountSpec(ACCOUNT, ACCOUNT.title(), f"{ACCOUNT}.example", environ=SETTINGS)
    directory = tmp_path_factory.mktemp("account")
    with LocalDeployment(directory, [spec], processes="one", durable=False) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def line(deployment: LocalDeployment) -> Line:
    """The account, furnished."""
    return set_up([Needs(ACCOUNT, (TEAM,), ("Olga",), ())], deployment.accounts)[ACCOUNT]


@pytest.fixture(scope="module", params=["sidecar", "latercar"])
def pair(request: pytest.FixtureRequest, deployment: LocalDeployment, line: Line) -> Iterator[Pair]:
    """Invited, accepted, and both have offered the other an agreement."""
    account = request.param
    later: dict[str, Any] = (
        {"later": LATER, "capabilities": (*TYPES, "request.praised.v1")} if account != "sidecar" else {}
    )
    second = SecondPartner(account, border_on(deployment.broker_of(ACCOUNT), account), **later)
    with line.account.api() as api:
        pair = Pair(line, api, second)
        second.accept(api.post("trusts/invite", {"account_id": account})["invitation"])
        second.run(lambda: second.trust == "active")
        second.offer(f"Mail of {account}")
        api.post("slas", agreement(line, api, account))
        second.run(lambda: second.agreements and pair.lead() is not None)
        yield pair
        second.hang_up()


def test_both_know_which_types_the_other_understands(pair: Pair) -> None:
    assert pair.second.understood == OWN
    trust = pair.api.get(f"trusts/{pair.second.account}")
    assert trust["status"] == "active"
    assert trust["capabilities"] == sorted(pair.second.capabilities)


def test_the_second_takes_a_request_asks_gets_its_answer_and_completes(pair: Pair) -> None:
    second = pair.second
    here, request = pair.hand_over("Mail is late")
    assert list(request.notes.values()) == ["Mail is late: since noon."]
    second.run(pair.shows(here, supplier_requestID=str(request.id)))
    second.work(request)
    second.run(pair.shows(here, status="in_progress"))
    second.ask(request, "Since when?")
    second.run(lambda: pair.turn(here) == "asked")
    assert pair.shows(here, status="assigned")()
    team = pair.offered()["support_team"]["id"]
    pair.api.patch(f"requests/{here}", {"team_id": team, "note": "Since Monday."})
    second.run(lambda: request.status == "assigned")
    assert "Since Monday." in request.notes.values()
    second.complete(request, "Mended.")
    second.run(lambda: pair.turn(here) == "returned")
    assert pair.shows(here, status="assigned", completion_reason=None)()
    done = {"status": "completed", "completion_reason": "workaround", "note": "Thank you."}
    pair.api.patch(f"requests/{here}", done)
    second.run(lambda: not request.open)
    assert (request.status, request.reason) == ("completed", "solved")
    pair.settles()
    assert {"Since when?", "Since Monday.", "Mended."} <= pair.texts(here)


def test_the_second_hands_a_request_over_and_gets_it_back(pair: Pair) -> None:
    second = pair.second
    request = second.hand_over(next(iter(second.agreements)), "The shop is down", "Nothing loads.")
    second.run(lambda: request.remote_id)
    there = int(request.remote_id or 0)
    assert pair.shows(there, subject="The shop is down", status="assigned")()
    pair.api.patch(f"requests/{there}", {"status": "waiting_for_customer", "note": "Which page?"})
    second.run(lambda: request.question)
    assert "Which page?" in request.notes.values()
    second.answer(request, "All of them.")
    second.run(pair.shows(there, status="assigned"))
    done = {"status": "completed", "completion_reason": "solved"}
    pair.api.patch(f"requests/{there}", {**done, "note": "Restarted."})
    second.run(lambda: request.status == "completed")
    assert request.reason == "solved"
    second.reopen(request, "Down again.")
    second.run(pair.shows(there, status="assigned", reopen_count=1))
    pair.api.patch(f"requests/{there}", {**done, "note": "Mended for good."})
    second.run(lambda: request.status == "completed")
    second.close(request)
    pair.settles()
    assert set(request.notes.values()) <= pair.texts(there)
    assert pair.shows(there, status="completed", completion_reason="solved")()


def test_each_has_the_card_of_the_other(pair: Pair) -> None:
    second = pair.second
    provider = next(iter(second.agreements.values()))["provider"]
    second.run(lambda: provider["id"] in second.cards)
    assert second.cards[provider["id"]]["organization"] == provider
    known = second.cards[provider["id"]]["revision"]
    second.ask_for_card(provider["id"])
    second.run(lambda: second.cards[provider["id"]]["revision"] > known)
    second.ask_for_card(1_000_000)
    second.run(lambda: second.refusals)
    assert second.refusals.pop() == ("organization.asked.v1", "not_entitled")
    second.run(lambda: pair.card() is not None)
    assert pair.card() == {
        "telephone": CONTACT["telephone"],
        "name": f"{second.account.title()} International",
    }
    second.contacts = [{**CONTACT, "telephone": "+31 20 555 0201"}]
    second.publish()
    second.run(lambda: (pair.card() or {}).get("telephone") == "+31 20 555 0201")


def test_a_file_goes_each_way(pair: Pair) -> None:
    second = pair.second
    request = second.hand_over(next(iter(second.agreements)), "With a trace", "Here it is.")
    second.run(lambda: request.remote_id)
    there, content = int(request.remote_id or 0), b"It went wrong here.\n" * 10_000
    offer = second.offer_file(request, "trace.txt", content)
    second.run(lambda: offer in second.gone)
    assert second.gone[offer] == "here"
    (file,) = pair.files(there)
    assert (file["state"], b"".join(pair.api.download(f"attachments/{file['id']}"))) == ("here", content)
    key = pair.api.upload("attachments", BytesIO(content[::-1]), "answer.txt", {})["key"]
    said = {"text": "And back.", "attachments": [{"key": key}]}
    pair.api.post(f"requests/{there}/notes", said)
    second.run(lambda: any(each.word for each in second.coming.values() if each.thread is request.thread))
    (came,) = (each for each in second.coming.values() if each.thread is request.thread)
    assert (came.word, came.whole, came.file["name"]) == ("here", content[::-1], "answer.txt")
    pair.settles()


@pytest.mark.parametrize("pair", ["sidecar"], indirect=True)
def test_words_that_cross_end_as_the_document_says(pair: Pair) -> None:
    """The account takes the request back while the second completes it: both keep their own."""
    second = pair.second
    here, request = pair.hand_over("Crossing")
    second.run(pair.shows(here, supplier_requestID=str(request.id)))
    pair.api.patch(f"requests/{here}", {"team_id": pair.line.teams[TEAM]})
    second.complete(request, "Done already.")  # before it has heard
    second.run(lambda: not request.open)
    pair.settles()
    assert request.status == "completed"
    assert request.reason == "solved"
    assert pair.shows(here, status="assigned", completion_reason=None)()
    said = [one for one in request.thread.sent.values() if one.type == "request.completed.v1"]
    assert [(one.verdict, one.code) for one in said] == [("accepted", "superseded")]
    assert "Done already." in pair.texts(here)


@pytest.mark.parametrize("pair", ["latercar"], indirect=True)
@pytest.mark.parametrize("type", ["request.praised.v1", "request.progressed.v2"])
def test_an_unknown_type_or_version_is_parked_and_refused_when_it_is_discarded(pair: Pair, type: str) -> None:
    """Its thread waits, others do not; discarding it tells the second by a code, and the rest goes on."""
    second = pair.second
    here, request = pair.hand_over(f"Later than {type}")
    second.run(pair.shows(here, supplier_requestID=str(request.id)))
    strange = second.say(request.thread, type, {"episode": request.episode, "stars": 5})
    second.complete(request, "Mended.")
    second.run(lambda: strange.verdict == "held" and request.thread.sent[3].verdict == "held")
    (parked,) = pair.parked()
    assert (parked["code"], parked["type"], parked["thread"]) == ("unknown_type", type, request.thread.id)
    assert pair.turn(here) == "with"
    _another_thread_goes_on(pair, type)
    pair.api.post(f"parked_messages/{parked['id']}/discard")
    second.run(lambda: pair.turn(here) == "returned")
    second.run(lambda: strange.final)
    assert (strange.verdict, strange.code) == ("refused", "discarded")
    second.refusals.remove((type, "discarded"))
    pair.settles()


def _another_thread_goes_on(pair: Pair, type: str) -> None:
    here, request = pair.hand_over(f"Beside {type}")
    pair.second.complete(request, "At once.")
    pair.second.run(lambda: pair.turn(here) == "returned")


@pytest.mark.parametrize("pair", ["sidecar"], indirect=True)
def test_a_lost_receipt_is_made_again(pair: Pair) -> None:
    """What is sent twice has its effect once, and the same answer."""
    second = pair.second
    here, request = pair.hand_over("Said twice")
    second.add_note(request, "Once is enough.")
    pair.settles()
    last = request.thread.sent[len(request.thread.sent)]
    last.verdict, last.tried_at = None, 0.0
    second.run(lambda: last.final)
    assert (last.verdict, last.code) == ("accepted", None)
    notes = pair.api.get(f"requests/{here}/notes", per_page=100)
    assert [note["text"] for note in notes].count("Once is enough.") == 1


def test_the_account_keeps_every_rule(deployment: LocalDeployment, line: Line, tmp_path: Path) -> None:
    """`interdesk conformance`, while its administrator does what the command asks for."""
    account, broker = "conformance", deployment.broker_of(ACCOUNT)
    invitation, ca = tmp_path / "invitation", tmp_path / "ca.pem"
    ca.write_text(broker.ca_pem)
    given = [f"--broker-admin={broker.admin_uri}", f"--broker-host={border_on(broker, account).host}"]

    def offers() -> None:
        with line.account.api() as api:
            wait_until(lambda: api.get(f"trusts/{account}")["status"] == "active", 60, 0.2)
            api.post("slas", agreement(line, api, account))

    with line.account.api() as api, ThreadPoolExecutor() as pool:
        invitation.write_text(api.post("trusts/invite", {"account_id": account})["invitation"])
        offering = pool.submit(offers)
        arguments = [str(invitation), *given, f"--broker-ca={ca}", "--operator=60"]
        result = CliRunner().invoke(app, ["conformance", *arguments])
        offering.result()
        assert result.exit_code == 0, result.output
        assert result.stdout.splitlines()[-1].endswith(" held, 0 broken, 0 not tried")
        assert api.get(f"trusts/{account}")["status"] == "ended"
