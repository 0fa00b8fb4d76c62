"""The request as one account sees it: one document, written by that account alone."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.requests.model.values import (
    NO_EPISODE,
    WORK,
    CompletionReason,
    Core,
    Ending,
    Episode,
    Ref,
    Status,
    TrailEntry,
    Turn,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """What this account last said of itself as a provider, so that it says only what changed. Own ids."""

    status: Status
    team: int | None = None
    member: int | None = None
    waiting_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Above:
    """The thread to the customer's account: this account is the provider.

    `question` is the standing one (the id of the message that asked). `ended` is None while the episode is
    open. `taken` says whether the customer was told this request's id. Of this episode: `taken_up_again` says
    that this account went on after it had completed, `resends` counts statements made again after a refusal.
    `request_id` and `agreement` are None where the first hand-over could not be read, and was discarded.
    `target_at` is until when the customer's own requester expects it, where the agreement shares that.
    """

    partner: str
    thread: str
    request_id: int | None
    agreement: str | None
    episode: Episode
    ended: Ending | None = None
    question: str | None = None
    taken: bool = False
    stated: Stated | None = None
    taken_up_again: bool = False
    resends: int = 0
    target_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.ended is None

    @property
    def hears(self) -> bool:
        """Whether the customer's account still hears what is said in the thread."""
        return self.ended not in (Ending.TRUST_ENDED, Ending.FORGOTTEN)


@dataclass(frozen=True, slots=True)
class Below:
    """The thread to a provider's account: this account is the customer. One per (request, provider), for
    good.

    `stated…` is the provider's last word in this episode; `question` the id it asked with, `answered` the
    question that was answered. `handed_by` is where a return goes, `depth` how long the own trail was when it
    was handed over. `service_instance` and `team` are this account's copies of the provider's;
    `remote_instance_id` is the provider's own id; under an FLSA there is no instance. `notes_given` is the
    highest `Note.n` the provider has been offered. `shares_target`: the agreement shares until when the
    requester expects it; `target_told` is what was told of that.
    """

    partner: str
    thread: str
    agreement: str
    service_instance: Ref | None
    remote_instance_id: int | None
    team: Ref
    handed_by: TrailEntry
    organization: Ref | None = None
    episode: Episode = NO_EPISODE
    open: bool = False
    request_id: int | None = None
    stated: Status = Status.ASSIGNED
    stated_team: Ref | None = None
    stated_member: Ref | None = None
    question: str | None = None
    answered: str | None = None
    completion_reason: CompletionReason | None = None
    completed_at: datetime | None = None
    depth: int = 0
    notes_given: int = 0
    notes_owed: tuple[int, ...] = ()
    resends: int = 0
    shares_target: bool = False
    target_told: datetime | None = None

    @property
    def turn(self) -> Turn:
        """Table 3's state of this provider, computed from its last word (handover.md rules 3, 5 and 6)."""
        if not self.open:
            return Turn.ENDED
        if self.stated is Status.COMPLETED:
            return Turn.RETURNED
        if self.stated is Status.DECLINED:
            return Turn.REFUSED
        if self.stated is Status.WAITING_FOR_CUSTOMER and self.question != self.answered:
            return Turn.ASKED
        return Turn.WITH


@dataclass(frozen=True, slots=True)
class Flag:
    """A message that a partner refused or has not answered, shown to the team that must do something about
    it.
    """

    kind: str  # "refused" | "unanswered"
    message_id: str
    message_type: str
    partner: str
    code: str | None
    team: Ref | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Escalated:
    """The request has heard that so many percent of the time until a target of an affected SLA are gone."""

    affected_sla_id: int
    goal: str
    percent: int

    def includes(self, other: "Escalated") -> bool:
        """Of one target, the higher alarm leaves nothing to be done for the lower."""
        same = (self.affected_sla_id, self.goal) == (other.affected_sla_id, other.goal)
        return same and self.percent >= other.percent


@dataclass(frozen=True, slots=True)
class Request:
    """This account's document of a request: the shared core and its own view of it.

    `version` is the domain version (the ETag); the store raises it. `note_count`, `history_count` and
    `situations` number the notes, the history entries and what the clocks are told. `last_note_id` is the
    highest id of a note: the next one's is higher, for a conversation is read in the order of its ids.
    `requester_resolution_target_at` and `sla_ids`, the SLAs that it affects or has affected, are what the
    account's clocks last said: read here, and never changed.
    `own_service_instance` is the account's own that the request is about, also while a partner's stands on
    it. `standing_since`: when it came to be with whom it is, and whose turn it is (`situation`). `urgent` is
    this account's own word and does not travel. `waiting_since` is when it began to wait for the customer,
    `reminders` up to which rule the customer was reminded since, `escalations` what clocks have escalated.
    `published` are the `Note.n` of internal notes that were said to everybody. Every other field has its 4me
    meaning.
    """

    id: int
    account: str
    core: Core
    status: Status
    created_at: datetime
    updated_at: datetime
    created_by: Ref | None = None
    requested_by: Ref | None = None
    requested_for: Ref | None = None
    organization: Ref | None = None
    service_instance: Ref | None = None
    own_service_instance: Ref | None = None
    team: Ref | None = None
    member: Ref | None = None
    waiting_until: datetime | None = None
    completion_reason: CompletionReason | None = None
    completed_at: datetime | None = None
    supplier: Ref | None = None
    supplier_request_id: str | None = None
    assignment_count: int = 0
    reopen_count: int = 0
    urgent: bool = False
    provider_not_accountable: bool = False
    provider_was_not_accountable: bool = False
    source: str | None = None
    source_id: str | None = None
    trail: tuple[TrailEntry, ...] = ()
    above: Above | None = None
    below: tuple[Below, ...] = ()
    flags: tuple[Flag, ...] = ()
    waiting_since: datetime | None = None
    reminders: int = 0
    escalations: tuple[Escalated, ...] = ()
    note_count: int = 0
    last_note_id: int = 0
    published: tuple[int, ...] = ()
    history_count: int = 0
    situations: int = 0
    requester_resolution_target_at: datetime | None = None
    sla_ids: tuple[int, ...] = ()
    standing_since: datetime | None = None
    version: int = 0

    @property
    def link(self) -> Below | None:
        """The provider with whom an episode is open: at most one (rule 7)."""
        return next((link for link in self.below if link.open), None)

    @property
    def live(self) -> bool:
        return self.status is not Status.COMPLETED

    @property
    def working(self) -> bool:
        return self.status in WORK

    def link_of(self, thread: str) -> Below | None:
        return next((link for link in self.below if link.thread == thread), None)

    def with_link(self, link: Below) -> "Request":
        """The same request with this link put in the place of the one of the same thread, or added."""
        others = tuple(other for other in self.below if other.thread != link.thread)
        return replace(self, below=(*others, link))
