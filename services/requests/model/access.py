"""Who may see and say what: by role, and by what a person is to a request, as in 4me."""

from collections.abc import Collection

from services.requests.model.request import Request
from services.requests.model.step import Who

#: See every request of the account, and notes for specialists. The other roles presuppose `specialist`.
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


def sees_all(roles: Collection[str]) -> bool:
    """Whether a person with these roles sees all requests of the account, and what is internal in them."""
    return not SEE_ALL.isdisjoint(roles)


def relation(request: Request | None, person_id: int | None, roles: Collection[str]) -> frozenset[Who]:
    """What a person is to a request: empty when he has nothing to do with it. Of a new one everybody is
    requester.
    """
    found = set()
    if "specialist" in roles:
        found.add(Who.SPECIALIST)
    asked = () if request is None else (request.requested_by, request.requested_for)
    if request is None or any(ref is not None and ref.id == person_id for ref in asked):
        found.add(Who.REQUESTER)
    return frozenset(found)


def sees(request: Request, person_id: int | None, roles: Collection[str]) -> bool:
    """Whether a person may see a request of the account."""
    return sees_all(roles) or bool(relation(request, person_id, roles))
