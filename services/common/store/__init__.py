"""Records: aggregates that are each one document, saved whole by one compare-and-set.

What it promises
    A save is one update of one document: the new state, the rows to be sent and the history entries stand or
    fall together. It succeeds only if nobody saved since the record was loaded; else it raises `Stale`, and
    the action is decided again from the new state (`decide_again`), never merged. So no transaction over
    several documents is needed, and a crash at any point leaves either all of a decision or nothing of it.

The document
    {_id, version, **state, outbox: [row…], history: [entry…], history_total, history_moved, unsent}

    `version` counts saves. `outbox` and `history` are landing strips, not homes: the relay (common/outbox)
    sends rows and takes them off; history entries move to `<collection>_history` when the strip is long,
    which costs nothing per save. `unsent` says since when rows wait and is absent when none do; it is
    indexed, so that a sweep finds what a crash left. The strips are bounded (64 rows, 100 entries): a record
    never grows past what one document should hold. A save that alone brings more rows waits until none is
    left.

Names beginning with `$`, or with `.` or NUL in them, are refused anywhere in a state: they mean something to
the database. Times must be aware; they are kept in whole milliseconds.
"""

from services.common.store.deciding import MAX_DECISIONS, decide_again, making
from services.common.store.declared import LISTED, Collection, Index
from services.common.store.record import Record, RecordId, Saved
from services.common.store.records import MAX_WAITING_ROWS, RESERVED, Records
from services.common.store.rows import copy, copy_row, event_row
from services.common.store.values import storable

__all__ = [
    "LISTED",
    "MAX_DECISIONS",
    "MAX_WAITING_ROWS",
    "RESERVED",
    "Collection",
    "Index",
    "Record",
    "RecordId",
    "Records",
    "Saved",
    "copy",
    "copy_row",
    "decide_again",
    "event_row",
    "making",
    "storable",
]
