"""References: `team_id: 5` becomes `team: {"id": 5, "name": "Service Desk", "nodeID": "…"}`.

The names live in the service that owns the record. All references of an answer are looked up together:
one query per kind of record, however many records the answer holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.context import Databases
from services.common.ids import node_id

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

    def __init__(self, domain: str, databases: Databases, kinds: Iterable[Kind]) -> None:
        self._domain = domain
        self._databases = databases
        self._kinds = {kind.name: kind for kind in kinds}

    def resolve(self, wanted: Mapping[str, Collection[int]]) -> Callable[[str, int], Document]:
        """The references to records of some kinds (`{"team": {5, 6}}`), looked up at once."""
        found = {
            name: self._kinds[name].find(self._databases[self._kinds[name].service], name, ids)
            for name, ids in wanted.items()
            if ids
        }
        return lambda name, id: self._written(self._kinds[name], id, found.get(name, {}).get(id))

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
