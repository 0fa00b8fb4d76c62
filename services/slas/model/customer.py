"""Which organization is the customer of an agreement with a trusted account that names none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.slas.model.rules import RuleBroken

Organization = Mapping[str, Any]


def customer_among(
    theirs: Sequence[Organization], namesakes: Sequence[Organization], account: str
) -> int | None:
    """The id of the organization that the account, called by its name, itself is; None where there is none
    here yet.

    `theirs`: its organizations, as far as they are known here: never taken is one of which its card says that
    it is another (`is_account` false). The first of these that there is one of: what its card says to be the
    account; what was introduced as such; the one that nothing is said of; an own record of the account's name
    (`namesakes`). Raises RuleBroken where there are several of these.
    """
    of_account = [each for each in theirs if each.get("is_account")]
    ranks = (
        [each for each in of_account if each.get("remote_id") is not None],
        of_account,
        [each for each in theirs if each.get("is_account") is None],
        namesakes,
    )
    found = next((rank for rank in ranks if rank), ())
    if len(found) > 1:
        text = f"must be given: the organization that stands for {account} here"
        raise RuleBroken("validation_failed", [("customer_id", text)])
    return int(found[0]["id"]) if found else None
