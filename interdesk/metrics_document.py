"""docs/metrics.md, from what the services' modules declare: `python -m interdesk.metrics_document`."""

from __future__ import annotations

import importlib

from interdesk.services import CLASSES
from services.common.metrics import DECLARED, OWNER, Declared

_DOCUMENT = """\
# Metrics

What every service, and the gateway, shows Prometheus at `/metrics`. Each series says whose it is by the
labels `{owner}`; the labels in the table come on top. Labels are few and bounded: partners are; requests,
threads and people never. Beside these stand the usual ones of the process and of Python (`process_…`,
`python_…`).

Names keep to Prometheus' conventions: a unit at the end, `_total` on what only rises. What to do when one
tells of trouble: [operations.md](operations.md).

This page is written from what the code declares (`python -m interdesk.metrics_document > docs/metrics.md`).

| metric | kind | labels | meaning |
|---|---|---|---|
{rows}
"""


def declared() -> list[Declared]:
    """All metrics of an account, by name."""
    for place in CLASSES.values():
        importlib.import_module(place.partition(":")[0])
    return sorted(DECLARED, key=lambda each: each.name)


def document() -> str:
    """The text of docs/metrics.md."""
    rows = "\n".join(_row(each) for each in declared())
    return _DOCUMENT.format(owner="`, `".join(OWNER), rows=rows)


def _row(metric: Declared) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.meaning} |"


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201
