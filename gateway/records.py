"""Records as the API shows them: the chosen fields, references resolved, blanks as null.

What `queries` gives holds no more than the service's output schema names; of that, the fields go out that
the list offers and the caller chose. `account` is there on a partner's record only, `archived` and
`trashed` on what is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from marshmallow import Schema

from gateway.references import Reference, Resolver
from services.common.ids import node_id
from services.common.listing import Kind, Listing

Document = dict[str, Any]
Resolve = Callable[[str, int], Document]


# Fields that are not there rather than blank: whose a record is, what a partner's has, that it is out of use.
_ONLY_WHERE_SO = ("account", "told_at", "note_count", "actions", "archived", "trashed")


@dataclass(frozen=True, eq=False)
class Shape:
    """How one kind of record goes out. `title` names it; `type` is that of its nodeID ("" without one).
    `references` says, by the schema's field, what is a reference: `{"team_id": Reference("team", "team")}`;
    they are found at any depth. `schema` is the service's, for the documentation. `alone` are fields that
    one record shows and a list does not."""

    title: str
    schema: type[Schema]
    listing: Listing
    type: str = ""
    references: Mapping[str, Reference] = field(default_factory=dict)
    alone: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All fields of one record."""
        return (*self.listing.names, *self.alone)

    @property
    def numbered(self) -> bool:
        """Whether its records have numbers for ids (and so may have nodeIDs)."""
        return self.listing.fields["id"].kind is Kind.INTEGER

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """The schema's field behind each of the API's. Raises ValueError where there is none."""
        declared = self.schema().fields
        by_name = {
            reference.name: attribute
            for attribute, reference in self.references.items()
            if attribute in declared
        }
        found = {name: by_name.get(name, name) for name in self.names}
        if missing := set(found.values()) - declared.keys():
            raise ValueError(f"{self.schema.__name__} lacks what its list offers: {sorted(missing)}")
        return found


class Renderer:
    """Writes records for the callers of one account."""

    def __init__(self, domain: str, resolver: Resolver) -> None:
        self._domain = domain
        self._resolver = resolver

    def one(self, shape: Shape, document: Document, names: Sequence[str] | None = None) -> Document:
        """A record with the given fields; with all of them by default."""
        return self.many(shape, [document], names or shape.names)[0]

    def many(self, shape: Shape, documents: Sequence[Document], names: Sequence[str]) -> list[Document]:
        """Records with the given fields, in the fields' order."""
        chosen = [(name, shape.attributes[name]) for name in names]
        picked = [{attribute: each.get(attribute) for _, attribute in chosen} for each in documents]
        wanted: dict[str, set[int]] = {}
        _collect(picked, shape.references, wanted)
        resolve = self._resolver.resolve(wanted)
        written = [self._written(shape, each, resolve) for each in picked]
        for shown, document in zip(written, documents, strict=True):
            if document.get("elsewhere"):  # its id is another account's, and leads nowhere here
                del shown["nodeID"]
        return written

    def _written(self, shape: Shape, picked: Document, resolve: Resolve) -> Document:
        written: Document = _resolved(picked, shape.references, resolve)
        for name in _ONLY_WHERE_SO:
            if written.get(name, ...) is None:
                del written[name]
        if shape.type:
            id = written.pop("id")
            written = {"id": id, "nodeID": node_id(self._domain, shape.type, id), **written}
        return written


def _collect(value: Any, references: Mapping[str, Reference], wanted: dict[str, set[int]]) -> None:
    if isinstance(value, list):
        for each in value:
            _collect(each, references, wanted)
    elif isinstance(value, dict):
        for name, inner in value.items():
            reference = references.get(name)
            if reference is None:
                _collect(inner, references, wanted)
            elif inner is not None:
                ids = inner if isinstance(inner, list) else [inner]
                wanted.setdefault(reference.kind, set()).update(ids)


def _resolved(value: Any, references: Mapping[str, Reference], resolve: Resolve) -> Any:
    if isinstance(value, list):
        return [_resolved(each, references, resolve) for each in value]
    if not isinstance(value, dict):
        return value
    written: Document = {}
    for name, inner in value.items():
        reference = references.get(name)
        if reference is None:
            written[name] = _resolved(inner, references, resolve)
        elif isinstance(inner, list):
            written[reference.name] = [resolve(reference.kind, id) for id in inner]
        else:
            written[reference.name] = None if inner is None else resolve(reference.kind, inner)
    return written
