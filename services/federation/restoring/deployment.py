"""Which deployment a service's database belongs to, and how often it went back in time: its incarnation.

    deployment   {_id: "deployment", id, incarnation, seen, noted, raised_at, resuming, parting, done}

The incarnation stands in everything that is said to partners. When the database was restored from a backup,
what we said since is forgotten here and known there, so nothing more may be said in the old one: the same
sequence would get another content. A new incarnation is the time in seconds, so no two restores of one
backup ever get the same.

How a restore is noticed

- By a note beside the database: `<INTERDESK_STATE_DIR>/<service>.json` holds `{deployment, incarnation,
  seen}`, written at start, at the end and twice a minute, each time after the database was told the same.
  All processes of the service write the same one, in a directory that they share; `seen` only rises, also
  when the clock is set back.
  A database that knows less than its note went back; one whose note is another's, or gone, was moved or
  copied. Nobody but a person knows what for. So the border stays shut, `/readyz` says why, and work within
  the account goes on, until `interdesk restore` says it (it marks the note; `done` is the mark that was
  followed last):
  `--as-restored`: this deployment goes on in place of the one that was backed up, in a new incarnation;
  `--as-copy`: that one lives on, and this one is another: with new keys, and no trusts.
- Where there is no note, by a partner: it has a message of ours that we don't know (`Deliveries.answered`).
  Then the incarnation is raised without asking; once an hour at most, or who has it done at will could keep
  us busy.

What follows from a new incarnation is in resuming.py. Of a copy the organizations service ends the trusts
(`parting`); the borders of the others stay shut until they have heard of it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from pymongo.errors import DuplicateKeyError

from services.common.clock import from_iso, iso
from services.common.database import answering
from services.common.errors import Unavailable
from services.federation.restoring import deployment_note
from services.federation.restoring.deployment_note import AS_COPY, SAID, SAYING
from services.federation.stored import DEPLOYMENT
from services.federation.threads import FIRST_INCARNATION

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

ID: Final = "deployment"
KEPT_SECONDS: Final = 2.0
BY_PARTNER_SECONDS: Final = 3600
MOMENT: Final = timedelta(milliseconds=1)

# Integer ids that were given since the backup are known to partners; none is given again.
IDS_SKIPPED: Final = 10_000


class Deployment:
    """The deployment of one service. Use `Deployment.of(context)`: there is one per context."""

    def __init__(self, context: Context, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._monotonic = monotonic
        self._documents = context.database[DEPLOYMENT.name]
        self._kept: tuple[float, dict[str, Any]] | None = None
        self._comparing = threading.Lock()
        self._compared = False
        self._problem: str | None = None

    @classmethod
    def of(cls, context: Context) -> Deployment:
        kept = context.kept.get(ID) or context.kept.setdefault(ID, cls(context))
        assert isinstance(kept, Deployment)
        return kept

    @property
    def incarnation(self) -> int:
        """What our messages are said in. Raises Unavailable, also while a person has to decide."""
        if problem := self.problem():
            raise Unavailable("border_shut", problem)
        return self.number

    @property
    def number(self) -> int:
        """The incarnation for what is not said to partners yet: work within the account goes on. Raises
        Unavailable.
        """
        number: int = self._document()["incarnation"]
        return number

    def problem(self) -> str | None:
        """Why the border stays shut; None when it does not. Raises Unavailable."""
        document = self._document()
        return self._problem or (_PARTING if document.get("parting") else None)

    @property
    def parting(self) -> bool:
        """Whether this is a copy whose trusts are still those of the original. Raises Unavailable."""
        return bool(self._document().get("parting"))

    def parted(self) -> None:
        """The trusts of the original are ended here. Raises Unavailable."""
        self._change({"parting": False})

    @property
    def resuming(self) -> bool:
        """Whether threads of an earlier incarnation may be left. Raises Unavailable."""
        return bool(self._document()["resuming"])

    def resumed(self) -> None:
        """All threads that we know are resumed. Raises Unavailable."""
        self._change({"resuming": False})

    def resume_again(self) -> None:
        """A thread of an earlier incarnation was left. Raises Unavailable."""
        if not self.resuming:
            self._change({"resuming": True})

    def note(self) -> None:
        """Compares the database with its note, and tells both the time: a later one than ever, whatever the
        clock says. Raises Unavailable, OSError.
        """
        path = self._path()
        if path is None:
            return
        self._compare()
        known = self._read()
        if self._problem is not None or known is None:
            return
        seen = max(self._context.clock.now(), known["seen"] + MOMENT)
        with answering():
            self._documents.update_one({"_id": ID}, {"$max": {"seen": seen}})
        if self._says(self._noted(), known):
            return  # a person says something just now
        said = {"deployment": known["id"], "incarnation": known["incarnation"], "seen": iso(seen)}
        deployment_note.write(path, said)
        if not known["noted"]:
            self._change({"noted": True})  # now there is one that may be missed

    def told_by_partner(self) -> bool:
        """A partner says that it knows more of what we said than we do. False when it is not believed: the
        note knows better, or that was heard a moment ago already.
        """
        if self._path() is not None:
            return False
        raised_at = self._document().get("raised_at")
        now = self._context.clock.now()
        if raised_at is not None and now - raised_at < timedelta(seconds=BY_PARTNER_SECONDS):
            return False
        return self._raise("a partner has messages of ours that we do not know", {}, {"raised_at": raised_at})

    def _document(self) -> dict[str, Any]:
        now = self._monotonic()
        if self._kept is not None and now - self._kept[0] < KEPT_SECONDS:
            return self._kept[1]
        if not self._compared or self._problem is not None:
            self._compare()
        document = self._read() or self._found(None)
        self._kept = now, document
        return document

    def _compare(self) -> None:
        """What the database knows beside its note; one thread at a time, so that a problem is found once."""
        with self._comparing:
            self._compare_now()

    def _compare_now(self) -> None:
        noted = self._noted()  # first: others may write both just now
        document = self._read()
        problem = None
        if document is None:
            self._found(noted)
        elif noted is None:
            # Looked at once more: it is there before it may be missed.
            if document["noted"] and self._path() is not None and self._noted() is None:
                problem = _MOVED.format(path=self._path())
        elif SAID in noted:
            if self._says(noted, document):
                self._do_as_said(noted)
        elif noted["deployment"] != document["id"]:
            problem = _ANOTHER.format(path=self._path())
        elif (noted["incarnation"], from_iso(noted["seen"])) > (document["incarnation"], document["seen"]):
            problem = _WENT_BACK.format(path=self._path())
        if problem is not None and self._problem is None:
            self._context.ids.skip(IDS_SKIPPED)  # work within the account goes on
        self._problem, self._kept = problem, None
        self._compared = True

    @staticmethod
    def _says(noted: Mapping[str, Any] | None, document: Mapping[str, Any]) -> bool:
        """Whether a person said something in the note that was not done yet."""
        return noted is not None and SAID in noted and noted[SAYING] != document.get("done")

    def _do_as_said(self, noted: Mapping[str, Any]) -> None:
        """Once, whatever crashes and however many processes look: what was done stands in the database. The
        note is written anew when the border opens.
        """
        done, new = {"done": {"$ne": noted[SAYING]}}, {"done": noted[SAYING]}
        if noted[SAID] == AS_COPY:
            new |= {"id": self._context.new_uuid(), "parting": True}
            self._raise("a person said that the database is a copy", noted, done, **new)
        else:
            self._raise("a person said that the database was restored", noted, done, **new)

    def _read(self) -> dict[str, Any] | None:
        with answering():
            return self._documents.find_one({"_id": ID})

    def _found(self, noted: Mapping[str, Any] | None) -> dict[str, Any]:
        """The first start of a database; one that a note knows of already has lost everything."""
        made = {
            "_id": ID,
            "id": (noted or {}).get("deployment") or self._context.new_uuid(),
            "incarnation": FIRST_INCARNATION if noted is None else self._after(noted),
            "seen": self._context.clock.now(),
            "noted": False,
            "raised_at": None,
            "resuming": noted is not None,
            "parting": False,
            "done": None,
        }
        with answering(), contextlib.suppress(DuplicateKeyError):  # another process may have been first
            self._documents.insert_one(made)
        return made

    def _raise(self, reason: str, noted: Mapping[str, Any], still: Mapping[str, Any], **besides: Any) -> bool:
        """Begins a new incarnation, if the document is `still` so. False: another process was first."""
        self._context.ids.skip(IDS_SKIPPED)
        incarnation = max(self._after(self._read() or {}), self._after(noted))
        now = self._context.clock.now()
        raised = {"incarnation": incarnation, "raised_at": now, "resuming": True, "seen": now, **besides}
        with answering():
            first = self._documents.update_one({"_id": ID, **still}, {"$set": raised}).matched_count == 1
        if first:
            log.error("this service goes on in a new incarnation", reason=reason, incarnation=incarnation)
        self._kept = None
        return first

    def _after(self, known: Mapping[str, Any]) -> int:
        """An incarnation that was never used: later than the known one, and than all that a clock made."""
        now = int(self._context.clock.now().timestamp())
        return max(int(known.get("incarnation", FIRST_INCARNATION)) + 1, now)

    def _change(self, change: dict[str, Any]) -> None:
        with answering():
            self._documents.update_one({"_id": ID}, {"$set": change})
        self._kept = None

    def _path(self) -> Path | None:
        directory = self._context.config.state_dir
        return None if directory is None else directory / f"{self._context.service}.json"

    def _noted(self) -> Mapping[str, Any] | None:
        path = self._path()
        return None if path is None else deployment_note.read(path)


_DECIDE: Final = (
    "If this deployment goes on in place of the one that was backed up, say `interdesk restore "
    "--as-restored`; if that one lives on, `interdesk restore --as-copy`."
)
_WENT_BACK: Final = "database_went_back: the database knows less than {path} says of it. " + _DECIDE
_MOVED: Final = "deployment_unknown: the database was noted elsewhere, and there is no {path}. " + _DECIDE
_ANOTHER: Final = "another_deployment: the database is not the one that {path} is the note of. " + _DECIDE
_PARTING: Final = "parting: this deployment is a copy, and the trusts of the original are not ended here yet."
