"""Plans played on the rules of requests, without a bus: what a plan foretells is what they show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from interdesk.replay.chain import SUPPORT as LINE_SUPPORT
from interdesk.replay.chain import Holding, Link, Shown, team_at
from interdesk.replay.chain import Path as CopyPath
from interdesk.replay.log import read_cases
from interdesk.replay.plan import plan
from interdesk.replay.shapes import covering
from interdesk.replay.steps import Move, Plan, Step
from services.requests.model import CompletionReason, Impact, Ref, Request, Status
from services.requests.model.holder import own_team
from tests.replay.small_log import SMALL_LOG
from tests.unit.requests.accounts import SUPPORT, Account
from tests.unit.requests.federation import Federation

REAL_LOG = os.environ.get("INTERDESK_INCIDENT_LOG")


class Played:
    """A plan on the rules: an account for each line, a request for each copy."""

    def __init__(self, found: Plan) -> None:
        lines = {step.path[-1] for step in found.steps}
        self.federation = Federation()
        self.federation.accounts = {line: Account(line) for line in lines}
        for customer, provider in found.edges:
            self.federation._agree(self.federation[customer], self.federation[provider])
        self.requests: dict[CopyPath, int] = {}
        self._refs: dict[str, Ref] = {LINE_SUPPORT: SUPPORT}

    def do(self, step: Step) -> None:
        line, changes = step.path[-1], self._changes(step)
        if step.move is Move.REGISTER:
            self.requests[step.path] = self.federation.create(line, **changes).id
        else:
            self.federation.edit(line, self.requests[step.path], **changes)
        self.federation.settle()
        for path in step.shows:
            if path not in self.requests:
                customer = self.federation.request(path[-2], self.requests[path[:-1]])
                link = next(link for link in customer.below if link.partner == path[-1])
                request = self.federation[path[-1]].by_thread(link.thread)
                assert request is not None
                self.requests[path] = request.id

    def _changes(self, step: Step) -> dict[str, Any]:
        said, line = step.changes, step.path[-1]
        changes: dict[str, Any] = {}
        if step.note is not None:
            changes["note"] = step.note
        if said.status is not None:
            changes["status"] = Status(said.status)
        if said.completion_reason is not None:
            changes["completion_reason"] = CompletionReason(said.completion_reason)
        if said.impact is not None:
            changes["impact"] = Impact(said.impact)
        if said.holding is not None:
            changes["team"] = self._ref(said.holding.team)
            changes["member"] = None if said.holding.member is None else self._ref(said.holding.member)
        if said.provider is not None:
            lead = self.federation[line].leads[said.provider]
            if step.move is Move.HAND_OVER:
                changes["service_instance"] = lead.service_instance
            else:
                changes["team"] = lead.team
        return changes

    def _ref(self, name: str) -> Ref:
        return self._refs.setdefault(name, Ref(100 + len(self._refs), name))

    def shown(self, path: CopyPath) -> Shown:
        request = self._request(path)
        link = request.link or (request.below[-1] if request.below else None)
        return Shown(
            status=request.status.value,
            completion_reason=request.completion_reason.value if request.completion_reason else None,
            holding=_holding(*own_team(request)),
            impact=str(request.core.impact),
            provider=link.partner if link else None,
            link=Link(link.turn.value) if link else None,
        )

    def team_at(self, path: CopyPath) -> tuple[str, Holding]:
        request = self._request(path)
        assert request.team is not None
        return request.team.account or path[-1], _holding(request.team, request.member)

    def _request(self, path: CopyPath) -> Request:
        return self.federation.request(path[-1], self.requests[path])


def _holding(team: Ref | None, member: Ref | None) -> Holding:
    assert team is not None
    return Holding(LINE_SUPPORT if team.name == SUPPORT.name else team.name, member.name if member else None)


def play(found: Plan) -> None:
    played = Played(found)
    for step in found.steps:
        played.do(step)
        for path, foretold in step.shows.items():
            assert played.shown(path) == foretold, f"line {step.line}, {step.move}, {path}"
            assert played.team_at(path) == team_at(path, step.shows), f"line {step.line}, {step.move}, {path}"


@pytest.mark.parametrize("found", [plan(case) for case in read_cases(SMALL_LOG)], ids=lambda one: one.case.id)
def test_the_rules_show_what_a_plan_of_the_small_log_foretells(found: Plan) -> None:
    play(found)


@pytest.mark.skipif(REAL_LOG is None, reason="the real log is not here (INTERDESK_INCIDENT_LOG)")
def test_the_rules_show_what_every_shape_of_the_real_log_foretells() -> None:
    plans = [plan(case) for case in read_cases(Path(str(REAL_LOG)))]
    for found in covering(plans, 0):
        play(found)
