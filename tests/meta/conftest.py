"""The account whose routes are walked, and the API by itself."""

from tests.integration.gateway.conftest import account
from tests.unit.gateway.conftest import app

__all__ = ["account", "app"]
