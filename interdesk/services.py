"""Which services an account runs here, and where their classes are."""

from __future__ import annotations

CLASSES = {
    "organizations": "services.organizations.service:OrganizationsService",
    "slas": "services.slas.service:SlasService",
    "requests": "services.requests.service:RequestsService",
    "notifications": "services.notifications.service:NotificationsService",
    "reporting": "services.reporting.service:ReportingService",
    "gateway": "gateway.service:GatewayService",
}

SERVICES = tuple(CLASSES)
# Those that keep data: each has a database of its own.
STORING = tuple(name for name in SERVICES if name != "gateway")

#: How long the services of a process may take, when it is to end, for what they have begun.
DRAIN_SECONDS = 25.0
