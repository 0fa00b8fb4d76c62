"""The raw primitives: what broker and database do when nothing of Interdesk stands between.

A message that two parties are sure of takes at least 4 saves and 2 publishes:

    sender's record ── publish ──> inbox, then receiver's record ── publish ──> sender's mark of the receipt

Saves are by majority and find their document by id and version; publishes are confirmed and persistent.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import pymongo
from kombu import Connection, Consumer, Producer, Queue
from pymongo.write_concern import WriteConcern

MESSAGE_SAVES, MESSAGE_PUBLISHES = 4, 2
DATABASE = "interdesk_bench_bare"
SEALED = b"x" * 2_000  # about what a message weighs
_PROCESSES = 2  # as there are two accounts


class Partners:
    """Both sides of one conversation, one after the other. For one thread."""

    def __init__(self, connection: Connection, records: Any) -> None:
        self._records = records
        name = f"bench.{uuid.uuid4().hex}"
        self._received: list[Any] = []
        self._connection = connection
        channel = connection.channel()
        self._queue = Queue(name, durable=True, auto_delete=True, channel=channel)
        self._queue.declare()
        self._producer = Producer(channel)
        self._consumer = Consumer(channel, [self._queue], on_message=self._received.append)
        self._consumer.consume()
        self._versions = dict.fromkeys(("sender", "receiver"), 1)
        self._name = name
        for side in self._versions:
            records.insert_one({"_id": f"{name}.{side}", "version": 1, "state": SEALED})

    def message(self) -> None:
        """One message from the decision to the receipt: 4 saves, 2 publishes."""
        self._save("sender")
        received = self._carried(SEALED)
        row = self._records.insert_one({"message": bytes(received.body)}).inserted_id
        received.ack()
        self._save("receiver")
        self._carried(b"receipt").ack()
        self._records.update_one({"_id": row}, {"$set": {"receipted": True}})

    def hop(self) -> None:
        """One publish and one save."""
        received = self._carried(SEALED)
        self._records.insert_one({"message": bytes(received.body)})
        received.ack()

    def _carried(self, body: bytes) -> Any:
        self._producer.publish(
            body,
            routing_key=self._queue.name,
            delivery_mode=2,
            content_type="application/octet-stream",
            content_encoding="binary",
        )
        while not self._received:
            self._connection.drain_events(timeout=30)
        return self._received.pop()

    def _save(self, side: str) -> None:
        seen = {"_id": f"{self._name}.{side}", "version": self._versions[side]}
        self._records.update_one(seen, {"$set": {"state": SEALED}, "$inc": {"version": 1}})
        self._versions[side] += 1


@contextmanager
def partners(amqp_uri: str, mongo_uri: str) -> Iterator[Partners]:
    with (
        Connection(amqp_uri, transport_options={"confirm_publish": True}) as connection,
        pymongo.MongoClient[dict[str, Any]](mongo_uri) as client,
    ):
        database = client.get_database(DATABASE, write_concern=WriteConcern(w="majority"))
        yield Partners(connection, database["records"])


def hops(amqp_uri: str, mongo_uri: str, count: int) -> list[float]:
    """How long each took, in seconds."""
    with partners(amqp_uri, mongo_uri) as pair:
        pair.hop()
        return [_timed(pair.hop) for _ in range(count)]


def messages_per_second(amqp_uri: str, mongo_uri: str, count: int, at_a_time: int) -> float:
    """Whole messages, so many at a time, over as many processes as there are accounts."""
    threads = [at_a_time // _PROCESSES + (n < at_a_time % _PROCESSES) for n in range(_PROCESSES)]
    shares = [(each, max(1, count // at_a_time)) for each in threads if each]
    with ProcessPoolExecutor(len(shares), mp_context=get_context("spawn")) as pool:
        done = [pool.submit(_converse, amqp_uri, mongo_uri, each, share) for each, share in shares]
        spans = [each.result() for each in done]
    total = sum(each * share for each, share in shares)
    return total / (max(end for _, end in spans) - min(begin for begin, _ in spans))


def _converse(amqp_uri: str, mongo_uri: str, threads: int, share: int) -> tuple[float, float]:
    """When the first message of this process began and the last ended, by the clock of the machine."""
    ready = threading.Barrier(threads)

    def one() -> tuple[float, float]:
        with partners(amqp_uri, mongo_uri) as pair:
            pair.message()
            ready.wait(60)
            begin = time.time()
            for _ in range(share):
                pair.message()
            return begin, time.time()

    with ThreadPoolExecutor(threads) as pool:
        spans = [each.result() for each in [pool.submit(one) for _ in range(threads)]]
    return min(begin for begin, _ in spans), max(end for _, end in spans)


def _timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
