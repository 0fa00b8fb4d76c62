"""The API by itself: what it tells without asking a service or a database."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest
from flask import Flask

from gateway.app import create_app
from services.common.context import NoCaller
from tests.configs import config_of


@pytest.fixture(scope="module")
def app() -> Flask:
    config = config_of("widget", public_url="https://desk.widget.example")
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(config.mongo_uri, connect=False)
    databases = {name: client[name] for name in ("organizations", "slas", "requests", "reporting")}
    return create_app(config, databases, NoCaller())
