"""How it stands with a partner: what each service's border knows of it, and what of that a person should see.

Each service has a border of its own to the partner, so each tells its part (`standing`), and the gateway puts
them together. Whether we can deliver is known from the last try: an idle line is not tried.

| problem | when it is one | what a person does |
|---|---|---|
| `border_paused` | the two sides disagree on what was said | compares ledgers, resumes the border |
| `delivery_failing` | a delivery failed, and none succeeded since | asks the partner; it is tried again |
| `unanswered` | a message has had no answer for `unreceipted_flag_seconds` | likewise |
| `messages_parked` | a message of the partner's could not be applied | replays or discards it |
| `clock_ahead` | its messages are written in our future (clocks.py) | compares both clocks with a third |
| `keys_refused` | the partner refuses the announcement of our keys | asks the partner, rotates again |
| `quarantine_full` | what is not believed found no room any more | looks, tells the partner, empties it |
| `authority_expires` | 30 days before the pinned certificate authority does | makes the trust anew |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from pymongo.collection import Collection
from pymongo.database import Database

from services.common.database import Document, answering
from services.federation.partners.trusts import ENDED, OPEN, SUSPENDED, Trust
from services.federation.stored import BORDERS, GAP, INBOX, OUTBOX, PARKED, QUARANTINE, WAITING
from services.federation.verdicts import ACCEPTED, REFUSED

COUNTED: Final = 10_000
EXPIRY_NOTICE: Final = timedelta(days=30)

#: What says which keys its sender has.
ANNOUNCEMENTS: Final = ("trust.accepted.v1", "keys.announced.v1")
_TOLD: Final[Mapping[str, Any]] = {
    "thread": {"$gte": "trust/", "$lt": "trust0"},
    "type": {"$in": ANNOUNCEMENTS},
    "state": ACCEPTED,
}

# Whether we can deliver, the worst first.
DELIVERY: Final = ("ended", "suspended", "not_accepted", "paused", "failing", "open")


@dataclass(frozen=True)
class Standing:
    """What one service's border knows of a partner. Counts go to 10,000. `paused`: {code, at}; `failing`:
    {code, text, since}; `clock`: {code, seconds, at} (borders.py); `gaps`: messages that wait for one before
    them; `dropped`: what came while the quarantine was full, the last at `dropped_at`.
    """

    service: str
    heard_at: datetime | None = None
    unanswered: int = 0
    unanswered_since: datetime | None = None
    refused: int = 0
    parked: int = 0
    gaps: int = 0
    quarantined: int = 0
    quarantined_bytes: int = 0
    dropped: int = 0
    dropped_at: datetime | None = None
    paused: Mapping[str, Any] | None = None
    failing: Mapping[str, Any] | None = None
    clock: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Problem:
    """Something a person should look at; the text says what is wrong and what to do."""

    code: str
    text: str


def standing(database: Database[Document], service: str, partner: str) -> Standing:
    """What the service's border knows of the partner now. Raises Unavailable."""
    outbox, inbox = database[OUTBOX.name], database[INBOX.name]
    open_rows = {"due.to": partner}
    with answering():
        border = database[BORDERS.name].find_one({"_id": partner}) or {}
        oldest = outbox.find_one(open_rows, {"at": 1}, sort=[("at", 1)])
        return Standing(
            service,
            heard_at=border.get("heard_at"),
            unanswered=_count(outbox, open_rows) if oldest else 0,
            unanswered_since=oldest["at"] if oldest else None,
            refused=_count(outbox, {"state": REFUSED, "partner": partner}),
            parked=_count(inbox, {"state": PARKED, "partner": partner}),
            gaps=_count(inbox, {"state": WAITING, "code": GAP, "partner": partner}),
            quarantined=_count(database[QUARANTINE.name], {"partner": partner}),
            quarantined_bytes=border.get("quarantined_bytes", 0),
            dropped=border.get("dropped", 0),
            dropped_at=border.get("dropped_at"),
            paused=border.get("paused"),
            failing=border.get("failing"),
            clock=border.get("clock"),
        )


def announced(database: Database[Document], partner: str) -> tuple[datetime | None, datetime | None]:
    """When the partner's keys were last told to us, and ours to the partner (and taken), by the messages that
    the organizations service keeps. Raises Unavailable.
    """
    told = {**_TOLD, "partner": partner}
    with answering():
        theirs = [row["received_at"] for row in database[INBOX.name].find(told, {"received_at": 1})]
        ours = [row["at"] for row in database[OUTBOX.name].find(told, {"at": 1})]
    return max(theirs, default=None), max(ours, default=None)


def keys_told(database: Database[Document]) -> dict[str, datetime]:
    """By partner, when its keys were last told to us, by the messages that the organizations service keeps.
    Raises Unavailable.
    """
    last: dict[str, datetime] = {}
    with answering():
        for row in database[INBOX.name].find(_TOLD, {"partner": 1, "received_at": 1}):
            last[row["partner"]] = max(row["received_at"], last.get(row["partner"], row["received_at"]))
    return last


def own_keys_since(database: Database[Document]) -> datetime | None:
    """Since when our current keys are in use, by the ring that the organizations service keeps. Raises
    Unavailable.
    """
    with answering():
        ring = database["keyrings"].find_one({"own": True}, {"rotated_at": 1}) or {}
    since: datetime | None = ring.get("rotated_at")
    return since


def authority_expires_at(pem: str | None) -> datetime | None:
    """When the first of the pinned certificate authorities expires; None without one that can be read."""
    try:
        certificates = x509.load_pem_x509_certificates((pem or "").encode())
    except ValueError:
        return None
    return min((each.not_valid_after_utc for each in certificates), default=None)


def delivery(trust: Trust, standings: Iterable[Standing]) -> str:
    """Whether we can deliver to the partner now: `open`, or what stands in the way in any service."""
    found = {"open"}
    if trust.status in (ENDED, SUSPENDED):
        found.add(trust.status)
    elif not trust.reachable:
        found.add("not_accepted")
    for each in standings:
        found |= {"paused"} if each.paused else set()
        found |= {"failing"} if each.failing else set()
    return next(word for word in DELIVERY if word in found)


def problems(
    trust: Trust,
    standings: Sequence[Standing],
    *,
    now: datetime,
    expires_at: datetime | None,
    flag_seconds: float,
    keys_refused: str | None = None,
) -> list[Problem]:
    """What a person should look at; nothing when all is well. `keys_refused`: by which code the partner
    refuses our keys.
    """
    found = [problem for each in standings for problem in _of_service(trust, each)]
    since = first(each.unanswered_since for each in standings)
    if since is not None and trust.status != ENDED and now - since >= timedelta(seconds=flag_seconds):
        number = sum(each.unanswered for each in standings)
        text = f"{number} messages have no answer, the oldest since {_at(since)}. They are sent again by "
        text += f"themselves; ask {trust.name} what is wrong there. Which: GET /v1/deliveries/unanswered."
        found.append(Problem("unanswered", text))
    if expires_at is not None and trust.status != ENDED and expires_at - now < EXPIRY_NOTICE:
        text = f"The certificate authority that we pinned for the border of {trust.name} expires at "
        text += f"{_at(expires_at)}; then nothing can be delivered. Invite each other anew before."
        found.append(Problem("authority_expires", text))
    clock = next((each.clock for each in standings if each.clock), None)
    if clock is not None and trust.status != ENDED:
        text = f"What {trust.name} wrote was {clock['seconds']} seconds ahead of our clock at "
        text += f"{_at(clock['at'])}. Nothing stops for it; compare both clocks with a time server's."
        found.append(Problem("clock_ahead", text))
    if keys_refused is not None and trust.status != ENDED:
        text = f"{trust.name} refuses the announcement of our keys ({keys_refused}) and knows the older ones "
        text += "only. Ask there why; then announce anew: interdesk trust rotate-keys"
        found.append(Problem("keys_refused", text))
    return found


def first(times: Iterable[datetime | None]) -> datetime | None:
    """The earliest of those that are known."""
    return min((time for time in times if time is not None), default=None)


def last(times: Iterable[datetime | None]) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _of_service(trust: Trust, it: Standing) -> Iterable[Problem]:
    name, id = trust.name, trust.partner
    if it.paused and trust.status != ENDED:
        text = f"{it.service} and {name} disagree on what was said ({it.paused['code']}), since "
        text += f"{_at(it.paused['at'])}: nothing is taken or sent. Compare what both have on record "
        text += f"(GET /v1/handovers/:id/ledger), then: interdesk trust resume-border {id}"
        yield Problem("border_paused", text)
    if it.failing and trust.status in OPEN:
        text = f"{it.service} can't deliver to {name} since {_at(it.failing['since'])} "
        text += f"({it.failing['code']}): {it.failing['text']} It is tried again by itself."
        yield Problem("delivery_failing", text)
    if it.parked:
        text = f"{it.parked} messages of {name} are parked in {it.service}. See: interdesk parked list"
        yield Problem("messages_parked", text)
    if it.dropped:
        text = (
            f"{it.service} had no room to keep {it.dropped} deliveries that nobody is proven to have sent, "
        )
        text += (
            f"the last at {_at(it.dropped_at)}. Look at those kept (interdesk quarantine list), ask {name} "
        )
        text += f"who has its login at our border, then: interdesk quarantine empty {id}"
        yield Problem("quarantine_full", text)


def _at(time: datetime | None) -> str:
    return "?" if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _count(rows: Collection[Document], filter: Mapping[str, Any]) -> int:
    return rows.count_documents(filter, limit=COUNTED)
