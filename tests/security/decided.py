"""Which fields of records of the organizations service partners see while an agreement entitles them, and
which they never see. tests/meta/test_what_may_cross.py holds that each is among one of these.
"""

from __future__ import annotations

from collections.abc import Mapping

CROSSES: Mapping[str, frozenset[str]] = {
    "organizations": frozenset({"name", "picture_uri", "addresses", "contacts"}),
    "people": frozenset({"name"}),
    "teams": frozenset({"name"}),
    "sites": frozenset(),
}
STAYS: Mapping[str, frozenset[str]] = {
    "organizations": frozenset(
        {
            "business_unit",
            "custom_fields",
            "disabled",
            "email_domains",
            "end_user_privacy",
            "financialID",
            "manager_id",
            "parent_id",
            "region",
            "remarks",
            "remarks_attachments",
            "source",
            "sourceID",
            "substitute_id",
        }
    ),
    "people": frozenset(
        {
            "addresses",
            "authenticationID",
            "auto_translation",
            "contacts",
            "cost_per_hour",
            "cost_per_hour_currency",
            "custom_fields",
            "disabled",
            "do_not_translate_languages",
            "employeeID",
            "exclude_team_notifications",
            "guest",
            "information",
            "information_attachments",
            "job_title",
            "locale",
            "location",
            "manager_id",
            "organization_id",
            "picture_uri",
            "primary_email",
            "send_email_notifications",
            "show_notification_popup",
            "site_id",
            "source",
            "sourceID",
            "supportID",
            "time_format_24h",
            "time_zone",
            "vip",
            "work_hours_id",
        }
    ),
    "teams": frozenset(
        {
            "configuration_manager_id",
            "coordinator_id",
            "custom_fields",
            "disabled",
            "manager_id",
            "member_ids",
            "picture_uri",
            "remarks",
            "remarks_attachments",
            "source",
            "sourceID",
            "time_zone",
            "work_hours_id",
        }
    ),
    "sites": frozenset(
        {
            "address",
            "city",
            "country",
            "custom_fields",
            "disabled",
            "name",
            "picture_uri",
            "remarks",
            "remarks_attachments",
            "source",
            "sourceID",
            "state",
            "time_zone",
            "zip",
        }
    ),
}
