"""docs/configuration.md, written from the table."""

from __future__ import annotations

import dataclasses

from services.common.config.settings import Config
from services.common.config.table import TABLE, Variable


def document() -> str:
    """docs/configuration.md, from the table."""
    rows = "\n".join(
        f"| `{variable.name}` | {_shown_default(variable)} | {variable.meaning}"
        f"{' *(or a file)*' if variable.secret else ''}{' *(tooling only)*' if variable.tooling else ''} |"
        for variable in TABLE
    )
    return _DOCUMENT.format(rows=rows)


def _shown_default(variable: Variable) -> str:
    if variable.required:
        return "**required**"
    if variable.default:
        return variable.default
    spec = next(spec for spec in dataclasses.fields(Config) if spec.name == variable.field)
    return f"`{spec.default}`"


_DOCUMENT = """\
# Configuration

A service reads its settings from the environment, once, when it starts. It starts only when all of them are
right; else it lists every problem and ends. An `INTERDESK_` variable that is not in this table is a problem
too. Units are in the names. What is marked *or a file* may stand in a file as well, which is kept better than
an environment: `AMQP_URI_FILE` names one that holds what `AMQP_URI` would. Variables marked *tooling only*
are for tests and tools, never for an account in use.

This page is written from the table in `services/common/config/table.py`
(`python -m services.common.config > docs/configuration.md`).

| variable | default | meaning |
|---|---|---|
{rows}
"""
