"""The account whose routes are walked."""

from tests.integration.gateway.conftest import account

__all__ = ["account"]
