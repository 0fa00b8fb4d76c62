"""What the rules want to know of the account's records and of partners' agreements: as references and facts.

Records of other services are looked up in the copies; `fresh` asks their owners. Which agreement leads to a
partner is asked of slas at once: hand-overs are rare, and must not rest on what was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid, NotFound
from services.common.store import RecordId
from services.requests.model import Lead, Ref, Request

Document = Mapping[str, Any]


class Lookup:
    """Looks up for one decision. `used` says whether a copy was relied on."""

    def __init__(self, context: Context, actor: Actor, fresh: bool = False) -> None:
        self._context = context
        self._actor = actor
        self._look = context.copies.refresh if fresh else context.copies.get
        self._seen: dict[tuple[str, RecordId], Document | None] = {}

    @property
    def used(self) -> bool:
        return bool(self._seen)

    def ref(self, kind: str, id: int | None, field: str = "") -> Ref | None:
        """The record as a reference; None without an id. With a `field`, one that is not there or not to be
        chosen any more is refused by it.
        """
        if id is None:
            return None
        record = self.record(kind, id)
        if field:
            title = kind.replace("_", " ")
            if record is None:
                raise Invalid(errors=[(field, f"there is no {title} {id}")])
            if retired := _retired(record):
                raise Invalid(errors=[(field, f"the {title} {record['name']} is {retired}")])
        return None if record is None else _ref(record)

    def service_instance(self, fields: Mapping[str, Any], present: Ref | None = None) -> Ref | None:
        """The service instance that an edit names. What the request has already (`present`) may stay."""
        id = fields.get("service_instance_id")
        if present is not None and present.id == id:
            return self.ref("service_instance", id) or present
        return self.ref("service_instance", id, "service_instance_id")

    def own(self, kind: str, id: int | None, field: str) -> Ref | None:
        """As `ref`, but it must be the account's own."""
        found = self.ref(kind, id, field)
        if found is not None and found.account is not None:
            raise Invalid(errors=[(field, f"{found.name} belongs to the account {found.account}")])
        return found

    def record(self, kind: str, id: RecordId) -> Document | None:
        if (kind, id) not in self._seen:
            self._seen[kind, id] = self._look(kind, id)
        return self._seen[kind, id]

    def service_desk_team(self, organization: Ref | None = None) -> Ref | None:
        """The service desk of an organization: that of its active FLSA, or of the nearest organization above
        it that has one; else the account's own. A partner's FLSA is none of these (`first_line`).
        """
        promised = self._first_line_of(organization, account=None)
        account = self.record("account", self._context.account) or {}
        return self.ref("team", (promised or account).get("service_desk_team_id"))

    def first_line(self, organization: Ref | None) -> Lead | None:
        """Where the active FLSA of an organization leads, when it is a partner's and may be used now."""
        promised = self._first_line_of(organization)
        if promised is None or promised.get("account") is None:
            return None
        try:
            system = Actor.system(self._context.account)
            found = self._context.rpc.call("slas", "first_line", system, promised["id"])
        except (Invalid, NotFound):
            return None
        team = self.ref("team", found["service_desk_team_id"])
        if team is None:
            return None
        return Lead(
            partner=found["partner"]["id"],
            thread=found["agreement"],
            service_instance=None,
            remote_instance_id=None,
            team=team,
            organization=self.ref("organization", found["supplier_id"]),
        )

    def _first_line_of(self, organization: Ref | None, **whose: Any) -> Document | None:
        """The active FLSA of an organization, or of the nearest one above it that has one; one within the
        account before a partner's.
        """
        id, seen = organization.id if organization else None, set[int]()
        while id is not None and id not in seen:
            found = self._context.copies.find("flsa", {"customer_id": id, "status": "active", **whose})
            if found:
                return min(found, key=lambda flsa: (flsa.get("account") is not None, flsa["id"]))
            seen.add(id)
            id = (self.record("organization", id) or {}).get("parent_id")
        return None

    def coordinator(self, team: Ref | None) -> Ref | None:
        """The team's coordinator, if he is active."""
        record = self.record("team", team.id) if team else None
        id = record.get("coordinator_id") if record else None
        person = None if id is None else self.record("person", id)
        return None if person is None or person.get("disabled") else _ref(person)

    def is_member(self, team: Ref | None, person_id: int) -> bool:
        record = self.record("team", team.id) if team else None
        return record is not None and person_id in (record.get("member_ids") or ())

    def team_of(self, instance: Ref | None, *, first_line: bool) -> Ref | None:
        """The team that an own service instance leads to (4me: first line for end users, else support); None
        for a partner's.
        """
        if instance is None or instance.account is not None:
            return None
        record = self.record("service_instance", instance.id) or {}
        support = record.get("support_team_id")
        return self.ref("team", (record.get("first_line_team_id") or support) if first_line else support)

    def lead(self, instance: Ref, about: Ref | None, requester: Ref | None) -> Lead:
        """Where a partner's service instance leads. Raises Invalid when no agreement allows it, and says
        why.
        """
        about_id = about.id if about else None
        requester_id = requester.id if requester else None
        try:
            found = self._context.rpc.call(
                "slas", "agreement_for", self._actor, instance.id, about_id, requester_id
            )
        except NotFound as error:
            raise Invalid(errors=[("service_instance_id", "is not there any more")]) from error
        team = self.ref("team", found["support_team_id"])
        if team is None:
            raise Invalid(errors=[("service_instance_id", "leads to no team yet; try again in a moment")])
        return Lead(
            partner=found["partner"]["id"],
            thread=found["agreement"],
            service_instance=instance,
            remote_instance_id=found["remote_service_instance_id"],
            team=team,
            organization=self.ref("organization", found["supplier_id"]),
            shares_target=found.get("shares_requester_target", False),
        )

    def present_lead(self, request: Request) -> Lead | None:
        """Where the request's present service instance leads, when it is a partner's and allowed; without
        one, where the partner's FLSA leads that its requester's organization has.
        """
        instance = request.service_instance
        if instance is None:
            return self.first_line(request.organization)
        if instance.account is None:
            return None
        try:
            return self.lead(instance, request.own_service_instance, request.requested_for)
        except Invalid:
            return None


def _retired(record: Document) -> str | None:
    """Why a record may not be chosen any more. Whether a partner's service instance may, is its agreement's
    matter. One that is being prepared may: it is worked on too, and 4me's `active` ones include it.
    """
    if record.get("disabled"):
        return "disabled"
    own = record.get("account") is None
    return "discontinued" if own and record.get("status") == "discontinued" else None


def _ref(record: Document) -> Ref:
    account = record.get("account")
    return Ref(record["id"], record["name"], account["id"] if account else None)
