"""`interdesk conformance`: which rules of the partner protocol a deployment keeps (docs/conformance.md)."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from interdesk import conformance as trials
from interdesk.commands.options import Json, OnBroker, broker_kind, text_in
from interdesk.commands.output import FAILED, WRONG_USE, Refusal, say, show_json
from interdesk.commands.running import interrupt
from interdesk.local.deployment import BrokerKind, broker_here
from services.common.errors import Invalid, Unavailable


def conformance(
    border: Annotated[
        Path,
        typer.Argument(metavar="BORDER", help="A file with an invitation to the border that is to be tried."),
    ],
    patience: Annotated[
        float, typer.Option("--patience", min=1, help="How many seconds an answer may take.")
    ] = 20,
    operator: Annotated[
        float,
        typer.Option("--operator", min=0, help="How many seconds to wait for somebody at the deployment."),
    ] = 0,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A section or a rule to try, such as 3 or 3.gap.")
    ] = None,
    broker: OnBroker = None,
    broker_admin: Annotated[
        str | None,
        typer.Option(
            "--broker-admin", help="Management API of a broker to use: http://user:password@host:15672."
        ),
    ] = None,
    broker_host: Annotated[
        str | None,
        typer.Option("--broker-host", help="Its AMQP over TLS, as the deployment reaches it: host:port."),
    ] = None,
    broker_ca: Annotated[
        Path | None, typer.Option("--broker-ca", help="A file with the authority of its certificate, PEM.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Try the rules of the partner protocol on a deployment, and print which hold.

    The deployment's administrator invites an account that is nobody's, such as `conformance`; the trial
    accepts and is that account. Exit code 1 when a rule is broken.
    """
    on = _given(broker_admin, broker_host, broker_ca) or _private(broker)
    rules = _chosen(only or [])
    pace = trials.Pace(patience, operator)
    tell = say if as_json else typer.echo
    outcomes = []
    before = signal.signal(signal.SIGTERM, interrupt)  # so that the trust is ended then, too
    try:
        with trials.trying(text_in(border, "the invitation"), on=on, pace=pace, tell=say) as trial:
            for outcome in trial.run(rules):
                outcomes.append(outcome)
                for line in lines(outcome):
                    tell(line)
    except Invalid as problem:
        raise Refusal(f"{border}: {problem.message}", WRONG_USE) from problem
    except trials.BorderTaken as problem:
        raise Refusal(str(problem), WRONG_USE) from problem
    except (trials.BorderLost, Unavailable) as problem:
        raise Refusal(str(problem)) from problem
    finally:
        signal.signal(signal.SIGTERM, before)
    counts = Counter(outcome.outcome for outcome in outcomes)
    tell(", ".join(f"{counts[each]} {each}" for each in (trials.HELD, trials.BROKEN, trials.NOT_TRIED)))
    if as_json:
        show_json([outcome.to_document() for outcome in outcomes])
    if counts[trials.BROKEN]:
        raise typer.Exit(FAILED)


def lines(outcome: trials.Outcome) -> list[str]:
    """What a person is shown of a rule: a line, and a second one with the reason when it does not hold."""
    told = [f"{outcome.outcome:9}  {outcome.id:24}  {outcome.says}"]
    if outcome.outcome == trials.BROKEN:
        told.append(f"{'':9}  expected {outcome.expected}; {outcome.came}")
    if outcome.outcome == trials.NOT_TRIED:
        told.append(f"{'':9}  {outcome.why}")
    return told


def _chosen(only: list[str]) -> list[trials.Rule]:
    try:
        return trials.chosen(only)
    except KeyError as unknown:
        raise Refusal(f"there is no rule {unknown.args[0]}; see docs/conformance.md", WRONG_USE) from unknown


def _private(asked: str | None) -> BrokerKind:
    return broker_here() if asked is None else broker_kind(asked, Path())


def _given(admin: str | None, host: str | None, ca: Path | None) -> trials.GivenBroker | None:
    if admin is None and host is None and ca is None:
        return None
    if admin is None or host is None or ca is None:
        raise Refusal(
            "give --broker-admin, --broker-host and --broker-ca together, or none of them", WRONG_USE
        )
    return trials.GivenBroker(admin.rstrip("/"), host, text_in(ca, "the authority"))
