"""The hierarchy of service instances has no cycle."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model import RuleBroken, ancestors, check_parents, find_cycle

NAMES = {1: "Mail", 2: "Network", 3: "Rack", 4: "Power"}
edits = st.lists(
    st.tuples(st.integers(1, 7), st.lists(st.integers(1, 7), max_size=3, unique=True)), max_size=25
)


def test_a_service_instance_cannot_be_its_own_parent() -> None:
    with pytest.raises(RuleBroken, match='"Mail" → "Mail"'):
        check_parents(1, [1], {}, NAMES, "parents")


def test_a_circle_is_refused_with_the_path_it_would_close() -> None:
    with pytest.raises(RuleBroken) as broken:
        check_parents(1, [3], {2: [1], 3: [2]}, NAMES, "parents")
    assert broken.value.errors[0][0] == "parents"
    assert '"Mail" → "Rack" → "Network" → "Mail"' in broken.value.message


def test_a_service_instance_may_support_two_that_support_the_same() -> None:
    check_parents(4, [2, 3], {2: [1], 3: [1]}, NAMES, "parents")


def test_ancestors_are_told_nearest_first() -> None:
    assert ancestors(4, {4: [2, 3], 2: [1], 3: [1]}) == [2, 3, 1]


def test_ancestors_end_on_a_graph_with_a_cycle() -> None:
    assert ancestors(1, {1: [2], 2: [3], 3: [2, 1]}) == [2, 3]


@given(edits=edits)
def test_edits_that_are_let_pass_never_make_anyone_its_own_ancestor(
    edits: list[tuple[int, list[int]]],
) -> None:
    graph: dict[int, list[int]] = {}
    for child, parents in edits:
        others = {node: edges for node, edges in graph.items() if node != child}
        path = find_cycle(child, parents, others)
        if path is None:
            graph[child] = parents
        else:
            assert path[0] == path[-1] == child
            assert path[1] in parents
            assert all(above in others[below] for below, above in pairwise(path[1:]))
    for node, above in graph.items():
        reached = {one for parent in above for one in [parent, *ancestors(parent, graph)]}
        assert node not in reached
