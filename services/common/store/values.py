"""What the database may keep."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.common.clock import milliseconds
from services.common.errors import Invalid


def storable(value: Any) -> Any:
    """A copy of `value` as the database keeps it: lists, plain names, times in milliseconds.

    Raises `Invalid` for names that mean something to the database (`name_not_allowed`) and for numbers that
    it does not keep (`number_too_big`, `not_a_number`), `ValueError` for naive times."""
    if isinstance(value, str | bool | bytes | None):
        return value
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        return {_name(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, datetime):
        return milliseconds(value)
    raise TypeError(f"{type(value).__name__} is not kept: {value!r}")


def _number(value: float) -> float:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Invalid("number_too_big", f"{value} is too big a number.")
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid("not_a_number", f"{value} is not a number.")
    return value


def _name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a name must be a text, not {key!r}")
    if key.startswith("$") or "." in key or "\0" in key:
        raise Invalid("name_not_allowed", errors=[(key, "may not begin with '$' or contain '.'")])
    return key
