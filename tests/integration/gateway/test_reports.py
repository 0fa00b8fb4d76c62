"""Reports over the API: every figure is what a plain loop over the API's records gives, and leads to exactly
the records that it counts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from services.common import bus_json
from services.reporting.actions import counting, founding, recording
from services.reporting.model import days, rows
from services.reporting.model.days import Span
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import followed, recorded, report, said
from tests.integration.gateway.made import promised_to_all
from tests.reporting_oracle import ACCOUNT, Oracle

Made = dict[str, Any]


@pytest.fixture(scope="module")
def sam(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def rita(account: Account) -> tuple[Made, Client]:
    """A customer representative without any role."""
    return account.person("Rita Representative")


@pytest.fixture(scope="module")
def teams(administrator: Client, sam: Client) -> list[Made]:
    members = [sam.get("me")["id"]]
    return [administrator.post("teams", {"name": name, "members": members}) for name in ("First", "Second")]


@pytest.fixture(scope="module")
def slas(administrator: Client, teams: list[Made], rita: tuple[Made, Client]) -> list[Made]:
    """Two, of two services; Rita represents the first one."""
    found = []
    for number, name in enumerate(("Hosting", "Mail")):
        service = administrator.post("services", {"name": name})
        targets = {"response_target_low": 30, "resolution_target_low": 240, "status": "available"}
        offering = administrator.post(
            "service_offerings", {"name": name, "service_id": service["id"], **targets}
        )
        instance = {"name": name, "service_id": service["id"], "support_team_id": teams[number]["id"]}
        sla = promised_to_all(administrator, administrator.post("service_instances", instance), offering)
        found.append(sla)
    administrator.post(f"slas/{found[0]['id']}/customer_representatives/{rita[0]['id']}", None, 200)
    return found


@pytest.fixture(scope="module")
def played(account: Account, administrator: Client, sam: Client, slas: list[Made], teams: list[Made]) -> None:
    """Requests over three weeks, in which clocks of Europe go forward, each in its own way."""
    account.clock.step(days=70)
    for number in range(9):
        sla = slas[number % 2]
        asked = {"subject": f"Number {number}", "category": "incident", "impact": "low"}
        instance = {"service_instance_id": sla["service_instance"]["id"]}
        path = f"requests/{sam.post('requests', {**asked, **instance})['id']}"
        account.clock.step(minutes=7 * (number + 1))
        sam.patch(path, {"status": "in_progress", "note": "Looking."})
        if number % 3 == 1:
            account.clock.step(hours=number)
            sam.patch(path, {"team_id": teams[(number + 1) % 2]["id"], "internal_note": "Yours."})
        if number % 4 == 2:
            sam.patch(path, {"status": "waiting_for_customer", "note": "Which?"})
            account.clock.step(hours=30)
            sam.patch(path, {"status": "in_progress", "internal_note": "Aha."})
        account.clock.step(hours=number * 5 % 11, minutes=3)
        if number not in (3, 8):
            sam.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
        if number in (5, 6):
            account.clock.step(hours=20)
            sam.patch(path, {"status": "assigned", "note": "Not at all."})
        if number == 6:
            account.clock.step(hours=1)
            sam.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Now it is."})
        account.clock.step(hours=26)
    sam.post("requests", {"subject": "No impact", "category": "other"})
    founding.found(account.contexts["reporting"])
    followed(account)
    recorded(account, "slas", "requests")


def founded(client: Client, key: str, path: str = "reports") -> Made:
    return next(each for each in client.get(path, per_page=100) if each["sourceID"] == key)


def figures(client: Client, report: Made, **asked: Any) -> list[Made]:
    told: list[Made] = client.get(f"reports/{report['id']}/figures", **asked)["figures"]
    return told


def drilled(client: Client, url: str) -> tuple[int, list[Made]]:
    split = urlsplit(url)
    response = client.send("GET", f"{split.path.removeprefix('/v1/')}?{split.query}&per_page=100")
    assert response.status_code == 200, response.text
    return int(response.headers["X-Pagination-Total-Entries"]), cast(list[Made], response.json)


@pytest.fixture(scope="module")
def oracle(account: Account, sam: Client, played: None) -> Oracle:
    return Oracle(sam.get, account.clock.now(), ACCOUNT)


@pytest.mark.parametrize("key", sorted(founding.REPORTS))
def test_every_figure_is_what_a_plain_loop_over_the_records_gives(
    sam: Client, account: Account, oracle: Oracle, key: str
) -> None:
    report, zone = sam.get(f"reports/{founded(sam, key)['id']}"), "Europe/Amsterdam"
    expected = oracle.figures(report, zone)
    told = figures(sam, report, time_zone=zone)
    assert expected
    assert oracle.differences(report, told, expected) == []
    for each in told[-4:]:
        for measure, url in each["records"].items():
            total, records = drilled(sam, url)
            assert total == len(records)
            if measure in ("count", "open", "returned", "ping_pong", "reopened", "handovers"):
                assert total == each["values"][measure], (key, each)


@pytest.mark.usefixtures("played")
def test_what_was_counted_ahead_is_told_as_long_as_nothing_has_changed(sam: Client, account: Account) -> None:
    report, context = founded(sam, "requests-by-week"), account.contexts["reporting"]
    told = figures(sam, report, time_zone="UTC")
    assert counting.count_ahead(context) > 0
    assert counting.count_ahead(context) == 0
    assert figures(sam, report, time_zone="UTC") == told
    # What is kept is what is told: the proof is that a wrong count would be.
    kept = context.database["counts"]
    for each in kept.find({"cells.n": {"$gt": 0}}):
        cells = [{**cell, "n": cell["n"] + 1} for cell in each["cells"]]
        kept.update_one({"_id": each["_id"]}, {"$set": {"cells": cells}})
    assert figures(sam, report, time_zone="UTC") != told
    recorded(account, "requests")  # said once more: nothing is different, and nothing is believed any more
    assert figures(sam, report, time_zone="UTC") == told


@pytest.mark.usefixtures("played")
def test_who_sees_a_report_is_whom_it_is_shared_with(
    account: Account, administrator: Client, sam: Client, teams: list[Made]
) -> None:
    ann = account.person("Ann Specialist", "specialist")[1]
    end_user = account.person("Eve Enduser")[1]
    made = sam.post("reports", {"name": "Sam's", "subject": "requests", "groups": ["team"]})
    path = f"reports/{made['id']}"
    ways = [
        ({}, False, True),
        ({"shared_with": "account"}, True, True),
        ({"shared_with": "teams", "teams": [teams[0]["id"]]}, False, True),
        ({"shared_with": "nobody", "teams": []}, False, True),
    ]
    for fields, seen_by_ann, seen_by_sam in ways:
        sam.patch(path, fields)
        for client, seen in (
            (ann, seen_by_ann),
            (sam, seen_by_sam),
            (administrator, True),
            (end_user, False),
        ):
            for below in ("", "/figures", "/records"):
                assert client.send("GET", path + below).status_code == (200 if seen else 404)
    sam.patch(path, {"shared_with": "account"})
    assert ann.send("PATCH", path, {"name": "Ann's"}).status_code == 403
    administrator.patch(path, {"name": "Everybody's"})


@pytest.mark.usefixtures("played")
def test_a_representative_sees_of_a_shared_dashboard_what_is_of_his_slas(
    administrator: Client, sam: Client, rita: tuple[Made, Client], slas: list[Made]
) -> None:
    client = rita[1]
    wanted = {"name": "All", "subject": "requests", "measures": ["count", "open"], "days": 60}
    all_ = sam.post("reports", wanted)
    met = founded(sam, "sla-met")
    ids = [each["id"] for each in slas]
    board = sam.post("dashboards", {"name": "Ours", "reports": [all_["id"], met["id"]], "slas": ids})
    path = f"dashboards/{board['id']}"
    of_requests, of_slas = client.get(f"{path}/figures")
    whole, _ = sam.get(f"{path}/figures")
    affected = {each["request"]["id"] for each in sam.get("affected_slas", sla=ids[0], per_page=100)}
    assert of_requests["figures"][0]["values"]["count"] == len(affected)
    assert whole["figures"][0]["values"]["count"] > len(affected)
    assert {each["group"]["sla"]["id"] for each in of_slas["figures"]} == {ids[0]}
    total, records = drilled(client, of_requests["figures"][0]["records"]["count"])
    assert ({each["request"]["id"] for each in records}, total) == (affected, len(affected))
    assert all(each["team"] is None and each["holder"] is None for each in records)
    # What has become none of her business since is left out.
    for change in ({"subject": "periods", "measures": ["count"]}, {"groups": ["team"]}):
        sam.patch(f"reports/{all_['id']}", change)
        assert [each["report"]["id"] for each in client.get(f"{path}/figures")] == [met["id"]]
        sam.patch(f"reports/{all_['id']}", {**wanted, "groups": []})
    # Nor is it whose else the dashboard is.
    team = administrator.post("teams", {"name": "Theirs"})
    sam.patch(path, {"shared_with": "teams", "teams": [team["id"]]})
    (listed,) = client.get("dashboards", fields="slas,teams")
    for seen in (client.get(path), listed):
        assert ([each["id"] for each in seen["slas"]], seen["teams"]) == ([ids[0]], [])
    # The report itself is not shared with her, and not what other representatives see.
    assert client.send("GET", f"reports/{all_['id']}/figures").status_code == 404
    assert [each["id"] for each in client.get("dashboards")] == [board["id"]]
    sam.patch(path, {"slas": [ids[1]]})
    assert client.send("GET", f"{path}/figures").status_code == 404
    by_team = sam.post("reports", {**wanted, "groups": ["team"]})
    for not_hers, why in ((founded(sam, "time-per-account"), "are no business"), (by_team, "by team")):
        refused = sam.send("PATCH", path, {"reports": [not_hers["id"]]})
        assert refused.status_code == 422
        assert '"slas"' in refused.text
        assert why in refused.text
    assert sam.send("PATCH", f"reports/{by_team['id']}", {"slas": ids}).status_code == 422


@pytest.mark.usefixtures("played")
def test_what_does_not_fit_together_is_refused_by_name(sam: Client) -> None:
    report = founded(sam, "push-to-front")
    for path, field in (
        (f"reports/{report['id']}/figures?from=yesterday", "from"),
        (f"reports/{report['id']}/figures?from=2026-01-02&until=2026-01-01", "from"),
        (f"reports/{report['id']}/figures?time_zone=Mars", "time_zone"),
        (f"reports/{report['id']}/figures?colour=red", "colour"),
        (f"reports/{report['id']}/records?measure=holding", "measure"),
        (f"reports/{report['id']}/records?colour=red", "colour"),
    ):
        answer = sam.send("GET", path)
        refused: Any = answer.json
        assert (answer.status_code, refused["errors"][0][0]) == (422, field), answer.text


@pytest.mark.usefixtures("played")
def test_too_many_figures_are_refused_before_they_are_made(
    sam: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"reports/{founded(sam, 'open-backlog')['id']}/figures"
    making = import_module("services.reporting.queries.figures")  # the package gives its function that name
    made: list[Any] = []

    def buckets(span: Span, bucket: str | None) -> Iterator[Any]:
        for each in days.buckets(span, bucket):
            made.append(each)
            yield each

    monkeypatch.setattr(making, "buckets", buckets)
    monkeypatch.setattr(making, "MAX_FIGURES", len(sam.get(path)["figures"]) - 5)
    whole = len(made)
    made.clear()
    refused = sam.send("GET", path)
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (422, "too_many_figures")
    assert cast(Any, refused.json)["errors"][0][0] == "report"
    assert len(made) < whole


def test_a_day_that_a_row_has_left_is_counted_anew_though_its_process_died(
    account: Account, sam: Client, played: None
) -> None:
    context = account.contexts["reporting"]

    def told() -> dict[str, list[Made]]:
        return {key: figures(sam, founded(sam, key), time_zone="UTC") for key in founding.REPORTS}

    context.database["counts"].delete_many({})
    path = f"requests/{sam.post('requests', {'subject': 'Again', 'category': 'other'})['id']}"
    account.clock.step(days=2)
    sam.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
    recorded(account, "requests")
    account.clock.step(days=2)
    assert counting.count_ahead(context) > 0
    before = told()
    sam.patch(path, {"status": "assigned", "note": "Not at all."})
    reopened = max(said(account, "requests"), key=lambda body: (body["id"], body["version"]))
    heard = bus_json.decode(bus_json.encode(reopened))
    recording.put_request(context, heard["id"], lambda row: rows.apply(row, heard, context.account))
    report(account, "requests", [reopened])  # it comes again to another process
    after = told()
    assert after != before
    context.database["counts"].delete_many({})
    assert told() == after
