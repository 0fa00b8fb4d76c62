"""What the read side of the border gives (`queries`), and what is asked of a service's ledger."""

from __future__ import annotations

from marshmallow import fields, validate

from services.common.fields import Moment
from services.common.schemas import AccountReferenceSchema, InputSchema, OutputSchema
from services.federation.threads import ACCOUNT, UUID

MAX_NARROWED = 1_000


class _PlacedSchema(OutputSchema):
    """Where a message stands in its thread."""

    id = fields.String()
    partner = fields.String()
    thread = fields.String()
    incarnation = fields.Integer()
    sequence = fields.Integer()


class _MessageSchema(_PlacedSchema):
    """A message; `hash` is the SHA-256 of what was sealed."""

    type = fields.String()
    hash = fields.String()


class DeliverySchema(_MessageSchema):
    """A message to a partner. `state`: queued, sent, held, accepted or refused (and `refused_code`);
    `next_attempt_at`: when it is sent (again) if no answer comes before; `payload`: what it says.
    """

    service = fields.String()
    state = fields.String()
    refused_code = fields.String()
    request_id = fields.Integer()
    attempts = fields.Integer()
    created_at = Moment()
    sent_at = Moment()
    answered_at = Moment()
    next_attempt_at = Moment()
    payload = fields.Dict()


class ParkedMessageSchema(_MessageSchema):
    """A partner's message that stands in its thread until a person replays or discards it. `code` and
    `detail` say why, `payload` what it says; `waiting_behind` is the number of those that wait for it.
    """

    service = fields.String()
    code = fields.String()
    detail = fields.String()
    received_at = Moment()
    parked_at = Moment()
    payload = fields.Dict()
    waiting_behind = fields.Integer()


class QuarantinedMessageSchema(OutputSchema):
    """A delivery from the lane of `partner` that nobody is proven to have sent. `code` and `detail` say which
    check failed, `size` how many bytes came. It moves nothing; one whose key is not known is tried again
    until `tried_until`. `claims`: what it says of itself, true or not; `beginning`: its first bytes when it
    says nothing that can be read.
    """

    id = fields.String()
    service = fields.String()
    partner = fields.String()
    code = fields.String()
    detail = fields.String()
    size = fields.Integer()
    received_at = Moment()
    tried_until = Moment()
    claims = fields.Dict()
    beginning = fields.String()


class ProblemSchema(OutputSchema):
    """Something a person should look at: a stable code, and what to do."""

    code = fields.String()
    text = fields.String()


class PausedSchema(OutputSchema):
    code = fields.String()
    at = Moment()


class FailingSchema(ProblemSchema):
    since = Moment()


class ClockSchema(OutputSchema):
    code = fields.String()
    seconds = fields.Integer()
    at = Moment()


class StandingSchema(OutputSchema):
    """What one service's border knows of a partner. `dropped`: what came while the quarantine was full."""

    service = fields.String()
    heard_at = Moment(allow_none=True)
    unanswered = fields.Integer()
    unanswered_since = Moment(allow_none=True)
    refused = fields.Integer()
    parked = fields.Integer()
    quarantined = fields.Integer()
    quarantined_bytes = fields.Integer()
    dropped = fields.Integer()
    dropped_at = Moment(allow_none=True)
    paused = fields.Nested(PausedSchema, allow_none=True)
    failing = fields.Nested(FailingSchema, allow_none=True)
    clock = fields.Nested(ClockSchema, allow_none=True)


class PartnerHealthSchema(OutputSchema):
    """How it stands with a partner, over all services. `delivery`: whether we can deliver now: open, failing,
    paused, not_accepted, suspended or ended. `keys_heard_at`: when the partner last told its keys,
    `own_keys_taken_at`: when it took ours, `own_keys_since`: since when our current ones are in use.
    Counts go to 10,000 per service.
    """

    id = fields.String()
    account = fields.Nested(AccountReferenceSchema)
    status = fields.String()
    well = fields.Boolean()
    problems = fields.List(fields.Nested(ProblemSchema))
    delivery = fields.String()
    heard_at = Moment(allow_none=True)
    unanswered = fields.Integer()
    unanswered_since = Moment(allow_none=True)
    refused = fields.Integer()
    parked = fields.Integer()
    quarantined = fields.Integer()
    dropped = fields.Integer()
    keys_heard_at = Moment(allow_none=True)
    own_keys_taken_at = Moment(allow_none=True)
    own_keys_since = Moment(allow_none=True)
    authority_expires_at = Moment(allow_none=True)
    services = fields.List(fields.Nested(StandingSchema))


class LedgerEntrySchema(_MessageSchema):
    """A message of a thread, `direction` sent or received, and what became of it. `receipt`: whether the
    partner's signed receipt for it is kept.
    """

    direction = fields.String()
    at = Moment()
    state = fields.String()
    code = fields.String()
    answered_at = Moment()
    receipt = fields.Boolean()


class SaidSchema(_PlacedSchema):
    """A message of a thread for the ledger's file. `sealed` and `receipt`: the bytes as their makers sealed
    them; `withheld`: only its place, because it carries credentials; `state`: what became of it here."""

    sealed = fields.String()
    withheld = fields.Dict()
    receipt = fields.String()
    state = fields.String()
    code = fields.String()
    at = Moment()
    answered_at = Moment()
    approved_at = Moment()


class LedgerKeySchema(OutputSchema):
    """A public key that an account seals with; its `id` is made of the account and the key's thumbprint."""

    id = fields.String()
    account = fields.String()
    state = fields.String()
    public = fields.Dict()


class _ExportSchema(InputSchema):
    """`export`: a UUID of the caller's, in all that is sealed for one export."""

    export = fields.String(required=True, validate=validate.Regexp(rf"{UUID.pattern}\Z"))


def _narrowed(each: fields.String) -> fields.List[str]:
    return fields.List(
        each, load_default=None, allow_none=True, validate=validate.Length(min=1, max=MAX_NARROWED)
    )


class HeadsInputSchema(_ExportSchema):
    """Which threads; null narrows nothing. `since` <= the time of a message here < `until`; `after`: the
    thread behind which the page begins."""

    partners = _narrowed(fields.String(validate=validate.Regexp(rf"{ACCOUNT.pattern}\Z")))
    threads = _narrowed(fields.String(validate=validate.Length(1, 120)))
    since = Moment(load_default=None, allow_none=True)
    until = Moment(load_default=None, allow_none=True)
    after = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 120))


class EndInputSchema(_ExportSchema):
    """The number of records in the file, the end included, and the SHA-256 of the line before the end."""

    records = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**53 - 1))
    digest = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class SealedHeadsSchema(OutputSchema):
    """A page of heads as the service sealed it, and as it reads. `through`: ask on behind this thread; null:
    these were the last."""

    sealed = fields.String()
    through = fields.String()
    heads = fields.List(fields.Dict())


class SealedEndSchema(OutputSchema):
    """The end of an export, sealed."""

    sealed = fields.String()
