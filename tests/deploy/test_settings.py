"""Compose and Kubernetes tell each service the same, and every setting that there is was thought of."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml

from interdesk.containers.compose_secrets import ACCOUNTS
from interdesk.serve import DRAIN_SECONDS
from interdesk.services import SERVICES
from services.common.config import TABLE
from services.federation.messages.types import LANES
from tests.deploy.conftest import ROOT, Document, Rendered
from tests.deploy.test_compose import of_account
from tests.deploy.test_kubernetes import of_kind, pods

SETTINGS = {variable.name: variable for variable in TABLE if not variable.tooling}
# Where the default is right until somebody who runs an account knows better.
LEFT = {
    "INTERDESK_WORKERS",
    "INTERDESK_RPC_TIMEOUT_SECONDS",
    "INTERDESK_SWEEP_SECONDS",
    "INTERDESK_LEASE_SECONDS",
    "INTERDESK_RETRY_MIN_SECONDS",
    "INTERDESK_RETRY_MAX_SECONDS",
    "INTERDESK_LANE_RENEW_SECONDS",
    "INTERDESK_LANE_MESSAGES_PER_SECOND",
    "INTERDESK_CATCH_UP_MESSAGES_PER_SECOND",
    "INTERDESK_AGREEMENT_WAIT_SECONDS",
    "INTERDESK_UNRECEIPTED_FLAG_SECONDS",
    "INTERDESK_INBOX_KEPT_DAYS",
    "INTERDESK_ATTACHMENT_MEGABYTES",
    "INTERDESK_PARTNER_ATTACHMENT_MEGABYTES",
    "INTERDESK_RATE_LIMIT_PER_HOUR",
    "INTERDESK_RATE_LIMIT_BURST",
    "INTERDESK_LOG_LEVEL",
    "INTERDESK_LOG_FORMAT",
}
# Compose has no proxy before the gateway; where services listen is said by the images there.
OF_KUBERNETES = {"INTERDESK_PROXIES"} | {f"INTERDESK_{name.upper()}_ADDRESS" for name in SERVICES}


def settings_of(given: set[str]) -> set[str]:
    """The settings that are meant, by themselves or as a file."""
    return {setting for setting, variable in SETTINGS.items() if given & set(variable.names)}


@pytest.fixture(scope="session")
def told(rendered: Rendered) -> Mapping[str, set[str]]:
    """By service (and `prepare`), the settings that Kubernetes gives it."""
    (shared,) = of_kind(rendered["widget"], "ConfigMap")
    return {
        name: settings_of(shared["data"].keys() | {each["name"] for each in container["env"]})
        for name, pod in pods(rendered["widget"])
        for container in pod["spec"]["containers"]
    }


def test_every_setting_is_given_to_somebody_or_left_on_purpose(told: Mapping[str, set[str]]) -> None:
    given = set().union(*told.values())
    assert given | LEFT == SETTINGS.keys()
    assert given & LEFT == set()


@pytest.mark.parametrize("account", ACCOUNTS)
def test_compose_tells_a_service_what_kubernetes_does(
    compose: Document, told: Mapping[str, set[str]], account: str
) -> None:
    services = of_account(compose, account)
    for name in SERVICES:
        # One ConfigMap tells all of them where the border is.
        others = OF_KUBERNETES if name in LANES else OF_KUBERNETES | {"INTERDESK_BORDER_ADDRESS"}
        assert settings_of(set(services[name]["environment"])) == told[name] - others, name


def test_a_service_has_the_time_to_drain(compose: Document, rendered: Rendered) -> None:
    for account in ACCOUNTS:
        for name, service in of_account(compose, account).items():
            assert int(service["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS, name
        for deployment in of_kind(rendered[account], "Deployment"):
            pod = deployment["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            first = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            # Out of the lists before it stops: within that a readiness probe sees nothing yet.
            assert pod["terminationGracePeriodSeconds"] > first + DRAIN_SECONDS, deployment["metadata"]


def test_what_others_wait_for_says_when_it_is_healthy_and_nothing_gains_privileges(compose: Document) -> None:
    services = compose["services"]
    for name, service in services.items():
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["image"].rpartition(":")[2] not in ("", "latest"), name
        for other, how in dict(service.get("depends_on", {})).items():
            healthy = how["condition"] == "service_healthy"
            assert healthy == ("healthcheck" in services[other]), (name, other)


def test_prometheus_reads_every_service_of_every_account(compose: Document) -> None:
    written = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (ours, broker) = (job["static_configs"][0]["targets"] for job in written["scrape_configs"])
    assert sorted(ours) == sorted(f"{account}-{name}:8000" for account in ACCOUNTS for name in SERVICES)
    assert {target.partition(":")[0] for target in (*ours, *broker)} <= compose["services"].keys()
