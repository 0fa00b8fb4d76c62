"""`make bench`, `python -m tests.bench`."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path
from typing import Any

import typer

from interdesk.commands.output import say, show_json
from tests.bench.run import (
    bench,
    clocks_alone,
    organizations_alone,
    rebuilding_alone,
    reporting_alone,
    sizing,
    transfers_alone,
)
from tests.bench.sizes import QUICK, Sizes


def main() -> None:
    options = _parser().parse_args()
    sizes = QUICK if options.quick else Sizes()
    chosen: dict[str, Any] = {
        field.name: tuple(value) if isinstance(value, list) else value
        for field in dataclasses.fields(Sizes)
        if (value := getattr(options, field.name, None)) is not None
    }
    with tempfile.TemporaryDirectory(prefix="interdesk-bench-") as directory:
        measure = bench
        if options.clocks_alone:
            measure = clocks_alone
        elif options.organizations_alone:
            measure = organizations_alone
        elif options.transfers_alone:
            measure = transfers_alone
        elif options.rebuilding_alone:
            measure = rebuilding_alone
        elif options.reporting_alone:
            measure = reporting_alone
        elif options.sizing:
            measure = sizing
        report = measure(Path(directory), dataclasses.replace(sizes, **chosen), not options.not_synced, say)
    if options.json:
        show_json(report.to_document())
    else:
        typer.echo(report.text())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures Interdesk beside what its parts can do."
    )
    parser.add_argument("--json", action="store_true", help="not as a table")
    parser.add_argument("--quick", action="store_true", help="a look at whether it runs: figures say little")
    parser.add_argument("--clocks-alone", action="store_true", help="only what SLA clocks cost")
    parser.add_argument("--organizations-alone", action="store_true", help="only All Organizations")
    parser.add_argument("--transfers-alone", action="store_true", help="only an import and an export")
    parser.add_argument(
        "--rebuilding-alone", action="store_true", help="only a rebuild of what reports count"
    )
    parser.add_argument("--reporting-alone", action="store_true", help="only what reports cost")
    parser.add_argument("--sizing", action="store_true", help="only what machines are sized by")
    parser.add_argument(
        "--not-synced",
        action="store_true",
        help="a local database that does not sync each commit: faster, and a crash may lose what it promised",
    )
    for field in dataclasses.fields(Sizes):
        name, default = f"--{field.name.replace('_', '-')}", field.default
        if isinstance(default, tuple):
            several = " ".join(str(each) for each in default)
            parser.add_argument(name, type=int, nargs="+", metavar="N", help=f"default {several}")
        elif isinstance(default, int | float):
            parser.add_argument(name, type=type(default), metavar="N", help=f"default {default:g}")
    return parser


if __name__ == "__main__":
    main()
