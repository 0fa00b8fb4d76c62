"""An independent reading of the hand-over's two tables, to check replay plans by. It shares no code with
the planner.

Each pair (customer's copy, provider) has the customer's state and the provider's state; each move is legal
from listed states only, and leads to listed states. The copies' statuses that the plan foretells are
checked against the pairs of states that are allowed when nothing is in flight.
"""

from __future__ import annotations

from dataclasses import dataclass

from interdesk.replay.chain import Link, Path, Shown
from interdesk.replay.steps import Move, Plan, Step

WORK = {"assigned", "accepted", "in_progress", "waiting_for"}


class Illegal(AssertionError):
    """The plan asks an account for something that the tables do not allow."""


@dataclass
class Thread:
    """customer: with, asked, returned, refused, ended. provider: work, waiting, completed, declined,
    withdrawn."""

    customer: str
    provider: str


class Tables:
    """Walks a plan. `threads` by the provider's path."""

    def __init__(self, plan: Plan) -> None:
        self.threads: dict[Path, Thread] = {}
        self.origin = plan.steps[0].path
        self.origin_status = "assigned"

    # -- what is so ----------------------------------------------------------------------------------------

    def open_below(self, path: Path) -> Path | None:
        found = [
            below
            for below, thread in self.threads.items()
            if below[:-1] == path and thread.customer != "ended"
        ]
        assert len(found) <= 1, f"two open rounds below {path}"
        return found[0] if found else None

    def held_below(self, path: Path) -> bool:
        below = self.open_below(path)
        return below is not None and self.threads[below].customer == "with"

    def state(self, path: Path) -> str:
        if path != self.origin:
            return self.threads[path].provider
        if self.origin_status == "completed":
            return "completed"
        return "waiting" if self.origin_status == "waiting_for_customer" else "work"

    def may_give(self, path: Path) -> bool:
        """The origin may also while it waits for its end user."""
        return self.state(path) == "work" or (path == self.origin and self.state(path) == "waiting")

    def require(self, condition: bool, step: Step, why: str) -> None:
        if not condition:
            raise Illegal(f"line {step.line}, {'/'.join(step.path)}, {step.move}: {why}")

    # -- what may be done ----------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        {
            Move.REGISTER: self._register,
            Move.WORK: self._work,
            Move.HAND_OVER: self._hand_over,
            Move.REJECT: self._reject,
            Move.ASK: self._ask,
            Move.ANSWER: self._answer,
            Move.COMPLETE: self._complete,
            Move.DECLINE: self._decline,
            Move.CLOSE: self._close,
        }[step.move](step)

    def _register(self, step: Step) -> None:
        self.require(step.path == self.origin and not self.threads, step, "registered twice")
        assert step.changes.status is not None
        self.origin_status = step.changes.status

    def _work(self, step: Step) -> None:
        path, status = step.path, step.changes.status
        self.require(status is None or status in WORK, step, f"{status} is no work")
        only_core = status is None and step.changes.holding is None
        self.require(only_core or not self.held_below(path), step, "the provider's fields are read-only")
        if path == self.origin:
            self.origin_status = status or self.origin_status
            return
        thread = self.threads[path]
        self.require(thread.provider in ("work", "waiting", "completed"), step, f"from {thread.provider}")
        self.require(thread.customer != "ended", step, "the round is over")
        if status is not None:
            self._give(path)

    def _hand_over(self, step: Step) -> None:
        path, provider, below = step.path, step.changes.provider, self.open_below(step.path)
        assert provider is not None
        target = (*path, provider)
        self.require(provider not in path, step, "a loop")
        self.require(self.may_give(path), step, f"from {self.state(path)}")
        self.require(not self.held_below(path), step, "the provider below holds it")
        live = [
            other
            for other, thread in self.threads.items()
            if other[-1] == provider and thread.provider in ("work", "waiting")
        ]
        self.require(not live, step, f"{provider} has a live request of the same origin")
        if below == target:
            self.require(self.threads[target].customer == "refused", step, "it is already there")
        elif below is not None:
            self._end_below(path)
        self.require(step.again == (below == target), step, "it is not told from a first hand-over")
        self._give(target)

    def _reject(self, step: Step) -> None:
        thread = self.threads[self._open_with(step)]
        self.require(self.may_give(step.path), step, f"from {self.state(step.path)}")
        self.require(thread.customer == "returned", step, f"the customer is {thread.customer}")
        self._give((*step.path, str(step.changes.provider)))

    def _ask(self, step: Step) -> None:
        self.require(self.may_give(step.path), step, f"from {self.state(step.path)}")
        self.require(not self.held_below(step.path), step, "the provider below holds it")
        self.require(step.note is not None, step, "no note")
        if step.path == self.origin:
            self.origin_status = "waiting_for_customer"
        else:
            self._comes_back(step.path, "waiting", "asked")

    def _answer(self, step: Step) -> None:
        thread = self.threads[self._open_with(step)]
        self.require(thread.customer == "asked", step, "nothing was asked")
        self.require(self.state(step.path) == "work", step, "the one who answers has a question of its own")
        self._give((*step.path, str(step.changes.provider)))

    def _complete(self, step: Step) -> None:
        path = step.path
        self.require(step.changes.completion_reason is not None and step.note is not None, step, "no reason")
        self.require(self.state(path) in ("work", "waiting"), step, f"from {self.state(path)}")
        self.require(not self.held_below(path), step, "the provider below holds it")
        self._end_below(path)
        self._end(path, "completed", "returned")

    def _decline(self, step: Step) -> None:
        path = step.path
        self.require(step.note is not None, step, "no note")
        self.require(path != self.origin, step, "the origin has nobody to decline to")
        self.require(self.state(path) in ("work", "waiting"), step, f"from {self.state(path)}")
        self.require(not self.held_below(path), step, "the provider below holds it")
        if step.shows[path].status == "completed":
            self._end_below(path)
            self._end(path, "declined", "refused")
        else:
            self._give(path)

    def _close(self, step: Step) -> None:
        below = self.open_below(step.path)
        self.require(step.path == self.origin and below is not None, step, "nothing is open")
        assert below is not None
        self.require(self.threads[below].customer in ("with", "asked"), step, "it has come back")
        self._end_below(step.path)
        self.origin_status = "completed"

    # -- what follows ---------------------------------------------------------------------------------------

    def _open_with(self, step: Step) -> Path:
        below = self.open_below(step.path)
        self.require(below is not None and below[-1] == step.changes.provider, step, "no such open round")
        assert below is not None
        return below

    def _give(self, target: Path) -> None:
        """With the provider again; a question that its customer passed on further up falls (rule 7)."""
        self.threads[target] = Thread("with", "work")
        if target[:-1] == self.origin:
            self.origin_status = "assigned"
        elif self.threads[target[:-1]].provider == "waiting":
            self._give(target[:-1])

    def _comes_back(self, path: Path, provider: str, customer: str) -> None:
        self.threads[path] = Thread(customer, provider)
        if path[:-1] == self.origin:
            self.origin_status = "assigned"

    def _end_below(self, path: Path) -> None:
        below = self.open_below(path)
        if below is None:
            return
        thread = self.threads[below]
        thread.customer = "ended"
        if thread.provider in ("work", "waiting"):
            thread.provider = "withdrawn"
            self._end_below(below)

    def _end(self, path: Path, provider: str, customer: str) -> None:
        if path == self.origin:
            self.origin_status = "completed"
        else:
            self._comes_back(path, provider, customer)

    # -- what must show ------------------------------------------------------------------------------------

    def compare(self, step: Step) -> None:
        shows = step.shows
        self.require(set(shows) == {self.origin, *self.threads}, step, "other copies than there are")
        for path, thread in self.threads.items():
            provider, customer = shows[path], shows[path[:-1]]
            self.require(_provider_shows(provider, thread), step, f"{path} is {thread}, shows {provider}")
            if thread.customer != "ended":
                self.require(customer.provider == path[-1], step, f"{path[:-1]} names another provider")
                self.require(_customer_shows(customer, thread, provider), step, f"{thread}: {customer}")
        if not self.held_below(self.origin):
            shown = shows[self.origin].status
            self.require(shown == self.origin_status, step, f"the origin shows {shown}")


def _provider_shows(shown: Shown, thread: Thread) -> bool:
    if thread.provider in ("completed", "declined", "withdrawn"):
        ends = shown.completion_reason in ("declined", "withdrawn")
        named = shown.completion_reason == thread.provider if ends else thread.provider == "completed"
        return shown.status == "completed" and named
    if thread.provider == "waiting":
        return shown.status == "waiting_for_customer"
    return shown.status in WORK


def _customer_shows(shown: Shown, thread: Thread, provider: Shown) -> bool:
    pairs = {"with": {"work"}, "asked": {"waiting"}, "returned": {"completed"}, "refused": {"declined"}}
    if thread.provider not in pairs[thread.customer] or shown.link is not Link(thread.customer):
        return False
    return thread.customer != "with" or shown.status == provider.status


def check(plan: Plan) -> None:
    """Raises Illegal at the first step that the tables do not allow, or whose result it foretells wrongly."""
    tables = Tables(plan)
    for step in plan.steps:
        tables.do(step)
        tables.compare(step)
