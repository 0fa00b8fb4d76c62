"""Grafana's dashboards, a module each; `python -m deploy.grafana` writes their JSON (dashboards/*.json)."""

from deploy.grafana.boards import rendered
from deploy.grafana.overview import OVERVIEW
from deploy.grafana.partners import PARTNERS
from deploy.grafana.service_levels import SERVICE_LEVELS
from deploy.grafana.services import SERVICES

BOARDS = (OVERVIEW, PARTNERS, SERVICE_LEVELS, SERVICES)

__all__ = ["BOARDS", "rendered"]
