"""What reports count from is made anew while events arrive: it ends as at rest, and as if nothing had been
touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from services.common.context import Caller
from services.common.errors import Unavailable
from services.reporting.actions import counting, founding, rebuilding
from services.reporting.store import ROWS
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.events import followed, recorded, report, said
from tests.integration.gateway.made import promised_to_all

Made = dict[str, Any]
Happens = Callable[[], object]
NOWHERE = 90_000
"""An id of nothing."""


@dataclass
class Between:
    """Calls others, and has something happen `before` they look, or `after` they have answered: by who is
    asked for what follows which record, for the how manieth time.
    """

    caller: Caller
    happens: dict[tuple[str, str, int | None, int], Happens]
    asked: Counter[tuple[str, int | None]] = field(default_factory=Counter)

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **named: Any) -> Any:
        page = (service, args[0])
        self.asked[page] += 1
        self._happen("before", *page)
        answer = self.caller.call(service, method, actor, *args, **named)
        self._happen("after", *page)
        return answer

    def _happen(self, when: str, service: str, after: int | None) -> None:
        happens = self.happens.pop((when, service, after, self.asked[service, after]), None)
        if happens is not None:
            happens()


def _away() -> None:
    raise Unavailable("service_silent", "It did not answer.")


class News:
    """What is said from now on is heard, the latest first, all of it twice, and what was said first last."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._heard = {of: self._ids(of) for of in ("slas", "requests")}

    def arrive(self) -> None:
        for of, heard in self._heard.items():
            fresh = [body for body in said(self._account, of) if (body["id"], body["version"]) not in heard]
            heard |= {(body["id"], body["version"]) for body in fresh}
            first = [body for body in said(self._account, of) if body["version"] == 1]
            late = [body for body in first if body["id"] in {each["id"] for each in fresh}]
            report(self._account, of, [*reversed(fresh), *fresh, *late])

    def _ids(self, of: str) -> set[tuple[int, int]]:
        return {(body["id"], body["version"]) for body in said(self._account, of)}


@pytest.fixture(scope="module")
def sam(account: Account) -> Client:
    return account.person("Sam Specialist", "specialist")[1]


@pytest.fixture(scope="module")
def paths(account: Account, administrator: Client, sam: Client) -> list[str]:
    """Requests that have come some way, and were heard of."""
    team = administrator.post("teams", {"name": "First", "members": [sam.get("me")["id"]]})
    service = administrator.post("services", {"name": "Mail"})
    targets = {"response_target_low": 30, "resolution_target_low": 240, "status": "available"}
    offering = administrator.post(
        "service_offerings", {"name": "Mail", "service_id": service["id"], **targets}
    )
    instance = administrator.post(
        "service_instances", {"name": "Mail", "service_id": service["id"], "support_team_id": team["id"]}
    )
    promised_to_all(administrator, instance, offering)
    made = []
    for number in range(7):
        asked = {"subject": f"Number {number}", "category": "incident", "impact": "low"}
        path = f"requests/{sam.post('requests', {**asked, 'service_instance_id': instance['id']})['id']}"
        account.clock.step(minutes=9)
        sam.patch(path, {"status": "in_progress", "note": "Looking."})
        account.clock.step(hours=5)
        if number % 3:
            sam.patch(path, {"status": "completed", "completion_reason": "solved", "note": "Done."})
        made.append(path)
    founding.found(account.contexts["reporting"])
    followed(account)
    recorded(account, "slas", "requests")
    return made


def kept(account: Account) -> dict[str, dict[Any, Made]]:
    """All rows; not how often they were saved, nor where they were counted once."""
    database = account.contexts["reporting"].database
    found: dict[str, dict[Any, Made]] = {}
    for each in ROWS:
        rows = {row.pop("_id"): row for row in database[each.name].find({})}
        for row in rows.values():
            row.pop("revision", None)
            row.pop("left", None)
            row["sla_ids"] = sorted(row.get("sla_ids", ()))
        found[each.name] = rows
    return found


def told(client: Client) -> dict[str, Any]:
    """What every report tells."""
    reports = client.get("reports", per_page=100)
    return {each["name"]: client.get(f"reports/{each['id']}/figures")["figures"] for each in reports}


def spoiled(account: Account) -> None:
    """Rows go, say something else, or are of nothing, and what was counted is wrong."""
    context = account.contexts["reporting"]
    counting.count_ahead(context)
    requests, periods, notes, slas = (context.database[each.name] for each in ROWS)
    ids = [each["_id"] for each in requests.find({}).sort([("_id", 1)])]
    later = timedelta(days=3)
    requests.delete_one({"_id": ids[0]})
    wrong = {"version": 999, "category": "rfc", "marks": [], "sla_ids": [NOWHERE]}
    requests.update_one({"_id": ids[1]}, {"$set": wrong})
    moved = requests.find_one({"_id": ids[2]}) or {}
    requests.update_one({"_id": ids[2]}, {"$set": {"created_at": moved["created_at"] - later, "odd": 1}})
    requests.update_one({"_id": ids[5]}, {"$set": {"version": 999, "reach": "account"}})
    periods.delete_many({"request_id": ids[3]})
    some = periods.find_one({"request_id": ids[4]}) or {}
    periods.insert_one({**some, "_id": "another", "minutes": 1})
    periods.insert_one({**some, "_id": "of nothing", "request_id": NOWHERE + 1})
    note = notes.find_one({"request_id": ids[4]}) or {}
    notes.update_one(
        {"_id": note["_id"]}, {"$set": {"visibility": "internal", "created_at": moved["created_at"]}}
    )
    notes.delete_many({"request_id": ids[1]})
    notes.insert_one({**note, "_id": NOWHERE})
    notes.insert_one({**note, "_id": NOWHERE + 1, "request_id": NOWHERE + 1})
    requests.insert_one({**moved, "_id": NOWHERE})
    periods.insert_one({**some, "_id": "of nobody", "request_id": NOWHERE})
    sla = slas.find_one({}, sort=[("_id", 1)]) or {}
    slas.insert_one({**sla, "_id": NOWHERE, "version": 1})
    slas.update_one({"_id": sla["_id"]}, {"$set": {"version": 999, "response_met": 7}})
    slas.delete_one({"_id": sla["_id"] + 2})
    context.database["touched"].delete_many({})
    context.database["counts"].update_many({}, {"$set": {"cells": []}})


def differences(one: Made, other: Made) -> list[str]:
    """Where two things of dictionaries differ, as far down as both have them."""
    found = []
    for name in sorted(one.keys() | other.keys(), key=str):
        left, right = one.get(name), other.get(name)
        if isinstance(left, dict) and isinstance(right, dict):
            found += [f"{name} › {each}" for each in differences(left, right)]
        elif left != right:
            found.append(f"{name}: {left} for {right}")
    return found


def rebuilt(account: Account, sam: Client, administrator: Client) -> Made:
    """A rebuild at rest, to its end."""
    administrator.post("reporting/rebuild", {}, 200)
    rebuilding.work(account.contexts["reporting"], at_once=3)
    done: Made = administrator.get("reporting/rebuild")
    assert done["state"] == "done", done
    return done


def test_it_ends_as_at_rest_and_as_if_nothing_had_been_touched(
    account: Account, administrator: Client, sam: Client, paths: list[str]
) -> None:
    context, news = account.contexts["reporting"], News(account)
    whole = kept(account)
    spoiled(account)
    assert kept(account) != whole

    def happen(number: int, **changes: Any) -> Happens:
        def does() -> None:
            account.clock.step(minutes=11)
            sam.patch(paths[number % len(paths)], {**changes, "note": "Meanwhile."})
            if changes:
                followed(account)
            news.arrive()

        return does

    def registered() -> None:
        account.clock.step(minutes=3)
        sam.post("requests", {"subject": "Another", "category": "other"})
        news.arrive()

    back, done = {"status": "assigned"}, {"status": "completed", "completion_reason": "solved"}
    between = Between(
        context.rpc,
        {
            ("after", "requests", None, 1): happen(2),
            ("before", "slas", None, 2): happen(1, **back),
            ("after", "slas", None, 3): happen(0, **done),  # its row is wrong, and is about to be made anew
            ("after", "slas", None, 4): happen(2, **back),
            ("before", "slas", 3, 1): _away,
            ("after", "slas", 3, 2): happen(4, **back),
            ("before", "requests", None, 2): happen(0),
            ("after", "requests", None, 2): happen(2),
            ("after", "requests", None, 3): happen(1),  # likewise
            ("after", "requests", 3, 1): registered,
            ("before", "requests", 3, 2): happen(5),
            ("after", "requests", 3, 3): happen(4),
            ("before", "requests", 6, 1): happen(0),  # its page is done
            ("after", "requests", 6, 1): registered,
            ("after", "requests", 9, 3): happen(6),
        },
    )
    live = replace(context, rpc=between)
    assert administrator.get("reporting/rebuild")["state"] == "never"
    begun = administrator.post("reporting/rebuild", {}, 200)
    assert (begun["state"], begun["line"]) == ("queued", 0)
    with pytest.raises(Unavailable):
        rebuilding.work(live, at_once=3)
    assert administrator.post("reporting/rebuild", {}, 200)["created_at"] == begun["created_at"]
    rebuilding.work(live, at_once=3)
    job = administrator.get("reporting/rebuild")
    assert job["state"] == "done", job
    assert job["line"] == job["lines"] >= 14
    assert job["removed"] > 5
    assert context.database["counts"].count_documents({}) == 0

    ended, figures = kept(account), told(sam)
    at_rest = rebuilt(account, sam, administrator)
    assert differences(ended, kept(account)) == []
    assert (told(sam), at_rest["removed"]) == (figures, 0)
    for name in (*(each.name for each in ROWS), "touched", "counts"):
        context.database[name].delete_many({})
    recorded(account, "slas", "requests")
    assert differences(ended, kept(account)) == []
    assert told(sam) == figures
    assert between.happens == {}, between.asked


@pytest.mark.usefixtures("paths")
def test_what_was_recorded_before_it_was_heard_is_made_of_what_is_there(
    account: Account, administrator: Client, sam: Client
) -> None:
    whole, figures = kept(account), told(sam)
    for each in ROWS:
        account.contexts["reporting"].database[each.name].delete_many({})
    assert rebuilt(account, sam, administrator)["removed"] == 0
    assert differences(whole, kept(account)) == []
    assert told(sam) == figures


def test_administrators_ask_for_it(account: Account, sam: Client) -> None:
    for method in ("GET", "POST"):
        assert sam.send(method, "reporting/rebuild").status_code == 403
