"""`interdesk account set-password` asks for the password, and tells nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from interdesk.cli import app
from tests.integration.interdesk.scripted import Scripted

PASSWORD = "three words here"
FOUND = "/v1/people?primary_email=grace%40widget.example&fields=id"


@pytest.fixture
def run(server: Scripted, tmp_path: Path):
    token = tmp_path / "token"
    token.write_text("a-token-of-an-administrator")

    def called(person: str, answer: str) -> Result:
        chosen = ["--url", server.url, "--token-file", str(token)]
        return CliRunner().invoke(app, ["account", "set-password", person, *chosen], input=answer)

    server.script = {
        FOUND: [(200, {}, [{"id": 5}])],
        FOUND.replace("grace", "nobody"): [(200, {}, [])],
        "/v1/people/5": [(200, {}, {"id": 5, "name": "Grace"})],
        "/v1/people/5/set_password": [(204, {}, None)],
    }
    return called


@pytest.mark.parametrize("person", ["5", "grace@widget.example"])
def test_it_is_asked_for_twice_and_never_shown(run, server: Scripted, person: str) -> None:
    result = run(person, f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert server.seen[-1][:2] == ("POST", "/v1/people/5/set_password")
    assert PASSWORD not in result.output


def test_what_is_typed_differently_is_not_set(run, server: Scripted) -> None:
    assert run("5", f"{PASSWORD}\n{PASSWORD}!\n").exit_code != 0
    assert [method for method, _, _ in server.seen] == ["GET"]


def test_an_unknown_address_is_told(run, server: Scripted) -> None:
    result = run("nobody@widget.example", "")
    assert result.exit_code == 2
    assert "nobody here has the e-mail address nobody@widget.example" in result.stderr
