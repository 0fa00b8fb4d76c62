"""`interdesk import` and `interdesk export`: organizations, people, teams and sites as CSV files
(docs/import-export.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from interdesk.api import Api, Beginning
from interdesk.commands.jobs import awaited
from interdesk.commands.options import DEFAULT_LIMIT, ChosenAccount, Json, Limit, for_an_account
from interdesk.commands.output import (
    FAILED,
    WRONG_USE,
    Refusal,
    say,
    show_first,
    show_json,
    show_one,
    warn,
)
from interdesk.files import private_file

COUNTED = ("created", "updated", "deleted", "unchanged", "failures", "errors")
_COLUMNS = ("line", "outcome", "record_id", "what")
_WORTH_TELLING = "created,updated,deleted,failure,error"

NewFile = Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"],
        help="Only what was changed since then. In UTC.",
    ),
]


@for_an_account
def import_file(
    chosen: ChosenAccount,
    file: Annotated[Path, typer.Argument(help="The CSV file, in UTF-8; its first line names the columns.")],
    type: Annotated[str, typer.Option("--type", help="organizations, people, teams or sites.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")
    ] = False,
    delimiter: Annotated[
        str, typer.Option("--delimiter", help="What separates cells: comma, semicolon or tab.")
    ] = "comma",
    log: Annotated[
        Path | None, typer.Option("--log", help="Write what became of every line to this file (CSV).")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """Import records from a CSV file, or say what would happen.

    Exit code 1 when a line was refused.
    """
    if log is not None:
        _must_be_free(log)
    said = {"type": type, "delimiter": delimiter, "dry_run": "true" if dry_run else "false"}
    with chosen.api() as api:
        try:
            with file.open("rb") as opened:
                token = api.upload("import", opened, file.name, said)["token"]
        except OSError as problem:
            raise Refusal(f"{file} can't be read: {problem}", WRONG_USE) from problem
        done = awaited(api, f"import/{token}", "lines")
        lines = api.get_first(f"import/{token}/lines", limit, outcome=_WORTH_TELLING)
        if log is not None:
            _download(api, f"import/{token}/logfile", log)
    if as_json:
        show_json({**done, "told": lines.records})
    else:
        _tell(done, lines)
    if done["state"] != "done" or done["results"]["failures"] or done["results"]["errors"]:
        raise typer.Exit(FAILED)


@for_an_account
def export_file(
    chosen: ChosenAccount,
    types: Annotated[str, typer.Argument(help="organizations, people, teams, sites; several with commas.")],
    file: NewFile,
    since: Since = None,
    line_separator: Annotated[
        str, typer.Option("--line-separator", help="What ends a line: crlf or lf.")
    ] = "crlf",
    as_json: Json = False,
) -> None:
    """Export records to a CSV file; several types to a ZIP of such files.

    The file has its name only when it is whole. When nothing was changed there is none.
    """
    _must_be_free(file)
    asked = {"type": types, "line_separator": line_separator}
    if since is not None:
        asked["from"] = since.replace(tzinfo=UTC).isoformat()
    with chosen.api() as api:
        started = api.post("export", asked)
        done = started and awaited(api, f"export/{started['token']}", "records")
        if done and done["state"] == "done":
            _download(api, f"export/{done['token']}/file", file)
    if as_json:
        show_json(done or {"token": None})
    elif not done:
        say("nothing was changed since then")
    if done and done["state"] != "done":
        raise Refusal("; ".join(f"{field}: {text}" for field, text in done["errors"]))
    if done and not as_json:
        say(f"{done['line']:,} records are in {file}")


def _tell(done: dict[str, Any], lines: Beginning) -> None:
    shown = [{**line, "what": _what(line)} for line in lines.records]
    if shown:
        show_first(Beginning(shown, lines.total, lines.more_than_total), _COLUMNS, as_json=False)
        typer.echo()
    show_one({"state": done["state"], **{name: done["results"][name] for name in COUNTED}}, as_json=False)
    for field, text in done["errors"]:
        warn(f"{field}: {text}")
    if done["dry_run"]:
        say("this was a dry run: nothing was changed")


def _what(line: dict[str, Any]) -> str:
    if line["errors"]:
        return "; ".join(f"{column}: {text}" for column, text in line["errors"])
    changes = (line["changes"] or {}).items()
    return "; ".join(
        f"{column}: {f'{old} → ' if old else ''}{new or '(empty)'}" for column, (old, new) in changes
    )


def _download(api: Api, path: str, file: Path) -> None:
    with private_file(file) as out:
        for piece in api.download(path):
            out.write(piece)


def _must_be_free(file: Path) -> None:
    if file.exists():
        raise Refusal(f"{file} is there already; say another name", WRONG_USE)
