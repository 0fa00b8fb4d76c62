"""The move table: what may be done with a request here, by whom, under which guards, with which fields.

The table holds what people (and the account's own timers) do. What partners say is not in it: a partner's
statement is applied whatever the request showed before (handover.md rule 3), see `arrivals`. A `Workflow` is
data; the built-in one is the default, and others add tables, not code. A malformed table is refused when it
is made, so at import: no move without a row, no two rows for the same case, no place that cannot be reached,
no place without a way to `completed`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from services.requests.model.errors import IllegalMove, MissingFields, NotAllowed
from services.requests.model.facts import Facts
from services.requests.model.holder import Place, place
from services.requests.model.request import Request
from services.requests.model.step import Actor, Who
from services.requests.model.values import CompletionReason, Status, Turn


class Move(StrEnum):
    CREATE = "create"
    ASSIGN = "assign"
    PUT_ON_BACKLOG = "put on backlog"
    ACCEPT = "accept"
    START = "start"
    WAIT = "wait"
    AWAIT_RESERVATION = "await reservation"
    AWAIT_WORKFLOW = "await workflow"
    AWAIT_PROJECT = "await project"
    RESUME = "resume"
    ASK = "ask the customer"
    COMPLETE = "complete"
    WITHDRAW = "withdraw"
    DECLINE = "decline"
    REOPEN = "reopen"
    HAND_OVER = "hand over"
    GIVE_ELSEWHERE = "give to another provider"
    ANSWER = "answer the provider"
    REJECT = "reject the solution"
    RECALL = "take back"


class Guard(StrEnum):
    LEADS = "leads"
    NOBODY_BELOW = "nobody below"
    SOMEBODY_BELOW = "somebody below"
    ASKED = "asked"
    RETURNED = "returned"
    DECLINABLE = "declinable"
    ORIGINATED_HERE = "originated here"
    NOT_ENDED_ABOVE = "not ended above"
    WITHDRAWN = "withdrawn"
    NOT_DECLINED = "not declined"


def _turn(request: Request) -> Turn:
    return request.link.turn if request.link else Turn.ENDED


def _nobody_below(request: Request, facts: Facts) -> bool:
    """Free to be handed over: no open episode, or one that this same provider has declined."""
    link = request.link
    return link is None or (
        link.turn is Turn.REFUSED and facts.lead is not None and facts.lead.partner == link.partner
    )


def _declinable(request: Request, facts: Facts) -> bool:
    desk = facts.service_desk_team
    return (
        request.member is not None
        or bool(request.trail)
        or (desk is not None and request.team is not None and desk.id != request.team.id)
    )


#: What each guard asks, and what the refusal says when it does not hold.
GUARDS: dict[Guard, tuple[Callable[[Request, Facts], bool], str]] = {
    Guard.LEADS: (
        lambda _, facts: facts.lead is not None,
        "no active agreement leads from its service instance to a provider",
    ),
    Guard.NOBODY_BELOW: (_nobody_below, "an episode with a provider is open"),
    Guard.SOMEBODY_BELOW: (lambda request, _: request.link is not None, "no provider has it"),
    Guard.ASKED: (lambda request, _: _turn(request) is Turn.ASKED, "the provider has asked nothing"),
    Guard.RETURNED: (lambda request, _: _turn(request) is Turn.RETURNED, "the provider has not completed it"),
    Guard.DECLINABLE: (_declinable, "nobody is left to whom it could go back"),
    Guard.ORIGINATED_HERE: (
        lambda request, _: request.above is None,
        "it belongs to another account's requester",
    ),
    Guard.NOT_ENDED_ABOVE: (
        lambda request, _: request.above is None or request.above.open,
        "the customer's account has ended this episode",
    ),
    Guard.NOT_DECLINED: (
        lambda request, _: request.completion_reason is not CompletionReason.DECLINED,
        "a declined request is the customer's to hand over again",
    ),
    Guard.WITHDRAWN: (
        lambda request, _: request.completion_reason is CompletionReason.WITHDRAWN,
        "only a withdrawn request can be reopened by its requester or key contact",
    ),
}

#: The fields a row may ask for, in the API's words.
FIELDS = frozenset({"note", "completion_reason"})

WORKING = frozenset(
    {
        Place.ON_BACKLOG,
        Place.ASSIGNED,
        Place.ACCEPTED,
        Place.IN_PROGRESS,
        Place.WAITING_FOR,
        Place.RESERVATION_PENDING,
        Place.WORKFLOW_PENDING,
        Place.PROJECT_PENDING,
    }
)
HELD = WORKING | {Place.WAITING_FOR_CUSTOMER}
LIVE = HELD | {Place.WITH_PROVIDER}
SPECIALIST = frozenset({Who.SPECIALIST})
REQUESTER = frozenset({Who.REQUESTER})
SPEAKS_FOR_HIM = frozenset({Who.KEY_CONTACT, Who.REPRESENTATIVE})
ANYBODY = frozenset(Who)


@dataclass(frozen=True, slots=True)
class Row:
    """`move` leads from each place of `start` to one of `end`, when `who` makes it, all `guards` hold and all
    `required` fields are given."""

    move: Move
    start: frozenset[Place]
    end: tuple[Place, ...]
    who: frozenset[Who] = SPECIALIST
    guards: tuple[Guard, ...] = ()
    required: tuple[str, ...] = ()


class MalformedWorkflow(Exception):
    """The table has a hole or a contradiction; the text says where."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A named move table, checked when it is made.

    Raises `MalformedWorkflow`.
    """

    name: str
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        for missing in set(Move) - {row.move for row in self.rows}:
            raise MalformedWorkflow(f"{self.name}: the move {missing!r} has no row")
        cases: set[tuple[Move, Place, Who]] = set()
        for row in self.rows:
            if unknown := set(row.required) - FIELDS:
                raise MalformedWorkflow(f"{self.name}: {row.move!r} asks for unknown {sorted(unknown)}")
            if not (row.start and row.end and row.who):
                raise MalformedWorkflow(f"{self.name}: a row of {row.move!r} is empty")
            for case in {(row.move, start, who) for start in row.start for who in row.who}:
                if case in cases:
                    raise MalformedWorkflow(f"{self.name}: two rows for {case[0]}, {case[1]}, {case[2]}")
                cases.add(case)
        for lost in set(Place) - self._reachable(Place.NEW):
            raise MalformedWorkflow(f"{self.name}: {lost} cannot be reached")
        for place_ in Place:
            if Place.COMPLETED not in self._reachable(place_):
                raise MalformedWorkflow(f"{self.name}: no way leads from {place_} to completed")

    def _reachable(self, start: Place) -> set[Place]:
        found, new = {start}, {start}
        while new:
            new = {end for row in self.rows if row.start & new for end in row.end} - found
            found |= new
        return found

    def permit(
        self, request: Request | None, move: Move, actor: Actor, facts: Facts, given: Collection[str] = ()
    ) -> Row:
        """The row by which this actor may make this move now, with these fields given.

        Raises `IllegalMove` (with the moves that would be legal), `NotAllowed`, `MissingFields`.
        """
        here = Place.NEW if request is None else place(request)
        rows = [row for row in self.rows if row.move is move and here in row.start]
        if not rows:
            raise IllegalMove(move, here, "it has no such move", self.legal(request, actor, facts))
        rows = [row for row in rows if row.who & actor.who]
        if not rows:
            raise NotAllowed(f"You may not {move} this request.", ("status",))
        failed = ""
        for row in rows:
            failed = _failed_guard(row, request, facts)
            if not failed:
                if missing := [name for name in row.required if name not in given]:
                    raise MissingFields(move, missing)
                return row
        raise IllegalMove(move, here, failed, self.legal(request, actor, facts))

    def legal(self, request: Request | None, actor: Actor, facts: Facts) -> tuple[Move, ...]:
        """The moves that this actor could make now, in the table's order."""
        here = Place.NEW if request is None else place(request)
        moves = [
            row.move
            for row in self.rows
            if here in row.start and row.who & actor.who and not _failed_guard(row, request, facts)
        ]
        return tuple(dict.fromkeys(moves))


def _failed_guard(row: Row, request: Request | None, facts: Facts) -> str:
    """What the first guard that does not hold says; empty when all hold."""
    if request is None:
        return ""
    return next((GUARDS[guard][1] for guard in row.guards if not GUARDS[guard][0](request, facts)), "")


#: Which move sets a status by hand (table 4: "change of status").
STATUS_MOVES: dict[Status, Move] = {
    Status.ASSIGNED: Move.ASSIGN,
    Status.ON_BACKLOG: Move.PUT_ON_BACKLOG,
    Status.ACCEPTED: Move.ACCEPT,
    Status.IN_PROGRESS: Move.START,
    Status.WAITING_FOR: Move.WAIT,
    Status.RESERVATION_PENDING: Move.AWAIT_RESERVATION,
    Status.WORKFLOW_PENDING: Move.AWAIT_WORKFLOW,
    Status.PROJECT_PENDING: Move.AWAIT_PROJECT,
}

BUILT_IN = Workflow(
    "built-in",
    (
        Row(Move.CREATE, frozenset({Place.NEW}), (Place.ASSIGNED,), ANYBODY),
        *(Row(move, HELD, (Place(status),)) for status, move in STATUS_MOVES.items()),
        Row(
            Move.RESUME,
            frozenset({Place.WAITING_FOR, Place.WAITING_FOR_CUSTOMER}),
            (Place.ASSIGNED,),
            frozenset({Who.SYSTEM, Who.REQUESTER}),
        ),
        Row(
            Move.ASK,
            WORKING,
            (Place.WAITING_FOR_CUSTOMER,),
            guards=(Guard.NOT_ENDED_ABOVE,),
            required=("note",),
        ),
        Row(Move.COMPLETE, LIVE, (Place.COMPLETED,), required=("completion_reason", "note")),
        Row(Move.WITHDRAW, LIVE, (Place.COMPLETED,), REQUESTER, (Guard.ORIGINATED_HERE,)),
        Row(Move.WITHDRAW, LIVE, (Place.COMPLETED,), SPEAKS_FOR_HIM, (Guard.ORIGINATED_HERE,), ("note",)),
        Row(
            Move.DECLINE,
            HELD,
            (Place.ASSIGNED, Place.COMPLETED),
            guards=(Guard.DECLINABLE,),
            required=("note",),
        ),
        Row(
            Move.REOPEN,
            frozenset({Place.COMPLETED}),
            (Place.ASSIGNED,),
            guards=(Guard.NOT_ENDED_ABOVE, Guard.NOT_DECLINED),
        ),
        Row(
            Move.REOPEN,
            frozenset({Place.COMPLETED}),
            (Place.ASSIGNED,),
            frozenset({Who.REQUESTER, Who.KEY_CONTACT}),
            (Guard.ORIGINATED_HERE, Guard.WITHDRAWN),
            ("note",),
        ),
        Row(
            Move.HAND_OVER,
            HELD,
            (Place.WITH_PROVIDER,),
            frozenset({Who.SPECIALIST, Who.SYSTEM}),
            (Guard.LEADS, Guard.NOBODY_BELOW),
        ),
        Row(Move.GIVE_ELSEWHERE, LIVE, (Place.WITH_PROVIDER,), guards=(Guard.LEADS, Guard.SOMEBODY_BELOW)),
        Row(Move.ANSWER, HELD, (Place.WITH_PROVIDER,), guards=(Guard.ASKED,), required=("note",)),
        Row(Move.REJECT, HELD, (Place.WITH_PROVIDER,), guards=(Guard.RETURNED,), required=("note",)),
        Row(Move.RECALL, frozenset({Place.WITH_PROVIDER}), (Place.ASSIGNED,)),
    ),
)
