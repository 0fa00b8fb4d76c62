"""`interdesk ledger …`: what was said across the border, in a file that proves it (docs/ledger.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interdesk.api import Beginning
from interdesk.commands.options import DEFAULT_LIMIT, ChosenAccount, Json, TableLimit, for_an_account
from interdesk.commands.output import (
    FAILED,
    WRONG_USE,
    Group,
    Refusal,
    say,
    show,
    show_first,
    show_json,
    show_one,
    warn,
)
from interdesk.files import private_file
from interdesk.ledger_export import NothingSaid, Scope, Watch
from interdesk.ledger_export import export as read
from services.federation.ledger.evidence import Witness
from services.federation.ledger.findings import Report
from services.federation.ledger.lines import MAX_LINE_BYTES
from services.federation.ledger.verification import verify as look_through

app = typer.Typer(cls=Group, no_args_is_help=True, help="What was said with partners, as proof.")

_MESSAGE_COLUMNS = ("record", "sent_at", "from", "to", "type", "sequence", "verdict", "receipted_at")
_COUNTS = ("records", "threads", "sent", "receipts", "received", "withheld")

Time = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"], help="In UTC."),
]


@app.command()
@for_an_account
def export(
    chosen: ChosenAccount,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    partner: Annotated[
        str | None, typer.Option("--partner", help="Only what was said with this one.")
    ] = None,
    request: Annotated[
        int | None, typer.Option("--request", help="Only what was said about this one.")
    ] = None,
    since: Time = None,
    until: Time = None,
) -> None:
    """Write the account's ledger, or a part of it, to a file that `verify` can prove without the account.

    The token is an administrator's, the owner's or an auditor's. The file has its name only when it is whole.
    """
    if file.exists():
        raise Refusal(f"{file} is there already; say another name", WRONG_USE)
    scope = Scope(partner, request, _utc(since), _utc(until))
    with chosen.api() as api, _watched() as watch:
        try:
            with private_file(file) as out:
                for line in read(api, scope, watch):
                    out.write(line)
        except NothingSaid as problem:
            raise Refusal(str(problem), WRONG_USE) from problem
        except OSError as problem:
            raise Refusal(f"{file} can't be written: {problem}") from problem
    say(f"the ledger is in {file}; `interdesk ledger verify {file}` looks through it")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The file of an export.")],
    pin: Annotated[
        list[str] | None,
        typer.Option("--pin", help="A key that is known to be an account's: <account>/<thumbprint>."),
    ] = None,
    messages: Annotated[bool, typer.Option("--messages", help="Show each message that is proven.")] = False,
    limit: TableLimit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """Prove a ledger without its account: who said what to whom, when, and that it was received.

    Exit code 1 when anything in it is not as it was sealed.
    """
    if bad := [each for each in pin or () if each.count("/") != 1]:
        raise Refusal(f"a key to pin is written <account>/<thumbprint>, not {', '.join(bad)}", WRONG_USE)
    seen: list[Witness] = []
    proven = 0

    def see(witness: Witness) -> None:
        nonlocal proven
        proven += 1
        if messages and (as_json or len(seen) < limit):
            seen.append(witness)

    try:
        with file.open("rb") as opened:
            bounded = iter(lambda: opened.readline(MAX_LINE_BYTES + 1), b"")
            report = look_through(bounded, pin or (), see)
    except OSError as problem:
        raise Refusal(f"{file} can't be read: {problem}", WRONG_USE) from problem
    shown = [witness.to_document() for witness in seen]
    if as_json:
        show_json(report.to_document() | ({"messages": shown} if messages else {}))
    else:
        if messages:
            show_first(Beginning(shown, proven), _MESSAGE_COLUMNS, as_json=False)
            typer.echo()
        _tell(report)
    if not report.proven:
        raise typer.Exit(FAILED)


def _tell(report: Report) -> None:
    told = report.to_document()
    show_one({name: told[name] for name in ("account", "as_of", "sealed_for", *_COUNTS)}, as_json=False)
    typer.echo()
    show(report.keys, ("kid", "state", "sealed", "known"), as_json=False)
    for title, texts in (("Not asked for:", report.partial), ("What can't be known:", report.unknown)):
        if texts:
            typer.echo(f"\n{title}")
            for text in texts:
                typer.echo(f"  {text}")
    typer.echo()
    for finding in report.findings:
        warn(str(finding))
    if report.more_findings:
        warn(f"and {report.more_findings} more")
    if report.proven:
        whole = "all of it" if not report.partial else "as far as it goes"
        typer.echo(f"Proven, {whole}.")
    else:
        typer.echo(f"NOT proven: {report.doubts} findings.")


def _utc(at: datetime | None) -> datetime | None:
    return at and at.replace(tzinfo=UTC)


@contextmanager
def _watched() -> Iterator[Watch]:
    """How far it is, while a terminal watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda messages: None
        return
    with console.status("asking for the ledger") as status:
        yield lambda messages: status.update(f"{messages} messages")
