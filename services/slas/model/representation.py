"""Who represents the customer of an SLA between accounts, as the customer tells it to the provider.

The customer chooses its representatives in its own account, on its copy of the SLA. While the SLA is in force
or about to be, the provider is told who they are: it holds requests that they see and act on, and authorizes
them itself. When the SLA is over nobody is, and the provider keeps no name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.slas.model.status import EXPIRED

Representatives = list[dict[str, Any]]
"""`[{id, name}]`, by the customer's ids."""


def to_tell(sla: Mapping[str, Any], names: Mapping[int, str]) -> Representatives | None:
    """All that the provider is to be told now; None when it knows them. `sla` is the customer's copy, `names`
    are those of its representatives. Who has none there is not told.
    """
    over = sla["status"] == EXPIRED or sla.get("discarded")
    chosen: Sequence[int] = () if over else sla["customer_representative_ids"]
    now = [{"id": id, "name": names[id]} for id in sorted(chosen) if id in names]
    return None if now == (sla.get("represented_told") or []) else now


def without_the_expired(sla: Mapping[str, Any]) -> dict[str, Any]:
    """The provider's SLA: when it is over, the names of its customer's people are not kept."""
    if sla.get("status") == EXPIRED and sla.get("represented_by"):
        return {**sla, "represented_by": []}
    return dict(sla)
