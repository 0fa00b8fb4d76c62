"""The ledger of a real account: exported over its API, proven without it, and unmasked when it is altered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from interdesk.api import Api, ApiError
from interdesk.cli import app
from interdesk.demo.stand import Stand
from interdesk.ledger_export import Scope, export
from services.federation.ledger.lines import RECEIVED, SENT, Chain
from services.federation.ledger.verification import verify
from tests.waiting import wait_until

Record = dict[str, Any]
Stands = Mapping[str, Stand]


@pytest.fixture(scope="module")
def request_id(stands: Stands) -> int:
    """A request of widget that gigatera completed, and widget closed: all receipts are there."""
    widget, gigatera = stands["widget"], stands["gigatera"]
    with widget.api("specialist") as here, gigatera.api("specialist") as there:
        made = here.post(
            "requests",
            {
                "subject": "Prove it",
                "category": "incident",
                "impact": "high",
                "service_instance_id": widget.instance_id,
            },
        )
        id = int(made["id"])
        here.patch(f"requests/{id}", {"service_instance_id": widget.providers["gigatera"], "note": "Please."})
        taken: Callable[[], Any] = lambda: here.get(f"requests/{id}")["supplier_requestID"]  # noqa: E731
        wait_until(lambda: taken() is not None)
        done = {"status": "completed", "completion_reason": "solved", "note": "Done."}
        there.patch(f"requests/{taken()}", done)
        wait_until(lambda: here.get(f"requests/{id}")["team"]["id"] == widget.team_id)
        here.patch(f"requests/{id}", done)
        wait_until(lambda: all(each["receipt"] for each in _sent(here, id)))
    return id


def _sent(api: Api, id: int) -> list[Record]:
    entries = api.get_all(f"handovers/{id}/ledger", fields="direction,receipt")
    return [entry for entry in entries if entry["direction"] == "sent"]


def interdesk(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *arguments])


def export_to(file: Path, stands: Stands, *options: str) -> Path:
    """Widget's ledger, exported by the command."""
    token = file.with_name("token")
    token.write_text(stands["widget"].tokens["admin"])
    url = stands["widget"].account.url
    result = interdesk("export", str(file), "--url", url, "--token-file", str(token), *options)
    assert result.exit_code == 0, result.output
    assert sorted(file.parent.iterdir()) == sorted([file, token])
    assert file.stat().st_mode & 0o777 == 0o600
    return file


@pytest.fixture(scope="module")
def exported(stands: Stands, request_id: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_to(tmp_path_factory.mktemp("ledger") / "widget.ledger", stands)


def test_an_account_proves_who_handed_what_to_whom_and_that_it_was_received(
    stands: Stands, exported: Path, request_id: int
) -> None:
    pins = [f"--pin={key['id']}" for key in _current_keys(stands)]
    result = interdesk("verify", str(exported), "--json", "--messages", *pins)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["ok"], report["complete"], report["account"]) == (True, True, "widget")
    assert {key["known"] for key in report["keys"]} == {"pinned"}
    (handed_over, *_) = [
        each
        for each in report["messages"]
        if each["type"] == "request.handed_over.v1" and each["thread"] in _threads(stands, request_id)
    ]
    assert (handed_over["from"], handed_over["to"]) == ("widget", "gigatera")
    assert handed_over["verdict"] == "accepted"
    assert handed_over["receipted_at"] >= handed_over["sent_at"]


def _current_keys(stands: Stands) -> list[Record]:
    with stands["widget"].api() as api:
        return [key for key in api.get_all("ledger/keys") if key["state"] == "current"]


def _threads(stands: Stands, request_id: int) -> set[str]:
    with stands["widget"].api() as api:
        return {each["thread"] for each in api.get_all(f"handovers/{request_id}/ledger", fields="thread")}


def test_both_accounts_tell_the_same(stands: Stands, request_id: int) -> None:
    """What one has sent in this request's thread, the other has received, by the same hashes."""
    told = {}
    for account in ("widget", "gigatera"):
        with stands[account].api() as api:
            id = request_id
            if account == "gigatera":
                with stands["widget"].api() as widget:
                    id = int(widget.get(f"requests/{request_id}")["supplier_requestID"])
            seen: list[Any] = []
            assert verify(export(api, Scope(request=id)), seen=seen.append).findings == []
        told[account] = {
            (each.said.sender, each.said.place, each.said.hash)
            for each in seen
            if each.said.thread.startswith("handover/")
        }
    assert told["widget"] == told["gigatera"] != set()


def test_credentials_are_not_in_it(stands: Stands, exported: Path) -> None:
    records = [json.loads(line) for line in exported.read_bytes().splitlines()]
    withheld = [record["withheld"]["type"] for record in records if record.get("withheld")]
    assert set(withheld) == {"trust.accepted.v1"}
    assert len(withheld) == 4  # both ways, with both partners
    assert b"credentials" not in exported.read_bytes()


def test_a_part_of_it_says_what_is_not_there(stands: Stands, request_id: int, tmp_path: Path) -> None:
    file = export_to(tmp_path / "case.ledger", stands, "--request", str(request_id))
    result = interdesk("verify", str(file), "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["ok"], report["complete"]) == (True, False)
    assert report["threads"] == 2  # the trust, which tells of the keys, and the hand-over
    assert any(f"about request {request_id} with gigatera" in text for text in report["partial"])
    assert any("about the trust itself with gigatera" in text for text in report["partial"])
    assert "Nothing of slas is in the file." in report["partial"]


def test_an_auditor_may_export_and_a_specialist_may_not(stands: Stands) -> None:
    with stands["widget"].api() as admin:
        email = "rita.auditor@widget.example"
        person = admin.post("people", {"name": "Rita Auditor", "primary_email": email})
        admin.patch(f"people/{person['id']}/permissions", {"roles": ["auditor"]})
        made = admin.post("personal_access_tokens", {"name": "audit", "person_id": person["id"]})
    with stands["widget"].account.api(made["token"]) as auditor:
        report = verify(export(auditor, Scope(partner="globalnet")))
    assert (report.findings, report.sealed_for) == ([], "Rita Auditor")
    with stands["widget"].api("specialist") as specialist, pytest.raises(ApiError) as refused:
        list(export(specialist, Scope()))
    assert refused.value.status == 403


def test_an_altered_ledger_is_found_by_the_command(exported: Path, tmp_path: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if json.loads(line)["record"] == SENT)
    altered = tmp_path / "altered"
    altered.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    result = interdesk("verify", str(altered))
    assert result.exit_code == 1
    assert f"record {at + 1}: it is missing" in result.output


def test_the_account_does_not_seal_what_its_services_do_not_tell(
    stands: Stands, exported: Path, request_id: int
) -> None:
    """One with an administrator's token leaves a hand-over out, and has the account seal that."""
    hidden = _threads(stands, request_id)
    records = [json.loads(line) for line in exported.read_bytes().splitlines()]
    seen: list[Any] = []
    verify(exported.read_bytes().splitlines(keepends=True), seen=seen.append)
    left_out = {each.record for each in seen if each.said.thread in hidden}
    chain = Chain()
    lines = [
        chain.line(
            record.pop("record"),
            **{name: value for name, value in record.items() if name not in ("n", "after")},
        )
        for record in records[:-1]
        if record["n"] not in left_out
    ]
    with stands["widget"].api() as api:
        asked = {"export": records[0]["export"], "records": chain.n + 1, "digest": chain.head}
        lines.append(chain.line("end", sealed=api.post("ledger/seal", asked)["sealed"]))
    assert len(left_out) > 3
    assert {finding.code for finding in verify(lines).findings} == {"message_missing"}
    assert RECEIVED in {record.get("record") for record in map(json.loads, lines)}
