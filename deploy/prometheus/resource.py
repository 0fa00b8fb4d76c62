"""The rules as the Prometheus operator takes them: `python deploy/prometheus/resource.py` writes
deploy/k8s/components/monitoring/alerts.yaml.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

HERE = Path(__file__).parent
RESOURCE = HERE.parent / "k8s" / "components" / "monitoring" / "alerts.yaml"
HEAD = """\
# Written from deploy/prometheus/rules.yml by deploy/prometheus/resource.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: interdesk
spec:
"""


def resource() -> str:
    """Its text."""
    rules = "".join(
        line
        for line in (HERE / "rules.yml").read_text().splitlines(keepends=True)
        if not line.startswith("#")
    )
    return HEAD + textwrap.indent(rules, "  ")


if __name__ == "__main__":
    RESOURCE.write_text(resource())
