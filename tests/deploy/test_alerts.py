"""Alerts say what they should, of metrics that there are, and somebody who gets one finds what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from interdesk.metrics_document import declared, document
from tests.deploy.conftest import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules.yml"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
_GROUPS: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
ALERTS: dict[str, dict[str, Any]] = {rule["alert"]: rule for group in _GROUPS for rule in group["rules"]}
# What a histogram shows.
HISTOGRAM = ("_bucket", "_count", "_sum")


def promtool(*arguments: str | Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: alerts were not tried")
    ran = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_prometheus_takes_its_configuration_and_the_rules() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_each_alert_is_raised_when_it_should_and_only_then() -> None:
    promtool("test", "rules", PROMETHEUS / "rules.test.yml")


def test_each_alert_is_tried() -> None:
    tried = {
        each["alertname"]
        for test in yaml.safe_load((PROMETHEUS / "rules.test.yml").read_text())["tests"]
        for each in test["alert_rule_test"]
        if each["exp_alerts"]
    }
    assert tried == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_asks_for_metrics_that_there_are(name: str) -> None:
    assert unknown_in(ALERTS[name]["expr"]) == []


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_leads_to_its_page(name: str) -> None:
    alert = ALERTS[name]
    assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    assert f"### {name}\n" in OPERATIONS
    assert alert["labels"]["severity"] in ("page", "ticket")


def test_there_is_no_page_for_an_alert_that_there_is_not() -> None:
    assert set(re.findall(r"(?m)^### (Interdesk\w+)$", OPERATIONS)) == set(ALERTS)


def test_what_to_do_names_metrics_that_there_are() -> None:
    pages = OPERATIONS[OPERATIONS.index("## When something is wrong") :]
    named = [line for line in re.findall(r"`([^`\n]+)`", pages) if "interdesk_" in line]
    assert len(named) > 5
    assert [(line, wrong) for line in named if (wrong := unknown_in(line))] == []


def test_the_operator_gets_the_same_rules() -> None:
    resource = ROOT / "deploy" / "k8s" / "components" / "monitoring" / "alerts.yaml"
    wanted = "run: python deploy/prometheus/resource.py"
    assert yaml.safe_load(resource.read_text())["spec"]["groups"] == _GROUPS, wanted


def test_the_page_of_metrics_is_what_the_code_declares() -> None:
    wanted = "run: .venv/bin/python -m interdesk.metrics_document > docs/metrics.md"
    assert (ROOT / "docs" / "metrics.md").read_text() == document(), wanted


def test_metrics_are_named_as_prometheus_wants() -> None:
    for each in declared():
        assert re.fullmatch(r"interdesk(_[a-z]+)+", each.name), each
        assert (each.kind == "counter") == each.name.endswith("_total"), each
        assert each.kind != "histogram" or each.name.endswith("_seconds"), each
        assert not {"id", "request", "thread", "person", "path"} & set(each.labels), each


def unknown_in(expr: str) -> list[str]:
    """What an expression asks of Interdesk that no service shows: names of metrics, and labels of them."""
    known = {each.name: {"account", "service", *each.labels} for each in declared()}
    for each in declared():
        if each.kind == "histogram":
            known |= {f"{each.name}{end}": known[each.name] | {"le"} for end in HISTOGRAM}
    asked = re.findall(r"(interdesk_\w+)(?:\{([^}]*)\})?", expr)
    wrong = [metric for metric, _ in asked if metric not in known]
    wrong += [
        f"{metric}{{{label}}}"
        for metric, labels in asked
        for label in re.findall(r"(\w+)=", labels)
        if label not in known.get(metric, {label})
    ]
    # One that is grouped by a label that none of its metrics has shows a single line without a name.
    grouped = {label for by in re.findall(r"by \(([^)]*)\)", expr) for label in by.split(", ")}
    there = set().union(*(known.get(metric, set()) for metric, _ in asked)) if asked else grouped
    return wrong + sorted(grouped - there)
