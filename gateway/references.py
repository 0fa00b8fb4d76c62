"""References: `team_id: 5` becomes `team: {"id": 5, "name": "Service Desk", "nodeID": "…"}`.

The names live in the service that owns the record. All references of an answer are looked up together:
one query per kind of record, however many records the answer holds. What was found is kept for a few seconds,
so a name that was changed elsewhere is shown at most that much longer; what is changed through this gateway
counts at once (`forget`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.common.clock import Clock
from services.common.ids import node_id

if TYPE_CHECKING:
    from gateway.context import Databases

KEPT = timedelta(seconds=2)
MAX_KEPT = 10_000

Document = dict[str, Any]
Find = Callable[[Any, str, Collection[int]], Mapping[int, Document]]
"""`(database, kind, ids)` -> records by id: `{name | subject, sourceID?, disabled?, account?}`."""


@dataclass(frozen=True)
class Kind:
    """A kind of record that others refer to: who owns it, and the type in its nodeID."""

    name: str
    service: str
    type: str
    find: Find
    label: str = "name"


@dataclass(frozen=True)
class Reference:
    """A field that refers: what the API calls it, and what kind of record it leads to."""

    name: str
    kind: str


class Resolver:
    """Looks references up for one account."""

    def __init__(self, domain: str, databases: Databases, kinds: Iterable[Kind], clock: Clock) -> None:
        self._domain = domain
        self._databases = databases
        self._kinds = {kind.name: kind for kind in kinds}
        self._clock = clock
        self._kept: dict[str, dict[int, tuple[datetime, Document]]] = {name: {} for name in self._kinds}

    def forget(self, service: str) -> None:
        """Looks up again what belongs to a service: something of it has changed."""
        # A look that is under way now keeps what it finds in the old dict, where nobody sees it.
        self._kept |= {kind.name: {} for kind in self._kinds.values() if kind.service == service}

    def resolve(self, wanted: Mapping[str, Collection[int]]) -> Callable[[str, int], Document]:
        """The references to records of some kinds (`{"team": {5, 6}}`), looked up at once."""
        found = {name: self._found(self._kinds[name], ids) for name, ids in wanted.items()}
        return lambda name, id: self._written(self._kinds[name], id, found[name].get(id))

    def _found(self, kind: Kind, ids: Collection[int]) -> Mapping[int, Document]:
        kept, now = self._kept[kind.name], self._clock.now()
        known = {id: kept[id][1] for id in ids if id in kept and now < kept[id][0]}
        missing = [id for id in ids if id not in known]
        if missing:
            found = kind.find(self._databases[kind.service], kind.name, missing)
            if len(kept) >= MAX_KEPT:
                kept.clear()
            kept |= {id: (now + KEPT, record) for id, record in found.items()}
            known |= found
        return known

    def _written(self, kind: Kind, id: int, record: Document | None) -> Document:
        record = record or {}
        written: Document = {
            "id": id,
            kind.label: record.get(kind.label),
            "nodeID": node_id(self._domain, kind.type, id),
        }
        if record.get("sourceID"):
            written["sourceID"] = record["sourceID"]
        if record.get("disabled"):
            written["disabled"] = True
        if account := record.get("account"):
            written["account"] = {"id": account["id"], "name": account.get("name")}
        return written
