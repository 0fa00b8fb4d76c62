"""The local database process: durable where asked, users kept apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymongo
import pytest
from pymongo.errors import OperationFailure

from interdesk.database_users import database_name
from interdesk.local.database import Database

SERVICES = ("requests", "slas", "organizations")


def client(database: Database, user: dict[str, str]) -> pymongo.MongoClient[dict[str, Any]]:
    return pymongo.MongoClient(database.uri(user["user"], user["password"]))


def test_acknowledged_writes_survive_a_crash_of_a_durable_database(tmp_path: Path) -> None:
    database = Database(tmp_path, durable=True, dies_with_parent=True)
    try:
        database.start()
        database.wait_ready()
        users = database.ensure_account_users("widget", SERVICES)
        with client(database, users["requests"]) as mine:
            numbers = mine[database_name("widget", "requests")]["numbers"]
            for number in range(50):
                numbers.insert_one({"_id": number})
        database.kill()
        again = Database(tmp_path, durable=True, dies_with_parent=True)
        assert again.uri() == database.uri()
        database = again
        database.start()
        database.wait_ready()
        with client(database, users["requests"]) as mine:
            assert mine[database_name("widget", "requests")]["numbers"].count_documents({}) == 50
    finally:
        database.stop()


def test_a_service_reaches_its_own_database_and_no_other(database: Database) -> None:
    users = database.ensure_account_users("widget", SERVICES)
    with client(database, users["requests"]) as requests:
        requests[database_name("widget", "requests")]["seen"].insert_one({"_id": 1})
        with pytest.raises(OperationFailure, match="not authorized"):
            requests[database_name("widget", "slas")]["seen"].find_one()
        with pytest.raises(OperationFailure, match="not authorized"):
            requests["admin"].command("createUser", "more", pwd="x", roles=["root"])


def test_the_gateway_reads_its_account_only_and_writes_nothing(database: Database) -> None:
    users = database.ensure_account_users("reading", SERVICES)
    database.ensure_account_users("other", SERVICES)
    with client(database, users["requests"]) as requests, client(database, users["gateway"]) as gateway:
        requests[database_name("reading", "requests")]["seen"].insert_one({"_id": 1})
        own = gateway[database_name("reading", "requests")]
        assert own["seen"].find_one() == {"_id": 1}
        with pytest.raises(OperationFailure, match="not authorized"):
            own["seen"].insert_one({"_id": 2})
        with pytest.raises(OperationFailure, match="not authorized"):
            gateway[database_name("other", "requests")]["seen"].find_one()


def test_nobody_gets_in_without_a_user(database: Database) -> None:
    stranger: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(database.address)
    with stranger, pytest.raises(OperationFailure, match="requires authentication"):
        stranger["interdesk_widget_requests"]["seen"].find_one()


def test_making_users_again_keeps_known_passwords(database: Database) -> None:
    users = database.ensure_account_users("again", SERVICES)
    assert database.ensure_account_users("again", SERVICES, users) == users
    with client(database, users["slas"]) as mine:
        assert mine[database_name("again", "slas")]["any"].find_one() is None
