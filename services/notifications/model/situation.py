"""What is known of a request, and which entries follow from it by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notifications.model.entry import Entry, Reason, To

#: By how much the clocks of two processes may differ that save the same request.
SKEW = timedelta(minutes=1)

_WAITING = "waiting_for_customer"
_COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Situation:
    """As the requests service says it (`request.situation_changed`), as far as inboxes go by it.

    `team_id` and `member_id` are those who are responsible in this account, also while a provider has the
    request. `requester_ids` are who requested it and for whom; nobody, when another account handed it over.
    """

    n: int
    at: datetime
    since: datetime
    status: str
    by_id: int | None = None
    team_id: int | None = None
    member_id: int | None = None
    turn: str | None = None
    came_back: bool = False
    requester_ids: frozenset[int] = frozenset()

    @property
    def live(self) -> bool:
        return self.status != _COMPLETED

    @property
    def asked(self) -> frozenset[int]:
        """The people of the account who are to answer."""
        return self.requester_ids if self.status == _WAITING else frozenset()

    @property
    def assignee(self) -> To | None:
        """Who is responsible: the member, or the team that has none."""
        if self.member_id is not None:
            return To(person_id=self.member_id)
        return None if self.team_id is None else To(team_id=self.team_id)


def newer(situation: Situation, known: Situation) -> bool:
    """Whether it is the later one. Mostly the higher number is; but numbers begin anew in a request that was
    restored, and clocks differ a little.
    """
    if abs(situation.at - known.at) > SKEW:
        return situation.at > known.at
    return situation.n > known.n


def standing(situation: Situation) -> frozenset[Entry]:
    """The entries that its being as it is makes. The requester hears nothing of what a provider does."""
    if not situation.live:
        return frozenset()
    if situation.status == _WAITING:
        return frozenset(
            Entry(Reason.WAITING_ON_ME, To(person_id=id), situation.since, for_requester=True)
            for id in situation.asked
        )
    if situation.assignee is None or situation.turn == "with":
        return frozenset()
    return frozenset({Entry(_reason(situation), situation.assignee, situation.since)})


def _reason(situation: Situation) -> Reason:
    if situation.turn == "asked":
        return Reason.WAITING_ON_ME
    # Whoever gets it from those to whom it came back has it assigned, as any other.
    return Reason.RETURNED if situation.came_back else Reason.ASSIGNED
