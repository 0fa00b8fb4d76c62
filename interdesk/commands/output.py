"""How commands speak: tables or JSON on standard output, progress and errors on standard error, exit codes.

| code | meaning |
|---|---|
| 0 | done; all is well |
| 1 | it failed, or something that was asked about is not well |
| 2 | wrong use of the command |
| 3 | there is no deployment in the run directory |
| 4 | the account's API refused, or did not answer |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from interdesk.api import ApiError, Beginning
from interdesk.files import FileBroken
from interdesk.local.accounts import AccountsRefused
from interdesk.local.deployment import InUse, NothingHere, OtherVersion
from interdesk.local.processes import StartFailed
from interdesk.vhosts import BrokerRefused

FAILED, WRONG_USE, NOTHING_HERE, REFUSED = 1, 2, 3, 4

# For tables that nobody's window bounds: lines stay whole for grep, awk and a log.
_WIDTH_WITHOUT_TERMINAL = 100_000

_err = Console(stderr=True, soft_wrap=True)


class Refusal(Exception):
    """The command can't do what was asked; the text says why and what to do."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


class Group(TyperGroup):
    """A group of commands whose failures are told in a sentence, with a code, and no traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as problem:
            _end(str(problem), problem.code)
        except ApiError as problem:
            _end(str(problem), REFUSED)
        except NothingHere as problem:
            _end(f"{problem}; `interdesk up` makes one", NOTHING_HERE)
        except AccountsRefused as problem:
            _end(str(problem), WRONG_USE)
        except (FileBroken, OtherVersion, InUse, StartFailed, BrokerRefused, TimeoutError) as problem:
            _end(str(problem), FAILED)
        except PyMongoError as problem:
            _end(f"the database refused: {problem}", FAILED)
        except BrokenPipeError:
            raise  # who read our output has gone; typer ends quietly
        except OSError as problem:
            _end(str(problem), FAILED)


def say(line: str) -> None:
    """Progress, for a person."""
    _err.print(_printable(line), style="dim", markup=False, highlight=False)


def warn(line: str) -> None:
    _err.print(_printable(line), style="yellow", markup=False, highlight=False)


def ask(question: str, *, yes: bool) -> None:
    """Ends the command unless a person says yes to it, now or (`yes`) beforehand."""
    if not yes:
        typer.confirm(question, abort=True, err=True)


def show_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def show(records: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """A list: as JSON all there is, as a table these columns."""
    if as_json:
        show_json(list(records))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # An id stays in one piece: it is what the next command is given.
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column == "id")
    for record in records:
        table.add_row(*(_cell(record.get(column)) for column in columns))
    _print(table)


def show_first(found: Beginning, columns: Sequence[str], *, as_json: bool) -> None:
    """A list that may be long: as `show`, and what to do when there is more."""
    show(found.records, columns, as_json=as_json)
    if found.more_than_total or found.total > len(found.records):
        of = f"more than {found.total:,}" if found.more_than_total else f"{found.total:,}"
        warn(f"these are the first {len(found.records):,} of {of}; --limit shows more")


def show_one(record: Mapping[str, Any], *, as_json: bool) -> None:
    """A record: as JSON, or a line for each of its fields."""
    if as_json:
        show_json(record)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in record.items():
        table.add_row(name, _cell(value))
    _print(table)


def _print(table: Table) -> None:
    console = Console(soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    console.print(table)


def plain(value: Any) -> str:
    """A value in a cell: a reference by its name."""
    if value is None:
        return ""
    if isinstance(value, Mapping) and value.get("name"):
        return str(value["name"])
    if isinstance(value, bool):
        return "yes" if value else "no"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def _cell(value: Any) -> Text:
    """The value as it is: what looks like markup is none."""
    return Text(_printable(plain(value)))


def _printable(text: str) -> str:
    """Without what would steer a terminal: partners write some of what is shown."""
    return "".join(each if each.isprintable() or each == "\n" else " " for each in text)


def _end(text: str, code: int) -> None:
    _err.print(_printable(f"interdesk: {text}"), style="red", markup=False, highlight=False)
    raise typer.Exit(code)
