"""`Border(correspondent)` on a service class: everything that this service and its partners say to each
other.

    class RequestsService:
        name = "requests"
        context = ServiceContext(collections=…)
        border = Border(partner)

It starts the lanes (what partners say), the outbox (what we say) and the sweep of the inbox, and takes
message rows from the service's inside relay. In methods, `self.border` is a `BorderDesk`: what a person may
do with what is parked.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

import structlog
from nameko.extensions import DependencyProvider

from services.common import logs
from services.common.errors import NotFound, Unavailable
from services.common.service_parts import ServiceParts
from services.common.verdicts import is_outage
from services.federation import stored
from services.federation.files import COMING, Files
from services.federation.files.allowance import ALLOWANCES
from services.federation.files.crossing import FilesCrossing
from services.federation.incoming.handling import Correspondent
from services.federation.incoming.inbox import Inbox
from services.federation.incoming.intake import Intake
from services.federation.incoming.lanes import Lanes
from services.federation.incoming.parked import ParkedMessages
from services.federation.incoming.quarantine import Quarantine
from services.federation.outgoing.outbox import Outbox
from services.federation.outgoing.receipts import Answers
from services.federation.partners.borders import Borders
from services.federation.partners.trusts import ENDED, OWNER, TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.restoring.reminding import Reminder
from services.federation.restoring.resuming import resume_all

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

NOTE_SECONDS: Final = 30


class Post:
    """All parts of one service's border, wired together; without nameko, so that tests can hold it. `files`:
    what the service does with the files of its notes, where it has such.
    """

    def __init__(self, context: Context, correspondent: Correspondent, files: Files | None = None) -> None:
        self.context = context
        self._correspondent = correspondent
        self.deployment = Deployment.of(context)
        self.borders = Borders(context)
        self.outbox = Outbox(context, correspondent, self.borders)
        answers = Answers(self.outbox.owe)
        self.quarantine = Quarantine(context, self.borders)
        self.crossing = FilesCrossing(context, files, self.outbox, self.borders) if files else None
        self.intake = Intake(
            context,
            borders=self.borders,
            quarantine=self.quarantine,
            answers=answers,
            take_receipt=self.outbox.take_receipt,
            take_of_file=self.crossing.take if self.crossing else None,
            heard=self.outbox.heard,
        )
        self.inbox = Inbox(
            context,
            correspondent,
            intake=self.intake,
            borders=self.borders,
            quarantine=self.quarantine,
            answers=answers,
            reminder=Reminder(context, answers, self.outbox.hurry),
        )
        self.parked = ParkedMessages(context, correspondent, inbox=self.inbox, quarantine=self.quarantine)
        self.lanes = Lanes(context, self.intake, self.inbox, self.borders)
        self._problem: str | None = None  # as it was told last
        self._note_at = 0.0
        self._stopping = threading.Event()
        self._sweeper: threading.Thread | None = None

    def start(self) -> None:
        self._sweeper = threading.Thread(target=self._sweep, name="inbox sweep", daemon=True)
        self._sweeper.start()

    def stop(self) -> None:
        """Takes nothing more, applies what was taken, sends what is in hand."""
        self._stopping.set()
        self.lanes.stop()
        if self._sweeper is not None:
            self._sweeper.join(10)
        if self.crossing is not None:
            self.crossing.stop()
        self.outbox.stop()
        try:
            self.deployment.note()
        except (Unavailable, OSError) as error:
            log.warning("how far the database has come could not be noted", error=str(error))

    def _sweep_inbox(self) -> None:
        self.inbox.sweep(self._stopping)

    def _sweep(self) -> None:
        config = self.context.config
        logs.bind(self.context.account, self.context.service)
        is_open = False
        while not self._stopping.is_set():
            try:
                is_open = is_open or self._opens()
            except Exception as error:
                _tell(error)
            if is_open:
                for step in (self._note, self._resume, self._sweep_inbox):
                    try:
                        step()
                    except Exception as error:
                        _tell(error)  # the other steps don't wait for this one
            self._stopping.wait(config.sweep_seconds)

    def _note(self) -> None:
        if time.monotonic() >= self._note_at:
            self._note_at = time.monotonic() + NOTE_SECONDS
            self.deployment.note()

    def _resume(self) -> None:
        resume_all(self.context, self._correspondent, self.outbox.deliveries)

    def _opens(self) -> bool:
        """Opens the border, unless a person has to decide first whose database this is."""
        self._part()
        problem, self._problem = self._problem, self.deployment.problem()
        if self._problem is not None:
            if self._problem != problem:
                log.error("the border stays shut", problem=self._problem)
            return False
        self.outbox.start()
        self.lanes.start()
        if self.crossing is not None:
            self.crossing.start()
        return True

    def _part(self) -> None:
        """Of a copy: the organizations service ends the trusts of the original, the others wait for it."""
        if self.context.service == OWNER or not self.deployment.parting:
            return
        book = TrustBook.of(self.context)
        book.forget()
        if all(trust.status == ENDED for trust in book.trusts()):
            self.deployment.parted()


def _tell(error: Exception) -> None:
    if not is_outage(error):
        log.error("a part of the border's sweep failed; it goes on", exc_info=error)


class BorderDesk:
    """What a person may do at the border of this service. The caller checks that he may."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def replay(self, id: str) -> None:
        """Has a parked message handled again. Raises NotFound, Conflict `not_parked`."""
        self._post.parked.replay(id)

    def discard(self, id: str) -> None:
        """Goes past a parked message for good. Raises NotFound, Conflict `not_parked`."""
        self._post.parked.discard(id)

    def resume(self, partner: str) -> None:
        """Opens a paused border again. Raises NotFound when it is not paused."""
        if not self._post.borders.resume(partner):
            raise NotFound("not_paused", f"The border to {partner} is not paused.")

    def empty_quarantine(self, partner: str) -> int:
        """Lets go of what is in the partner's quarantine. Gives how many deliveries that were."""
        return self._post.quarantine.empty(partner)


class Border(DependencyProvider):
    """See the module's docstring. `correspondent`: a module or object as `handling.Correspondent` says;
    `files`: one as `files.Files` says, of a service whose notes have files.
    """

    parts = ServiceParts()

    def __init__(self, correspondent: Any, files: Any = None) -> None:
        self._correspondent: Correspondent = correspondent
        self._files: Files | None = files
        self._post: Post | None = None

    def bind(self, container: Any, attr_name: str) -> Border:
        bound = super().bind(container, attr_name)
        assert isinstance(bound, Border)
        bound.parts.collections.extend(stored.ALL)
        if self._files is not None:
            bound.parts.collections.extend((COMING, ALLOWANCES))
        return bound

    def setup(self) -> None:
        self.parts.relay.message_sink = self._offer
        self.parts.checks.append(self._problem)
        self.parts.measures.append(self._measure)

    def start(self) -> None:
        self.post.start()

    def stop(self) -> None:
        if self._post is not None:
            self._post.stop()

    @property
    def post(self) -> Post:
        if self._post is None:
            self._post = Post(self.parts.context, self._correspondent, self._files)
        return self._post

    def get_dependency(self, worker: Any) -> BorderDesk:
        return BorderDesk(self.post)

    def _problem(self) -> str | None:
        try:
            return self.post.deployment.problem()
        except Unavailable:
            return None  # the database's own check says so

    def _measure(self) -> None:
        self.parts.count_connections("lane", self.post.lanes.connected)
        self.parts.count_connections("partner", self.post.outbox.connected)

    def _offer(self, rows: Any) -> None:
        self.post.outbox.offer(rows)
