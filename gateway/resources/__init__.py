"""What the API offers, one module per subject."""

from __future__ import annotations

from collections.abc import Iterator

from flask_smorest import Blueprint

from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.documents import DocumentedApi
from gateway.resource import ResourceViews
from gateway.resources import (
    account,
    agreements,
    attachments,
    border,
    calendars,
    directory,
    inbox,
    ledger,
    protocol,
    rebuilding,
    reports,
    requests,
    root,
    transfers,
    trusts,
    ui_extensions,
    watches,
)
from gateway.resources.links import LinkViews
from gateway.resources.shelves import ShelvedViews
from services.slas.schemas import FlsaInputSchema, SlaInputSchema


def blueprints(context: GatewayContext, answers: Answers, api: DocumentedApi) -> Iterator[Blueprint]:
    """Every route of the API."""
    yield root.blueprint(api)
    yield protocol.blueprint(answers)
    yield account.AccountViews(context, answers).blueprint()
    yield account.PeopleViews(context, answers).blueprint()
    for resource in (inbox.MY_INBOX, inbox.MY_TEAMS_INBOX):
        yield inbox.InboxViews(resource, context, answers).blueprint()
    yield watches.WatchViews(context, answers).blueprint()
    yield account.TokenViews(context, answers).blueprint()
    yield ui_extensions.UiExtensionViews(context, answers).blueprint()
    yield attachments.AttachmentViews(context, answers).blueprint()
    yield trusts.TrustViews(context, answers).blueprint()
    yield requests.RequestViews(context, answers).blueprint()
    yield reports.ReportViews(context, answers).blueprint()
    yield reports.DashboardViews(context, answers).blueprint()
    yield rebuilding.RebuildViews(context).blueprint()
    yield border.HandoverViews(context, answers).blueprint()
    for resource in (border.DELIVERIES, border.QUARANTINED_MESSAGES):
        yield ResourceViews(resource, context, answers, context.at_the_border).blueprint()
    for resource, commands, databases in (
        (border.PARKED_MESSAGES, border.PARKED_MESSAGE_COMMANDS, context.at_the_border),
        (border.PARKED_EVENTS, border.PARKED_EVENT_COMMANDS, context.databases),
    ):
        yield border.ParkedViews(resource, context, answers, commands, databases).blueprint()
    yield ledger.LedgerViews(context, answers).blueprint()
    yield transfers.TransferViews(context, answers).blueprint()
    for resource in (
        requests.NOTES,
        requests.AFFECTED_SLAS,
        agreements.SERVICES,
        agreements.SERVICE_OFFERINGS,
        agreements.NOTIFICATION_SCHEMES,
        agreements.FOLLOW_UPS,
        agreements.COVERAGE_GROUPS,
    ):
        yield ResourceViews(resource, context, answers).blueprint()
    for resource, kind, links in directory.SHELVED:
        yield ShelvedViews(resource, context, answers, kind, links).blueprint()
    yield calendars.CalendarViews(context, answers).blueprint()
    yield ResourceViews(calendars.HOLIDAYS, context, answers).blueprint()
    linked = agreements.SERVICE_INSTANCE_LINKS
    yield LinkViews(agreements.SERVICE_INSTANCES, context, answers, linked).blueprint()
    for resource, taken, linking in (
        (agreements.SLAS, SlaInputSchema, agreements.SLA_LINKS),
        (agreements.FLSAS, FlsaInputSchema, {}),
    ):
        yield agreements.AgreementViews(resource, context, answers, taken, linking).blueprint()
