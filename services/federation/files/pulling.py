"""Pulling: what partners have offered us comes here (the package tells how)."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.common import attachments, logs
from services.common.database import Document, answering
from services.common.errors import Invalid, NotFound
from services.common.verdicts import is_outage
from services.federation.files import COMING, IS_COMING, IS_HERE, IS_REFUSED, Files
from services.federation.files.landing import Landing
from services.federation.files.pieces import AT_ONCE, DAMAGED, Pull, missing, piece_at, ranges
from services.federation.messages.attachments import WANTED
from services.federation.outgoing.words import Word
from services.federation.partners.backoff import Backoff
from services.federation.partners.borders import Borders
from services.federation.partners.trusts import ACTIVE, TrustBook
from services.federation.sealing.envelope import Message

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

# Of what a lane takes of a partner, files may have this part.
SHARE: Final = 0.25
# How many times the shortest back-off the pieces that were asked for have to come.
PATIENCE: Final = 3
_KEPT: Final = "pulling"


class Pulling:
    """Of one service. `owe` has a word sent."""

    def __init__(self, context: Context, files: Files, owe: Callable[[Word], None], borders: Borders) -> None:
        config = context.config
        self._context = context
        self._files = files
        self._owe = owe
        self._borders = borders
        self._rows = context.database[COMING.name]
        self._landing = Landing(context)
        self._pause_seconds = AT_ONCE / (SHARE * config.lane_messages_per_second)
        self._patience = timedelta(seconds=PATIENCE * config.retry_min_seconds)
        self._not_before: dict[str, float] = {}  # by partner, of `monotonic`
        self._complete: set[str] = set()  # offers of which the last piece that was asked for has come
        self._woken: set[str] = set()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        context.kept[_KEPT] = self

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="pulling", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)

    def wake(self, partner: str) -> None:
        """There may be something to do; returns at once."""
        self._woken.add(partner)
        self._wake.set()

    def take(self, message: Message) -> None:
        """A verified `attachment.chunk`. Raises Unavailable: then it must not be acked."""
        body = message.body
        offered = {"_id": body["offer"], "partner": message.sender, "thread": message.thread}
        with answering():
            row = self._rows.find_one({**offered, "state": IS_COMING})
        if row is None or row.get("lies") is None:
            return
        data = base64.b64decode(body["data"])
        n = piece_at(row["file"]["size"], body["start"], len(data))
        if n is None:
            log.warning("a piece that is none of its file", partner=message.sender, offer=row["_id"])
            return
        try:
            attachments.write(self._context, row["lies"], n, data)
        except NotFound:
            return  # it was thrown away meanwhile
        if row["asked"] and n == row["asked"][-1]:
            self._complete.add(row["_id"])
            self.wake(message.sender)

    def _run(self) -> None:
        logs.bind(self._context.account, self._context.service)
        sweep_at = 0.0
        while not self._stopping:
            if time.monotonic() >= sweep_at:
                sweep_at = time.monotonic() + self._context.config.sweep_seconds
                self._woken |= self._partners()
            for partner in list(self._woken):
                if time.monotonic() >= self._not_before.get(partner, 0.0):
                    self._woken.discard(partner)
                    self._attend(partner)
            soonest = min([sweep_at, *(self._not_before.get(each, 0.0) for each in self._woken)])
            self._wake.wait(max(0.02, soonest - time.monotonic()))
            self._wake.clear()

    def _partners(self) -> set[str]:
        """Whom there may be something of. Mostly of nobody, and that is one question."""
        try:
            with answering():
                if self._rows.find_one({"due.of": {"$gt": ""}}, {"_id": 1}) is None:
                    return set()
            return {trust.partner for trust in TrustBook.of(self._context).trusts()}
        except Exception as error:
            _tell(error)
            return set()

    def _attend(self, partner: str) -> None:
        try:
            row = self._next(partner)
            if row is not None:
                self._attempt(row)
        except Exception as error:
            _tell(error)

    def _attempt(self, row: Document) -> None:
        """What fails by itself steps aside, or it would stay the first and keep the others from coming."""
        try:
            self._try(row)
        except Exception as error:
            _tell(error)
            self._set_back(row)

    def _try(self, row: Document) -> None:
        self._complete.discard(row["_id"])
        try:
            self._go_on(row)
        except Invalid as error:
            self._end(row, IS_REFUSED, error.code)

    def _next(self, partner: str) -> Document | None:
        """The file to go on with: one at a time of a partner. What waits longest comes first."""
        trust = TrustBook.of(self._context).trust(partner)
        if trust is None or trust.status != ACTIVE or self._borders.is_paused(partner):
            return None
        now = self._context.clock.now()
        with answering():
            at_work = self._rows.find_one({"due.of": partner, "asked.0": {"$exists": True}})
            if at_work is not None:
                overdue = at_work["due"]["at"] <= now or at_work["_id"] in self._complete
                return at_work if overdue else None
            due = {"due.of": partner, "due.at": {"$lte": now}}
            return self._rows.find_one(due, sort=[("due.of", 1), ("due.at", 1)])

    def _go_on(self, row: Document) -> None:
        if row["state"] == IS_REFUSED:  # by the receipt of its offer
            self._end(row, IS_REFUSED, row["code"], told=True)
            return
        lies, is_here = self._landing.place(row)
        if not row["turn"]:
            self._files.shows(self._context, row)
        here = frozenset[int]() if is_here else attachments.pieces_here(self._context, lies)
        pull = _pull(row)
        if is_here or not missing(pull.size, here):
            self._look(row, lies, pull)
        elif pull.asked and not pull.came(here):
            heard_at = self._borders.heard_at(row["partner"])
            heard = bool(heard_at and row["asked_at"] and heard_at > row["asked_at"])
            self._step_aside(row, pull.waits(heard=heard))
        else:
            self._ask(row, lies, pull.next(here))

    def _ask(self, row: Document, lies: str, pull: Pull) -> None:
        now = self._context.clock.now()
        if self._change(row, pull, lies=lies, asked_at=now, due=self._due(row, self._patience)):
            self._not_before[row["partner"]] = time.monotonic() + self._pause_seconds
            self._say(row, ranges(pull.size, pull.asked), None)

    def _step_aside(self, row: Document, pull: Pull) -> None:
        if pull.given_up is not None:
            self._end(row, IS_REFUSED, pull.given_up)
            return
        self._change(row, pull, due=self._due(row, self._delay(pull.tries)))
        self.wake(row["partner"])  # for others

    def _set_back(self, row: Document) -> None:
        """Tried again later, as if nothing of it had come. It keeps its turn: what it shows was not shown."""
        tries = row.get("tries", 0) + 1
        later = {"tries": tries, "asked": [], "due": self._due(row, self._delay(tries))}
        with answering():
            self._rows.update_one({"_id": row["_id"], "turn": row["turn"]}, {"$set": later})
        self.wake(row["partner"])  # for others

    def _delay(self, tries: int) -> timedelta:
        config = self._context.config
        pace = Backoff(config.retry_min_seconds, config.retry_max_seconds, failures=tries)
        return timedelta(seconds=pace.delay())

    def _look(self, row: Document, lies: str, pull: Pull) -> None:
        """All of it is here: whether it is what was offered, and of a kind that is taken in."""
        try:
            here = self._landing.land(row, lies)
        except Invalid as error:
            if error.code != DAMAGED:
                raise
            log.warning("a partner's file is damaged", partner=row["partner"], offer=row["_id"])
            self._step_aside(row, pull.begins_again())
            return
        self._end({**row, "here": here}, IS_HERE, None)

    def _end(self, row: Document, state: str, code: str | None, *, told: bool = False) -> None:
        """First where it is shown, then in its row: a crash between the two only does it again."""
        ended = {**row, "state": state, "code": code}
        self._files.shows(self._context, ended)
        if state == IS_REFUSED:
            self._landing.clear(row)
        mine = {"_id": row["_id"], "turn": row["turn"]}
        final = {"state": state, "code": code, "ended_at": self._context.clock.now()}
        with answering():
            done = self._rows.update_one(
                mine, {"$set": final, "$unset": {"due": "", "asked": "", "lies": ""}, "$inc": {"turn": 1}}
            )
        if done.matched_count and not told:
            self._say(row, [], code)
        self.wake(row["partner"])  # for the next

    def _change(self, row: Document, pull: Pull, **fields: Any) -> bool:
        """Whether it was for us to go on."""
        told = {"asked": list(pull.asked), "silences": pull.silences, "tries": pull.tries}
        told |= {"damaged": pull.damaged, **fields}
        with answering():
            mine = {"_id": row["_id"], "turn": row["turn"]}
            return self._rows.update_one(mine, {"$set": told, "$inc": {"turn": 1}}).matched_count > 0

    def _due(self, row: Document, wait: timedelta) -> Document:
        return {"of": row["partner"], "at": self._context.clock.now() + wait}

    def _say(self, row: Document, wanted: list[dict[str, int]], code: str | None) -> None:
        body = {"offer": row["_id"], "ranges": wanted, "code": code}
        self._owe(Word(row["partner"], row["thread"], WANTED, body))


def wake(context: Context, partner: str) -> None:
    """A save has taken an offer of the partner's."""
    pulling = context.kept.get(_KEPT)
    if isinstance(pulling, Pulling):
        pulling.wake(partner)


def _pull(row: Mapping[str, Any]) -> Pull:
    size, asked = row["file"]["size"], tuple(row["asked"])
    return Pull(size, asked, row["silences"], row["tries"], row["damaged"])


def _tell(error: Exception) -> None:
    if not is_outage(error):
        log.error("a partner's file could not be gone on with; it is tried again", exc_info=error)
