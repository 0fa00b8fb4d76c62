"""The configuration of one account's service, read once from the environment.

`TABLE` is the one list of variables: names, meanings, bounds, defaults. `load` turns an environment into a
`Config` and reports every problem at once; an INTERDESK_ variable that is not in the table is a problem too,
so that a misspelt one is not silently ignored. docs/configuration.md is written from the table (`document()`;
a test holds it true).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from services.common.config import reading
from services.common.config.document import document
from services.common.config.reading import ACCOUNT, DOMAIN
from services.common.config.settings import SERVICES, Config, MongoUser
from services.common.config.table import TABLE, Variable
from services.common.errors import ConfigError

__all__ = ["ACCOUNT", "DOMAIN", "SERVICES", "TABLE", "Config", "MongoUser", "Variable", "document", "load"]


def load(environ: Mapping[str, str]) -> Config:
    """The configuration in `environ`. Raises `ConfigError` that names every problem at once."""
    problems: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for variable in TABLE:
        try:
            raw = _given(environ, variable)
            if not raw:
                if variable.required:
                    problems.append((variable.name, f"is missing: {variable.meaning}"))
                continue
            value = variable.read(raw)
        except ValueError as error:
            problems.append((variable.name, str(error)))
            continue
        if variable.field:
            values[variable.field] = value
    known = {name for variable in TABLE for name in variable.names}
    problems += [
        (name, "is not a setting of Interdesk; see docs/configuration.md")
        for name in sorted(environ)
        if name.startswith("INTERDESK_") and name not in known
    ]
    defaults = {spec.name: spec.default for spec in dataclasses.fields(Config)}
    low = values.get("retry_min_seconds", defaults["retry_min_seconds"])
    if low > values.get("retry_max_seconds", defaults["retry_max_seconds"]):
        problems.append(("INTERDESK_RETRY_MAX_SECONDS", f"must not be below the first wait, {low:g} seconds"))
    if problems:
        listed = "".join(f"\n  {name} {text}" for name, text in problems)
        raise ConfigError(message=f"The configuration is wrong:{listed}", errors=problems)
    values.setdefault("name", values["account"])
    return Config(**values)


def _given(environ: Mapping[str, str], variable: Variable) -> str:
    """What the environment says of it; of a secret perhaps what a file holds. Raises ValueError."""
    given = [name for name in variable.names if environ.get(name)]
    if len(given) > 1:
        raise ValueError(f"is given twice: leave {' or '.join(given)} out")
    if not given:
        return ""
    raw = environ[given[0]]
    return raw if given[0] == variable.name else reading.contents(raw).strip()
