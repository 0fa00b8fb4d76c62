"""`make bench`, `python -m tests.bench`."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path

import typer

from interdesk.commands.output import say, show_json
from tests.bench.run import bench
from tests.bench.sizes import QUICK, Sizes


def main() -> None:
    options = _parser().parse_args()
    sizes = QUICK if options.quick else Sizes()
    chosen = {
        field.name: getattr(options, field.name)
        for field in dataclasses.fields(Sizes)
        if getattr(options, field.name, None) is not None
    }
    with tempfile.TemporaryDirectory(prefix="interdesk-bench-") as directory:
        report = bench(Path(directory), dataclasses.replace(sizes, **chosen), not options.not_synced, say)
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
    parser.add_argument(
        "--not-synced",
        action="store_true",
        help="a local database that does not sync each commit: faster, and a crash may lose what it promised",
    )
    for field in dataclasses.fields(Sizes):
        if isinstance(field.default, int | float):
            kind = type(field.default)
            name = field.name.replace("_", "-")
            parser.add_argument(f"--{name}", type=kind, metavar="N", help=f"default {field.default:g}")
    return parser


if __name__ == "__main__":
    main()
