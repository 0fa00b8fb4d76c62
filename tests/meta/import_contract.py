"""An import-linter contract: the source modules may import only what is listed.

import-linter's own contracts name what is forbidden; two of our rules name what is allowed (the gateway sees
only a service's `queries` and `schemas`; rules import only the standard library and their own package).

- `source_modules`: module expressions (`services.*.model.**`); ones that match nothing yet are fine.
- `allowed`: module expressions of what may be imported. The standard library and a module's own package
  (for `services.x.model.y`: `services.x.model`) are always allowed.
- `about`: packages that the contract speaks of; imports from elsewhere are let pass. Empty: all of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _pattern(expression: str) -> re.Pattern[str]:
    """`*` stands for one name, `**` for one or more, as in import-linter's own contracts."""
    parts = [
        r"[^.]+(\.[^.]+)*" if part == "**" else r"[^.]+" if part == "*" else re.escape(part)
        for part in expression.split(".")
    ]
    return re.compile(r"\.".join(parts))


def _matches(module: str, expressions: Iterable[str]) -> bool:
    return any(_pattern(expression).fullmatch(module) for expression in expressions)


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _own_package(module: str, expressions: Iterable[str]) -> str:
    """The shortest ancestor of the module (or itself) that a source expression names."""
    parts = module.split(".")
    ancestors = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next(ancestor for ancestor in ancestors if _matches(ancestor, expressions))


class OnlyContract(Contract):
    """See the module's docstring."""

    source_modules = fields.SetField(subfield=fields.StringField())
    allowed = fields.SetField(subfield=fields.StringField(), required=False, default=set())
    about = fields.SetField(subfield=fields.StringField(), required=False, default=set())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = []
        sources: set[str] = self.source_modules  # type: ignore[assignment]
        for module in sorted(name for name in graph.modules if _matches(name, sources)):
            home = _own_package(module, sources)
            for imported in sorted(graph.find_modules_directly_imported_by(module)):
                if not self._lets_pass(imported, home):
                    details = graph.get_import_details(importer=module, imported=imported)
                    lines = ", ".join(str(detail["line_number"]) for detail in details)
                    broken.append(f"{module} imports {imported} (line {lines})")
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _lets_pass(self, imported: str, home: str) -> bool:
        about: set[str] = self.about  # type: ignore[assignment]
        allowed: set[str] = self.allowed  # type: ignore[assignment]
        if about and not any(_within(imported, package) for package in about):
            return True
        if imported.split(".")[0] in sys.stdlib_module_names or _within(imported, home):
            return True
        return _matches(imported, allowed)

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["broken"]:
            output.print_error(line)
