"""The configuration: typed, bounded, every problem told at once, unknown settings refused."""

from __future__ import annotations

import base64
import dataclasses
import json
from pathlib import Path

import pytest

from services.common.config import TABLE, Config, load
from services.common.errors import ConfigError

LEAST = {
    "AMQP_URI": "amqp://user:s3cret@localhost:5672/widget",
    "MONGO_URI": "mongodb://user:s3cret@localhost:27017/",
    "INTERDESK_ACCOUNT": "widget",
    "INTERDESK_DOMAIN": "widget.example",
}


def problems(**settings: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as wrong:
        load({**LEAST, **settings})
    return dict(wrong.value.errors)


def test_the_least_environment_is_enough() -> None:
    config = load({**LEAST, "PATH": "/bin", "HOME": "/root"})
    assert (config.account, config.name, config.domain) == ("widget", "widget", "widget.example")
    assert (config.workers, config.sweep_seconds, config.log_format) == (10, 5, "json")
    assert config.address("organizations") == "127.0.0.1:8003"
    assert config.database_name("requests") == "interdesk_widget_requests"


def test_what_holds_a_login_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "amqp-uri"
    file.write_text("amqp://user:other@localhost:5672/widget\n")
    least = {name: value for name, value in LEAST.items() if name != "AMQP_URI"}
    assert load({**least, "AMQP_URI_FILE": str(file)}).amqp_uri == "amqp://user:other@localhost:5672/widget"
    assert problems(AMQP_URI_FILE=str(file)) == {
        "AMQP_URI": "is given twice: leave AMQP_URI or AMQP_URI_FILE out"
    }
    missing = str(tmp_path / "nowhere")
    assert "can be read" in problems(AMQP_URI="", AMQP_URI_FILE=missing)["AMQP_URI"]
    assert problems(INTERDESK_DOMAIN_FILE=str(file)).keys() == {"INTERDESK_DOMAIN_FILE"}


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as wrong:
        load({"INTERDESK_ACCOUNT": "Widget!", "INTERDESK_WORKERS": "many", "INTERDESK_WROKERS": "3"})
    assert set(dict(wrong.value.errors)) == {
        "AMQP_URI",
        "MONGO_URI",
        "INTERDESK_DOMAIN",
        "INTERDESK_ACCOUNT",
        "INTERDESK_WORKERS",
        "INTERDESK_WROKERS",
    }
    assert all(name in wrong.value.message for name, _ in wrong.value.errors)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("AMQP_URI", "localhost"),
        ("AMQP_URI", "http://localhost"),
        ("MONGO_URI", "mongodb://"),
        ("INTERDESK_ACCOUNT", "w"),
        ("INTERDESK_ACCOUNT", "a" * 32),
        ("INTERDESK_DOMAIN", "widget example"),
        ("INTERDESK_WORKERS", "0"),
        ("INTERDESK_WORKERS", "2.5"),
        ("INTERDESK_WORKERS", "9" * 5000),
        ("INTERDESK_SWEEP_SECONDS", "0"),
        ("INTERDESK_SWEEP_SECONDS", "nan"),
        ("INTERDESK_RETRY_MAX_SECONDS", "5"),
        ("INTERDESK_GATEWAY_ADDRESS", "8000"),
        ("INTERDESK_GATEWAY_ADDRESS", "127.0.0.1:99999"),
        ("INTERDESK_BORDER_ADDRESS", "amqp://partner.example:5672/widget.border"),
        ("INTERDESK_BORDER_ADDRESS", "amqps://user:pass@widget.example:5671/widget.border"),
        ("INTERDESK_BORDER_ADDRESS", "amqps://widget.example/widget.border"),
        ("INTERDESK_BORDER_ADDRESS", "amqps://widget.example:5671"),
        ("INTERDESK_SECRET_FILE", "/nowhere"),
        ("INTERDESK_MONGO_USERS_FILE", "/nowhere"),
        ("INTERDESK_BORDER_CA_FILE", "/nowhere"),
        ("INTERDESK_LOG_LEVEL", "loud"),
        ("INTERDESK_CRASH_AT", "requests.whenever"),
        ("INTERDESK_CRASH_AT", "requests.after_save:0"),
        ("INTERDESK_CLOCK_FILE", "/nowhere"),
        ("INTERDESK_CLOCK_FILE", __file__),
    ],
)
def test_what_is_out_of_bounds_is_refused(name: str, raw: str) -> None:
    assert list(problems(**{name: raw})) == [name]


@pytest.mark.parametrize(
    "address",
    ["amqps://widget.example:5671/widget.border", "amqp://127.0.0.1:5672/b", "amqp://localhost:1/b"],
)
def test_plain_borders_are_for_loopback(address: str) -> None:
    assert load({**LEAST, "INTERDESK_BORDER_ADDRESS": address}).border_address == address


def test_files_are_read_and_checked(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=") + "\n")
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"requests": {"user": "widget-requests", "password": "p4ss"}}))
    files = {"INTERDESK_SECRET_FILE": str(secret), "INTERDESK_MONGO_USERS_FILE": str(users)}
    config = load({**LEAST, **files})
    assert config.secret == (bytes(range(32)),)
    assert config.mongo_users["requests"].user == "widget-requests"

    secret.write_text(secret.read_text() + base64.urlsafe_b64encode(b"n" * 32).decode())
    assert load({**LEAST, **files}).secret == (bytes(range(32)), b"n" * 32)
    secret.write_text(secret.read_text() * 2)
    assert set(problems(**files)) == {"INTERDESK_SECRET_FILE"}

    secret.write_text("too short")
    users.write_text('{"requests": {"user": "x"}}')
    assert set(problems(**files)) == set(files)
    users.write_text('{"kitchen": {"user": "x", "password": "y"}}')
    assert "kitchen" in problems(**files)["INTERDESK_MONGO_USERS_FILE"]


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(base64.urlsafe_b64encode(b"s3cret" * 5 + b"xx").decode())
    config = load({**LEAST, "INTERDESK_SECRET_FILE": str(secret)})
    assert "s3cret" not in repr(config)


def test_every_setting_of_the_table_has_its_place_and_no_other_is_read() -> None:
    fields = {spec.name for spec in dataclasses.fields(Config)}
    assert {variable.field for variable in TABLE if variable.field} == fields
    assert len({variable.name for variable in TABLE}) == len(TABLE)
