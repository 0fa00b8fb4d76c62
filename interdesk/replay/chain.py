"""What the accounts of one case must show after each step: the rules of the hand-over, played on paper.

The planner moves a `Chain` along with the plan; the player compares what the accounts really show with it.
It knows only what a replay needs: one account acts at a time, and nothing is in flight when it does.
Crossings are not its business.

A **copy** is one account's document of the case, known by its path: the lines from where the case began to
the copy's own. The same line may hold two copies of a case (`A/B` and `A/D/B`): two customers handed it
over.

Between a copy and the provider it gave the case to stands a **link**:

| link | the customer's copy shows | whose turn |
|---|---|---|
| with | the provider's status, the provider's team | the provider's (or further down) |
| asked | `assigned`, the team and member that handed it over | the customer's |
| returned | the same; the provider's copy is `completed` with its own reason | the customer's |
| refused | the same; the provider's copy is `completed`, reason `declined` | the customer's |
| ended | its own status; the provider's copy is completed for good | nobody's: the round is over |

Whoever was not told otherwise goes on as before: a customer that waits for its own customer keeps waiting
when its provider comes back.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Path = tuple[str, ...]  # account ids (or lines) from the origin to the copy's own

SUPPORT = "Support"  # the team that each line's service instance leads to: where hand-overs arrive


class Link(enum.StrEnum):
    """How a copy stands to the provider it was last given to."""

    WITH = "with"
    ASKED = "asked"
    RETURNED = "returned"
    REFUSED = "refused"
    ENDED = "ended"

    @property
    def is_open(self) -> bool:
        return self is not Link.ENDED


@dataclass(frozen=True, slots=True)
class Holding:
    """A team and, when somebody took it, the member. Teams and members are names within the line."""

    team: str
    member: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What one copy shows. `holding` is the account's own team and member; while the case is with a provider,
    those that handed it over (the provider's are shown then: `team_at`).
    """

    status: str
    completion_reason: str | None
    holding: Holding
    impact: str
    provider: str | None  # the line that it was last given to
    link: Link | None  # None: never given to a provider


def team_at(path: Path, shows: Mapping[Path, Shown]) -> tuple[str, Holding]:
    """The line, and its team and member, that a copy shows: its provider's while the case is with it.

    Of a provider only its own team is known, also while that one has given the case further down.
    """
    shown = shows[path]
    if shown.link is Link.WITH and shown.provider is not None:
        return shown.provider, shows[*path, shown.provider].holding
    return path[-1], shown.holding


@dataclass(slots=True)
class Copy:
    """One account's document, as far as a replay goes."""

    path: Path
    status: str
    holding: Holding
    impact: str
    completion_reason: str | None = None
    provider: str | None = None
    link: Link | None = None
    handed_over_by: Holding | None = None
    trail: list[Holding] = field(default_factory=list)  # who of this account passed it on, oldest first
    taken_up: bool = False  # accepted by somebody in this round

    @property
    def below(self) -> Path | None:
        """The provider's copy of the round that is not over."""
        if self.provider is None or self.link is None or not self.link.is_open:
            return None
        return (*self.path, self.provider)

    @property
    def is_completed(self) -> bool:
        return self.status == "completed"

    @property
    def waits_for_its_customer(self) -> bool:
        return self.status == "waiting_for_customer"


class Chain:
    """The copies of one case."""

    def __init__(self, line: str, status: str, holding: Holding, impact: str) -> None:
        self.origin: Path = (line,)
        self._copies: dict[Path, Copy] = {self.origin: Copy(self.origin, status, holding, impact)}

    def __getitem__(self, path: Path) -> Copy:
        return self._copies[path]

    def customer_of(self, path: Path) -> Copy | None:
        """The copy that gave the case to this one; None at the origin."""
        return self._copies[path[:-1]] if len(path) > 1 else None

    def shown(self) -> dict[Path, Shown]:
        """What every copy shows now."""
        return {path: self._shown(copy) for path, copy in self._copies.items()}

    # -- what the holder does ------------------------------------------------------------------------------

    def edit(self, path: Path, *, status: str | None, holding: Holding | None, impact: str | None) -> None:
        """Own status, team or member; going on after a question or a completion of one's own; the impact."""
        copy = self[path]
        resumes = status is not None and (copy.waits_for_its_customer or copy.is_completed)
        if holding is not None:
            self._move(copy, holding)
        if status is not None:
            copy.status = status
            copy.completion_reason = None
        if resumes:
            self._hold_again(path)
        if impact is not None:
            for each in self._copies.values():
                if self._is_open_to_the_origin(each.path):
                    each.impact = impact
        self._mirror_upwards()

    def hand_over(self, path: Path, line: str) -> Path:
        """To a provider, in a new round. A round with another provider ends. Gives the provider's path."""
        copy = self[path]
        below = (*path, line)
        if copy.below is not None and copy.below != below:
            self._end_below(copy)
        copy.provider, copy.link, copy.handed_over_by = line, Link.WITH, copy.holding
        copy.completion_reason = None
        known = self._copies.get(below)
        if known is None:
            self._copies[below] = Copy(below, "assigned", Holding(SUPPORT, None), copy.impact)
        else:
            self._copies[below] = replace(
                known,
                status="assigned",
                holding=Holding(SUPPORT, None),
                impact=copy.impact,
                completion_reason=None,
                trail=[],
                taken_up=False,
            )
        self._mirror_upwards()
        return below

    def reject(self, path: Path) -> None:
        """The customer rejects the solution: a new round with the same team and member."""
        copy = self[path]
        provider = self._copies[self._below(copy)]
        copy.link, copy.handed_over_by = Link.WITH, copy.holding
        provider.status, provider.completion_reason = "assigned", None
        provider.impact, provider.taken_up = copy.impact, False
        self._mirror_upwards()

    def ask(self, path: Path, holding: Holding | None = None) -> None:
        """The provider waits for its customer (the origin: for its end user)."""
        copy = self[path]
        if holding is not None:
            self._move(copy, holding)
        copy.status = "waiting_for_customer"
        customer = self.customer_of(path)
        if customer is not None:
            customer.link = Link.ASKED
            self._comes_back(customer)
        self._mirror_upwards()

    def answer(self, path: Path) -> None:
        """The customer answers the question that its provider asked."""
        copy = self[path]
        provider = self._copies[self._below(copy)]
        copy.link, copy.handed_over_by = Link.WITH, copy.holding
        provider.status = "assigned"
        self._mirror_upwards()

    def complete(self, path: Path, reason: str, holding: Holding | None = None) -> None:
        """By the provider: the case returns. By the origin: it is over."""
        copy = self[path]
        self._end_below(copy)
        if holding is not None:
            self._move(copy, holding)
        self._finish(copy, reason)
        self._give_back(path, Link.RETURNED)

    def decline(self, path: Path) -> bool:
        """One step back: the member's team, then who passed it on within the account, then the customer.

        True when it went to the customer.
        """
        copy = self[path]
        if copy.holding.member is not None:
            back = Holding(copy.holding.team, None)
        elif copy.trail:
            back = copy.trail.pop()
        else:
            self._end_below(copy)
            self._finish(copy, "declined")
            self._give_back(path, Link.REFUSED)
            return True
        self.edit(path, status="assigned", holding=None, impact=None)
        copy.holding = back
        return False

    # -- what follows --------------------------------------------------------------------------------------

    def _give_back(self, path: Path, link: Link) -> None:
        customer = self.customer_of(path)
        if customer is not None and customer.below == path:
            customer.link = link
            self._comes_back(customer)
        self._mirror_upwards()

    def _hold_again(self, path: Path) -> None:
        """A provider that goes on by itself takes back what its customer asked its own customer meanwhile."""
        customer = self.customer_of(path)
        if customer is not None and customer.below == path:
            customer.link = Link.WITH
            if customer.waits_for_its_customer:
                self._hold_again(customer.path)

    def _comes_back(self, copy: Copy) -> None:
        assert copy.handed_over_by is not None
        copy.holding = copy.handed_over_by
        if not copy.waits_for_its_customer:
            copy.status = "assigned"

    def _end_below(self, copy: Copy) -> None:
        """Ends the open round with the provider, and the rounds below that one."""
        below = copy.below
        if below is None:
            return
        copy.link = Link.ENDED
        provider = self._copies[below]
        if not provider.is_completed:
            self._end_below(provider)
            self._finish(provider, "withdrawn")

    def _mirror_upwards(self) -> None:
        for path in sorted(self._copies, key=len, reverse=True):
            customer = self.customer_of(path)
            if customer is not None and customer.link is Link.WITH and customer.below == path:
                customer.status = self[path].status

    def _is_open_to_the_origin(self, path: Path) -> bool:
        """Does a change of the shared core reach this copy?"""
        return all(self[path[:length]].below == path[: length + 1] for length in range(1, len(path)))

    @staticmethod
    def _move(copy: Copy, holding: Holding) -> None:
        if holding.team != copy.holding.team:
            copy.trail.append(copy.holding)
        copy.holding = holding

    @staticmethod
    def _finish(copy: Copy, reason: str) -> None:
        copy.status, copy.completion_reason = "completed", reason

    @staticmethod
    def _below(copy: Copy) -> Path:
        assert copy.below is not None, f"{copy.path} has no open round"
        return copy.below

    @staticmethod
    def _shown(copy: Copy) -> Shown:
        return Shown(
            status=copy.status,
            completion_reason=copy.completion_reason,
            holding=copy.holding,
            impact=copy.impact,
            provider=copy.provider,
            link=copy.link,
        )
