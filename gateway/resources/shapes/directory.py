"""The account, and who is in it and around it."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from services.common.listing import Field, Listing
from services.organizations import queries as organizations
from services.organizations import schemas as organization_schemas

# The form of a record's custom fields, and what their values refer to.
_CUSTOM = {
    **references("ui_extension"),
    **references("organization"),
    **references("person"),
    **references("site"),
    **references("team"),
}

ORGANIZATION = Shape(
    "organization",
    organization_schemas.OrganizationSchema,
    organizations.ORGANIZATIONS,
    "Organization",
    {
        **references("organization", "parent", "business_unit_organization"),
        **references("person", "manager", "substitute"),
        **_CUSTOM,
    },
)
ADDRESS = Shape("numbered address", organization_schemas.NumberedAddressSchema, organizations.ADDRESSES)
CONTACT = Shape("numbered contact", organization_schemas.NumberedContactSchema, organizations.CONTACTS)
PERSON = Shape(
    "person",
    organization_schemas.PersonSchema,
    organizations.PEOPLE,
    "Person",
    {**_CUSTOM, **references("person", "manager"), **references("calendar", "work_hours")},
)
SITE = Shape("site", organization_schemas.SiteSchema, organizations.SITES, "Site", _CUSTOM)
TEAM = Shape(
    "team",
    organization_schemas.TeamSchema,
    organizations.TEAMS,
    "Team",
    {
        **_CUSTOM,
        **references("person", "coordinator", "manager", "configuration_manager"),
        **references("calendar", "work_hours"),
    },
)
UI_EXTENSION = Shape(
    "UI extension", organization_schemas.UiExtensionSchema, organizations.UI_EXTENSIONS, "UiExtension"
)
UI_EXTENSION_VERSION = Shape(
    "UI extension version",
    organization_schemas.UiExtensionVersionSchema,
    organizations.UI_EXTENSION_VERSIONS,
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
