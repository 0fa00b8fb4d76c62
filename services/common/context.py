"""What an action gets as its first argument: everything of the world it may touch.

nameko's side (`service_context.ServiceContext`) builds one per service and container; tests build their own.
Nothing in it is of the process: several accounts' services may run in one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from pymongo.database import Database

from services.common.clock import Clock, SystemClock
from services.common.config import Config
from services.common.crash import CrashPoints
from services.common.database import CODEC, MAJORITY
from services.common.errors import Unavailable
from services.common.ids import IntegerIds, new_uuid

if TYPE_CHECKING:
    from services.common.copies import Copies
    from services.common.store import Saved


class Caller(Protocol):
    """Calls another service of the account (`rpc.RpcClient`)."""

    def call(
        self,
        service: str,
        method: str,
        actor: Any,
        /,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any: ...


class NoCaller:
    """Where there is no bus, as in tests of rules: every call is `Unavailable`."""

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **kwargs: Any) -> Any:
        raise Unavailable("service_silent", f"There is no bus here to reach {service} by.")


def _nobody(saved: Saved) -> None:
    """Wakes no relay: rows stay in their record until a sweep finds them."""


@dataclass(frozen=True)
class Context:
    """`wake(saved)` tells the relay in this process that a record has rows to send."""

    config: Config
    service: str
    database: Database[dict[str, Any]]
    clock: Clock = field(default_factory=SystemClock)
    ids: IntegerIds = field(default=cast("IntegerIds", None))  # made from the database when not given
    copies: Copies = field(default=cast("Copies", None))  # likewise
    rpc: Caller = field(default_factory=NoCaller)
    crash: CrashPoints = field(default_factory=CrashPoints)
    wake: Callable[[Saved], None] = _nobody
    sweeps: frozenset[str] | None = None  # the collections that a sweep visits; None: not known here (tests)
    # What a library keeps for this service while it runs (the border keeps its book of trusts here).
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Whoever opened it: writes are by majority and times are aware, or rules would meet naive ones.
        kept = self.database.with_options(codec_options=CODEC, write_concern=MAJORITY)
        object.__setattr__(self, "database", kept)
        if cast(object, self.ids) is None:
            object.__setattr__(self, "ids", IntegerIds(self.database))
        if cast(object, self.copies) is None:
            from services.common.copies import Copies  # it takes a context's parts; imported late

            object.__setattr__(self, "copies", Copies(self.database, self.rpc, {}, self.config.account))

    @property
    def account(self) -> str:
        return self.config.account

    def new_uuid(self) -> str:
        return new_uuid(self.clock)
