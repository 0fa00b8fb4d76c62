"""Who may see and say what: by role, and by what a person is to a request, as in 4me.

One rule for everything of a request: who may not see it, may not know of its notes, files, history, targets
or watchers. `relation` is the rule, `queries.listings.related` the same as a filter on indexes.
"""

from collections.abc import Collection
from dataclasses import dataclass

from services.requests.model.request import Request
from services.requests.model.step import Who

#: See every request of the account, and notes for specialists. All others presuppose `specialist`, but those
#: of an account designer and a key contact.
SEE_ALL = frozenset({"specialist", "auditor", "account_administrator", "account_owner"})

#: May register a request for somebody else.
REGISTER_FOR_OTHERS = frozenset({"service_desk_analyst", "service_desk_manager"})

#: What a person without a role may say of a new request.
END_USER_FIELDS = frozenset(
    {
        "subject",
        "category",
        "impact",
        "service_instance_id",
        "note",
        "note_attachments",
        "requested_by_id",
        "requested_for_id",
        "source",
        "sourceID",
    }
)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person of the account, as far as it matters to requests. `organization_ids`: his organization and all
    below it; `sla_ids`: the active SLAs whose customer he represents; `agreements`: the threads of those that
    are partners'.
    """

    person_id: int | None
    roles: frozenset[str] = frozenset()
    organization_ids: frozenset[int] = frozenset()
    sla_ids: frozenset[int] = frozenset()
    agreements: frozenset[str] = frozenset()

    @property
    def key_contact_of(self) -> frozenset[int]:
        """The organizations whose requests he sees as a key contact."""
        return self.organization_ids if "key_contact" in self.roles else frozenset()


def sees_all(roles: Collection[str]) -> bool:
    """Whether a person with these roles sees all requests of the account, and what is internal in them."""
    return not SEE_ALL.isdisjoint(roles)


def relation(request: Request | None, viewer: Viewer) -> frozenset[Who]:
    """What a person is to a request: empty when he has nothing to do with it. Of a new one everybody is
    requester.
    """
    found = set()
    if "specialist" in viewer.roles:
        found.add(Who.SPECIALIST)
    if request is None:
        return frozenset({*found, Who.REQUESTER})
    asked = (request.requested_by, request.requested_for)
    if any(ref is not None and ref.id == viewer.person_id for ref in asked):
        found.add(Who.REQUESTER)
    if request.organization is not None and request.organization.id in viewer.key_contact_of:
        found.add(Who.KEY_CONTACT)
    # The clocks of a partner's SLA are the partner's; here it affects what was handed over under it.
    handed_over = {link.agreement for link in request.below}
    if not viewer.sla_ids.isdisjoint(request.sla_ids) or not viewer.agreements.isdisjoint(handed_over):
        found.add(Who.REPRESENTATIVE)
    return frozenset(found)


def sees(request: Request, viewer: Viewer) -> bool:
    """Whether a person may see a request of the account."""
    return sees_all(viewer.roles) or bool(relation(request, viewer))
