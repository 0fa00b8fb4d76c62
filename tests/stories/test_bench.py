"""`make bench` in small: every figure is there and says something. How large it is needs a quiet machine."""

from __future__ import annotations

from collections.abc import Mapping

from interdesk.demo.stand import Stand
from interdesk.local.deployment import LocalDeployment
from tests.bench import reports
from tests.bench.figures import Report
from tests.bench.run import bare_vhost, measured
from tests.bench.sizes import QUICK
from tests.bench.subject import Subject

CUSTOMER, PROVIDER = "widget", "gigatera"


def subject(deployment: LocalDeployment, stands: Mapping[str, Stand]) -> Subject:
    customer, provider = stands[CUSTOMER], stands[PROVIDER]
    broker = deployment.broker_of(CUSTOMER)
    with customer.api("specialist") as api:
        instances = api.get("service_instances", fields="account", per_page=100)
    lead = next(each["id"] for each in instances if (each.get("account") or {}).get("id") == PROVIDER)
    assert deployment.database is not None
    return Subject(
        customer=customer.account,
        provider=provider.account,
        customer_token=customer.tokens["specialist"],
        provider_token=provider.tokens["specialist"],
        instance_id=customer.instance_id,
        lead_id=lead,
        amqp_uri=bare_vhost(broker.admin_uri, broker.amqp_uri),
        mongo_uri=deployment.database.uri(),
    )


def test_every_figure_is_measured_beside_its_primitive(
    deployment: LocalDeployment, stands: Mapping[str, Stand]
) -> None:
    report = Report({}, measured(subject(deployment, stands), QUICK, lambda _: None))

    for figure in report.figures:
        assert figure.value > 0 or "idle" in figure.name, figure
        assert figure.bare is None or figure.bare > 0, figure
    for name in ("hand-over cycles, 2 at a time", "return after PATCH, p50", "API creates, 2 clients"):
        assert report[name].ratio, name
    # A cycle is five messages. Nobody saves less than that takes, and what we count can't be nothing.
    assert report["saves of records in a cycle"].value >= 5
    assert report["writes to the database in a cycle"].value >= 20
    assert report["publishes in a cycle"].value >= 10
    assert "hand-over cycles" in report.text()


def test_a_dashboard_is_measured_by_how_many_requests_there_are(deployment: LocalDeployment) -> None:
    assert deployment.database is not None
    report = Report({}, reports.dashboards(deployment.database.uri(), QUICK, lambda _: None))

    fewest, most = QUICK.reported
    for number in (fewest, most):
        what = f"the dashboard among {number:,} requests"
        assert report[f"{what}: figures in its answer"].value > 0
        assert report[f"{what}, counted"].ratio
    assert report[f"the dashboard among {most:,} requests, counted, beside {fewest:,}"].ratio
