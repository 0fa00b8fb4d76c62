"""A second partner as a deployment: it runs by itself, and offers whoever trusts it an agreement."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from interdesk.local.broker import Broker
from tests.wire.second.border import Border
from tests.wire.second_partner import SecondPartner

RUN_SECONDS = 100.0


def border_on(broker: Broker, account: str) -> Border:
    """A border of the second partner's own on this broker."""
    host = broker.amqps_address("any").removeprefix("amqps://").partition("/")[0]
    return Border(account, broker.admin_uri, host, broker.ca_pem)


@contextlib.contextmanager
def deployed(second: SecondPartner) -> Iterator[None]:
    """It does what there is to do, in a thread, until the end."""
    stopping = threading.Event()

    def work() -> None:
        second.run(lambda: second.trust == "active" or stopping.is_set(), RUN_SECONDS)
        if second.trust == "active":
            second.offer("Conformance")
        second.run(stopping.is_set, RUN_SECONDS)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(10)
        second.hang_up()
