"""`interdesk conformance` holds a second implementation to the document, and names the rule that a wrong one
breaks. test_second_partner_talks.py holds the account of this project to it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from interdesk.cli import app
from interdesk.local.broker import Broker
from tests.wire.deployed import border_on, deployed
from tests.wire.second.border import Border
from tests.wire.second.sealing import Json, Unproven
from tests.wire.second.threads import Thread
from tests.wire.second_partner import SecondPartner
from tests.wire.wrong import (
    INVITED,
    Busy,
    Careless,
    Chatty,
    Credulous,
    Curt,
    Forgetful,
    Gullible,
    Hasty,
    NarrowBorder,
    OldBorder,
    OpenBorder,
    Silent,
    Stubborn,
    Wordy,
)

pytestmark = pytest.mark.slow

ACCOUNT = "sidecar"
NARROW = "narrowcar"


@pytest.fixture(scope="module")
def border(broker: Broker) -> Border:
    return border_on(broker, ACCOUNT)


def tried(second: SecondPartner, directory: Path, *arguments: str) -> Result:
    """What the command says of the second partner; its own border is on the same broker."""
    border, invitation, ca = second.border, directory / "invitation", directory / "ca.pem"
    invitation.write_text(second.invite(INVITED))
    ca.write_text(border.ca)
    given = [f"--broker-admin={border.admin_uri}", f"--broker-host={border.host}", f"--broker-ca={ca}"]
    with deployed(second):
        return CliRunner().invoke(app, ["conformance", str(invitation), *given, *arguments])


def outcomes(result: Result) -> dict[str, str]:
    """By rule."""
    return {each["id"]: each["outcome"] for each in json.loads(result.stdout)}


@pytest.mark.timeout(240)
def test_the_second_partner_keeps_every_rule(border: Border, tmp_path: Path) -> None:
    second = SecondPartner(ACCOUNT, border)
    result = tried(second, tmp_path, "--operator=20")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith(" held, 0 broken, 0 not tried")
    assert second.trust == "ended"


WRONG: Mapping[str, tuple[Callable[..., SecondPartner], str]] = {
    "3.once": (Silent, "none within"),
    "3.chain_broken": (Forgetful, "came accepted (applied 2)"),
    "3.gap": (Curt, "came held (applied 1)"),
    "3.paused": (Stubborn, "came accepted"),
    "7.successor_not_proven": (Credulous, "came accepted"),
    "9.loop": (Busy, "nothing came in time"),
    "8.told": (Wordy, "agreement.praised.v1"),
    "3.sequence": (Hasty, "its prev is not the hash"),
    "9.card": (Gullible, "came accepted"),
    "9.card_shown": (Chatty, "came contacts.person too"),
    "9.file_damaged": (Careless, "came that it is there"),
    "1.write_only": (lambda account, border: SecondPartner(account, _as(OpenBorder, border)), "may publish"),
    "7.credentials": (lambda account, border: SecondPartner(account, _as(OldBorder, border)), "still open"),
    "1.places": (
        lambda _, border: SecondPartner("narrowcar", _as(NarrowBorder, border, "narrowcar")),
        "returned",
    ),
}
#: What has to be tried before.
BEFORE = {
    "3.paused": ["3.chain_broken"],
    "9.loop": ["9.taken"],
    "9.file_damaged": ["9.taken"],
    "8.told": ["3.more_members", "3.directions"],
    "3.sequence": ["9.taken", "9.restated"],
}


def _as(kind: type[Border], border: Border, account: str = ACCOUNT) -> Border:
    return kind(account, border.admin_uri, border.host, border.ca)


@pytest.mark.parametrize("rule", WRONG)
def test_a_wrong_partner_is_told_which_rule_it_breaks(rule: str, border: Border, tmp_path: Path) -> None:
    kind, came = WRONG[rule]
    only = [f"--only={each}" for each in [*BEFORE.get(rule, []), rule]]
    result = tried(kind(ACCOUNT, border), tmp_path, "--patience=3", "--operator=10", "--json", *only)
    assert result.exit_code == 1, result.output
    broken = [each for each in json.loads(result.stdout) if each["outcome"] == "broken"]
    assert [each["id"] for each in broken] == [rule]
    assert came in broken[0]["came"]


def test_the_sample_in_the_document_is_what_is_said(border: Border, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text()
    (sample,) = re.findall(r"^```text sample\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    command, _, shown = sample.partition("\n")
    arguments = command.removeprefix("$ interdesk conformance invitation ").split()
    assert tried(Curt(ACCOUNT, border), tmp_path, "--patience=3", *arguments).stdout == shown


class Polite(SecondPartner):
    """Gives a receipt for whatever comes."""

    def _opened(self, raw: bytes, exchange: str, delivery: Any) -> Json:
        try:
            return super()._opened(raw, exchange, delivery)
        except Unproven:
            segment = raw.split(b".")[1] if b"." in raw else raw
            payload = base64.urlsafe_b64decode(segment + b"==")
            said = re.search(rb'"thread": ?"([^"]+)"', payload)
            assert said is not None
            thread = Thread(said[1].decode())
            message = {"incarnation": 1, "sequence": 1, "hash": hashlib.sha256(payload).hexdigest()}
            self._answer(thread, message, "accepted")
            raise


def test_a_receipt_for_what_nobody_has_said_breaks_the_rule_of_that_check(
    border: Border, tmp_path: Path
) -> None:
    result = tried(
        Polite(ACCOUNT, border), tmp_path, "--patience=3", "--json", "--only=2", "--only=4.no_receipt"
    )
    broken = {id for id, outcome in outcomes(result).items() if outcome == "broken"}
    kept = {"2.any_json", "2.more_members", "2.sent_at", "2.once"}
    # A receipt in a thread of others is no receipt, but it is no good envelope either.
    assert outcomes(result).keys() - broken == {*kept, "7.accepted", "2.not_in_thread"}


def test_nothing_of_the_trial_stays_on_a_given_broker(border: Border, tmp_path: Path) -> None:
    tried(SecondPartner(ACCOUNT, border), tmp_path, "--patience=3", "--only=4.receipt")
    for path in (f"vhosts/{INVITED}.border", f"vhosts/{INVITED}", f"users/{INVITED}"):
        assert requests.get(f"{border.admin_uri}/api/{path}", timeout=10).status_code == 404


def test_it_brings_a_broker_of_its_own(border: Border, tmp_path: Path) -> None:
    second, invitation = SecondPartner(ACCOUNT, border), tmp_path / "invitation"
    invitation.write_text(second.invite(INVITED))
    with deployed(second):
        result = CliRunner().invoke(
            app,
            ["conformance", str(invitation), "--broker=embedded", "--only=4.receipt", "--only=1.delivered"],
        )
    assert result.exit_code == 0, result.output
    assert second.line.address not in ("", second.border.address)


def test_a_border_that_is_there_is_left_alone(border: Border, tmp_path: Path) -> None:
    border.make("anybody")  # now it is there
    invitation, ca = tmp_path / "invitation", tmp_path / "ca.pem"
    invitation.write_text(SecondPartner("other", _as(Border, border, "other")).invite(ACCOUNT))
    ca.write_text(border.ca)
    given = [f"--broker-admin={border.admin_uri}", f"--broker-host={border.host}", f"--broker-ca={ca}"]
    result = CliRunner().invoke(app, ["conformance", str(invitation), *given])
    assert result.exit_code == 2
    assert f"of the account {ACCOUNT} already" in result.output


def test_what_can_not_be_tried_says_why(border: Border, tmp_path: Path) -> None:
    """Nobody offers an agreement here."""
    second = SecondPartner(ACCOUNT, border)
    second.offer = lambda name: Thread("")  # type: ignore[method-assign]
    result = tried(second, tmp_path, "--patience=3", "--json", "--only=9")
    assert result.exit_code == 0
    told = [each for each in json.loads(result.stdout) if each["id"].startswith("9.")]
    held = {each["id"] for each in told if each["outcome"] == "held"}
    assert held == {"9.card", "9.card_elsewhere", "9.card_withdrawn", "9.card_not_entitled"}
    why = {each["why"] for each in told if each["outcome"] == "not tried"}
    assert why == {
        "the deployment has offered no active agreement",
        "nothing could be handed over",
        "an earlier rule has not come so far",
    }


def test_an_invitation_that_was_altered_is_told_so(border: Border, tmp_path: Path) -> None:
    file = tmp_path / "invitation"
    text = SecondPartner(ACCOUNT, border).invite(INVITED)
    file.write_text(text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:])
    result = CliRunner().invoke(app, ["conformance", str(file)])
    assert result.exit_code == 2
    assert "signature is wrong" in result.output
