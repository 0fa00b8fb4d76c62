"""The hierarchy of service instances: who is harmed, and how, when a service instance fails.

A child supports its parents. Each edge says what the child's failure does to the parent: `degraded` or
`down`. Edges are drawn by hand between own service instances, and follow by themselves from SLAs with
coverage `service_instances`: the provider's instance is a child of each instance that the customer put
under the SLA. The graph has no cycle, own edges and those of agreements together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.slas.model.rules import RuleBroken

IMPACT_RELATIONS = ("degraded", "down")


def ancestors(child: int, parents: Mapping[int, Iterable[int]]) -> list[int]:
    """All service instances above `child`, nearest first. Ends even on a graph that has a cycle."""
    seen: dict[int, None] = {}
    level = [child]
    while level:
        above = [parent for node in level for parent in parents.get(node, ())]
        level = [node for node in dict.fromkeys(above) if node not in seen and node != child]
        seen.update(dict.fromkeys(level))
    return list(seen)


def find_cycle(
    child: int, new_parents: Iterable[int], parents: Mapping[int, Iterable[int]]
) -> list[int] | None:
    """The path child → … → child that `new_parents` would close over the edges there are, or None.

    Two edits at the same time on two documents may each be fine and close a cycle together; the caller
    holds one lock for all edges while it asks and saves.
    """
    for start in new_parents:
        paths = [[child, start]]
        seen: set[int] = set()
        while paths:
            path = paths.pop(0)
            if path[-1] == child:
                return path
            if path[-1] in seen:
                continue
            seen.add(path[-1])
            paths.extend([*path, above] for above in parents.get(path[-1], ()))
    return None


def check_parents(
    child: int,
    new_parents: Iterable[int],
    parents: Mapping[int, Iterable[int]],
    names: Mapping[int, str],
    field: str,
) -> None:
    """Raises RuleBroken, naming the path, when the new edges would make `child` an ancestor of itself."""
    path = find_cycle(child, new_parents, parents)
    if path is None:
        return
    told = " → ".join(f'"{names.get(node, str(node))}"' for node in path)
    raise RuleBroken("validation_failed", [(field, f"would close a circle (each supports the next): {told}")])
