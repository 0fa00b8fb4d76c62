"""Who may talk to whom on Kubernetes is who has to, by the ports that the code and the settings name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from interdesk.containers.account_secrets import write_account_secrets
from interdesk.containers.kubernetes import BROKER
from services.federation.messages.types import LANES
from tests.deploy.conftest import Document, Rendered
from tests.deploy.test_kubernetes import containers, of_kind, pods

AT_THE_BORDER = {"interdesk/border": "true"}
USES_SERVERS = {"interdesk/uses-servers": "true"}
# The labels that the operators of broker and database give their pods.
AT_THE_BROKER = {"app.kubernetes.io/name": BROKER}
AT_THE_DATABASE = {"app": "interdesk-database-svc"}


def test_what_talks_to_whom_has_its_labels(rendered: Rendered, account: str) -> None:
    """A policy whose labels nobody carries would shut somebody out, or nobody."""
    carried = [set(pod["metadata"]["labels"].items()) for _, pod in pods(rendered[account])]
    carried += [set(AT_THE_BROKER.items()), set(AT_THE_DATABASE.items())]
    for policy in of_kind(rendered[account], "NetworkPolicy"):
        for selector in selectors(policy["spec"]):
            wanted = set(selector.get("matchLabels", {}).items())
            assert any(wanted <= labels for labels in carried), (policy["metadata"]["name"], selector)


def test_partners_reach_the_border_alone(rendered: Rendered, account: str) -> None:
    """Whoever may come from anywhere: clients to the gateway, partners to the border."""
    open_to_all = {
        (tuple(policy["spec"]["podSelector"].get("matchLabels", {}).values()), port["port"])
        for policy in of_kind(rendered[account], "NetworkPolicy")
        for rule in policy["spec"].get("ingress", ())
        if "from" not in rule
        for port in rule["ports"]
    }
    assert open_to_all == {(("gateway",), "http"), ((BROKER,), 5671)}
    (border,) = [
        each
        for each in of_kind(rendered[account], "Service")
        if each["spec"].get("type", "ClusterIP") != "ClusterIP"
    ]
    assert [port["port"] for port in border["spec"]["ports"]] == [5671]


def test_services_reach_the_servers_by_the_ports_that_they_are_told_and_no_other(
    rendered: Rendered, account: str, tmp_path: Path
) -> None:
    documents = rendered[account]
    (settings,) = of_kind(documents, "ConfigMap")
    write_account_secrets(tmp_path, account, BROKER)
    told = {(tmp_path / name).read_text() for name in ("amqp-uri", "border-uri")}
    told |= {settings["data"]["MONGO_URI"]} | set(admin_uris(documents))
    to_servers = {int(re.findall(r":(\d+)(?:/|$)", uri.rpartition("@")[2])[0]) for uri in told}
    out = dict(reached(documents, "Egress", USES_SERVERS))
    assert {port for ports in out.values() for port in ports} == to_servers
    # What goes out comes in: the same ports, on the other side.
    for server in (AT_THE_BROKER, AT_THE_DATABASE):
        let_in = dict(reached(documents, "Ingress", server))
        assert let_in[frozen(USES_SERVERS)] == out[frozen(server)], server


def test_who_has_lanes_reaches_partners_where_their_borders_are_and_nobody_else_does(
    rendered: Rendered, account: str
) -> None:
    documents = rendered[account]
    at_the_border = {
        name for name, pod in pods(documents) if AT_THE_BORDER.items() <= pod["metadata"]["labels"].items()
    }
    assert at_the_border == set(LANES)
    (settings,) = of_kind(documents, "ConfigMap")
    border = urlsplit(settings["data"]["INTERDESK_BORDER_ADDRESS"]).port
    assert dict(reached(documents, "Egress", AT_THE_BORDER)) == {frozen({}): {border}}
    assert border in dict(reached(documents, "Ingress", AT_THE_BROKER))[frozen({})]


def test_prometheus_reads_where_services_listen(rendered: Rendered, account: str) -> None:
    documents = rendered[account]
    (monitor,) = of_kind(documents, "PodMonitor")
    assert monitor["spec"]["selector"]["matchLabels"] == USES_SERVERS
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    listening = {
        port["name"] for _, container in containers(documents) for port in container.get("ports", ())
    }
    assert {endpoint["port"]} == listening
    assert {endpoint["port"]} in [ports for _, ports in reached(documents, "Ingress", USES_SERVERS)]


def frozen(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


def reached(
    documents: list[Document], way: str, labels: Mapping[str, str]
) -> Iterator[tuple[frozenset[tuple[str, str]], set[int | str]]]:
    """Of the policies of pods with just these labels, (who is at the other end, ports): by the labels of his
    pods, or of his namespace; everybody has none.
    """
    other, found = {"Ingress": "from", "Egress": "to"}[way], dict[Any, set[int | str]]()
    for policy in of_kind(documents, "NetworkPolicy"):
        if policy["spec"]["podSelector"].get("matchLabels") != labels:
            continue
        for rule in policy["spec"].get(way.lower(), ()):
            for end in rule.get(other, [{}]):
                selector = end.get("podSelector", end.get("namespaceSelector", {}))
                ports = {port["port"] for port in rule.get("ports", ())}
                found.setdefault(frozen(selector.get("matchLabels", {})), set()).update(ports)
    yield from found.items()


def admin_uris(documents: list[Document]) -> Iterator[str]:
    for _, container in containers(documents):
        yield from (
            each["value"] for each in container["env"] if each["name"] == "INTERDESK_BROKER_ADMIN_URI"
        )


def selectors(value: Any) -> Iterator[Document]:
    """The pod selectors of a policy, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from selectors(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name == "podSelector":
                yield inner
            else:
                yield from selectors(inner)
