"""A Prometheus that watches running accounts, once a second; and raises our alerts, where it is told to.

Those are the rules of deploy/prometheus/rules.yml, but that nothing has to last: their `for` is left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from interdesk.local.ports import free_ports
from interdesk.local.processes import spawn
from tests.waiting import wait_until

RULES = Path(__file__).parents[1] / "deploy" / "prometheus" / "rules.yml"


class Prometheus:
    def __init__(self, url: str) -> None:
        self.url = url

    def answer(self, expr: str) -> list[dict[str, Any]]:
        """The series that an expression gives now. Raises AssertionError when it is none."""
        answer = requests.get(f"{self.url}/api/v1/query", params={"query": expr}, timeout=10).json()
        assert answer["status"] == "success", (expr, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def one(self, expr: str) -> float:
        """The value of an expression that gives one series."""
        (series,) = self.answer(expr)
        return float(series["value"][1])

    def alerts(self) -> dict[str, list[dict[str, str]]]:
        """By name, the labels of each alert that is raised now."""
        answer = requests.get(f"{self.url}/api/v1/alerts", timeout=10).json()
        found: dict[str, list[dict[str, str]]] = {}
        for alert in answer["data"]["alerts"]:
            found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found


@contextmanager
def watching(
    directory: Path, accounts: Mapping[str, Mapping[str, str]], *, alerting: bool = False
) -> Iterator[Prometheus]:
    """`accounts`: by account and service, where its metrics are. Ready when all were looked at thrice."""
    if shutil.which("prometheus") is None:
        pytest.skip("Prometheus is not installed: nothing was watched")
    targets = [urlsplit(url).netloc for urls in accounts.values() for url in urls.values()]
    configuration = directory / "prometheus.yml"
    configuration.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [str(_at_once(directory))] if alerting else [],
                "scrape_configs": [{"job_name": "interdesk", "static_configs": [{"targets": targets}]}],
            }
        )
    )
    port = free_ports(1)[0]
    command = ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={directory / 'data'}"]
    process = spawn(
        "prometheus",
        [*command, f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
        log=directory / "prometheus.log",
        dies_with_parent=True,
    )
    try:
        found = Prometheus(f"http://127.0.0.1:{port}")
        process.wait_ready(lambda: _answers(found), 60)
        thrice = f"count(count_over_time(up[1m]) >= 3) == {len(targets)}"
        wait_until(lambda: found.answer(thrice))
        yield found
    finally:
        process.kill()


def _at_once(directory: Path) -> Path:
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            rule.pop("for", None)
    written = directory / "rules.yml"
    written.write_text(yaml.safe_dump(rules))
    return written


def _answers(prometheus: Prometheus) -> bool:
    try:
        return requests.get(f"{prometheus.url}/-/ready", timeout=2).ok
    except requests.RequestException:
        return False
