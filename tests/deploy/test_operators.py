"""What operators are given is what they take: of Prometheus' operator and KEDA by models of their schemas, of
RabbitMQ's and MongoDB's, whose schemas no package brings, by what is written down in `operators`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import Document
from tests.deploy.operators import USED, wrong_in
from tests.deploy.test_kubernetes import with_lines_of

KINDS = {
    "PodMonitor": "cloudcoil.models.prometheus_operator.v1",
    "PrometheusRule": "cloudcoil.models.prometheus_operator.v1",
    "ScaledObject": "cloudcoil.models.keda.v1alpha1",
}


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, kubectl: Path) -> list[Document]:
    """All of an account with the optional components, too."""
    return with_lines_of("deployment.md", tmp_path_factory.mktemp("given"))


@pytest.mark.parametrize("kind", KINDS)
def test_an_operator_takes_what_it_is_given(given: list[Document], kind: str) -> None:
    model = model_of(kind)
    found = [each for each in given if each["kind"] == kind]
    assert found
    for document in found:
        assert lost(document, document_of(model, document)) == []


def test_a_field_that_no_operator_knows_is_found(given: list[Document]) -> None:
    (monitor,) = (each for each in given if each["kind"] == "PodMonitor")
    misspelt = {**monitor, "spec": {**monitor["spec"], "podMetricsEndpoint": []}}
    assert lost(misspelt, document_of(model_of("PodMonitor"), misspelt)) == [".spec.podMetricsEndpoint"]


@pytest.mark.parametrize("kind", USED)
def test_broker_and_database_are_told_what_is_known_of_their_operators(
    given: list[Document], kind: str
) -> None:
    (document,) = (each for each in given if each["kind"] == kind)
    assert list(wrong_in(kind, document["spec"])) == []


@pytest.mark.parametrize("kind", USED)
def test_any_field_that_is_misspelt_is_found(given: list[Document], kind: str) -> None:
    (document,) = (each for each in given if each["kind"] == kind)
    tried = list(misspelt(document["spec"]))
    assert len(tried) > 10
    assert [path for path, spec in tried if not list(wrong_in(kind, spec))] == []


def misspelt(spec: Document) -> Iterator[tuple[str, Document]]:
    """It with each of its fields, at any depth, under another name; what is limited may have any name."""

    def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if isinstance(value, dict) and path[-1:] not in (("limits",), ("requests",)):
            for name, inner in value.items():
                yield (*path, name)
                yield from places(inner, (*path, name))
        elif isinstance(value, list):
            for n, inner in enumerate(value):
                yield from places(inner, (*path, n))

    for path in places(spec, ()):
        changed = deepcopy(spec)
        within: Any = changed
        for step in path[:-1]:
            within = within[step]
        within[f"{path[-1]}x"] = within.pop(path[-1])
        yield ".".join(map(str, path)), changed


def model_of(kind: str) -> Any:
    try:
        return getattr(importlib.import_module(KINDS[kind]), kind)
    except ImportError:
        pytest.skip(f"{KINDS[kind]} is not installed: {kind} was not held against its schema")


def document_of(model: Any, document: Document) -> Any:
    """What its schema makes of it. Raises ValidationError for a value of another type."""
    return model.model_validate(document).model_dump(mode="json", by_alias=True, exclude_unset=True)


def lost(document: Any, kept: Any, place: str = "") -> list[str]:
    """What of a document its schema does not know."""
    if isinstance(document, dict) and isinstance(kept, dict):
        return [
            each
            for name, value in document.items()
            for each in (lost(value, kept[name], f"{place}.{name}") if name in kept else [f"{place}.{name}"])
        ]
    if isinstance(document, list) and isinstance(kept, list):
        pairs = enumerate(zip(document, kept, strict=True))
        return [each for n, pair in pairs for each in lost(*pair, f"{place}.{n}")]
    return []
