"""What every rule gives back (a `Step`), what it is given (`Context`, `Actor`), and the `Draft` it writes in
between.

A `Step` is one save: the new request, the notes and history entries that belong to it, the messages to
partners and the events inside the account. Rules are pure; the `Draft` is a scratch pad that never leaves
this package.
"""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from services.requests.model.request import Below, Flag, Request
from services.requests.model.values import Attachment, Medium, Note, Ref, Visibility
from services.requests.model.wire import note_body


class Ids(Protocol):
    """New ids, made by the caller: rules make none."""

    def message(self) -> str:
        """A message's id (UUIDv7)."""

    def unique(self) -> str:
        """A random part of a thread's id, or an origin."""

    def request(self) -> int:
        """This account's next request id."""

    def note(self, after: int) -> int:
        """This account's next note id, higher than `after`."""


@dataclass(frozen=True, slots=True)
class Context:
    """The account a rule runs in, its incarnation, the time of the save, and where new ids come from.
    `take_files`: the partners who take the files of notes.
    """

    account: str
    incarnation: int
    at: datetime
    ids: Ids
    take_files: Container[str] = frozenset()


class Who(StrEnum):
    """What a person is to a request: who requested it or for whom it is, the key contact of its organization,
    the customer's representative of an SLA that it affects. `SYSTEM` is the account itself: timers, and rules
    that follow from messages.
    """

    REQUESTER = "requester"
    KEY_CONTACT = "key contact"
    REPRESENTATIVE = "representative"
    SPECIALIST = "specialist"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. `person` is None for the system; `teams` are the ids of the teams the person is a
    member of.
    """

    person: Ref | None
    who: frozenset[Who]
    teams: frozenset[int] = frozenset()


SYSTEM = Actor(None, frozenset({Who.SYSTEM}))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message for a partner. `id` is the message's own id; `type` is without version; `body` is exactly the
    wire's.

    `thread` is `handover/<customer>/<uuid>`; `direction` tells `down` (to a provider) from `up` (to the
    customer).
    """

    id: str
    direction: Literal["up", "down"]
    partner: str
    thread: str
    type: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A note that a message of a step carries."""

    direction: Literal["up", "down"]
    partner: str
    thread: str
    note: Note


#: What the history calls a partner's word that came too late to have an effect (rules 2, 3 and 5).
ARRIVED_LATE = "arrived late"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history: who (account, person) did what, when, and what it changed as {field: [old,
    new]}.
    """

    n: int
    at: datetime
    account: str
    person: Ref | None
    what: str
    text: str | None = None
    changes: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """For the account's other services. `facts` are JSON values."""

    type: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """The result of a rule: all of it is one save."""

    request: Request
    outgoing: tuple[Outgoing, ...] = ()
    notes: tuple[Note, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    events: tuple[Event, ...] = ()


class Draft:
    """A step in the making: rules change `request`, send, note and record; `finish` makes the `Step`."""

    def __init__(
        self,
        request: Request,
        context: Context,
        *,
        person: Ref | None = None,
        account: str | None = None,
        before: Request | None = None,
    ) -> None:
        self.before = before
        self.request = request
        self.context = context
        self.person = person
        self.account = account or context.account
        self.outgoing: list[Outgoing] = []
        self.notes: list[Note] = []
        self.lines: list[tuple[str, str | None, dict[str, list[Any]]]] = []
        self.events: list[Event] = []
        #: (thread, Note.n) of public notes that already travel inside a message of this step.
        self.carried: set[tuple[str, int]] = set()
        #: The notes that are said in this step, and in which thread to whom.
        self.said: list[Said] = []

    def change(self, **fields: Any) -> None:
        self.request = replace(self.request, **fields)

    def change_above(self, **fields: Any) -> None:
        assert self.request.above is not None
        self.change(above=replace(self.request.above, **fields))

    def change_link(self, link: Below, **fields: Any) -> Below:
        """Puts the link in its place with these fields changed, and gives it back."""
        link = replace(link, **fields)
        self.request = self.request.with_link(link)
        return link

    def send_down(self, link: Below, type_: str, body: dict[str, Any], *carried: Note) -> str:
        return self._send("down", link.partner, link.thread, type_, body, carried)

    def send_up(self, type_: str, body: dict[str, Any], *carried: Note, message_id: str | None = None) -> str:
        above = self.request.above
        assert above is not None
        return self._send("up", above.partner, above.thread, type_, body, carried, message_id)

    def _send(
        self,
        direction: Literal["up", "down"],
        partner: str,
        thread: str,
        type_: str,
        body: dict[str, Any],
        carried: tuple[Note, ...],
        message_id: str | None = None,
    ) -> str:
        message_id = message_id or self.context.ids.message()
        self.outgoing.append(Outgoing(message_id, direction, partner, thread, type_, body))
        self.carried.update((thread, note.n) for note in carried)
        self.said += [Said(direction, partner, thread, note) for note in carried]
        return message_id

    def note(
        self,
        text: str,
        visibility: Visibility = Visibility.END_USER,
        *,
        medium: Medium = Medium.DEFAULT,
        person: Ref | None = None,
        account: str | None = None,
        source: tuple[str, int] | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Note:
        """Adds a note to the request. Public ones reach every account of the request by themselves (see
        `finish`).
        """
        n = self.request.note_count + 1
        note = Note(
            id=self.context.ids.note(after=self.request.last_note_id),
            n=n,
            text=text,
            account=account or self.context.account,
            created_at=self.context.at,
            person=person,
            medium=medium,
            visibility=visibility,
            source=source,
            attachments=attachments,
        )
        self.keep(note)
        return note

    def keep(self, note: Note) -> None:
        """The request has this note from now on."""
        self.change(note_count=note.n, last_note_id=max(self.request.last_note_id, note.id))
        self.notes.append(note)

    def system_note(self, text: str) -> Note:
        """A note by the account itself, for its specialists."""
        return self.note(text, Visibility.SPECIALIST, medium=Medium.SYSTEM)

    def body_of(self, note: Note | None, partner: str) -> dict[str, Any] | None:
        """The note as it is said to this partner: one who takes no files is told which he does not get."""
        if note is None:
            return None
        takes_all = not note.attachments or partner in self.context.take_files
        return note_body(note, self.context.account, without=() if takes_all else note.attachments)

    def record(self, what: str, text: str | None = None, **changes: list[Any]) -> None:
        self.lines.append((what, text, changes))

    def event(self, type_: str, **facts: Any) -> None:
        self.events.append(Event(type_, {"request_id": self.request.id, **facts}))

    def flag(
        self, kind: str, message_id: str, type_: str, partner: str, code: str | None, team: Ref | None
    ) -> None:
        """Tells the holding team of a message that was refused or stays unanswered; a second time changes
        nothing.
        """
        if any(flag.message_id == message_id and flag.kind == kind for flag in self.request.flags):
            return
        flag = Flag(kind, message_id, type_, partner, code, team, self.context.at)
        self.change(flags=(*self.request.flags, flag)[-20:])
        self.record(
            "flagged",
            f"{partner} has {kind} {type_}" if kind == "refused" else f"{partner} does not answer {type_}",
        )
        self.event(
            "request.flagged",
            kind=kind,
            message_id=message_id,
            message_type=type_,
            partner=partner,
            code=code,
            team_id=team.id if team else None,
        )
