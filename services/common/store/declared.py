"""Collections and their indexes, as declared by a service and made when it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import IndexModel
from pymongo.database import Database

from services.common import history
from services.common.database import Document, answering


@dataclass(frozen=True, init=False)
class Index:
    """An index: `Index("team_id")`, `Index(["status", "-updated_at"])`, `Index([("a", 1), ("b", -1)])`."""

    keys: tuple[tuple[str, int], ...]
    unique: bool
    sparse: bool

    def __init__(
        self, keys: str | Sequence[str | tuple[str, int]], unique: bool = False, sparse: bool = False
    ) -> None:
        listed = [keys] if isinstance(keys, str) else keys
        object.__setattr__(self, "keys", tuple(_key(key) for key in listed))
        object.__setattr__(self, "unique", unique)
        object.__setattr__(self, "sparse", sparse)

    def model(self) -> IndexModel:
        options: dict[str, Any] = {name: True for name in ("unique", "sparse") if getattr(self, name)}
        return IndexModel(list(self.keys), **options)

    def ensure(self, database: Database[Document], collection: str) -> None:
        """Makes it unless it is there. Raises `Unavailable`."""
        with answering():
            database[collection].create_indexes([self.model()])


def _key(key: str | tuple[str, int]) -> tuple[str, int]:
    if isinstance(key, tuple):
        return key
    return (key[1:], -1) if key.startswith("-") else (key, 1)


LISTED: Final = (
    Index(["name", "_id"]),
    Index(["sourceID", "_id"]),
    Index(["created_at", "_id"]),
    Index(["updated_at", "_id"]),
    Index("source"),
    Index("remote", unique=True, sparse=True),
    Index("origin", unique=True, sparse=True),
)
"""For records with a name: the orders and filters of their lists (`listing.usual`), and what each is found by
when it is introduced by a partner (`remote`) or made from another system's (`origin`)."""


@dataclass(frozen=True)
class Collection:
    """A collection and its indexes. `records`: it holds records with landing strips (see above)."""

    name: str
    indexes: tuple[Index, ...] = ()
    records: bool = True

    def ensure(self, database: Database[Document]) -> None:
        """Makes its indexes that are not there yet; at service start. Raises `Unavailable`."""
        indexes = self.indexes
        if self.records:
            indexes = (*indexes, Index("unsent", sparse=True))
            Index(["record", "n"]).ensure(database, history.collection_name(self.name))
        if indexes:
            with answering():
                database[self.name].create_indexes([index.model() for index in dict.fromkeys(indexes)])
