"""The rules of an SLA notification scheme: whom to tell when so much of the time until a target is gone, and
what becomes of the request then.

Source: 4me-facts, section 1 (SLA notification scheme). That a rule may escalate the request is ours: to a
team, by making it urgent, or both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.slas.model.clocks.alarms import AT_RISK, BREACHED, Alarm
from services.slas.model.clocks.clock import RESPONSE
from services.slas.model.rules import RuleBroken

# Whom a rule may tell; `notify_<word>` in the record.
TOLD: Final = (
    "current_assignee",
    "first_line_team_coordinator",
    "first_line_team_manager",
    "support_team_coordinator",
    "support_team_manager",
    "service_owner",
)


@dataclass(frozen=True)
class Escalation:
    """The request goes to a team of the account's own (None: it stays), and is made urgent or not."""

    team_id: int | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Rule:
    """When `percent` of the time until the target are gone."""

    percent: int
    notify: tuple[str, ...] = ()
    escalate: Escalation | None = None


@dataclass(frozen=True)
class Word:
    """What an alarm says beside itself."""

    notify: tuple[str, ...] = ()
    escalate: Escalation | None = None


# What is told where an offering names no scheme.
USUAL: Final = tuple(
    Rule(percent, ("current_assignee", "support_team_coordinator"))
    for percent in (*AT_RISK[RESPONSE], BREACHED)
)


def rules_of(scheme: Mapping[str, Any] | None) -> tuple[Rule, ...]:
    """The rules of a scheme's record, in the order of their thresholds; without one the usual ones."""
    if scheme is None:
        return USUAL
    return tuple(sorted((_rule(each) for each in scheme["rules"]), key=lambda rule: rule.percent))


def percents(rules: Iterable[Rule]) -> tuple[int, ...]:
    return tuple(rule.percent for rule in rules)


def word(rules: Sequence[Rule], alarms: Collection[Alarm]) -> Word:
    """What the rules say of these alarms of one target, which are told as one: everybody hears of it whom one
    of them would have told, and the request is escalated as the latest of them says that says so."""
    meant = [rule for rule in rules if rule.percent in {alarm.percent for alarm in alarms}]
    told = {name for rule in meant for name in rule.notify}
    escalations = [rule.escalate for rule in meant if rule.escalate is not None]
    return Word(tuple(name for name in TOLD if name in told), escalations[-1] if escalations else None)


def check_scheme(scheme: Mapping[str, Any]) -> None:
    """Raises RuleBroken for a threshold that is given twice."""
    given = [each["threshold_percentage"] for each in scheme["rules"]]
    twice = sorted({percent for percent in given if given.count(percent) > 1})
    if twice:
        named = ", ".join(str(percent) for percent in twice)
        raise RuleBroken(
            "validation_failed", [("rules", f"has more than one rule for the threshold {named}")]
        )


def _rule(given: Mapping[str, Any]) -> Rule:
    team_id, urgent = given["escalate_to_team_id"], given["make_urgent"]
    return Rule(
        given["threshold_percentage"],
        tuple(name for name in TOLD if given[f"notify_{name}"]),
        Escalation(team_id, urgent) if team_id is not None or urgent else None,
    )
