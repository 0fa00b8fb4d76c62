"""The words of a request: 4me's enums, and the small frozen values that rules pass around.

A `Ref` names a record by this account's own integer id; `account` is set only when the record belongs to
another account (this account's copy of a partner's team, person, organization or service instance has a local
id). Times are aware datetimes of this account's own clock; a partner's times are shown, never computed with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

#: A message's body as it travels: JSON values only (in an arriving one the edge has put local `Ref`s for
#: references).
Body = Mapping[str, Any]


class Status(StrEnum):
    """4me's request statuses. `declined` is never rested in: it is what a provider says, and what a person
    asks for.
    """

    DECLINED = "declined"
    ON_BACKLOG = "on_backlog"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING_FOR = "waiting_for"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    RESERVATION_PENDING = "reservation_pending"
    WORKFLOW_PENDING = "workflow_pending"
    PROJECT_PENDING = "project_pending"
    COMPLETED = "completed"


#: "work" of the hand-over tables: the statuses in which the account that shows them is at work.
WORK = frozenset(set(Status) - {Status.DECLINED, Status.WAITING_FOR_CUSTOMER, Status.COMPLETED})


class Category(StrEnum):
    INCIDENT = "incident"
    RFC = "rfc"
    RFI = "rfi"
    RESERVATION = "reservation"
    ORDER = "order"
    FULFILLMENT = "fulfillment"
    COMPLAINT = "complaint"
    COMPLIMENT = "compliment"
    OTHER = "other"
    CASE = "case"


class Impact(StrEnum):
    """How bad it is: for one user degraded (low), down (medium); for several degraded (high), down (top)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    TOP = "top"


class CompletionReason(StrEnum):
    SOLVED = "solved"
    WORKAROUND = "workaround"
    GONE = "gone"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    NO_REPLY = "no_reply"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    DECLINED = "declined"
    UNSOLVABLE = "unsolvable"


class Medium(StrEnum):
    DEFAULT = "default"
    EMAIL = "email"
    OUTBOUND_EMAIL = "outbound_email"
    SYSTEM = "system"
    REDACTED = "redacted"
    AUTOMATION = "automation"
    REFERENCE = "reference"
    AI = "ai"


class Visibility(StrEnum):
    """4me's NoteVisibility: who of this account may read a note. Only `end_user` notes are public and may
    leave.
    """

    END_USER = "end_user"
    SPECIALIST = "specialist"
    AUDIT = "audit"


class Turn(StrEnum):
    """The customer's side of one provider: handover.md, table 3, first column."""

    WITH = "with"
    ASKED = "asked"
    RETURNED = "returned"
    REFUSED = "refused"
    ENDED = "ended"


class Ending(StrEnum):
    """How the episode with the customer ended, as the provider's side marks it."""

    TAKEN_BACK = "taken_back"
    ACCEPTED = "accepted"
    TRUST_ENDED = "trust_ended"
    FORGOTTEN = "forgotten"


class Clock(StrEnum):
    """What the account's own service level clock does now. `stopped_not_accountable`: somebody said that the
    provider is not. `not_affected`: declined, only the response is still owed.
    """

    RUNNING = "running"
    STOPPED_WAITING = "stopped_waiting"
    STOPPED_BELOW = "stopped_below"
    STOPPED_NOT_ACCOUNTABLE = "stopped_not_accountable"
    NOT_AFFECTED = "not_affected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ref:
    """A record by local id; `account` only when it is a partner's. The name is as of when it was put here,
    and two references to one record are equal whatever they call it."""

    id: int
    name: str = field(compare=False)
    account: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Episode:
    """One round with a provider, `[incarnation, n]` on the wire; only the customer raises it (handover.md
    rule 2).
    """

    incarnation: int
    n: int

    def next(self, incarnation: int) -> "Episode":
        """The next one, made in the customer's present incarnation; always higher."""
        return Episode(max(incarnation, self.incarnation), self.n + 1)


#: Below every real episode: nothing was handed over yet.
NO_EPISODE = Episode(0, 0)


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """Who handed the request on, and so where a return or a decline goes. `account` is the team's account."""

    account: str
    team: Ref
    member: Ref | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Core:
    """What all accounts of a request share; owned by the account where it originates (rule 11).

    `origin` is random and kept along a chain; `version` rises by one with each change the owner makes.
    `requester` is a name only.
    """

    origin: str
    version: int
    subject: str
    category: Category
    impact: Impact | None = None
    requester: str | None = None
    desired_completion_at: datetime | None = None
    downtime_start_at: datetime | None = None
    downtime_end_at: datetime | None = None


#: The fields of the core that travel and may be edited (`origin` and `version` travel beside them).
CORE_FIELDS = (
    "subject",
    "category",
    "impact",
    "requester",
    "desired_completion_at",
    "downtime_start_at",
    "downtime_end_at",
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a note, as `common.attachments` knows it. `displayable`: a picture that browsers show;
    `inline`: it is shown in the note's text, which holds `![](key)`.
    """

    id: int
    key: str
    name: str
    size: int
    type: str
    sha256: str
    displayable: bool = False
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """A note as stored; it is never changed. `n` counts the notes of one request, in the order of their
    saves.

    `account` is the author's account. `source` is (partner, the partner's note id) for one that came over the
    border.
    """

    id: int
    n: int
    text: str
    account: str
    created_at: datetime
    person: Ref | None = None
    medium: Medium = Medium.DEFAULT
    visibility: Visibility = Visibility.END_USER
    source: tuple[str, int] | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def public(self) -> bool:
        """Whether the end user and the other accounts of the request may read it."""
        return self.visibility is Visibility.END_USER

    @property
    def internal(self) -> bool:
        return not self.public
