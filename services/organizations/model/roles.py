"""Roles: what each presupposes, and which the first person of an account gets. What they may do:
`services.common.roles`.

Every person implicitly is an end user of his home account; that is not a role and is never granted. A key
contact is an end user who speaks for his organization: he presupposes nothing (ADR 32).
A role table that contradicts itself is refused at import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.organizations.model.rules import MalformedTable, RuleBroken

# Role -> the role it presupposes (or none). The order is the one in which roles are stored and shown.
ROLES: Mapping[str, str | None] = {
    "specialist": None,
    "auditor": None,
    "account_designer": None,
    "account_administrator": None,
    "key_contact": None,
    "service_desk_analyst": "specialist",
    "service_desk_manager": "specialist",
    "knowledge_manager": "specialist",
    "problem_manager": "specialist",
    "workflow_manager": "specialist",
    "release_manager": "specialist",
    "project_manager": "specialist",
    "service_level_manager": "specialist",
    "configuration_manager": "specialist",
    "financial_manager": "specialist",
    "account_owner": "specialist",
    "directory_auditor": "specialist",
    "directory_designer": "specialist",
    "directory_administrator": "specialist",
    "workflow_automator_auditor": "specialist",
    "workflow_automator_specialist": "specialist",
}

# What the first person of an account gets: to administer it, and to set up services and agreements.
FOUNDER: tuple[str, ...] = (
    "specialist",
    "account_designer",
    "account_administrator",
    "service_desk_manager",
    "service_level_manager",
    "configuration_manager",
    "account_owner",
)


def check_table(table: Mapping[str, str | None]) -> None:
    """Raises MalformedTable when a prerequisite is not a role, or itself has one (no chains needed)."""
    for role, needed in table.items():
        if needed is None:
            continue
        if needed not in table:
            raise MalformedTable(f"role {role} presupposes {needed}, which is not a role")
        if table[needed] is not None:
            raise MalformedTable(f"role {role} presupposes {needed}, which presupposes another")
    if unknown := set(FOUNDER) - table.keys():
        raise MalformedTable(f"not roles: {sorted(unknown)}")


check_table(ROLES)


def checked(roles: Iterable[str]) -> tuple[str, ...]:
    """The roles without doubles, in the table's order.

    Raises RuleBroken `unknown_role` or `role_prerequisite`.
    """
    wanted = set(roles)
    if unknown := sorted(wanted - ROLES.keys()):
        raise RuleBroken(
            "unknown_role",
            f"There is no role {', '.join(unknown)}. Roles are: {', '.join(ROLES)}.",
            [("roles", f"unknown: {', '.join(unknown)}")],
        )
    for role in ROLES:
        needed = ROLES[role]
        if role in wanted and needed is not None and needed not in wanted:
            raise RuleBroken(
                "role_prerequisite",
                f"The role {role} presupposes the role {needed}. Give both, or neither.",
                [("roles", f"{role} presupposes {needed}")],
            )
    return tuple(role for role in ROLES if role in wanted)
