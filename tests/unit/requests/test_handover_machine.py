"""Any moves on all sides, any delay, order and duplication of letters: at rest the accounts agree.

The machine plays a request of widget with gigatera and globalnet: each account makes any move its table
allows, people discard messages, databases are restored, and letters arrive late, twice and in any order.
After every step a copy is drained and checked (`agreement.check`). That the check can fail, and each rule is
needed, is shown in `test_each_rule_is_needed`.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from services.requests import model
from services.requests.model import (
    CompletionReason,
    Incoming,
    Move,
    Request,
    RuleError,
    Status,
    Turn,
    Who,
)
from services.requests.model.workflow import STATUS_MOVES
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.agreement import check, threads
from tests.unit.requests.federation import Federation, Letter
from tests.unit.requests.restores import Backup, back_up, can_restore, restore
from tests.unit.requests.stages import at

#: What a bend gives back: the request and the message as the rule's absence makes them; None drops the
#: message.
Bent = tuple[Request | None, Incoming] | None

STATUS_OF = {move: status for status, move in STATUS_MOVES.items()}


class Handover(RuleBasedStateMachine):
    """The machine itself knows no rule."""

    restores = False

    def __init__(self) -> None:
        super().__init__()
        self.federation = Federation()
        self.said = 0
        self.backup: Backup | None = None

    @initialize(start=st.sampled_from(Turn))
    def register(self, start: Turn) -> None:
        """Just handed over, or at rest at one of the turns."""
        if start is Turn.ENDED:
            federation = Federation()
            federation.create("widget", team=SUPPORT, member=SPECIALIST)
            federation.give("widget", "gigatera")
        else:
            federation = at(start)
        self.federation = federation

    # -- what people do --------------------------------------------------------------------------------------

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
        # Half of the moves are those that another account hears of.
        across = {(move, partner) for move, partner in moves if move not in STATUS_OF}
        if across:
            only: bool = data.draw(st.booleans(), label="across")
            moves = across if only else moves
        if moves:
            named = {f"{move}, {partner}": (move, partner) for move, partner in moves}
            move, partner = self.draw(data, "move", named)
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
            return f"{letter.sender} → {letter.recipient} {letter.sequence} {letter.message.type}"

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
        changes: dict[str, Any] = {"note": self.text()} if data.draw(st.booleans()) else {"subject": subject}
        if "subject" in changes and request.above is not None and not request.above.open:
            return
        self.federation.edit(request.account, request.id, **changes)

    # -- what happens to letters -----------------------------------------------------------------------------

    @precondition(lambda self: self.federation.on_the_way)
    @rule(data=st.data(), keep_copy=st.booleans())
    def deliver(self, data: st.DataObject, keep_copy: bool) -> None:
        """Any letter, not only the next one; a copy may arrive again later."""
        letter = self.draw_letter(data, self.federation.on_the_way)
        self.federation.deliver(letter, keep_copy=keep_copy)

    @precondition(lambda self: self.next_letters())
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        """A person of the recipient discards the message that is next: it is refused, and the sender undoes
        it.
        """
        letter = self.draw_letter(data, self.next_letters())
        self.federation.discarded.append(letter)
        self.federation.refuse(letter)

    def next_letters(self) -> list[Letter]:
        """A person does not discard the same end or statement for ever."""
        return [letter for letter in self.federation.next_letters() if self.refusals(letter) < 3]

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

    # -- what happens to databases ---------------------------------------------------------------------------

    @precondition(lambda self: self.restores)
    @rule(data=st.data())
    def make_a_backup(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.federation.accounts)), label="backup of")
        self.backup = back_up(self.federation, name)

    @precondition(lambda self: self.backup is not None and can_restore(self.federation, self.backup))
    @rule()
    def restore_it(self) -> None:
        """The account is what it was at the last backup, and says so (handover.md section 7)."""
        assert self.backup is not None
        restore(self.federation, self.backup)
        self.backup = None

    @invariant()
    def who_has_it_now_has_had_it_since_the_last_period_began(self) -> None:
        for request in self.requests():
            told = self.federation[request.account].periods(request)
            ends = [request.created_at, *(each.until for each in told)]
            assert [each.since for each in told] == ends[:-1]
            if request.live:
                assert (told[-1].goes_on, told[-1].held.account) == (True, model.holder(request))
            else:
                assert ends[-1] == request.completed_at

    @invariant()
    def what_its_history_tells_reports_is_what_its_saves_have_told_them(self) -> None:
        for request in self.requests():
            account = self.federation[request.account]
            whole = model.recorded_whole(request, account.lines[request.id], account.notes[request.id])
            assert whole["marks"] == account.marks[request.id]
            assert whole["n"] >= account.marks[request.id][-1]["n"]

    @invariant()
    def at_rest_all_agree(self) -> None:
        if self.requests():
            check(self.federation)
            for _, link, provider, above in threads(self.federation):
                assert above.open or not provider.live, "nobody works on an ended episode"
                assert link.turn is not Turn.WITH or link.open


class WithRestores(Handover):
    """The same, and databases that are restored from a backup."""

    restores = True


def play(machine: type[Handover], examples: int, steps: int) -> None:
    run(
        machine,
        settings=settings(
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            stateful_step_count=steps,
            max_examples=examples,
        ),
    )


@pytest.mark.timeout(600)
def test_with_nothing_in_flight_all_accounts_agree_and_the_holder_can_end_it():
    play(Handover, examples=120, steps=25)


@pytest.mark.timeout(600)
def test_after_a_restore_all_accounts_agree_again():
    play(WithRestores, examples=80, steps=20)


@pytest.mark.soak
@pytest.mark.parametrize("machine", [Handover, WithRestores])
def test_a_long_run_of_the_machine(machine):
    play(machine, examples=20_000, steps=50)
