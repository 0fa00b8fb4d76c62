"""The account's keys and logins under its new secret. Done again, it does what is left to do."""

from __future__ import annotations

from services.common.actor import Actor
from services.common.context import Context
from services.common.copies import saved_event
from services.common.errors import Invalid
from services.common.store import decide_again
from services.federation.sealing.reencrypting import anew
from services.organizations.actions.saving import entry, records, saved
from services.organizations.actions.trusting.keyrings import secret_of

ACTION = "reencrypt"


def reencrypt(context: Context) -> tuple[int, int]:
    """How many records hold secrets, and how many of them were not under the first one yet and are now.

    Raises Invalid `wrong_secret` that names the record, before anything is saved; Unavailable.
    """
    found = [("keyring", context.account)]
    found += [("trust", str(record.id)) for record in records(context, "trust").find({})]
    for kind, id in found:
        try:
            anew(records(context, kind).get(id).state, secret_of(context.config))
        except Invalid as problem:
            raise Invalid(problem.code, f"{kind} {id}: {problem.message}") from problem
    return len(found), sum(_reencrypted(context, kind, id) for kind, id in found)


@decide_again
def _reencrypted(context: Context, kind: str, id: str) -> bool:
    record = records(context, kind).get(id)
    state = anew(record.state, secret_of(context.config))
    if state == record.state:
        return False
    told = saved_event if kind == "keyring" else saved  # a ring is told whole
    records(context, kind).save(
        record,
        state,
        rows=[told(kind, id, record.version + 1, state)],
        history=[entry(context, Actor.system(context.account), ACTION, {})],
    )
    return True
