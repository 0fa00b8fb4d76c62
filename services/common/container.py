"""The nameko container of one service of one account."""

from __future__ import annotations

from typing import Any

from nameko.containers import ServiceContainer

from services.common.config import Config
from services.common.service_parts import CONFIG_KEY, ServiceParts


class Container(ServiceContainer):
    """nameko's, but that readiness is over as soon as it is told to stop."""

    def stop(self) -> None:
        parts = self.shared_extensions.get(ServiceParts)
        if parts is not None:
            parts.draining.set()
        super().stop()


def container_for(service_class: type, config: Config) -> Container:
    """A container that runs `service_class` for the account of `config`; `start()` and `stop()` it."""
    name: Any = getattr(service_class, "name", None)
    return Container(
        service_class,
        {
            "AMQP_URI": config.amqp_uri,
            "WEB_SERVER_ADDRESS": config.address(name),
            "max_workers": config.workers,
            CONFIG_KEY: config,
        },
    )
