"""The commands about SLAs, FLSAs and coverage groups; the service's class has them (`service.py`)."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.entrypoints import command
from services.common.roles import MAINTAIN_AGREEMENTS
from services.common.schemas import loaded
from services.slas.actions import agreements, coverage_groups, disclosures, first_line
from services.slas.schemas import (
    CoverageGroupInputSchema,
    FlsaInputSchema,
    ImpactRelationSchema,
    SlaInputSchema,
)

Document = dict[str, Any]

_SLA = SlaInputSchema()
_FLSA = FlsaInputSchema()
_GROUP = CoverageGroupInputSchema()
_IMPACT = ImpactRelationSchema()


class AgreementCommands:
    """See the module."""

    context: Context

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_sla(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return agreements.create_sla(self.context, actor, loaded(_SLA, fields), key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_sla(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        return agreements.update_sla(self.context, actor, id, loaded(_SLA, fields, partial=True), version)

    @command(allowed=MAINTAIN_AGREEMENTS, repeatable=True)
    def sla_disclosures(self, actor: Actor, fields: Document, id: int | None = None) -> list[Document]:
        """Of a new SLA with these fields; with `id` of that one, after an edit by them."""
        taken = loaded(_SLA, fields, partial=id is not None)
        return disclosures.of_agreement(self.context, actor, "sla", taken, id)

    @command(allowed=MAINTAIN_AGREEMENTS, repeatable=True)
    def add_to_sla(
        self,
        actor: Actor,
        id: int,
        relation: str,
        other_id: int,
        fields: Document,
        version: int | None = None,
    ) -> Document:
        """`relation`: one of `agreements.RELATIONS`."""
        impact = loaded(_IMPACT, fields)["impact_relation"] if fields else None
        return agreements.add_to_sla(self.context, actor, id, relation, other_id, impact, version)

    @command(allowed=MAINTAIN_AGREEMENTS, repeatable=True)
    def remove_from_sla(self, actor: Actor, id: int, relation: str, other_id: int | None) -> Document:
        return agreements.remove_from_sla(self.context, actor, id, relation, other_id)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_coverage_group(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return coverage_groups.create_coverage_group(self.context, actor, loaded(_GROUP, fields), key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_coverage_group(
        self, actor: Actor, id: int, fields: Document, version: int | None = None
    ) -> Document:
        taken = loaded(_GROUP, fields, partial=True)
        return coverage_groups.update_coverage_group(self.context, actor, id, taken, version)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def create_flsa(self, actor: Actor, fields: Document, key: str | None = None) -> Document:
        return first_line.create_flsa(self.context, actor, loaded(_FLSA, fields), key)

    @command(allowed=MAINTAIN_AGREEMENTS)
    def update_flsa(self, actor: Actor, id: int, fields: Document, version: int | None = None) -> Document:
        return first_line.update_flsa(self.context, actor, id, loaded(_FLSA, fields, partial=True), version)

    @command(allowed=MAINTAIN_AGREEMENTS, repeatable=True)
    def flsa_disclosures(self, actor: Actor, fields: Document, id: int | None = None) -> list[Document]:
        """As `sla_disclosures`."""
        taken = loaded(_FLSA, fields, partial=id is not None)
        return disclosures.of_agreement(self.context, actor, "flsa", taken, id)
