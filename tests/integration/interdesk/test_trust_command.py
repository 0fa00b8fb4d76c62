"""`interdesk trust` tells what a trust makes visible before it makes or changes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from interdesk.cli import app
from tests.integration.interdesk.scripted import Scripted

LINE = {"id": 1, "to": "gigatera", "sees": "the name of the account", "of": "Widget Data Center"}
TOLD = "gigatera sees, of Widget Data Center: the name of the account"
OPTIONS = {"view_time_spent": True}


@pytest.fixture
def run(server: Scripted, tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("a-token-of-an-administrator")

    def called(*arguments: str, answer: str = "") -> Result:
        chosen = ["--url", server.url, "--token-file", str(token)]
        return CliRunner().invoke(app, ["trust", *arguments, *chosen], input=answer)

    server.script = {
        "/v1/trusts/invite/disclosures": [(200, {}, [LINE])],
        "/v1/trusts/invite": [(201, {}, {"invitation": "a.b.c"})],
        "/v1/trusts/accept/disclosures": [(200, {}, [LINE])],
        "/v1/trusts/gigatera/disclosures": [(200, {}, [LINE])],
        "/v1/trusts/gigatera": [(200, {}, {"id": "gigatera", "options": OPTIONS})],
    }
    return called


def asked(server: Scripted) -> list[str]:
    return [f"{method} {path.removeprefix('/v1/trusts/')}" for method, path, _ in server.seen]


def test_the_invitation_alone_is_on_standard_output(run, server: Scripted) -> None:
    result = run("invite", "gigatera", "--yes")
    assert (result.exit_code, result.stdout) == (0, "a.b.c\n")
    assert TOLD in result.stderr
    assert asked(server) == ["POST invite/disclosures", "POST invite"]


def test_who_says_no_to_what_is_told_invites_and_accepts_nobody(
    run, server: Scripted, tmp_path: Path
) -> None:
    result = run("invite", "gigatera", answer="n\n")
    assert result.exit_code != 0
    assert TOLD in result.stderr
    invitation = tmp_path / "invitation"
    invitation.write_text("a.b.c\n")
    assert run("accept", str(invitation), answer="n\n").exit_code != 0
    assert asked(server) == ["POST invite/disclosures", "POST accept/disclosures"]


def test_options_are_shown_and_changed_after_it_was_told_what_they_show(run, server: Scripted) -> None:
    assert "view_time_spent" in run("options", "gigatera").stdout
    assert asked(server) == ["GET gigatera"]
    server.seen.clear()
    assert TOLD in run("options", "gigatera", "--allow", "view_time_spent", answer="y\n").stderr
    assert asked(server) == ["POST gigatera/disclosures", "PATCH gigatera"]


def test_an_option_that_there_is_not_is_refused_before_anything_is_asked(run, server: Scripted) -> None:
    assert run("options", "gigatera", "--allow", "everything").exit_code == 2
    assert server.seen == []


def test_who_did_what_is_told_line_by_line(run, server: Scripted) -> None:
    line = {
        "created_at": "2026-01-05T09:00:00Z",
        "user": {"display_name": "Ada"},
        "action": "invite",
        "changes": {"status": [None, "invited"]},
    }
    path = "audit?fields=created_at%2Cuser%2Caction%2Cchanges&per_page=100"
    rotation = {**line, "action": "rotate_keys", "user": None}
    server.script[f"/v1/trusts/gigatera/{path}"] = [(200, {}, [line])]
    server.script[f"/v1/account/keys/{path}"] = [(200, {}, [rotation])]
    shown = run("audit", "gigatera").stdout
    assert "Ada" in shown
    assert '"invited"' in shown
    assert "rotate_keys" in run("audit").stdout
