"""What a log's case means as work between accounts: a pure planner, from events to steps.

How the log is read
- The first event registers the case with its organization line: the origin.
- A push to a line that is not in the chain is a **hand-over** by the line that holds the case. When that
  line had resolved it, its customer passes it on; at the origin the case is opened again first.
- A push to a line up the chain is a **return**: the provider completes. It unwinds hop by hop; the hops
  that the log does not record are implied. A hop whose line never took the case up (nobody accepted it in
  this round) is a **decline**, through the line's own teams first.
- Wait - User and Wait - Customer are **waiting for customer**. The question is passed on up to the origin,
  and when the log goes on, it is answered down to the line that asked. A line that waits may also be left
  by a return.
- Resolved and In Call are **completed**. What follows at the same line: Queued says that the customer
  rejected the solution (a new round with the same provider); Accepted says that the line took its own
  solution up again.
- Closed is completed and accepted by every customer up to the origin. What follows opens the case again
  there.
- The log leaves out the last event of a case, its closing. It is implied: the line that works on the case
  resolves it and every customer accepts; where nobody works on it (it waits for the user, or in a queue)
  the origin closes it alone, and what is open below ends as withdrawn.
- Accepted - In Progress is `in_progress`, Assigned is `accepted`, Queued is `assigned` without a member,
  the other waits are `waiting_for`. An event that changes nothing that the log tells (another officer of
  the same team and country took it, say) is counted as unchanged. Unmatched says no status; team and line
  are played.
"""

from __future__ import annotations

import itertools

from interdesk.replay.chain import Chain, Copy, Holding, Link, Path
from interdesk.replay.log import Case, Event
from interdesk.replay.steps import Changes, Move, Plan, Step

STATUS = {
    ("Accepted", "In Progress"): "in_progress",
    ("Accepted", "Assigned"): "accepted",
    ("Accepted", "Wait"): "waiting_for",
    ("Accepted", "Wait - Vendor"): "waiting_for",
    ("Accepted", "Wait - Implementation"): "waiting_for",
    ("Accepted", "Wait - User"): "waiting_for_customer",
    ("Accepted", "Wait - Customer"): "waiting_for_customer",
    ("Queued", "Awaiting Assignment"): "assigned",
    ("Completed", "Resolved"): "completed",
    ("Completed", "In Call"): "completed",
    ("Completed", "Closed"): "completed",
    ("Unmatched", "Unmatched"): None,
}
IMPACT = {"Low": "low", "Medium": "medium", "High": "high", "Major": "top"}


def plan(case: Case) -> Plan:
    """The steps that play a case."""
    return _Planner(case).plan()


def holding_of(event: Event) -> Holding:
    """The team and, once somebody accepted the case, its member: known in the log by country only."""
    return Holding(event.team, None if event.status == "Queued" else member_name(event))


def member_name(event: Event) -> str:
    country = "an unknown country" if event.owner_country == "0" else event.owner_country
    return f"Officer in {country}"


class _Planner:
    """Walks a case's events, moving the chain along. `_at`: the copy of the line that the log says holds
    it."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._event = first = case.events[0]
        self._steps: list[Step] = []
        self._unchanged: list[int] = []
        status = STATUS[first.status, first.substatus]
        self._registered_as = status if status in ("accepted", "in_progress") else "assigned"
        holding = holding_of(first) if self._registered_as == status else Holding(first.team, None)
        self._chain = Chain(first.organization, self._registered_as, holding, IMPACT[first.impact])
        self._at = self._chain.origin

    def plan(self) -> Plan:
        self._register()
        for before, event in itertools.pairwise(self._case.events):
            self._event = event
            steps = len(self._steps)
            if not self._says_closed_again(before):
                self._bring_to(event.organization, pushed=before.organization != event.organization)
                self._apply()
            if len(self._steps) == steps:
                self._unchanged.append(event.line)
        self._close()
        return Plan(self._case, tuple(self._steps), tuple(self._unchanged))

    def _register(self) -> None:
        origin = self._chain[self._at]
        changes = Changes(status=origin.status, holding=origin.holding, impact=origin.impact)
        self._add(self._at, Move.REGISTER, changes)
        self._apply()

    # -- to the line that the event says holds the case ----------------------------------------------------

    def _says_closed_again(self, before: Event) -> bool:
        is_over = self._chain[self._chain.origin].is_completed
        same_line = before.organization == self._event.organization
        return is_over and same_line and self._event.status == "Completed"

    def _bring_to(self, line: str, *, pushed: bool) -> None:
        if self._chain[self._chain.origin].is_completed:
            self._at = self._chain.origin  # every round is over
        if line == self._at[-1]:
            self._go_on_here()
        elif line in self._at:
            self._unwind_to(self._at[: self._at.index(line) + 1])
        else:
            self._hand_over(line, implied=not pushed)

    def _go_on_here(self) -> None:
        """The line keeps the case; its customer may have something to do first."""
        copy = self._chain[self._at]
        asks = STATUS[self._event.status, self._event.substatus] == "waiting_for_customer"
        if len(self._at) == 1:
            if copy.is_completed and asks:
                self._work(self._at, Changes(status="assigned"), implied=True)
        elif copy.waits_for_its_customer:
            if not asks or copy.holding != holding_of(self._event):
                self._answer_down_to(self._at)
        elif copy.is_completed and (asks or self._event.status == "Queued"):
            self._answer_down_to(self._at[:-1])
            self._reject(self._at[:-1], implied=True)

    def _hand_over(self, line: str, *, implied: bool) -> None:
        if self._chain[self._at].is_completed:
            if len(self._at) > 1:
                self._at = self._at[:-1]  # its customer has it back, and passes it on
            else:
                self._work(self._at, Changes(status="assigned"), implied=True)
        self._answer_down_to(self._at)
        copy = self._chain[self._at]
        if copy.below == (*self._at, line) and copy.link is Link.RETURNED:
            self._reject(self._at, implied=implied)
        else:
            again = copy.below == (*self._at, line)
            path = self._at
            self._chain.hand_over(path, line)
            changes = Changes(provider=line)
            self._add(path, Move.HAND_OVER, changes, "Please take this over.", implied=implied, again=again)
        self._at = (*self._at, line)

    def _unwind_to(self, target: Path) -> None:
        """Back up the chain, hop by hop; the log records the first hop only."""
        recorded = True
        while self._at != target:
            copy = self._chain[self._at]
            if not copy.is_completed and copy.taken_up:
                note = "We did our part; back to you."
                self._complete(self._at, "unsolvable", note, implied=not recorded)
            elif not copy.is_completed:
                self._decline(implied=not recorded)
            recorded = False
            self._at = self._at[:-1]

    # -- what the event says of the case there -------------------------------------------------------------

    def _apply(self) -> None:
        event, copy = self._event, self._chain[self._at]
        status, holding = STATUS[event.status, event.substatus] or copy.status, holding_of(event)
        copy.taken_up = copy.taken_up or event.status in ("Accepted", "Completed")
        if status == "completed":
            if not copy.is_completed:
                self._complete(self._at, "solved", "This is the solution.", holding=holding)
            if event.substatus == "Closed":
                self._accept_up()
        elif status == "waiting_for_customer":
            if not copy.waits_for_its_customer or copy.holding != holding:
                self._answer_down_to(self._at)
                self._ask_up(holding)
        else:
            self._show(copy, status, holding)

    def _show(self, copy: Copy, status: str, holding: Holding) -> None:
        impact = IMPACT[self._event.impact]
        moved, other_impact = holding != copy.holding, impact != copy.impact
        if moved or other_impact or status != copy.status:
            changes = Changes(
                # Said also where it stays: a new team or member alone would set it back to assigned.
                status=status if moved or status != copy.status else None,
                holding=holding if moved else None,
                impact=impact if other_impact else None,
            )
            self._work(self._at, changes)

    def _close(self) -> None:
        """The closing of the case, which no log tells."""
        copy = self._chain[self._at]
        if self._chain[self._chain.origin].is_completed:
            return
        if copy.is_completed:
            self._accept_up()
        elif copy.waits_for_its_customer:
            self._close_at_the_origin("no_reply", "There was no reply.")
        elif self._event.status == "Queued":
            self._close_at_the_origin("withdrawn", "It is no longer needed.")
        else:
            self._complete(self._at, "solved", "This is the solution.", implied=True)
            self._accept_up()

    # -- steps ---------------------------------------------------------------------------------------------

    def _work(self, path: Path, changes: Changes, *, implied: bool = False) -> None:
        self._chain.edit(path, status=changes.status, holding=changes.holding, impact=changes.impact)
        note = "We wait for a third party." if changes.status == "waiting_for" else None
        self._add(path, Move.WORK, changes, note, implied=implied)

    def _reject(self, path: Path, *, implied: bool) -> None:
        self._chain.reject(path)
        changes = Changes(provider=self._chain[path].provider)
        self._add(path, Move.REJECT, changes, "This does not solve it.", implied=implied)

    def _ask_up(self, holding: Holding) -> None:
        """The line asks, and those between it and the origin pass the question on."""
        for length in range(len(self._at), 0, -1):
            path = self._at[:length]
            recorded = path == self._at
            if len(path) == 1 and not recorded:
                break  # the origin answers; it has no further account to ask
            changed = holding if recorded and holding != self._chain[path].holding else None
            self._chain.ask(path, changed)
            changes = Changes(status="waiting_for_customer", holding=changed)
            self._add(path, Move.ASK, changes, "What exactly do you see?", implied=not recorded)

    def _answer_down_to(self, target: Path) -> None:
        for length in range(1, len(target)):
            path = target[:length]
            if self._chain[path].link is Link.ASKED:
                self._chain.answer(path)
                changes = Changes(provider=self._chain[path].provider)
                self._add(path, Move.ANSWER, changes, "We see this.", implied=True)

    def _complete(
        self, path: Path, reason: str, note: str, *, holding: Holding | None = None, implied: bool = False
    ) -> None:
        changed = holding if holding != self._chain[path].holding else None
        self._chain.complete(path, reason, changed)
        changes = Changes(status="completed", holding=changed, completion_reason=reason)
        self._add(path, Move.COMPLETE, changes, note, implied=implied)

    def _decline(self, *, implied: bool) -> None:
        """Up the line's own teams, which the log does not record, until the customer gets it back."""
        gone = False
        while not gone:
            gone = self._chain.decline(self._at)
            changes = Changes(status="declined")
            self._add(self._at, Move.DECLINE, changes, "Not ours.", implied=implied or not gone)

    def _accept_up(self) -> None:
        for length in range(len(self._at) - 1, 0, -1):
            path = self._at[:length]
            if not self._chain[path].is_completed:
                self._complete(path, "solved", "Verified: this solves it.", implied=True)

    def _close_at_the_origin(self, reason: str, note: str) -> None:
        origin = self._chain.origin
        if self._at == origin:
            self._complete(origin, reason, note, implied=True)
            return
        self._chain.complete(origin, reason)
        changes = Changes(status="completed", completion_reason=reason)
        self._add(origin, Move.CLOSE, changes, note, implied=True)

    def _add(
        self,
        path: Path,
        move: Move,
        changes: Changes,
        note: str | None = None,
        *,
        implied: bool = False,
        again: bool = False,
    ) -> None:
        line = self._event.line
        # No two notes of a case are the same, so that what crosses borders can be told apart.
        number = len(self._steps) + 1
        text = f"{note} (line {line} of the log, step {number})" if note is not None else None
        shows = self._chain.shown()
        self._steps.append(Step(line, path, move, changes, text, implied, shows, again))
