"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    cycles: int = 60
    cycles_at_a_time: int = 8
    returns: int = 40
    requests: int = 5_000
    clients: tuple[int, ...] = (1, 8)
    api_seconds: float = 5.0
    settle_seconds: float = 8.0
    idle_seconds: float = 20.0
    clocks: tuple[int, ...] = (1_000, 10_000, 100_000)
    organizations: int = 50_000
    foreign_organizations: int = 2_000
    transferred: int = 2_000
    rebuilt: int = 2_000
    reported: tuple[int, ...] = (10_000, 100_000)
    reported_a_day: int = 100
    bare_messages: int = 400
    bare_hops: int = 200
    partners: tuple[int, ...] = (10, 100)


QUICK = Sizes(
    cycles=4,
    cycles_at_a_time=2,
    returns=3,
    requests=100,
    clients=(1, 2),
    api_seconds=0.3,
    settle_seconds=0.5,
    idle_seconds=1.0,
    clocks=(100, 1_000),
    organizations=400,
    foreign_organizations=40,
    transferred=20,
    rebuilt=20,
    reported=(40, 80),
    bare_messages=10,
    bare_hops=5,
    partners=(2, 4),
)
"""A look at whether it runs; its figures say little."""
