"""`interdesk conformance` holds a second implementation to the document, and names the rule that a wrong one
breaks. test_second_partner_talks.py holds the account of this project to it.
"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from interdesk.broker import Broker
from interdesk.cli import app
from tests.wire.deployed import border_on, deployed
from tests.wire.second_partner import SecondPartner

ACCOUNT = "sidecar"


def tried(second: SecondPartner, broker: Broker, directory: Path, *arguments: str) -> Result:
    """What the command says of the second partner."""
    border, invitation, ca = second.border, directory / "invitation", directory / "ca.pem"
    invitation.write_text(second.invite("conformance"))
    ca.write_text(border.ca)
    given = [f"--broker-admin={broker.admin_uri}", f"--broker-host={border.host}", f"--broker-ca={ca}"]
    with deployed(second):
        return CliRunner().invoke(app, ["conformance", str(invitation), *given, *arguments])


def test_the_second_partner_keeps_every_rule(broker: Broker, tmp_path: Path) -> None:
    second = SecondPartner(ACCOUNT, border_on(broker, ACCOUNT))
    result = tried(second, broker, tmp_path, "--operator=10")
    print(result.output)
    assert result.exit_code == 0, result.output
