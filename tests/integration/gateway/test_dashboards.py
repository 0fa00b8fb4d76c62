"""The pages of dashboards: what the API tells, as charts and tables, to whom it tells it."""

from __future__ import annotations

import re
from base64 import b64decode
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, quote
from xml.etree import ElementTree

import openpyxl
import pytest

from services.reporting.actions import founding
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.browsing import Browser, signed_in
from tests.integration.gateway.events import followed, recorded

Made = dict[str, Any]
HOSTILE = "\"'><script>alert(1)</script>{{7*7}} javascript:alert(2)"


@pytest.fixture(scope="module")
def sam(account: Account) -> tuple[Browser, Client]:
    return signed_in(account, "Sam Specialist", "specialist")


@pytest.fixture(scope="module")
def board(account: Account, administrator: Client, sam: tuple[Browser, Client]) -> Made:
    """Of two reports of requests in two teams, one of which has a name to be careful with."""
    member = [sam[1].get("me")["id"]]
    teams = [administrator.post("teams", {"name": name, "members": member}) for name in ("Desk", HOSTILE)]
    for number in range(10):
        made = sam[1].post("requests", {"subject": f"Nr {number} {HOSTILE}", "category": "incident"})
        path, team = f"requests/{made['id']}", teams[number % 5 == 4]["id"]
        sam[1].patch(path, {"team_id": team, "note": "Yours."})
        if number % 2:
            account.clock.step(minutes=2)
            sam[1].patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    founding.found(account.contexts["reporting"])
    followed(account)
    recorded(account, "requests")
    by_team = {
        "name": f"By team {HOSTILE}",
        "subject": "requests",
        "groups": ["team"],
        "measures": ["count", "resolution_median", "reopen_rate"],
    }
    backlog = {"name": "Backlog", "subject": "requests", "measures": ["open"], "bucket": "day", "days": 9}
    ids = [sam[1].post("reports", each)["id"] for each in (by_team, backlog)]
    made = sam[1].post("dashboards", {"name": f"Mine {HOSTILE}", "description": HOSTILE, "reports": ids})
    return dict(made)


def figures_in(page: str) -> list[tuple[str, str]]:
    """`(what it shows, where it leads)`"""
    found = re.findall(r'class="number" data-label="[^"]*"><span><a href="([^"]+)">([^<]+)</a>', page)
    return [(text, unescape(href)) for href, text in found]


def files_in(page: str, what: str) -> list[str]:
    """Where the files are: CSV, XLSX, and so on."""
    return [unescape(href) for href in re.findall(rf'href="([^"]+)">{what} as an? (?:CSV|Excel) file', page)]


def sheet(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True))


def test_every_figure_is_the_apis_and_leads_to_as_many_records(
    sam: tuple[Browser, Client], board: Made
) -> None:
    browser, client = sam
    page = browser.page(f"/dashboards/{board['id']}")
    told = client.get(f"dashboards/{board['id']}/figures")
    shown = figures_in(page)
    counted = [each["values"]["count"] for each in told[0]["figures"]]
    assert [int(text) for text, _ in shown[: 3 * len(counted) : 3]] == counted
    backlog = [f"{each['values']['open']}" for each in told[1]["figures"]]
    assert [text for text, _ in shown[-len(backlog) :]] == backlog[::-1]
    for text, href in shown[:6:3]:
        seen, path = [], f"{href}&per_page=3"
        while path:
            records = browser.page(path)
            assert f"{text} requests behind this figure" in records
            seen += re.findall(r'class="of-id"><span><a href="/requests/(\d+)"', records)
            following = re.search(r'rel="next" href="([^"]+)"', records)
            path = f"/dashboards/{board['id']}/records{unescape(following[1])}" if following else ""
        assert len(seen) == len(set(seen)) == int(text)
    assert browser.page(f"/requests/{seen[0]}")
    assert "Days begin and end in" in page


def test_a_chart_is_a_picture_without_a_script_and_the_table_has_it_in_words(
    sam: tuple[Browser, Client], board: Made
) -> None:
    page = sam[0].page(f"/dashboards/{board['id']}")
    assert "<script" not in page
    charts = re.findall(r'<img class="chart" src="([^"]+)" alt="([^"]+)"', page)
    assert len(charts) == 2
    assert unescape(charts[0][1]).startswith("Bar chart: Resolution, median by Team")
    for src, _ in charts:
        kind, _, svg = src.partition(",")
        assert kind == "data:image/svg+xml;base64"
        tags = {str(each.tag).rpartition("}")[2] for each in ElementTree.fromstring(b64decode(svg)).iter()}
        assert not tags & {"script", "a", "image", "foreignObject", "use"}


def test_figures_and_records_are_files(sam: tuple[Browser, Client], board: Made) -> None:
    page = sam[0].page(f"/dashboards/{board['id']}")
    count, href = figures_in(page)[0]
    csv, workbook = files_in(page, "These figures")[:2]
    told = sam[0].get(csv)
    assert told.mimetype == "text/csv"
    assert told.text.splitlines()[0].endswith("team,count,resolution_median,reopen_rate")
    heads, *lines = sheet(sam[0].get(workbook).data)
    assert heads[-2:] == ("resolution_median (minutes)", "reopen_rate (percent)")
    assert len(lines) == len(told.text.splitlines()) - 1
    csv, workbook = files_in(sam[0].page(f"{href}&per_page=3"), "These records")
    for file in (csv, workbook):
        assert "search_after" not in file
    path = f"/dashboards/{board['id']}/records"
    assert len(sam[0].get(f"{path}{csv}").text.splitlines()) == 1 + int(count)
    assert len(sheet(sam[0].get(f"{path}{workbook}").data)) == 1 + int(count)
    refused = sam[0].get(files_in(page, "These figures")[0].replace("=csv", "=pdf"))
    assert (refused.status_code, "must be one of: csv, xlsx" in refused.text) == (422, True)


def test_who_sees_no_dashboard_is_led_to_none(
    account: Account, sam: tuple[Browser, Client], board: Made
) -> None:
    end_user, _ = signed_in(account, "Eve Enduser")
    assert 'href="/dashboards"' in sam[0].page("/requests/open")
    assert 'href="/dashboards"' not in end_user.page("/requests/open")
    assert "No dashboards here" in end_user.page("/dashboards")
    ann, _ = signed_in(account, "Ann Specialist", "specialist")
    assert "Service desk" in ann.page("/dashboards")
    report = board["reports"][0]["id"]
    for who in (end_user, ann):
        for below in ("", f"/figures/{report}", f"/records?report={report}"):
            assert who.get(f"/dashboards/{board['id']}{below}").status_code == 404


def test_every_account_has_one_to_look_at(sam: tuple[Browser, Client], board: Made) -> None:
    listed = sam[0].page("/dashboards")
    id = re.search(r'href="/dashboards/(\d+)">Service desk<', listed)
    assert id
    assert len(re.findall(r'<section class="report"', sam[0].page(f"/dashboards/{id[1]}"))) == 8


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("from=yesterday", "From"),
        ("from=2026-02-01&until=2026-01-01", "From must not be after until"),
        ("time_zone=Mars", "Time zone"),
    ],
)
def test_days_that_can_not_be_are_told_and_the_form_keeps_them(
    sam: tuple[Browser, Client], board: Made, asked: str, told: str
) -> None:
    response = sam[0].get(f"/dashboards/{board['id']}?{asked}")
    assert response.status_code == 422
    assert re.search(rf'role="alert".*<li>{told}', response.text, re.DOTALL)
    for name, (value,) in parse_qs(asked).items():
        assert re.search(rf'name="{name}" value="{value}"', response.text)
    assert "No reports on this dashboard" not in response.text


def test_a_parameter_that_there_is_not_is_named(sam: tuple[Browser, Client], board: Made) -> None:
    response = sam[0].get(f"/dashboards/{board['id']}?colour={quote('<b>')}")
    assert response.status_code == 422
    assert "That could not be understood" in response.text
    assert "<code>colour</code>" in response.text
    assert "Validation Failed" not in response.text


def test_accounts_are_called_by_their_names(sam: tuple[Browser, Client], board: Made) -> None:
    listed = sam[1].get("reports", per_page=100)
    (shares,) = (each["id"] for each in listed if each["sourceID"] == "time-per-account")
    made = sam[1].post("dashboards", {"name": "Shares", "reports": [shares]})
    page = sam[0].page(f"/dashboards/{made['id']}")
    assert 'data-label="Account"><span class="subject">Widget Data Center<' in page
    records = sam[0].page(figures_in(page)[1][1])
    assert 'class="of-account"><span>Widget Data Center<' in records


def test_days_without_anything_say_so(sam: tuple[Browser, Client], board: Made) -> None:
    page = sam[0].page(f"/dashboards/{board['id']}?from=2001-01-01&until=2001-01-02")
    assert "Nothing was counted in these days." in page
