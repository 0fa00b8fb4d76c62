"""Model values ↔ documents: what the rules know as frozen values, the database keeps as plain documents.

A value is written field by field under its own names, enums as their words, an `Episode` as `[incarnation,
n]`, empty fields as null. Reading follows the type hints of the value's class, so a new field of the model
needs no line here; a field that an older document lacks gets its default.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from services.requests.model import Episode

V = TypeVar("V")


def encode(value: Any) -> Any:
    """The document of a value."""
    if isinstance(value, Episode):
        return [value.incarnation, value.n]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {name: encode(item) for name, item in value.items()}
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    return value


def decode(kind: type[V], document: Mapping[str, Any]) -> V:
    """The value of class `kind` that `encode` made the document of. Raises ValueError for what is no such
    value.
    """
    given = {}
    of: Any = kind
    for name, (field, hint) in _fields(of).items():
        if name in document:
            given[name] = _decoded(hint, document[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"a {kind.__name__} needs {name}")
    return kind(**given)


@cache
def _fields(kind: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {field.name: (field, hints[field.name]) for field in fields(kind)}


def _decoded(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(each for each in get_args(hint) if each is not type(None))
    if hint is Episode:
        return Episode(*value)
    if get_origin(hint) is tuple:
        of = get_args(hint)
        repeated = len(of) == 2 and of[1] is Ellipsis
        return tuple(_decoded(of[0] if repeated else of[nth], item) for nth, item in enumerate(value))
    if isinstance(hint, type) and is_dataclass(hint):
        return decode(hint, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if hint is datetime and not isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a time")
    return value
