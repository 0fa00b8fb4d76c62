"""The contract that lists what may be imported lets that pass, and nothing else."""

from __future__ import annotations

import grimp

from tests.meta.import_contract import OnlyContract


def broken(
    imports: list[tuple[str, str]], sources: list[str], allowed: list[str], about: list[str]
) -> list[str]:
    graph = grimp.ImportGraph()
    for importer, imported in imports:
        graph.add_module(importer)
        graph.add_module(imported)
        graph.add_import(importer=importer, imported=imported, line_number=1, line_contents="")
    options = {"source_modules": sources, "allowed": allowed, "about": about}
    contract = OnlyContract("rule", {}, options)
    return [line.split(" (")[0] for line in contract.check(graph, verbose=False).metadata["broken"]]


def test_rules_import_the_standard_library_and_their_own_package_only() -> None:
    imports = [
        ("services.requests.model.moves", "dataclasses"),
        ("services.requests.model.moves", "services.requests.model.words"),
        ("services.requests.model.moves", "services.common.errors"),
        ("services.slas.model", "pymongo"),
        ("services.requests.store", "pymongo"),
    ]
    assert broken(imports, ["services.*.model", "services.*.model.**"], [], []) == [
        "services.requests.model.moves imports services.common.errors",
        "services.slas.model imports pymongo",
    ]


def test_the_gateway_sees_queries_and_schemas_only() -> None:
    imports = [
        ("gateway.requests", "services.requests.queries"),
        ("gateway.requests", "services.requests.schemas.lists"),
        ("gateway.requests", "services.common.errors"),
        ("gateway.requests", "flask"),
        ("gateway.requests", "services.requests.store"),
    ]
    allowed = ["services.common", "services.common.**", "services.*.queries", "services.*.schemas.**"]
    assert broken(imports, ["gateway", "gateway.**"], allowed, ["services", "interdesk"]) == [
        "gateway.requests imports services.requests.store"
    ]
