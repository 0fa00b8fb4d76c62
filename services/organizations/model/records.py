"""Organizations, people, teams and sites: what may be written in them.

Foreign ones (introduced because an agreement or a hand-over names them) carry `account` and `remote_id`.
Their home account alone writes them, so every edit here is refused, but for what an account keeps on a
partner's organization (`overlay`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.organizations.model import shelves
from services.organizations.model.custom_fields import differing
from services.organizations.model.rules import RuleBroken

# Kinds that a partner's records may be introduced as.
INTRODUCED: tuple[str, ...] = ("team", "person", "organization")

# What people may change in their own record; all else is the administrators'.
OWN_PROFILE: frozenset[str] = frozenset(
    {
        "addresses",
        "contacts",
        "do_not_translate_languages",
        "auto_translation",
        "job_title",
        "locale",
        "picture_uri",
        "time_format_24h",
        "time_zone",
    }
)

MAX_MEMBERS = 5000  # of a team; they stand in its document
# Deeper than any real organization chart or line of managers; bounds what one edit may read.
MAX_DEPTH = 50


@dataclass(frozen=True)
class Hierarchy:
    """`field` names what is right above a record; `circle` is the code of a refusal."""

    field: str
    circle: str
    refusal: str
    is_circle: str


HIERARCHIES: Mapping[str, Hierarchy] = {
    "organization": Hierarchy(
        "parent_id",
        "parent_circle",
        "An organization cannot be below itself. Choose a parent that is not one of its descendants.",
        "is the organization itself or one of its descendants",
    ),
    "person": Hierarchy(
        "manager_id",
        "manager_circle",
        "Nobody can be his own manager, also not through others. Choose somebody who does not report to him.",
        "is the person himself or somebody who reports to him",
    ),
}


def email_key(address: str) -> str:
    """What an e-mail address is compared by: unique in the account whatever its case."""
    return unicodedata.normalize("NFKC", address.strip()).casefold()


def own(kind: str, record: Mapping[str, Any]) -> None:
    """Raises RuleBroken `foreign_record` for a record whose home is another account."""
    account = record.get("account")
    if account is not None:
        raise RuleBroken(
            "foreign_record",
            f"This {kind} belongs to the account {account['name']} and can only be changed there.",
            [("id", f"belongs to account {account['id']}")],
        )


def own_profile(fields: Iterable[str]) -> None:
    """Raises RuleBroken `not_your_field` when a person would change more of himself than he may."""
    refused = sorted(set(fields) - OWN_PROFILE)
    if refused:
        raise RuleBroken(
            "not_your_field",
            "You may change of your own record: " + ", ".join(sorted(OWN_PROFILE)) + ". "
            "Ask an account administrator for the rest.",
            [(field, "may only be changed by an account administrator") for field in refused],
        )


def above(kind: str, id: int | None, ancestors: Sequence[int]) -> None:
    """`ancestors`: who shall be right above the record (`HIERARCHIES`), who is above that, and so on. `id`:
    None for a new record. Raises RuleBroken `parent_circle`, `manager_circle`, `too_deep`.
    """
    hierarchy = HIERARCHIES[kind]
    if id is not None and id in ancestors:
        raise RuleBroken(hierarchy.circle, hierarchy.refusal, [(hierarchy.field, hierarchy.is_circle)])
    if len(ancestors) > MAX_DEPTH:
        raise RuleBroken(
            "too_deep",
            f"There are at most {MAX_DEPTH} levels. Choose one higher up.",
            [(hierarchy.field, f"is more than {MAX_DEPTH} levels deep")],
        )


def business_unit(id: int, known: Mapping[int, Mapping[str, Any]]) -> int | None:
    """The business unit that an organization belongs to: itself if it is one, else the nearest above it; None
    where there is none. `known`: `{parent_id, business_unit}` of it and of those above it.
    """
    seen: set[int] = set()
    next_id: int | None = id
    while next_id is not None and next_id not in seen:
        seen.add(next_id)
        organization = known.get(next_id, {})
        if organization.get("business_unit"):
            return next_id
        next_id = organization.get("parent_id")
    return None


def members(member_ids: Iterable[int]) -> list[int]:
    """A team's members: without doubles, in ascending order. Raises RuleBroken `too_many_members`."""
    each_once = sorted(set(member_ids))
    if len(each_once) > MAX_MEMBERS:
        raise RuleBroken(
            "too_many_members",
            f"A team has at most {MAX_MEMBERS} members. Make another team for the others.",
            [("member_ids", f"must hold at most {MAX_MEMBERS} ids")],
        )
    return each_once


def coordinator(coordinator_id: int | None, member_ids: Collection[int]) -> None:
    """Raises RuleBroken `coordinator_not_member`."""
    if coordinator_id is not None and coordinator_id not in member_ids:
        raise RuleBroken(
            "coordinator_not_member",
            "A team's coordinator must be one of its members. "
            "Make that person a member, or choose another coordinator (or none) in the same edit.",
            [("coordinator_id", "is not a member of the team")],
        )


def there(field: str, kind: str, record: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The record that another one refers to. Raises RuleBroken `unknown_reference`."""
    if record is None:
        raise RuleBroken(
            "unknown_reference", f"There is no such {kind}.", [(field, f"there is no {kind} with this id")]
        )
    return record


def usable(field: str, kind: str, record: Mapping[str, Any] | None) -> None:
    """A record that another one refers to: it must exist, be own, neither disabled nor archived.

    Raises RuleBroken `unknown_reference`, `foreign_reference`, `disabled_reference` or `archived_reference`.
    """
    record = there(field, kind, record)
    if record.get("account") is not None:
        raise RuleBroken(
            "foreign_reference",
            f"The {kind} {record['name']} belongs to the account {record['account']['name']}; "
            "choose one of your own account.",
            [(field, f"belongs to account {record['account']['id']}")],
        )
    enabled(field, kind, record)


def enabled(field: str, kind: str, record: Mapping[str, Any]) -> None:
    """Raises RuleBroken `disabled_reference` or `archived_reference`; `unknown_reference` of what is in the
    trash.
    """
    if record.get("shelf") == shelves.TRASH:
        there(field, kind, None)
    if record.get("disabled"):
        raise RuleBroken(
            "disabled_reference",
            f"The {kind} {record['name']} is disabled. Enable it first, or choose another.",
            [(field, f"the {kind} is disabled")],
        )
    if record.get("shelf"):
        raise RuleBroken(
            "archived_reference",
            f"The {kind} {record['name']} is archived. Restore it first, or choose another.",
            [(field, f"the {kind} is archived")],
        )


def changed(record: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What an edit changes: {field: [old, new]}, for the history. Equal values are no change.
    Of custom fields it holds those that are changed."""
    return {
        field: differing(record.get(field), value) if field == "custom_fields" else [record.get(field), value]
        for field, value in fields.items()
        if record.get(field) != value
    }
