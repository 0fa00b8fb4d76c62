"""Organizations, people, teams and sites, in 4me's names."""

from __future__ import annotations

from marshmallow import fields, validate

from services.common.attachments.schemas import attachments_given, attachments_shown
from services.common.fields import (
    Amount,
    Moment,
    Picture,
    ReferenceId,
    ReferenceIds,
    Text,
    Zone,
    currency,
    long_text,
    one_of,
)
from services.common.schemas import InputSchema, OutputSchema
from services.organizations.model.records import INTRODUCED, MAX_MEMBERS
from services.organizations.schemas.contacts import (
    AddressSchema,
    ContactSchema,
    PlaceSchema,
    addresses,
    contacts,
    email_address,
    email_domain,
    locale,
)
from services.organizations.schemas.contacts import locale as language
from services.organizations.schemas.ui_extensions import CustomizedInputSchema, CustomizedRecordSchema

MAX_AMOUNT = 1_000_000
SEND_EMAIL_NOTIFICATIONS = ("always", "when_offline", "never")
SHOW_NOTIFICATION_POPUP = ("always", "important_only", "never")


class ShelvedRecordSchema(CustomizedRecordSchema):
    """What can be archived and trashed; in use it goes out without either word."""

    archived = fields.String(validate=validate.Equal("true"))
    trashed = fields.String(validate=validate.Equal("true"))


class OrganizationInputSchema(CustomizedInputSchema):
    name = Text(128, required=True)
    parent_id = ReferenceId(allow_none=True)
    manager_id = ReferenceId(allow_none=True)
    substitute_id = ReferenceId(allow_none=True)
    business_unit = fields.Boolean()
    region = Text(128, allow_none=True)
    financialID = Text(128, allow_none=True)
    end_user_privacy = fields.Boolean()
    email_domains = fields.List(
        email_domain(), validate=validate.Length(max=100, error="must hold at most {max}")
    )
    disabled = fields.Boolean()
    picture_uri = Picture(allow_none=True)
    addresses = addresses()
    contacts = contacts()
    remarks = long_text()
    remarks_attachments = attachments_given()


class OrganizationSchema(ShelvedRecordSchema):
    parent_id = fields.Integer()
    manager_id = fields.Integer()
    substitute_id = fields.Integer()
    business_unit = fields.Boolean()
    business_unit_organization_id = fields.Integer()
    region = fields.String()
    financialID = fields.String()
    end_user_privacy = fields.Boolean()
    email_domains = fields.List(fields.String())
    disabled = fields.Boolean()
    picture_uri = fields.String()
    addresses = fields.List(fields.Nested(AddressSchema))
    contacts = fields.List(fields.Nested(ContactSchema))
    remarks = fields.String()
    card_at = Moment()
    attachments = attachments_shown()
    from_account = fields.List(fields.String())
    ours = fields.List(fields.String())


class GroupPeopleInputSchema(InputSchema):
    """`after`: the last person that was looked at."""

    save = fields.Boolean()
    after = fields.Integer(strict=True, validate=validate.Range(min=0, max=2**53 - 1))


class NamedSchema(OutputSchema):
    """A record, called by its name."""

    id = fields.Integer()
    name = fields.String()


class GroupedPersonSchema(NamedSchema):
    """Somebody whose e-mail address fits another organization than his."""

    primary_email = fields.String()
    organization = fields.Nested(NamedSchema)
    fitting_organization = fields.Nested(NamedSchema)


class GroupedPeopleSchema(OutputSchema):
    """`saved`: whether they are moved now. `next`: the `after` that leads on; null when all were seen."""

    saved = fields.Boolean()
    people = fields.List(fields.Nested(GroupedPersonSchema))
    next = fields.Integer(allow_none=True)


class PersonInputSchema(CustomizedInputSchema):
    name = Text(128, required=True)
    primary_email = email_address(required=True)
    authenticationID = Text(128, allow_none=True)
    employeeID = Text(128, allow_none=True)
    supportID = Text(128, allow_none=True)
    job_title = Text(128, allow_none=True)
    organization_id = ReferenceId()
    site_id = ReferenceId(allow_none=True)
    manager_id = ReferenceId(allow_none=True)
    location = Text(128, allow_none=True)
    work_hours_id = ReferenceId(allow_none=True)
    time_zone = Zone(allow_none=True)
    time_format_24h = fields.Boolean()
    locale = locale(allow_none=True)
    disabled = fields.Boolean()
    guest = fields.Boolean()
    vip = fields.Boolean()
    information = long_text()
    information_attachments = attachments_given()
    picture_uri = Picture(allow_none=True)
    addresses = addresses()
    contacts = contacts()
    cost_per_hour = Amount(MAX_AMOUNT, allow_none=True)
    cost_per_hour_currency = currency(allow_none=True)
    auto_translation = fields.Boolean()
    do_not_translate_languages = fields.List(language(), validate=validate.Length(max=50))
    exclude_team_notifications = fields.Boolean()
    send_email_notifications = one_of(SEND_EMAIL_NOTIFICATIONS)
    show_notification_popup = one_of(SHOW_NOTIFICATION_POPUP)


class PersonSchema(ShelvedRecordSchema):
    primary_email = fields.String()
    authenticationID = fields.String()
    employeeID = fields.String()
    supportID = fields.String()
    job_title = fields.String()
    organization_id = fields.Integer()
    site_id = fields.Integer()
    manager_id = fields.Integer()
    location = fields.String()
    work_hours_id = fields.Integer()
    time_zone = fields.String()
    time_format_24h = fields.Boolean()
    locale = fields.String()
    disabled = fields.Boolean()
    guest = fields.Boolean()
    vip = fields.Boolean()
    information = fields.String()
    attachments = attachments_shown()
    picture_uri = fields.String()
    addresses = fields.List(fields.Nested(AddressSchema))
    contacts = fields.List(fields.Nested(ContactSchema))
    cost_per_hour = fields.String()
    cost_per_hour_currency = fields.String()
    auto_translation = fields.Boolean()
    do_not_translate_languages = fields.List(fields.String())
    exclude_team_notifications = fields.Boolean()
    send_email_notifications = fields.String()
    show_notification_popup = fields.String()


class TeamInputSchema(CustomizedInputSchema):
    name = Text(128, required=True)
    disabled = fields.Boolean()
    coordinator_id = ReferenceId(allow_none=True)
    manager_id = ReferenceId(allow_none=True)
    configuration_manager_id = ReferenceId(allow_none=True)
    member_ids = ReferenceIds(MAX_MEMBERS, bare="members")
    work_hours_id = ReferenceId(allow_none=True)
    time_zone = Zone(allow_none=True)
    picture_uri = Picture(allow_none=True)
    remarks = long_text()
    remarks_attachments = attachments_given()


class TeamSchema(ShelvedRecordSchema):
    disabled = fields.Boolean()
    coordinator_id = fields.Integer()
    manager_id = fields.Integer()
    configuration_manager_id = fields.Integer()
    member_ids = fields.List(fields.Integer())
    work_hours_id = fields.Integer()
    time_zone = fields.String()
    picture_uri = fields.String()
    remarks = fields.String()
    attachments = attachments_shown()


class SiteInputSchema(CustomizedInputSchema, PlaceSchema):
    """A place where people of the account work."""

    name = Text(128, required=True)
    time_zone = Zone(allow_none=True)
    picture_uri = Picture(allow_none=True)
    remarks = long_text()
    remarks_attachments = attachments_given()
    disabled = fields.Boolean()


class SiteSchema(ShelvedRecordSchema):
    address = fields.String()
    city = fields.String()
    state = fields.String()
    zip = fields.String()
    country = fields.String()
    time_zone = fields.String()
    picture_uri = fields.String()
    remarks = fields.String()
    attachments = attachments_shown()
    disabled = fields.Boolean()


class IntroductionSchema(InputSchema):
    """A record of a partner's that an agreement or a hand-over names."""

    account_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(INTRODUCED))
    remote_id = fields.Integer(required=True, strict=True, allow_none=True, validate=validate.Range(min=1))
    name = Text(255, required=True)  # as long as a name may be on the wire
