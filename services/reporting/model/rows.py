"""Projections: the row of a record as reports count it, by pure functions of what was said of it.

    requests        one row per request          request.recorded (the newest version), affected_sla.recorded
    periods         one per period of a request   the marks of request.recorded
    notes           one per note                  request.recorded; a note never changes
    affected_slas   one per affected SLA          affected_sla.recorded (the newest version)

What a report measures stands in the row as a number: 0 or 1 for what is counted, whole minutes for what took
time. So every figure is a sum over rows, and the rows of a figure are found by a filter.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.reporting.model.holding import accounts, periods, with_mark

Document = dict[str, Any]

#: How far a request went: its first team had it all the time, another of the account had it, another account.
FIRST_TEAM, ACCOUNT, CROSSED = "first_team", "account", "other_account"


def apply(row: Mapping[str, Any], event: Mapping[str, Any], account: str) -> Document:
    """The request's row after `request.recorded`. What is doubled or late changes nothing but that a mark
    that was missing is there."""
    marks = with_mark(row.get("marks", ()), event["mark"])
    newer = event["version"] > row.get("version", 0)
    told = {**event["record"], "version": event["version"]} if newer else {}
    return _request({**row, **told}, marks, account)


def whole(row: Mapping[str, Any], told: Mapping[str, Any], account: str) -> Document:
    """The request's row after all that was said of it (`requests.model.recorded`): whatever else the row
    says is dropped, but what events have told meanwhile of a newer version."""
    kept = {name: row[name] for name in ("_id", "revision", "sla_ids", "left") if name in row}
    said, version, marks = {**told["record"]}, told["version"], list(told["marks"])
    if row.get("version", 0) > version:
        said |= {name: row[name] for name in said if name in row}
        version = row["version"]
        marks += [mark for mark in row.get("marks", ()) if mark["n"] > told["n"]]
    return _request({**kept, **said, "version": version}, marks, account)


def periods_of(request: Mapping[str, Any]) -> list[Document]:
    """The rows of a request's periods; `_id` is made of the request's id and the moment it began."""
    return [
        {
            "_id": f"{request['_id']}:{each['started_at']:%Y%m%d%H%M%S%f}",
            "request_id": request["_id"],
            **{name: request.get(name) for name in ("category", "impact", "service_instance_id")},
            **{name: value for name, value in each.items() if name != "n"},
        }
        for each in periods(request["marks"])
    ]


def notes_of(event: Mapping[str, Any]) -> list[Document]:
    """The rows of the notes that `request.recorded` brings."""
    return [
        {
            **{name: note[name] for name in ("created_at", "medium", "account", "person_id")},
            "_id": note["id"],
            "request_id": event["id"],
            "visibility": "internal" if note["internal"] else "public",
        }
        for note in event["notes"]
    ]


def affected_sla(event: Mapping[str, Any]) -> Document:
    """The row of `affected_sla.recorded`. Met or not is decided when it is responded to, or resolved."""
    record = event["record"]
    row = {"_id": event["id"], "version": event["version"], **record}
    for goal, at in (("response", record["responded_at"]), ("resolution", record["resolved_at"])):
        target = record[f"{goal}_target_at"]
        decided = target is not None and at is not None
        row[f"{goal}_decided"] = int(decided)
        row[f"{goal}_met"] = int(decided and at <= target)
        row[f"{goal}_minutes"] = record[f"actual_{goal}_duration"]
        del row[f"actual_{goal}_duration"]
    return row


def _request(said: Mapping[str, Any], marks: Iterable[Mapping[str, Any]], account: str) -> Document:
    known = {name: value for name, value in said.items() if name != "open"}
    known["marks"] = list(marks)
    live = {"open": True} if known["completed_at"] is None else {}
    return {**known, **live, **_measured(known, account)}


def _measured(request: Mapping[str, Any], account: str) -> Document:
    held = periods(request["marks"])
    in_turn = accounts(held)
    others = [each for each in in_turn if each != account]
    completed = request.get("completed_at")
    return {
        "holder": held[-1]["account"] if held and held[-1]["ended_at"] is None else None,
        "reach": _reach(in_turn, account, (each["team_id"] for each in held)),
        "reopened": int(request.get("reopen_count", 0) > 0),
        "returned": int(account in in_turn[1:]),
        "ping_pong": int(len(others) > len(set(others))),
        "minutes": completed and int((completed - request["created_at"]).total_seconds() // 60),
    }


def _reach(in_turn: list[str], account: str, teams: Iterable[int | None]) -> str:
    if any(each != account for each in in_turn):
        return CROSSED
    return FIRST_TEAM if len({id for id in teams if id is not None}) <= 1 else ACCOUNT
