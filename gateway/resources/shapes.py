"""The shapes of all records: which schema, which list, and what in them refers to what."""

from __future__ import annotations

from marshmallow import fields

from gateway.kinds import references
from gateway.records import Shape
from gateway.references import Reference
from services.common.fields import Moment, Target
from services.common.listing import Field, Kind, Listing
from services.common.parking.queries import PARKED_EVENTS
from services.common.parking.schemas import ParkedEventSchema
from services.common.schemas import AccountReferenceSchema, OutputSchema
from services.federation import queries as border
from services.federation import schemas as border_schemas
from services.notifications import queries as notifications
from services.notifications.schemas import InboxEntrySchema
from services.organizations import queries as organizations
from services.organizations import schemas as organization_schemas
from services.requests import queries as requests
from services.requests import schemas as request_schemas
from services.slas import queries as slas
from services.slas import schemas as sla_schemas
from services.slas.schemas.offerings import CALENDARS, FOLLOW_UP, SCHEMES


class _TimeSchema(OutputSchema):
    account = fields.Nested(AccountReferenceSchema)
    team_id = fields.Integer()
    status = fields.String()
    duration = fields.Integer()
    support_hours_duration = fields.Integer()
    sla_id = fields.Integer()


class ShareSchema(_TimeSchema):
    """Time of a request, in whole minutes: by the clock on the wall, and within the support hours of `sla`,
    its most stringent affected SLA; null without one. `account` is missing while nobody held it.
    """

    id = fields.Integer()


class HeldSchema(_TimeSchema):
    """Who held a request in which status; `until` is null while he does."""

    class Meta:
        include = {"from": Moment(), "until": Moment()}


class PeriodSchema(HeldSchema):
    """One of a list."""

    id = fields.Integer()


class InboxForSchema(OutputSchema):
    """Whom the request is for; of what another account handed over only the name is known."""

    organization_id = fields.Integer()
    requester_id = fields.Integer()
    requester_name = fields.String()


class InboxRequestSchema(OutputSchema):
    """The request of an entry as it is now. `new_assignment`: it was assigned to the caller, or to his team,
    and he has not read so yet.
    """

    id = fields.Integer()
    nodeID = fields.String()
    href = fields.String()
    subject = fields.String()
    status = fields.String()
    impact = fields.String()
    next_target_at = Target()
    team_id = fields.Integer()
    member_id = fields.Integer()
    new_assignment = fields.Boolean()


class ToldEntrySchema(InboxEntrySchema):
    """An entry of an inbox with its request."""

    request = fields.Nested(
        InboxRequestSchema.from_dict({"for": fields.Nested(InboxForSchema)}, name="InboxRequestSchema")
    )


class TimelineSchema(OutputSchema):
    """What happened to a request: who (`person` of `account`) did what, when, and `{field: [old, new]}`; and
    the `period` that began with it.
    """

    id = fields.Integer()
    at = Moment()
    account = fields.Nested(AccountReferenceSchema)
    person = fields.Dict()
    what = fields.String()
    text = fields.String()
    changes = fields.Dict()
    period = fields.Nested(HeldSchema)


def _numbered(*fields: str) -> Listing:
    """A list in the order of its numbers."""
    return Listing({"id": Field(kind=Kind.INTEGER, sortable=True)}, also=fields, default_sort="id")


ORGANIZATION = Shape(
    "organization",
    organization_schemas.OrganizationSchema,
    organizations.ORGANIZATIONS,
    "Organization",
    {**references("organization", "parent"), **references("person", "manager", "substitute")},
)
PERSON = Shape(
    "person",
    organization_schemas.PersonSchema,
    organizations.PEOPLE,
    "Person",
    {**references("organization"), **references("site"), **references("person", "manager")},
)
SITE = Shape("site", organization_schemas.SiteSchema, organizations.SITES, "Site")
TEAM = Shape(
    "team",
    organization_schemas.TeamSchema,
    organizations.TEAMS,
    "Team",
    references("person", "coordinator", "manager", "configuration_manager"),
)
_MANAGERS = tuple(
    f"{name}_manager"
    for name in ("availability", "capacity", "change", "continuity", "knowledge", "problem", "release")
)
SERVICE = Shape(
    "service",
    sla_schemas.ServiceSchema,
    slas.LISTINGS["services"],
    "Service",
    {
        **references("organization", "provider"),
        **references("team", "support_team", "first_line_team"),
        **references("person", "service_owner", *_MANAGERS),
    },
)
SERVICE_INSTANCE = Shape(
    "service instance",
    sla_schemas.ServiceInstanceSchema,
    slas.LISTINGS["service_instances"],
    "ServiceInstance",
    {
        **references("service"),
        **references("service_instance"),
        **references("sla"),
        **references("organization", "provider"),
        **references("team", "support_team", "first_line_team"),
    },
)
SERVICE_OFFERING = Shape(
    "service offering",
    sla_schemas.ServiceOfferingSchema,
    slas.LISTINGS["service_offerings"],
    "ServiceOffering",
    {
        **references("service"),
        **references("calendar", *(name.removesuffix("_id") for name in CALENDARS)),
        **references("sla_notification_scheme", *(name.removesuffix("_id") for name in SCHEMES)),
        **references("waiting_for_customer_follow_up", FOLLOW_UP.removesuffix("_id")),
    },
)
NOTIFICATION_SCHEME = Shape(
    "SLA notification scheme",
    sla_schemas.SlaNotificationSchemeSchema,
    slas.LISTINGS["sla_notification_schemes"],
    "SlaNotificationScheme",
    references("team", "escalate_to_team"),
)
FOLLOW_UP_ON_CUSTOMER = Shape(
    "waiting for customer follow-up",
    sla_schemas.WaitingForCustomerFollowUpSchema,
    slas.LISTINGS["waiting_for_customer_follow_ups"],
    "WaitingForCustomerFollowUp",
)
CALENDAR = Shape("calendar", sla_schemas.CalendarSchema, slas.LISTINGS["calendars"], "Calendar")
CALENDAR_HOUR = Shape("weekly hour", sla_schemas.NumberedCalendarHourSchema, slas.CALENDAR_HOURS)
HOLIDAY = Shape(
    "holiday",
    sla_schemas.HolidaySchema,
    slas.LISTINGS["holidays"],
    "Holiday",
    references("calendar"),
)
SLA = Shape(
    "SLA",
    sla_schemas.SlaSchema,
    slas.LISTINGS["slas"],
    "Sla",
    {
        **references("service_instance"),
        **references("service_offering"),
        **references("organization", "customer"),
        **references("person", "service_level_manager"),
        "organization_ids": Reference("organizations", "organization"),
        "site_ids": Reference("sites", "site"),
        "people_ids": Reference("people", "person"),
        "coverage_group_ids": Reference("coverage_groups", "sla_coverage_group"),
        "service_instance_ids": Reference("service_instances", "service_instance"),
        "customer_representative_ids": Reference("customer_representatives", "person"),
    },
)
ACCOUNT = Shape(
    "account",
    organization_schemas.AccountSchema,
    Listing(
        fields={"id": Field("_id", sortable=True)},
        also=(
            "name",
            "domain",
            "url",
            "locale",
            "currency",
            "time_zone",
            "time_format_24h",
            "owner",
            "organization",
            "service_desk_team",
            "created_at",
            "updated_at",
        ),
    ),
    references={
        **references("person", "owner"),
        **references("organization"),
        **references("team", "service_desk_team"),
    },
)
TOKEN = Shape(
    "access token", organization_schemas.TokenSchema, organizations.TOKENS, references=references("person")
)
TRUST = Shape("trust", organization_schemas.TrustSchema, organizations.TRUSTS)
_REQUEST = references("request")
REQUEST = Shape(
    "request",
    request_schemas.RequestSchema,
    requests.REQUESTS,
    "Req",
    {
        **references("person", "requested_by", "requested_for", "created_by", "member"),
        **references("organization", "organization", "supplier"),
        **references("service_instance"),
        **references("team"),
    },
)
AFFECTED_SLA = Shape(
    "affected SLA",
    sla_schemas.AffectedSlaSchema,
    slas.LISTINGS["affected_slas"],
    "AffectedSla",
    {
        **_REQUEST,
        **references("sla"),
        **references("service_instance"),
        **references("calendar", "service_hours", "support_hours"),
        **references("team", "first_line_team", "support_team"),
        **references("organization", "supplier"),
    },
)
NOTE = Shape(
    "note",
    request_schemas.NoteSchema,
    requests.NOTES,
    "Note",
    {**_REQUEST, **references("person")},
)
_OF_SHARE = {**references("team"), **references("sla")}
TIMELINE = Shape(
    "timeline",
    TimelineSchema,
    _numbered("at", "account", "person", "what", "text", "changes", "period"),
    references=_OF_SHARE,
)
PERIOD = Shape(
    "period",
    PeriodSchema,
    _numbered("account", "team", "status", "from", "until", "duration", "support_hours_duration", "sla"),
    references=_OF_SHARE,
)
SHARE = Shape(
    "share",
    ShareSchema,
    _numbered("account", "team", "status", "duration", "support_hours_duration", "sla"),
    references=_OF_SHARE,
)
HANDOVER = Shape(
    "hand-over",
    request_schemas.HandoverSchema,
    requests.HANDOVERS,
    references={
        **_REQUEST,
        **references("service_instance"),
        **references("team", "team", "handed_by_team"),
        **references("person", "handed_by_member"),
    },
)
DELIVERY = Shape(
    "delivery",
    border_schemas.DeliverySchema,
    border.DELIVERIES,
    references=_REQUEST,
    alone=("payload",),
)
PARKED_MESSAGE = Shape(
    "parked message",
    border_schemas.ParkedMessageSchema,
    border.PARKED_MESSAGES,
    alone=("payload", "waiting_behind"),
)
PARKED_EVENT = Shape(
    "parked event",
    ParkedEventSchema,
    PARKED_EVENTS,
    references=references("person", "settled_by"),
    alone=("queue", "payload"),
)
QUARANTINED_MESSAGE = Shape(
    "quarantined message",
    border_schemas.QuarantinedMessageSchema,
    border.QUARANTINED,
    alone=("claims", "beginning"),
)
LEDGER_ENTRY = Shape("ledger entry", border_schemas.LedgerEntrySchema, border.LEDGER)
SAID = {
    direction: Shape(f"{direction} message", border_schemas.SaidSchema, listing)
    for direction, listing in border.LEDGERS.items()
}
LEDGER_KEY = Shape("key", border_schemas.LedgerKeySchema, border.LEDGER_KEYS)
INBOX_ENTRY = Shape(
    "inbox entry",
    ToldEntrySchema,
    notifications.INBOX,
    references={
        **references("team"),
        **references("person", "member", "requester"),
        **references("organization"),
        **references("sla"),
    },
)
