"""What every use case shares: the rules' context and actors, and their refusals as errors that callers
know.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from services.common import errors
from services.common.actor import Actor
from services.common.context import Context
from services.federation.messages.attachments import OFFERED
from services.federation.partners.capabilities import understands
from services.federation.partners.trusts import TrustBook
from services.federation.restoring.deployment import Deployment
from services.requests import model
from services.requests.actions.lookup import Lookup
from services.requests.model.access import relation, sees_all
from services.requests.viewing import viewer_of

R = TypeVar("R")


@dataclass
class NewIds:
    """New ids for the rules. `request_id`, `note_id`: the first of their kind, where it is settled before."""

    context: Context
    request_id: int | None = None
    note_id: int | None = None

    def message(self) -> str:
        return self.context.new_uuid()

    def unique(self) -> str:
        return str(uuid.uuid4())

    def request(self) -> int:
        settled, self.request_id = self.request_id, None
        return settled or self.context.ids.next("request")

    def note(self, after: int) -> int:
        settled, self.note_id = self.note_id, None
        return settled or self.context.ids.next("note", after=after)


def ruled(context: Context, request_id: int | None = None, note_id: int | None = None) -> model.Context:
    """The context in which a rule decides now. The ids are those of the first request and note it makes.

    Raises Unavailable.
    """
    ids = NewIds(context, request_id, note_id)
    incarnation = Deployment.of(context).number
    return model.Context(context.account, incarnation, context.clock.now(), ids, TakeFiles(context))


@dataclass(frozen=True)
class TakeFiles:
    """The partners who take the files of notes, looked up when a rule asks: most steps say no file."""

    context: Context

    def __contains__(self, partner: object) -> bool:
        trust = TrustBook.of(self.context).trust(str(partner))
        return trust is not None and understands(trust.capabilities, OFFERED)


def who(context: Context, actor: Actor, request: model.Request | None) -> model.Actor:
    """The actor as the rules know him. Raises NotFound or Forbidden when the request is none of his
    business, Unavailable.
    """
    if actor.is_system:
        return model.SYSTEM
    # A specialist may do what representatives may, and everybody may register a request.
    represents = request is not None and "specialist" not in actor.roles
    relations = relation(request, viewer_of(context.database, actor, represents=represents))
    if not relations:
        if sees_all(actor.roles):
            raise errors.Forbidden("role_missing", "This needs the role specialist.")
        raise errors.NotFound()
    person = None if actor.person_id is None else model.Ref(actor.person_id, actor.name)
    return model.Actor(person, relations, frozenset(actor.team_ids))


def deciding(context: Context, actor: Actor, decide: Callable[[Lookup], R]) -> R:
    """What `decide` gives. When it refuses because of what a copy said, it decides again with fresh copies:
    a copy may be a moment old, a refusal never is.
    """
    known = Lookup(context, actor)
    with refusing():
        try:
            return decide(known)
        except (model.RuleError, errors.Invalid):
            if not known.used:
                raise
            return decide(Lookup(context, actor, fresh=True))


@contextmanager
def refusing() -> Iterator[None]:
    """Turns a rule's refusal into the error that callers know; fields by the names they are given with."""
    try:
        yield
    except model.RuleError as refusal:
        named = [(_FIELDS.get(field, field), text) for field, text in refusal.errors]
        if isinstance(refusal, model.NotAllowed):
            raise errors.Forbidden(refusal.code, refusal.message, named) from refusal
        if isinstance(refusal, model.IllegalMove):
            raise errors.IllegalMove(refusal.code, refusal.message, named) from refusal
        raise errors.Invalid(refusal.code, refusal.message, named) from refusal


_FIELDS = {
    name: f"{name}_id" for name in ("team", "member", "service_instance", "requested_for", "requested_by")
}
_FIELDS["supplier_request_id"] = "supplier_requestID"
