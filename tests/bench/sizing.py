"""What an account asks of its machines: memory and processor of each service, idle and under load; messages
and storage of a thousand hand-overs; connections and lanes of its broker, with how many partners.

Every service is a process, as in a cluster. More partners than the one there is are only lanes: nobody speaks
through them.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pymongo
import requests

from interdesk.database_users import database_name
from interdesk.local.broker import Broker
from interdesk.local.local_account import LocalAccount
from interdesk.services import SERVICES, STORING
from interdesk.vhosts import Vhosts
from services.federation.partners.topology import BrokerAdmin, border_vhost
from tests.bench.figures import Figure
from tests.bench.handovers import listening
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject

THOUSAND = 1_000
_MEGABYTE = 1024 * 1024
_CROWD = "crowd"
_MEMORY, _PROCESSOR = "process_resident_memory_bytes", "process_cpu_seconds_total"


@dataclass(frozen=True)
class Taken:
    """By service, what its process has in memory (bytes), and has had of processors (seconds) so far."""

    memory: dict[str, float]
    processor: dict[str, float]


def figures(subject: Subject, broker: Broker, sizes: Sizes) -> list[Figure]:
    """Of the customer's account, but for what both keep and say."""
    account = subject.customer
    time.sleep(sizes.settle_seconds)
    idle, begin = taken(account), time.perf_counter()
    time.sleep(sizes.idle_seconds)
    still, idle_seconds = taken(account), time.perf_counter() - begin
    bytes_before, said_before = kept(subject)
    with listening(subject) as playing, ThreadPoolExecutor(sizes.cycles_at_a_time) as pool:
        begin = time.perf_counter()
        for cycle in [pool.submit(playing.cycle) for _ in range(sizes.cycles)]:
            cycle.result()
        loaded, seconds = taken(account), time.perf_counter() - begin
    time.sleep(sizes.settle_seconds)
    bytes_after, said_after = kept(subject)
    found = [Figure("hand-over cycles meanwhile", sizes.cycles / seconds, "/s")]
    for service in SERVICES:
        idling = (still.processor[service] - idle.processor[service]) / idle_seconds
        working = (loaded.processor[service] - still.processor[service]) / sizes.cycles
        found += [
            Figure(f"{service}: memory idle", still.memory[service] / _MEGABYTE, "MB"),
            Figure(f"{service}: memory under load", loaded.memory[service] / _MEGABYTE, "MB"),
            Figure(f"{service}: processor idle", 100 * idling, "% of a core"),
            Figure(f"{service}: processor of 1,000 hand-overs", THOUSAND * working, "s"),
        ]
    each = THOUSAND / sizes.cycles
    return [
        *found,
        Figure("messages of 1,000 hand-overs, both ways", each * (said_after - said_before), ""),
        Figure(
            "kept of 1,000 hand-overs, both accounts", each * (bytes_after - bytes_before) / _MEGABYTE, "MB"
        ),
        *_of_broker(account, broker, sizes),
    ]


def taken(account: LocalAccount) -> Taken:
    """As the processes tell it themselves."""
    memory, processor = {}, {}
    for service, url in account.metrics.items():
        lines = requests.get(url, timeout=30).text.splitlines()
        values = dict(line.split(" ", 1) for line in lines if line.startswith((_MEMORY, _PROCESSOR)))
        memory[service], processor[service] = float(values[_MEMORY]), float(values[_PROCESSOR])
    return Taken(memory, processor)


def kept(subject: Subject) -> tuple[int, int]:
    """Bytes of all documents of both accounts, without indexes; and how many messages they have said."""
    size, said = 0, 0
    with pymongo.MongoClient[dict[str, Any]](subject.mongo_uri) as client:
        for account in subject.accounts:
            for service in STORING:
                database = client[database_name(account.id, service)]
                for name in database.list_collection_names():
                    size += sum(len(batch) for batch in database[name].find_raw_batches())
                said += database["outbox"].count_documents({})
    return size, said


def _of_broker(account: LocalAccount, broker: Broker, sizes: Sizes) -> list[Figure]:
    def asked(path: str) -> Any:
        answer = requests.get(f"{broker.admin_uri}/api/{path}", timeout=60)
        answer.raise_for_status()
        return answer.json()

    def memory() -> float:
        return float(asked("nodes")[0]["mem_used"]) / _MEGABYTE

    vhosts = Vhosts.of(account.id)
    connections = [each["vhost"] for each in asked("connections")]
    found = [
        Figure("connections of an account inside", connections.count(vhosts.inside), ""),
        Figure("connections at its border, with one partner", connections.count(vhosts.border), ""),
        Figure("queues of an account inside", len(asked(f"queues/{vhosts.inside}")), ""),
        Figure("memory of the broker, two accounts", memory(), "MB"),
    ]
    admin, made = BrokerAdmin(broker.admin_uri), 0
    admin.ensure_border(_CROWD)
    for partners in sizes.partners:
        begin, before = time.perf_counter(), made
        for made in range(before + 1, partners + 1):
            admin.ensure_partner(_CROWD, f"partner{made}", "secret")
        seconds = (time.perf_counter() - begin) / max(1, partners - before)
        lanes = asked(f"queues/{border_vhost(_CROWD)}?disable_stats=true&enable_queue_totals=true")
        time.sleep(sizes.settle_seconds)  # the broker counts its memory from time to time
        found += [
            Figure(f"lanes of {partners} partners more", len(lanes), ""),
            Figure(f"memory of the broker, {partners} partners more", memory(), "MB"),
            Figure(f"making the border of one of {partners} partners", 1000 * seconds, "ms"),
        ]
    return found
