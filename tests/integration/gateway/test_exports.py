"""Export to CSV files over the API."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest

from services.common.crash import CrashPoints
from services.organizations import pieces, store
from services.organizations.actions.records.introductions import introduce
from services.organizations.actions.transferring import exports, transfers
from services.organizations.model.links import with_link
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.test_imports_killed import process
from tests.integration.gateway.transferring import csv_of, exported, imported, outcomes, rows_of, work


def test_organizations_carry_whose_they_are(account: Account, administrator: Client) -> None:
    context = account.contexts["organizations"]
    trust = {"_id": "gigatera", "version": 1, "name": "GigaTera", "status": "active", "updated_at": None}
    context.database["trusts"].insert_one(trust)
    actor = transfers._asking(context, {"person": {"id": 1}, "type": "organizations"})
    id = introduce(context, actor, "gigatera", "organization", 7, "GigaTera Ltd")["id"]
    organizations = store.records(context, store.ORGANIZATIONS)
    record = organizations.get(id)
    organizations.save(record, with_link(record.state, True, account.clock.now()))
    administrator.post("organizations", {"name": "Ours", "financialID": "F7"})
    file = exported(account, administrator, "organizations")
    rows = {row["name"]: row for row in rows_of(file)}
    assert (rows["GigaTera Ltd"]["account"], rows["GigaTera Ltd"]["id"]) == ("gigatera", str(id))
    assert (rows["Ours"]["account"], rows["Ours"]["financialID"]) == ("", "F7")
    _, lines = imported(account, administrator, "organizations", file)
    assert set(outcomes(lines)) == {"unchanged"}
    renamed = file.replace(b"GigaTera Ltd", b"Renamed Ltd")
    _, lines = imported(account, administrator, "organizations", renamed, dry_run="true")
    [refused] = [line for line in lines if line["outcome"] != "unchanged"]
    assert (refused["outcome"], refused["record_id"]) == ("failure", None)


def test_several_types_are_a_zip(account: Account, administrator: Client) -> None:
    administrator.post("sites", {"name": "Zipped"})
    with zipfile.ZipFile(io.BytesIO(exported(account, administrator, "sites,teams"))) as archive:
        assert archive.namelist() == ["sites.csv", "teams.csv"]
        assert archive.testzip() is None
        assert "Zipped" in [row["name"] for row in rows_of(archive.read("sites.csv"))]


def test_what_was_not_changed_since_is_not_exported(account: Account, administrator: Client) -> None:
    account.clock.step(3600)
    since = account.clock.now().isoformat()
    assert administrator.send("POST", "export", {"type": "sites", "from": since}).status_code == 204
    account.clock.step(1)
    administrator.post("sites", {"name": "Lately"})
    rows = rows_of(exported(account, administrator, "sites", **{"from": since}))
    assert [row["name"] for row in rows] == ["Lately"]


def test_many_records_go_out_in_pieces_also_when_the_service_is_killed(
    account: Account, administrator: Client
) -> None:
    for n in range(12):
        administrator.post("sites", {"name": f"Large {n}", "remarks": "x" * 60_000})
    token = administrator.post("export", {"type": "sites"}, status=200)["token"]
    first = process(account, CrashPoints())
    job = transfers._due(first)
    assert job is not None
    exports.go_on(first, job, transfers._asking(first, job), iter([True, False]).__next__)
    halfway = administrator.get(f"export/{token}")
    assert (halfway["state"], halfway["url"]) == ("processing", None)
    assert 0 < halfway["line"] < 12, "the first piece holds some, and not all"
    transfers.work(process(account, CrashPoints()))
    found = administrator.get(f"export/{token}")
    response = administrator.send("GET", found["url"].split("/v1/", 1)[1])
    names = [row["name"] for row in rows_of(response.data)]
    assert len(names) == len(set(names)) == found["line"] >= 12
    assert len(response.data) > 2 * pieces.PIECE_BYTES


def test_a_file_is_for_who_asked_and_gone_after_a_day(account: Account, administrator: Client) -> None:
    manager = account.person("Export Manager", "specialist", "service_level_manager")[1]
    assert manager.send("POST", "export", {"type": "organizations,people"}).status_code == 403
    token = manager.post("export", {"type": "sites"}, status=200)["token"]
    work(account)
    assert manager.send("GET", f"export/{token}/file").status_code == 200
    assert administrator.send("GET", f"export/{token}/file").status_code == 404
    account.clock.step(timedelta(hours=25).total_seconds())
    work(account)
    assert manager.send("GET", f"export/{token}").status_code == 404


def test_who_may_not_have_it_any_more_does_not_get_it(account: Account, administrator: Client) -> None:
    person, client = account.person("Demoted", "specialist", "account_administrator")
    token = client.post("export", {"type": "people"}, status=200)["token"]
    work(account)
    assert client.send("GET", f"export/{token}/file").status_code == 200
    roles = {"roles": ["specialist", "service_level_manager"]}
    administrator.patch(f"people/{person['id']}/permissions", roles)
    assert client.send("GET", f"export/{token}/file").status_code == 404


def test_a_file_that_is_let_go_of_while_it_is_downloaded_breaks_off(
    account: Account, administrator: Client
) -> None:
    for n in range(6):
        administrator.post("sites", {"name": f"Going {n}", "remarks": "x" * 60_000})
    for types in ("sites", "sites,teams"):
        token = administrator.post("export", {"type": types}, status=200)["token"]
        work(account)
        response = administrator.send("GET", f"export/{token}/file")
        chunks = iter(response.response)
        read = len(next(chunks))
        account.clock.step(timedelta(hours=25).total_seconds())
        work(account)
        with pytest.raises(pieces.FileGone):
            read += sum(map(len, chunks))
        assert read < (response.content_length or 10**9)


def test_a_file_says_how_long_it_is(account: Account, administrator: Client) -> None:
    administrator.post("sites", {"name": "Measured"})
    token = administrator.post("export", {"type": "sites"}, status=200)["token"]
    work(account)
    response = administrator.send("GET", f"export/{token}/file")
    assert response.content_length == len(response.data)


def test_a_log_that_is_let_go_of_while_it_is_downloaded_breaks_off(
    account: Account, administrator: Client
) -> None:
    done, _ = imported(account, administrator, "sites", csv_of({"name": "Logged"}))
    chunks = iter(administrator.send("GET", f"import/{done['token']}/logfile").response)
    next(chunks)
    account.clock.step(timedelta(days=31).total_seconds())
    work(account)
    with pytest.raises(pieces.FileGone):
        list(chunks)


def test_what_can_not_be_exported_is_refused_by_name(administrator: Client) -> None:
    for body, field in (
        ({"type": "requests"}, "type"),
        ({"type": "sites", "export_format": "xlsx"}, "export_format"),
        ({"type": "sites", "line_separator": "cr"}, "line_separator"),
        ({}, "type"),
    ):
        response = administrator.send("POST", "export", body)
        assert response.status_code == 422
        assert json.loads(response.data)["errors"][0][0] == field
    form = administrator.send("POST", "export", data={"type": "sites", "locale": "nl"})
    assert form.status_code == 200


def test_custom_fields_go_out_and_come_in(account: Account, administrator: Client) -> None:
    form = [{"id": "purchasing_contact", "label": "Contact", "type": "text"}]
    made = administrator.post("ui_extensions", {"name": "Form", "category": "organization", "fields": form})
    administrator.post(f"ui_extensions/{made['id']}/activate", None, 200)
    given = [{"id": "purchasing_contact", "value": "Ann, =1+1"}]
    row = {"name": "With form", "custom_fields": json.dumps(given)}
    _, [line] = imported(account, administrator, "organizations", csv_of(row))
    shown = administrator.get(f"organizations/{line['record_id']}")["custom_fields"]
    assert [(each["id"], each["value"]) for each in shown] == [("purchasing_contact", "Ann, =1+1")]
    file = exported(account, administrator, "organizations")
    rows = {each["name"]: each for each in rows_of(file)}
    assert json.loads(rows["With form"]["custom_fields"]) == given
    _, lines = imported(account, administrator, "organizations", file)
    assert set(outcomes(lines)) == {"unchanged"}
    row["custom_fields"] = json.dumps([{"id": "nonsense", "value": "x"}])
    _, [line] = imported(account, administrator, "organizations", csv_of(row), dry_run="true")
    assert line["outcome"] == "failure"
