"""Any moves on all sides, any delay, order and duplication of letters: at rest the accounts agree (handover.md).

The machine plays a request of widget with gigatera and globalnet: each account makes any move its table allows, people
discard messages, and letters arrive late, twice and in any order. After every step a copy is drained and checked
(`agreement.check`). `test_each_rule_is_needed` takes one rule away at a time, at the border, and expects the same
machine to find the disagreement: so the check can fail, and each rule earns its keep.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from services.requests import model
from services.requests.model import (
    CompletionReason,
    Incoming,
    Move,
    Outgoing,
    Request,
    RuleError,
    Status,
    Step,
    Turn,
    Who,
)
from services.requests.model.workflow import STATUS_MOVES
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SPECIALIST, SUPPORT, Bend, Federation, Letter
from tests.unit.requests.agreement import Disagreement, check, threads

STATUS_OF = {move: status for status, move in STATUS_MOVES.items()}


class Handover(RuleBasedStateMachine):
    """`bend…` take a rule away; the machine itself knows none."""

    bend: Bend | None = None
    bend_outgoing: Callable[[Step], tuple[Outgoing, ...]] | None = None
    undo_refused = True

    def __init__(self) -> None:
        super().__init__()
        self.federation = Federation()
        self.federation.bend = type(self).bend
        if type(self).bend_outgoing is not None:
            self.federation.bend_outgoing = type(self).bend_outgoing
        self.said = 0

    @initialize()
    def register(self) -> None:
        self.federation.create("widget", team=SUPPORT, member=SPECIALIST)
        self.federation.give("widget", "gigatera")

    # -- what people do ---------------------------------------------------------------------------------------------

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        request = self.draw_request(data)
        account = self.federation[request.account]
        moves = {
            (move, partner)
            for partner in (None, *account.leads)
            for move in model.legal_moves(
                request, account.actor(), account.facts(request, self.toward(request, partner))
            )
            if (partner is not None) == (move in (Move.HAND_OVER, Move.GIVE_ELSEWHERE))
        }
        if request.above is None and request.live:
            moves.add((Move.WITHDRAW, None))
        if moves:
            move, partner = self.draw(data, "move", {f"{move}, {partner}": (move, partner) for move, partner in moves})
            self.make(request, move, partner, data)

    @staticmethod
    def draw(data: st.DataObject, label: str, choices: dict[str, Any]) -> Any:
        """One of them, shown by its name when the machine tells what it did."""
        return choices[data.draw(st.sampled_from(sorted(choices)), label=label)]

    def draw_request(self, data: st.DataObject) -> Request:
        named = {f"{request.account} {request.id}": request for request in self.requests()}
        return self.draw(data, "request", named)

    def draw_letter(self, data: st.DataObject, letters: list[Letter]) -> Letter:
        def name(letter: Letter) -> str:
            return f"{letter.sender} → {letter.recipient} {letter.sequence} {letter.message.type} {letter.thread}"

        return self.draw(data, "letter", {name(letter): letter for letter in letters})

    def requests(self) -> list[Request]:
        return [
            request for account in self.federation.accounts.values() for request in account.requests.values()
        ]

    def toward(self, request: Request, partner: str | None) -> dict[str, Any]:
        if partner is None:
            return {}
        return {"service_instance": self.federation[request.account].leads[partner].service_instance}

    def text(self) -> str:
        self.said += 1
        return f"note {self.said}"

    def make(self, request: Request, move: Move, partner: str | None, data: st.DataObject) -> None:
        changes: dict[str, Any] = {}
        who = Who.SPECIALIST
        link = request.link
        if move in STATUS_OF and move is not Move.ASSIGN:
            changes = {"status": STATUS_OF[move]}
        elif move is Move.ASSIGN:
            changes = {"team": data.draw(st.sampled_from([SUPPORT, NETWORK])), "member": COLLEAGUE}
        elif move is Move.ASK:
            changes = {"status": Status.WAITING_FOR_CUSTOMER, "note": self.text()}
        elif move is Move.DECLINE:
            changes = {"status": Status.DECLINED, "note": self.text()}
        elif move is Move.COMPLETE:
            reason = CompletionReason.WORKAROUND
            changes = {"status": Status.COMPLETED, "completion_reason": reason, "note": self.text()}
        elif move is Move.WITHDRAW:
            changes, who = {"status": Status.COMPLETED}, Who.REQUESTER
        elif move is Move.REOPEN:
            changes = {"status": Status.ASSIGNED}
        elif move is Move.RECALL:
            changes = {"team": NETWORK}
        elif move in (Move.ANSWER, Move.REJECT):
            assert link is not None
            changes = {"team": link.team, "note": self.text()}
        elif partner is not None:
            changes = self.toward(request, partner)
        try:
            self.federation.edit(request.account, request.id, who, **changes)
        except RuleError as error:
            raise AssertionError(f"{move} was said to be legal: {error}") from error

    @rule(data=st.data(), subject=st.sampled_from(["Printer smokes", "Printer glows"]))
    def change_the_core_or_add_a_note(self, data: st.DataObject, subject: str) -> None:
        request = self.draw_request(data)
        changes = {"note": self.text()} if data.draw(st.booleans()) else {"subject": subject}
        if "subject" in changes and request.above is not None and not request.above.open:
            return
        self.federation.edit(request.account, request.id, **changes)

    # -- what happens to letters ------------------------------------------------------------------------------------

    @precondition(lambda self: self.federation.on_the_way)
    @rule(data=st.data(), keep_copy=st.booleans())
    def deliver(self, data: st.DataObject, keep_copy: bool) -> None:
        """Any letter, not only the next one; a copy may arrive again later."""
        letter = self.draw_letter(data, self.federation.on_the_way)
        results = self.results()
        self.federation.deliver(letter, keep_copy=keep_copy)
        self.kept_own_results(results)

    def results(self) -> dict[tuple[str, int], tuple[object, object]]:
        return {
            (request.account, request.id): (request.completion_reason, request.completed_at)
            for request in self.requests()
            if not request.live
        }

    def kept_own_results(self, before: dict[tuple[str, int], tuple[object, object]]) -> None:
        """Rule 4: nobody else's act changes the reason and time of a request that is completed."""
        after = self.results()
        for key in before.keys() & after.keys():
            if before[key] != after[key]:
                raise Disagreement(f"{key} had {before[key]} and now has {after[key]}")

    @precondition(lambda self: self.next_letters())
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        """A person of the recipient discards the message that is next: it is refused, and the sender undoes it."""
        letter = self.draw_letter(data, self.next_letters())
        self.federation.discarded.append(letter)
        self.federation.on_the_way = [other for other in self.federation.on_the_way if other != letter]
        self.federation.on_the_way.append(letter)
        if self.undo_refused:
            self.federation.refuse(letter)
        else:
            undone, self.federation.refused = self.federation.refused, lambda *_: None  # type: ignore
            self.federation.refuse(letter)
            self.federation.refused = undone  # type: ignore[method-assign]

    def next_letters(self) -> list[Letter]:
        """Those that a person may discard: next in their thread, and not for ever the same end or statement."""
        applied, waiting = self.federation.applied, self.federation.waiting
        return [
            letter
            for letter in self.federation.on_the_way
            if letter.sequence == applied.get((letter.thread, letter.recipient), 0) + 1
            and letter.sequence not in waiting.get((letter.thread, letter.recipient), {})
            and not letter.message.type.startswith(("note.", "request.core"))
            and self.refusals(letter) < 3
        ]

    def refusals(self, letter: Letter) -> int:
        request = self.federation[letter.sender].by_thread(letter.thread)
        assert request is not None
        link = request.link_of(letter.thread)
        if link is not None:
            return link.resends
        assert request.above is not None
        return request.above.resends

    @rule()
    def settle(self) -> None:
        self.federation.settle()

    @invariant()
    def at_rest_all_agree(self) -> None:
        if self.requests():
            check(self.federation)
            for _, link, provider, above in threads(self.federation):
                assert above.open or not provider.live, "nobody works on an ended episode"
                assert link.turn is not Turn.WITH or link.open


QUIET = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    stateful_step_count=20,
    max_examples=150,
)


def test_with_nothing_in_flight_all_accounts_agree_and_the_holder_can_end_it():
    run(Handover, settings=QUIET)
