"""Conditions on one path, and their conjunction.

A conjunction is kept flat (`{"team_id": 5, "_id": {"$lt": 9}}`) wherever it can be: a planner finds an
index for that more easily than for `$and`, and some find none for `$and`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from services.common.listing.declaration import Field, Filter, Kind
from services.common.listing.values import read

Condition = Any
"""What MongoDB takes beside a path: a bare value, or a mapping of operators."""

MAX_VALUES = 500
_ORDERED = frozenset({Kind.INTEGER, Kind.REFERENCE, Kind.TIME, Kind.DATE, Kind.LOCAL, Kind.TARGET})
_BOUNDS = {">=": "$gte", ">": "$gt", "<=": "$lte", "<": "$lt"}
_RANGE = re.compile(r"(?P<low>>=?)(?P<from>[^<>=!]+)(?P<high><=?)(?P<until>[^<>=!]+)")
_BOUND = re.compile(r"(?P<operator>[<>]=?)(?P<value>[^<>=!]+)")


def condition(field: Field, path: str, text: str, negated: bool = False) -> tuple[str, Condition]:
    """The path and condition that `text` (operators in the value) asks of a field. Raises ValueError."""
    if text.startswith("!"):
        text, negated = text[1:], not negated
    if text == "":
        if field.many:  # an array that is there and empty is as empty as none
            return f"{path}.0", {"$exists": negated}
        return path, {"$ne": None} if negated else None
    if field.kind in _ORDERED and text[0] in "<>":
        if negated:
            raise ValueError("takes no '!' before a comparison")
        return path, _range(field, text)
    values = [read(field, item) for item in split(text)]
    return path, _among(values, negated)


def quoted(text: str) -> str:
    """`text` as the value of a filter that asks for exactly this text, whatever characters it holds."""
    return "".join(f"\\{character}" if character in "\\,!<>" else character for character in text)


def split(text: str) -> list[str]:
    """The values of a list: separated by commas; a backslash takes the next character as it is."""
    values, current, characters = [], "", iter(text)
    for character in characters:
        if character == "\\":
            current += next(characters, "\\")
        elif character == ",":
            values.append(current)
            current = ""
        else:
            current += character
    values.append(current)
    if len(values) > MAX_VALUES:
        raise ValueError(f"takes at most {MAX_VALUES} values")
    if len(values) > 1 and "" in values:
        raise ValueError("has an empty value in its list")
    return values


def all_of(filters: Iterable[Filter]) -> dict[str, Any]:
    """One filter that holds where every one of `filters` does."""
    merged: dict[str, Any] = {}
    rest: list[Filter] = []
    for each in filters:
        for path, wanted in each.items():
            if path not in merged:
                merged[path] = wanted
            elif (both := _both(merged[path], wanted)) is not None:
                merged[path] = both
            elif merged[path] != wanted:
                rest.append({path: wanted})
    if rest:
        rest = [*merged.pop("$and", []), *rest]
        merged["$and"] = rest
    return merged


def behind_first(wanted: Filter, behind: Filter) -> dict[str, Any]:
    """One filter for those of `wanted` that are `behind` a place. Its order is a word to planners that walk
    the index of the first condition that has one (MongoDB's weighs them all): those that share the place are
    few, and that something is empty holds for nearly all.
    """
    conditions = [({path: each}, False) for path, each in wanted.items()]
    conditions += [({path: each}, True) for path, each in behind.items()]
    return all_of(each for each, _ in sorted(conditions, key=lambda each: _holds_for(*each)))


def _holds_for(condition: Filter, is_place: bool) -> int:
    """How many records it holds for, as far as it can be guessed: the more, the higher."""
    (value,) = condition.values()
    if value is None:
        return 3
    if is_place:
        return 2 if isinstance(value, Mapping) else 0
    return 1


def _among(values: list[Any], negated: bool) -> Condition:
    if any(value is False for value in values):
        values = [*values, None]  # a flag that was never set is as false as one that was taken away
    if len(values) == 1:
        return {"$ne": values[0]} if negated else values[0]
    return {"$nin" if negated else "$in": values}


def _range(field: Field, text: str) -> Condition:
    if two := _RANGE.fullmatch(text):
        return {
            _BOUNDS[two["low"]]: read(field, two["from"]),
            _BOUNDS[two["high"]]: read(field, two["until"]),
        }
    if one := _BOUND.fullmatch(text):
        return {_BOUNDS[one["operator"]]: read(field, one["value"])}
    raise ValueError("must compare as <v, <=v, >v, >=v, >a<b or >=a<=b")


def _both(first: Condition, second: Condition) -> Condition | None:
    """Two conditions on one path as one mapping of operators; None where only `$and` can say it."""
    one, other = _operators(first), _operators(second)
    if one is None or other is None or set(one) & set(other):
        return None
    return {**one, **other}


def _operators(condition: Condition) -> Mapping[str, Any] | None:
    if not isinstance(condition, Mapping):
        return {"$eq": condition}
    return condition if all(key.startswith("$") for key in condition) else None
