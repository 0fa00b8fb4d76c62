"""What the edge looks up before it calls a rule: rules themselves look nothing up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from services.requests.model.values import (
    Attachment,
    Body,
    Category,
    CompletionReason,
    Impact,
    Note,
    Ref,
    Status,
)


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a partner's service instance leads, or its FLSA: to that partner's team, under an active
    agreement.

    `thread` is the agreement's thread id, `service_instance`, `team` and `organization` this account's copies
    of the partner's records, `remote_instance_id` the partner's own id of the service instance; an FLSA leads
    to its service desk, and has none of either.
    `shares_target`: the partner is told until when the requester expects it.
    """

    partner: str
    thread: str
    service_instance: Ref | None
    remote_instance_id: int | None
    team: Ref
    organization: Ref | None = None
    shares_target: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """For a person's edit.

    lead               where the service instance that the edit sets (else the request's present one) leads,
                       without any where the partner's FLSA does; None when it is the account's own, or no
                       active agreement allows it
    team_of_instance   the account's own team for an own service instance that the edit sets
    coordinator        the active coordinator of the request's present team
    service_desk_team  the account's own
    member_of_team     whether the member that the edit sets belongs to the team the request will have
    public_notes       the request's public notes so far, oldest first (needed when the edit gives it down)
    """

    lead: Lead | None = None
    team_of_instance: Ref | None = None
    coordinator: Ref | None = None
    service_desk_team: Ref | None = None
    member_of_team: bool = True
    public_notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Take:
    """For a hand-over that arrives: the support team and service instance it leads to here.

    `team` is the account's service desk team when the hand-over leads nowhere. `decline` is the code with
    which it is declined by itself (`loop`, `unknown_agreement`, …), rule 9.
    """

    team: Ref
    service_instance: Ref | None = None
    decline: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A partner's message, verified, in its place, with local `Ref`s for its references. `type` is without
    version.
    """

    type: str
    id: str
    partner: str
    thread: str
    body: Body


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of ours that a partner refused or does not answer, as it stands in the outbox."""

    type: str
    id: str
    partner: str
    thread: str
    body: Body


class Changes(TypedDict, total=False):
    """A PATCH of a request. A key that is absent stays as it is; references are resolved to this account's
    `Ref`s.
    """

    subject: str
    category: Category
    impact: Impact | None
    desired_completion_at: datetime | None
    downtime_start_at: datetime | None
    downtime_end_at: datetime | None
    status: Status
    completion_reason: CompletionReason
    waiting_until: datetime | None
    team: Ref
    member: Ref | None
    service_instance: Ref | None
    supplier_request_id: str | None
    urgent: bool
    provider_not_accountable: bool
    source: str | None
    source_id: str | None
    note: str
    note_attachments: tuple[Attachment, ...]
    internal_note: str
    internal_note_attachments: tuple[Attachment, ...]


class NewRequest(Changes, total=False):
    """A POST of a request: `Changes`, and what is said once."""

    requested_by: Ref
    requested_for: Ref
    organization: Ref | None


def given(changes: Changes) -> dict[str, Any]:
    """The keys that say something: a note of only white space says nothing."""
    return {
        key: value for key, value in changes.items() if not (key.endswith("note") and not str(value).strip())
    }
