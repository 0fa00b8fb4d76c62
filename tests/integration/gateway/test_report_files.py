"""Reports as files for spreadsheets: what the API tells, and nothing that is taken for a formula."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from gateway.resources import reports
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import recorded


@pytest.fixture(scope="module")
def sam(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def played(account: Account, administrator: Client, sam: Client) -> None:
    """Requests of two teams and of none, some of them completed."""
    members = [sam.get("me")["id"]]
    teams = [administrator.post("teams", {"name": name, "members": members}) for name in ("First", "Second")]
    for number in range(6):
        made = sam.post("requests", {"subject": f"Number {number}", "category": "incident"})
        path = f"requests/{made['id']}"
        account.clock.step(minutes=7 * (number + 1))
        if number:
            sam.patch(path, {"team_id": teams[number % 2]["id"], "note": "Yours."})
        if number % 3:
            sam.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    recorded(account, "requests")


@pytest.mark.usefixtures("played")
def test_figures_and_records_are_files_for_spreadsheets(sam: Client, administrator: Client) -> None:
    wanted = {"name": "By team", "subject": "requests", "groups": ["team"], "days": 60}
    path = f"reports/{sam.post('reports', wanted)['id']}"
    told = sam.get(f"{path}/figures")["figures"]
    answer = sam.send("GET", f"{path}/figures?export_format=csv")
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[0] == ["bucket", "from", "until", "team", "count"]
    names = [(each["group"]["team"] or {"name": ""})["name"] for each in told]
    assert [(line[3], int(line[4])) for line in lines[1:]] == [
        (name, each["values"]["count"]) for name, each in zip(names, told, strict=True)
    ]
    records = list(
        csv.reader(sam.send("GET", f"{path}/records?export_format=csv&per_page=2").text.splitlines())
    )
    assert len(records) - 1 == sum(each["values"]["count"] for each in told)
    administrator.patch(f"teams/{told[0]['group']['team']['id']}", {"name": "=2+2"})
    again = sam.send("GET", f"{path}/figures?export_format=csv").text
    assert "'=2+2" in again
    assert ",=2+2" not in again
    assert sam.send("GET", f"{path}/figures?export_format=pdf").status_code == 422


@pytest.mark.usefixtures("played")
def test_what_is_more_than_a_file_holds_is_refused(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"reports/{sam.post('reports', {'name': 'All', 'subject': 'requests', 'days': 60})['id']}/records"
    number = len(sam.get(path, per_page=100))
    monkeypatch.setattr(reports, "MOST_IN_A_FILE", number)
    assert len(sam.send("GET", f"{path}?export_format=csv").text.splitlines()) == number + 1
    monkeypatch.setattr(reports, "MOST_IN_A_FILE", number - 1)
    refused = sam.send("GET", f"{path}?export_format=csv")
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (422, "too_many_records")
    assert f"more than {number - 1} records" in refused.text


@pytest.mark.usefixtures("played")
def test_figures_and_records_are_workbooks(sam: Client, administrator: Client) -> None:
    measured = {"moment": "completed_at", "measures": ["count", "resolution_median"]}
    wanted = {"name": "Workbook", "subject": "requests", "groups": ["team"], "days": 60, **measured}
    path = f"reports/{sam.post('reports', wanted)['id']}"
    zone = "Asia/Tokyo"
    told = sam.get(f"{path}/figures", time_zone=zone)["figures"]
    administrator.patch(f"teams/{told[0]['group']['team']['id']}", {"name": "=3+3"})
    told = sam.get(f"{path}/figures", time_zone=zone)["figures"]
    head, *lines = rows_of(sam.send("GET", f"{path}/figures?time_zone={zone}&export_format=xlsx").data)
    assert head == ("bucket", "from", "until", "team", "count", "resolution_median (minutes)")
    days = [tuple(datetime.fromisoformat(each[name]) for name in ("from", "until")) for each in told]
    names = [(each["group"]["team"] or {"name": None})["name"] for each in told]
    assert [line[1:] for line in lines] == [
        (*of, name, *each["values"].values()) for of, name, each in zip(days, names, told, strict=True)
    ]
    assert any(line[3] == "=3+3" for line in lines)
    asked = {"time_zone": zone, "fields": "id,completed_at"}
    records = sam.get(f"{path}/records", **asked, per_page=100)
    answer = sam.send("GET", f"{path}/records?{urlencode(asked)}&export_format=xlsx&per_page=2")
    head, *lines = rows_of(answer.data)
    assert head == ("id", f"completed_at ({zone})")
    ended = {each["id"]: datetime.fromisoformat(each["completed_at"]) for each in records}
    assert dict(lines) == {id: at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for id, at in ended.items()}


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert not any(cell.data_type == "f" for row in sheet for cell in row)
    return list(sheet.values)
