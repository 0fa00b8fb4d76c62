"""`interdesk conformance`: what it is given wrongly is told in a sentence. What it does is in
tests/wire/test_conformance.py.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.conformance.words import CLOCK, Conversation, loosely
from services.common import strict_json
from services.common.ids import new_uuid
from services.federation.partners.invitations import make_introduction, write_invitation
from services.federation.sealing.envelope import open_sealed
from services.federation.sealing.rings import OwnRing, PartnerRing


def refused(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["conformance", *arguments])
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output


def invitation(expires_in: timedelta) -> str:
    return write_invitation(
        id=new_uuid(CLOCK),
        ring=OwnRing.generate("widget"),
        name="Widget",
        domain="widget.example",
        invited="conformance",
        border={"address": "amqps://127.0.0.1:1/widget.border", "ca": "PEM"},
        credentials={"user": "conformance", "password": "hush"},
        introduction=make_introduction("conformance"),
        issued_at=CLOCK.now() - timedelta(days=3),
        expires_at=CLOCK.now() + expires_in,
    )


@pytest.mark.parametrize("content", ["", "x", "a.b.c", "a" * 500_000])
def test_what_is_no_invitation_is_told_so(tmp_path: Path, content: str) -> None:
    file = tmp_path / "invitation"
    file.write_text(content)
    assert "not an invitation" in refused(str(file))


def test_an_invitation_that_has_expired_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "invitation"
    file.write_text(invitation(timedelta(days=-1)))
    assert "has expired" in refused(str(file))


def test_a_broker_is_given_whole_or_not_at_all(tmp_path: Path) -> None:
    assert "together" in refused(str(tmp_path / "none"), "--broker-host=localhost:5671")


def test_a_rule_that_there_is_not_is_told_so(tmp_path: Path) -> None:
    assert "there is no rule 3.nap" in refused(str(tmp_path / "none"), "--only=3.gap", "--only=3.nap")


def test_what_is_said_without_a_change_is_as_it_should_be() -> None:
    """So it is the change that a rule speaks of, and nothing else."""
    ring = OwnRing.generate("conformance")
    thread = Conversation(f"trust/conformance/{new_uuid(CLOCK)}", "conformance", "widget")
    known = PartnerRing.from_wire("conformance", ring.to_wire())
    for n in (1, 2):
        said = thread.write("trust.ended.v1", {"reason": None}, ring.current())
        heard = open_sealed(said.sealed, exchange_sender="conformance", own_account="widget", ring=known)
        assert (heard.sequence, heard.prev, heard.hash) == (n, thread.hash, said.hash)
        thread.follow(said)


def test_loose_json_means_the_same() -> None:
    members = {"b": "é “x”", "a": [1, None]}
    assert loosely(members) != strict_json.dumps(members)
    assert strict_json.loads(loosely(members)) == members
