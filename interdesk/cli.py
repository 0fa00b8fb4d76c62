"""The `interdesk` command. Its subcommands are in `commands/`, one module per subject."""

from __future__ import annotations

import typer

from interdesk.commands import (
    account,
    backup,
    conformance,
    deliveries,
    demo,
    doctor,
    ledger,
    parked,
    preparing,
    quarantine,
    replay,
    reporting,
    restore,
    running,
    transfers,
    trust,
)
from interdesk.commands.output import Group

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Interdesk: a federated service desk. Runs accounts on this machine, and administers them.",
)
app.command()(running.up)
app.command()(running.down)
app.command()(running.status)
app.command()(demo.demo)
app.command()(doctor.doctor)
app.add_typer(account.app, name="account")
app.add_typer(trust.app, name="trust")
app.add_typer(parked.app, name="parked")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(ledger.app, name="ledger")
app.command()(deliveries.deliveries)
app.add_typer(reporting.app, name="reporting")
app.command("import")(transfers.import_file)
app.command("export")(transfers.export_file)
app.command()(replay.replay)
app.command()(conformance.conformance)
app.command()(backup.backup)
app.command()(restore.restore)
app.command()(preparing.compose_secrets)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
