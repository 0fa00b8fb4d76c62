"""What reports must tell, by a plain loop over the API's records: it knows of no rows, cells or counts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

Made = dict[str, Any]
Get = Callable[..., Any]

ACCOUNT: Final = "widget"
DAY: Final = timedelta(days=1)
_QUANTILES: Final = {"median": 0.5, "90th_percentile": 0.9}


class Oracle:
    """Reads all records of an account once, and makes figures of them."""

    def __init__(self, get: Get, now: datetime, account: str) -> None:
        self._get = get
        self._now = now
        self._account = account
        self._read: dict[str, list[Made]] = {}

    def figures(self, report: Made, zone: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        """{(bucket, *group): {measure: figure}}."""
        today = self._now.astimezone(ZoneInfo(zone)).date()
        first = today - DAY * (report["days"] - 1)
        moment = report["moment"] or {"periods": "ended_at", "affected_slas": "started_at"}.get(
            report["subject"], "created_at"
        )
        records = self._records(report["subject"])
        within: dict[Any, list[Made]] = defaultdict(list)
        for each in records:
            if each[moment] is None:
                continue
            day = _at(each[moment]).astimezone(ZoneInfo(zone)).date()
            if first <= day <= today:
                within[_bucket(day, report["bucket"])].append(each)
        days = [first + DAY * n for n in range((today - first).days + 1)]
        told = {}
        for bucket in dict.fromkeys(_bucket(day, report["bucket"]) for day in days):
            last = max(day for day in days if _bucket(day, report["bucket"]) == bucket)
            end = datetime.combine(last + DAY, time(), ZoneInfo(zone)).astimezone(UTC)
            still = [
                each
                for each in records
                if "open" in report["measures"]
                and _at(each["created_at"]) < end
                and (each["completed_at"] is None or _at(each["completed_at"]) >= end)
            ]
            groups = {_group(report, each) for each in [*within[bucket], *still]}
            for group in groups:
                among = [each for each in within[bucket] if _group(report, each) == group]
                left = [each for each in still if _group(report, each) == group]
                told[(bucket and bucket.isoformat(), *group)] = {
                    name: _figure(name, among, left, within[bucket]) for name in report["measures"]
                }
        return told

    def differences(self, report: Made, told: list[Made], expected: dict[tuple[Any, ...], Any]) -> list[str]:
        """Where what was told is another than what was expected; percentiles may be off as ADR 34 says."""
        found = {}
        for each in told:
            group = [_plain(each["group"][name]) for name in report["groups"]]
            found[(each["bucket"], *group)] = each["values"]
        wrong = [f"{key}: {found.get(key)} for {expected.get(key)}" for key in expected.keys() ^ found.keys()]
        for key in expected.keys() & found.keys():
            for name, value in expected[key].items():
                got = found[key][name]
                near = name.endswith(tuple(_QUANTILES)) and None not in (got, value)
                if (abs(got - value) > 0.01 * value + 0.5) if near else got != value:
                    wrong.append(f"{key} {name}: {got} for {value}")
        return wrong

    def _records(self, subject: str) -> list[Made]:
        if subject not in self._read:
            self._read[subject] = list(getattr(self, f"_{subject}")())
        return self._read[subject]

    def _all(self, path: str, **asked: Any) -> list[Made]:
        found: list[Made] = []
        while True:
            page = self._get(path, per_page=100, page=len(found) // 100 + 1, **asked)
            found += page
            if len(page) < 100:
                return found

    def _timelines(self) -> Iterator[tuple[Made, list[Made]]]:
        for each in self._all("requests", fields="*"):
            yield each, self._get(f"requests/{each['id']}/timeline/periods", per_page=100)

    def _requests(self) -> Iterator[Made]:
        for each, periods in self._timelines():
            held = [one["account"]["id"] for one in periods if one.get("account")]
            in_turn = [one for n, one in enumerate(held) if n == 0 or held[n - 1] != one]
            others = [one for one in in_turn if one != self._account]
            teams = {one["team"]["id"] for one in periods if one["team"]}
            own = "first_team" if len(teams) <= 1 else "account"
            yield {
                **each,
                "reach": "other_account" if others else own,
                "minutes": each["resolution_duration"],
                "returned": int(self._account in in_turn[1:]),
                "ping_pong": int(len(set(others)) < len(others)),
                "reopened": int(each["reopen_count"] > 0),
            }

    def _periods(self) -> Iterator[Made]:
        for _, periods in self._timelines():
            for n, each in enumerate(periods):
                account = (each.get("account") or {}).get("id")
                before = (periods[n - 1].get("account") or {}).get("id") if n else account
                yield {
                    **each,
                    "account": account,
                    "ended_at": each["until"],
                    "minutes": each["duration"],
                    "passed": int(account != before),
                }

    def _affected_slas(self) -> Iterator[Made]:
        for each in self._all("affected_slas", fields="*"):
            for goal in ("response", "resolution"):
                actual, target = each[f"actual_{goal}_at"], each[f"{goal}_target_at"]
                each[f"{goal}_decided"] = int(actual is not None and target is not None)
                each[f"{goal}_met"] = int(each[f"{goal}_decided"] and _at(actual) <= _at(target))
                each[f"{goal}_minutes"] = each[f"actual_{goal}_duration"]
            yield each


def _figure(name: str, among: list[Made], still: list[Made], all_: list[Made]) -> Any:
    if name == "open":
        return len(still)
    if name == "count":
        return len(among)
    if name in ("returned", "ping_pong", "reopened"):
        return sum(each[name] for each in among)
    if name == "handovers":
        return sum(each["passed"] for each in among)
    if name == "holding":
        return sum(each["minutes"] for each in among)
    if name == "holding_share":
        return _percent(sum(each["minutes"] for each in among), sum(each["minutes"] for each in all_))
    if name == "reopen_rate":
        return _percent(sum(each["reopened"] for each in among), len(among))
    if name in ("response_met", "resolution_met"):
        decided = [each for each in among if each[name.replace("met", "decided")]]
        return _percent(sum(each[name] for each in decided), len(decided))
    what, _, share = name.partition("_")
    field = f"{what}_minutes" if among and f"{what}_minutes" in among[0] else "minutes"
    values = sorted(each[field] for each in among if each[field] is not None)
    return values[math.ceil(_QUANTILES[share] * len(values)) - 1] if values else None


def _percent(part: int, of: int) -> float | None:
    return round(100 * part / of, 1) if of else None


def _group(report: Made, record: Made) -> tuple[Any, ...]:
    return tuple(_plain(record[name]) for name in report["groups"])


def _plain(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) else value


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _bucket(day: date, bucket: str | None) -> date | None:
    if bucket is None:
        return None
    return {"day": day, "week": day - DAY * day.weekday(), "month": day.replace(day=1)}[bucket]
