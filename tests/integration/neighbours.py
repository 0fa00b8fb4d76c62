"""The account's other services, for tests of one service without a bus: they answer what a test has them
keep.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from services.common.errors import Unavailable
from tests.configs import NAMES


@dataclass
class Neighbours:
    """`records`: by kind and id. `silent`: they do not answer. `situations`: how many were said of a
    request.
    """

    services: ClassVar[tuple[str, ...]] = ("organizations", "requests")

    account: str
    records: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, Any], int] = field(default_factory=dict)
    silent: bool = False
    situations: dict[int, int] = field(default_factory=dict)

    def keep(self, kind: str, id: Any, **record: Any) -> None:
        self.records[kind, id] = {"id": id, **record}
        self.versions[kind, id] = self.versions.get((kind, id), 0) + 1

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **_: Any) -> Any:
        assert service in self.services
        if self.silent:
            raise Unavailable("service_silent", f"{service} does not answer")
        return getattr(self, f"_{method}")(*args)

    def _copy(self, kind: str, id: Any) -> dict[str, Any] | None:
        record = self.records.get((kind, id))
        return None if record is None else {"id": id, "version": self.versions[kind, id], "record": record}

    def _situations(self, ids: list[int]) -> list[list[int]]:
        return [[id, self.situations[id]] for id in ids if id in self.situations]

    def _introduce(self, account: str, kind: str, remote_id: int, name: str) -> dict[str, Any]:
        """A partner's record has an id of 1000 and more here."""
        whose = {"account": {"id": account, "name": NAMES[account]}, "remote_id": remote_id}
        known = [
            id for (of, id), record in self.records.items() if of == kind and whose.items() <= record.items()
        ]
        id = known[0] if known else 1000 + len(self.records)
        self.keep(kind, id, **whose, name=name)
        return {"id": id}
