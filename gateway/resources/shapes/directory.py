"""The account, and who is in it and around it."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from services.common.listing import Field, Listing
from services.organizations import queries as organizations
from services.organizations import schemas as organization_schemas

ORGANIZATION = Shape(
    "organization",
    organization_schemas.OrganizationSchema,
    organizations.ORGANIZATIONS,
    "Organization",
    {
        **references("organization", "parent"),
        **references("person", "manager", "substitute"),
        **references("ui_extension"),
    },
)
PERSON = Shape(
    "person",
    organization_schemas.PersonSchema,
    organizations.PEOPLE,
    "Person",
    {
        **references("organization"),
        **references("site"),
        **references("person", "manager"),
        **references("ui_extension"),
    },
)
SITE = Shape("site", organization_schemas.SiteSchema, organizations.SITES, "Site", references("ui_extension"))
TEAM = Shape(
    "team",
    organization_schemas.TeamSchema,
    organizations.TEAMS,
    "Team",
    {**references("person", "coordinator", "manager", "configuration_manager"), **references("ui_extension")},
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
