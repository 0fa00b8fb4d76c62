"""The table of scenarios: read, played, and written as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from services.requests.model.situation import BEGUN
from services.slas.model.affected import Affected, Situation, followed, next_target
from services.slas.model.clocks import RESOLUTION, RESPONSE, Goal
from services.slas.model.coverage import Asking
from tests.unit.slas.scenarios.world import ACCOUNTS, TEAMS, ZONE, Account

TABLE = Path(__file__).with_name("affected_slas.txt")
_LOCAL = ZoneInfo(ZONE)
_START = Situation(datetime(2026, 3, 23, tzinfo=UTC), "assigned", "other")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """`rows`: the cells of each line; one without a time tells another SLA of the line before."""

    title: str
    account: str
    rows: tuple[Row, ...]


def scenarios() -> Iterator[Scenario]:
    title, account = "", ""
    rows: list[Row] = []
    for line in [*TABLE.read_text().splitlines(), "== end: nowhere"]:
        if line.startswith("== "):
            if rows:
                yield Scenario(title, account, tuple(rows))
            title, _, account = (part.strip() for part in line[3:].rpartition(":"))
            rows = []
        elif "|" in line and not line.startswith(("#", "when ")):
            rows.append(tuple(cell.strip() for cell in line.split("|")))


def played(scenario: Scenario) -> list[Row]:
    """The rows as they come out, when what their second cells say happens at the times of the first ones."""
    account = ACCOUNTS[scenario.account]()
    situation, asking, affected = _START, Asking(), dict[int, Affected]()
    found: list[Row] = []
    for when, what, *_ in scenario.rows:
        if not when:
            continue
        situation = replace(situation, at=moment(when))
        for said in what.split(", "):
            situation, asking = _happens(account, situation, asking, said)
        places = (situation.service_instance_id, situation.about_id)
        situation = replace(situation, above=account.above(*places))
        promises = [each.promise for each in account.slas.values()]
        affected = followed(affected, situation, promises, asking, account.terms)
        told = [_told(account, each, situation.at) for _, each in sorted(affected.items())]
        target = next_target(situation, affected.values())
        heads = [(when, what), *[("", "")] * len(told)]
        tails = [target if isinstance(target, str) else shown(target), *[""] * len(told)]
        for head, row, tail in zip(heads, told or [("-",) * 7], tails, strict=False):
            found.append((*head, *row, tail))
    return found


def _told(account: Account, each: Affected, now: datetime) -> Row:
    def target(goal: Goal) -> str:
        at = each.target_at(goal)
        return "-" if at is None else shown(at)

    def met(goal: Goal, at: datetime | None) -> str:
        counted = each.duration(goal)
        return "-" if at is None or counted is None else f"{shown(at)} {_hours(counted)}"

    return (
        account.name_of(each.sla_id),
        each.accountability,
        target(RESPONSE),
        met(RESPONSE, each.responded_at),
        target(RESOLUTION),
        met(RESOLUTION, each.ended_at),
        _hours(each.clock.stood(now)) + (" .." if each.clock.stands else ""),
    )


def _happens(account: Account, situation: Situation, asking: Asking, said: str) -> tuple[Situation, Asking]:
    word, _, rest = said.partition(" ")
    match word:
        case "incident":
            return replace(situation, category=word, impact=rest or None), asking
        case "rfc" | "rfi" | "order":
            return replace(situation, category=word, impact=None), asking
        case "impact":
            return replace(situation, impact=rest), asking
        case "by":
            return situation, account.people[rest]
        case "on":
            id = account.instances[rest]
            foreign = rest in ("Lines",) or (rest == "Hosting" and "Webshop" in account.instances)
            about = situation.about_id if foreign else id
            return replace(situation, service_instance_id=id, about_id=about), asking
        case "team":
            return replace(situation, team_id=TEAMS[rest]), asking
        case "under":
            agreement = account.slas[rest].promise.agreement
            return replace(situation, agreement=agreement), asking
        case "desired":
            desired = None if rest == "none" else moment(rest)
            return replace(situation, desired_completion_at=desired), asking
        case "provider":
            stops = {"not accountable": True, "accountable": False}[rest]
            return replace(situation, provider_not_accountable=stops), asking
        case "passed":
            return replace(situation, handed_down={"down": True, "back": False}[rest]), asking
        case "terms":
            name, changed = rest.split(": ")
            field, value = changed.split(" = ")
            account.slas[name].offering[field] = int(value)
            return situation, asking
        case "expires":
            sla = account.slas[rest]
            sla.promise = replace(sla.promise, status="expired")
            return situation, asking
        case "reason":
            return replace(situation, completion_reason=rest), asking
        case "-":
            return situation, asking
    return replace(situation, status=said, begun=said in BEGUN, completion_reason=None), asking


def moment(text: str) -> datetime:
    """`Mon 23 09:00`: that day of March 2026, or of April when it is before the 23rd."""
    weekday, day, time = text.split()
    month = 3 if int(day) >= 23 else 4
    local = datetime.fromisoformat(f"2026-{month:02}-{int(day):02}T{time}").replace(tzinfo=_LOCAL)
    assert local.strftime("%a") == weekday, f"{text} is no {weekday}"
    return local.astimezone(UTC)


def shown(at: datetime) -> str:
    return at.astimezone(_LOCAL).strftime("%a %d %H:%M")


def _hours(time: timedelta) -> str:
    minutes, left = divmod(time, timedelta(minutes=1))
    assert not left, "the table tells whole minutes"
    return f"{minutes // 60}:{minutes % 60:02}"
