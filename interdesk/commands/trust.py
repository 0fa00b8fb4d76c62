"""`interdesk trust …`: trusts with other accounts, over the public API."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from interdesk.api import Beginning
from interdesk.commands.options import (
    DEFAULT_LIMIT,
    ChosenAccount,
    Json,
    Limit,
    Partner,
    Yes,
    for_an_account,
    text_in,
)
from interdesk.commands.output import FAILED, Group, ask, say, show, show_first, show_json, show_one, warn
from interdesk.commands.trust_options import Allow, Deny, options_in, tell
from interdesk.files import write_private

app = typer.Typer(cls=Group, no_args_is_help=True, help="Trusts with other accounts.")

HEALTH_OF_ALL = ("id", "status", "well", "delivery", "heard_at", "unanswered", "parked", "quarantined")
HEALTH = (
    "id",
    "status",
    "well",
    "delivery",
    "heard_at",
    "unanswered",
    "unanswered_since",
    "refused",
    "parked",
    "quarantined",
    "dropped",
    "keys_heard_at",
    "own_keys_taken_at",
    "own_keys_since",
    "authority_expires_at",
)


@app.command("list")
@for_an_account
def list_trusts(chosen: ChosenAccount, limit: Limit = DEFAULT_LIMIT, as_json: Json = False) -> None:
    """List the account's trusts."""
    with chosen.api() as api:
        trusts = api.get_first("trusts", limit)
    show_first(trusts, ("id", "account", "domain", "status"), as_json=as_json)


@app.command()
@for_an_account
def health(
    chosen: ChosenAccount,
    partner: Annotated[
        str | None, typer.Argument(help="The partner's account id; all partners if not given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how it stands with partners, and what to do where it is not well (exit code 1)."""
    with chosen.api() as api:
        partners = [partner] if partner else [trust["id"] for trust in api.get_all("trusts")]
        found = [api.get(f"trusts/{each}/health") for each in partners]
    if as_json or partner is None:
        show(found, HEALTH_OF_ALL, as_json=as_json)
    else:
        show_one({name: found[0][name] for name in HEALTH}, as_json=False)
    if not as_json:
        for each in found:
            for problem in each["problems"]:
                warn(f"{each['id']}: {problem['code']}: {problem['text']}")
    if not all(each["well"] for each in found):
        raise typer.Exit(FAILED)


@app.command()
@for_an_account
def invite(
    chosen: ChosenAccount,
    partner: Partner,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the invitation to this file, for its owner only.")
    ] = None,
    allow: Allow = None,
    yes: Yes = False,
) -> None:
    """Invite an account, told first what that makes visible. The invitation is a secret: hand it over by a
    way that you trust.
    """
    fields = {"account_id": partner, **options_in(allow)}
    with chosen.api() as api:
        tell(api.post("trusts/invite/disclosures", fields))
        ask(f"Invite {partner}?", yes=yes)
        invitation = str(api.post("trusts/invite", fields)["invitation"])
    if out is None:
        typer.echo(invitation)
    else:
        write_private(out, invitation + "\n")
        say(f"the invitation is in {out}")


@app.command()
@for_an_account
def accept(
    chosen: ChosenAccount,
    invitation: Annotated[Path, typer.Argument(help="The file with the invitation.")],
    allow: Allow = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """Accept an account's invitation, told first what that makes visible."""
    fields = {"invitation": text_in(invitation, "the invitation"), **options_in(allow)}
    with chosen.api() as api:
        tell(api.post("trusts/accept/disclosures", fields))
        ask("Accept this invitation?", yes=yes)
        show_one(api.post("trusts/accept", fields), as_json=as_json)


@app.command("options")
@for_an_account
def change_options(
    chosen: ChosenAccount,
    partner: Partner,
    allow: Allow = None,
    deny: Deny = None,
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """Show what the partner is allowed, or change it, told first what that makes visible."""
    fields = options_in(allow, deny)
    with chosen.api() as api:
        if fields:
            tell(api.post(f"trusts/{partner}/disclosures", fields))
            ask(f"Allow {partner} this?", yes=yes)
            trust = api.patch(f"trusts/{partner}", fields)
        else:
            trust = api.get(f"trusts/{partner}")
    show_one(trust["options"], as_json=as_json)


@app.command("disclosures")
@for_an_account
def show_disclosures(chosen: ChosenAccount, partner: Partner, as_json: Json = False) -> None:
    """Show what the trust with a partner makes visible to whom."""
    with chosen.api() as api:
        lines = list(api.get_all(f"trusts/{partner}/disclosures", fields="to,sees,of"))
    show(lines, ("to", "sees", "of"), as_json=as_json)


@app.command("audit")
@for_an_account
def show_audit(
    chosen: ChosenAccount,
    partner: Annotated[
        str | None, typer.Argument(help="The partner's account id; the account's own keys if not given.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """Show who invited, accepted, changed, suspended or ended a trust, or rotated the account's keys."""
    with chosen.api() as api:
        path = f"trusts/{partner}" if partner else "account/keys"
        lines = api.get_first(f"{path}/audit", limit, fields="created_at,user,action,changes")
    told = [{**each, "user": (each["user"] or {}).get("display_name")} for each in lines.records]
    shown = Beginning(lines.records if as_json else told, lines.total, lines.more_than_total)
    show_first(shown, ("created_at", "user", "action", "changes"), as_json=as_json)


@app.command()
@for_an_account
def suspend(chosen: ChosenAccount, partner: Partner) -> None:
    """Hold what comes from the partner, until `resume`. The partner is not told."""
    _move(chosen, "suspend", partner)


@app.command()
@for_an_account
def resume(chosen: ChosenAccount, partner: Partner) -> None:
    """Take up a suspended trust again."""
    _move(chosen, "resume", partner)


@app.command("resume-border")
@for_an_account
def resume_border(chosen: ChosenAccount, partner: Partner) -> None:
    """Open the border to a partner again, which paused by itself when both disagreed on what was said."""
    with chosen.api() as api:
        api.post(f"trusts/{partner}/resume_border")
    say(f"the border to {partner} is open")


@app.command("keys")
@for_an_account
def show_keys(chosen: ChosenAccount, as_json: Json = False) -> None:
    """Show the account's own keys, and which partners know them."""
    with chosen.api() as api:
        _show_keys(api.get("account/keys"), as_json)


@app.command("rotate-keys")
@for_an_account
def rotate_keys(chosen: ChosenAccount, as_json: Json = False) -> None:
    """Use the next key from now on, and announce it. Nothing has to stop for it."""
    with chosen.api() as api:
        _show_keys(api.post("account/rotate_keys"), as_json)


@app.command("revoke-key")
@for_an_account
def revoke_key(
    chosen: ChosenAccount,
    kid: Annotated[str, typer.Argument(help="The key, as `trust keys` names it.")],
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """Revoke a key that somebody else may have, and use the next one from now on."""
    ask(f"Revoke {kid} for good?", yes=yes)
    with chosen.api() as api:
        _show_keys(api.post("account/revoke_key", {"kid": kid}), as_json)


@app.command("renew-credentials")
@for_an_account
def renew_credentials(chosen: ChosenAccount, partner: Partner) -> None:
    """Give a partner a new user and password for our broker; the old ones go when he uses the new."""
    with chosen.api() as api:
        api.post(f"trusts/{partner}/renew_credentials")
    say(f"{partner} is sent new credentials")


@app.command()
@for_an_account
def end(chosen: ChosenAccount, partner: Partner, yes: Yes = False) -> None:
    """End a trust: every hand-over between the two accounts ends."""
    ask(f"End the trust with {partner}, and every hand-over with it?", yes=yes)
    _move(chosen, "end", partner)


def _show_keys(ring: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(ring)
        return
    keys = [{**key, "known_by": ", ".join(key["known_by"])} for key in ring["keys"]]
    show(keys, ("kid", "use", "state", "known_by"), as_json=False)


def _move(chosen: ChosenAccount, move: str, partner: str) -> None:
    with chosen.api() as api:
        trust = api.post(f"trusts/{partner}/{move}")
    say(f"the trust with {partner} is {trust['status']}")
