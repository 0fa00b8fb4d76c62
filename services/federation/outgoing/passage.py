"""The way to one partner's border: its connection, made when there is something to say, and when to try again
after a failure.

Part of the relay (relay.py), and used by its thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from services.common.errors import InterdeskError, Unavailable
from services.common.publishing import Outgoing
from services.federation import metrics
from services.federation.partners.addresses import check_address, tls_of, uri_with_login
from services.federation.partners.backoff import Backoff
from services.federation.partners.borders import Borders
from services.federation.partners.connections import Line
from services.federation.partners.trusts import Trust, TrustBook

if TYPE_CHECKING:
    from services.common.context import Context


class Passage:
    """To one partner. `retry_at`: before this time (of `monotonic`) nothing should be tried."""

    def __init__(
        self, context: Context, partner: str, borders: Borders, monotonic: Callable[[], float]
    ) -> None:
        config = context.config
        self.retry_at = 0.0
        self._context = context
        self._partner = partner
        self._borders = borders
        self._monotonic = monotonic
        self._line: Line | None = None
        self._line_of: Trust | None = None
        self._pace = Backoff(config.retry_min_seconds, config.retry_max_seconds)
        self._delivers: bool | None = None  # as far as it is noted for people

    @property
    def failed(self) -> bool:
        """Whether the last try failed."""
        return self._pace.failures > 0

    @property
    def is_open(self) -> bool:
        return self._line is not None and self._line.is_open

    def publish(self, trust: Trust, outgoing: list[Outgoing]) -> None:
        """Raises InterdeskError; then some of it may have arrived."""
        try:
            self._line_to(trust).publish(outgoing)
        except InterdeskError as error:
            self.retry_at = self._monotonic() + self._pace.failed()
            owner = self._context.account, self._context.service
            metrics.SEND_FAILURES.labels(*owner, self._partner, error.code).inc()
            self._note(error)
            raise
        self._pace.clear()
        if self._delivers is not True:
            self._note(None)

    def clear(self) -> bool:
        """The partner is there: the next try need not wait. Gives whether the last one had failed."""
        self.retry_at = 0.0
        return self._pace.clear()

    def breathe(self) -> None:
        if self._line is not None:
            self._line.breathe()

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = self._line_of = None

    def _line_to(self, trust: Trust) -> Line:
        if self._line is None or self._line_of != trust:
            self.hang_up()
            address = trust.border_address or ""
            check_address(address, trust.border_ca)
            user, password = trust.login(TrustBook.of(self._context).secret)
            self._line = Line(uri_with_login(address, user, password), tls_of(address, trust.border_ca))
            self._line_of = trust
        return self._line

    def _note(self, error: InterdeskError | None) -> None:
        """Has people see whether the partner can be reached. It is only a note: no outage of ours is told."""
        try:
            if error is None:
                self._borders.delivering(self._partner)
            else:
                self._borders.failing(self._partner, error.code, error.message)
        except Unavailable:
            self._delivers = None
        else:
            self._delivers = error is None
