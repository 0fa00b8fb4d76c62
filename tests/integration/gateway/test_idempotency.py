"""A POST that is sent again makes no second record."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.app import create_app
from services.common.errors import Unavailable
from tests.integration.gateway.account import ADMINISTRATOR, Account, Client
from tests.integration.gateway.made import KINDS, Made


def chosen(bodies: dict[str, Made], kind: str) -> tuple[str, Made]:
    return next((path, body) for path, body in bodies.items() if path.endswith(kind))


def post(client: Client, path: str, body: Made, key: str) -> TestResponse:
    return client.send("POST", path, body, headers={"Idempotency-Key": key})


def total(client: Client, path: str) -> int:
    return int(client.send("GET", path).headers["X-Pagination-Total-Entries"])


@pytest.mark.parametrize("kind", [*KINDS, "notes"])
def test_a_second_post_with_one_key_answers_the_first_record(
    administrator: Client, bodies: dict[str, Made], kind: str
) -> None:
    path, body = chosen(bodies, kind)
    before = total(administrator, path)
    first = post(administrator, path, body, "again")
    second = post(administrator, path, dict(reversed(body.items())), "again")
    assert (first.status_code, second.status_code) == (201, 200), second.text
    assert json.loads(first.data) == json.loads(second.data)
    assert first.headers["Location"]
    assert total(administrator, path) == before + 1


@pytest.mark.parametrize("kind", [*KINDS, "notes"])
def test_a_key_is_refused_for_anything_else(
    administrator: Client, bodies: dict[str, Made], kind: str
) -> None:
    path, body = chosen(bodies, kind)
    # What there may be only one of.
    other = {"people": {"primary_email": "bob@widget.example"}, "holidays": {"start_at": "2026-12-24"}}
    body = {**body, **other.get(kind, {})}
    name = next(iter(body))
    assert post(administrator, path, body, f"other-{kind}").status_code == 201
    before = total(administrator, path)
    refused = post(administrator, path, {**body, name: "Something else"}, f"other-{kind}")
    assert refused.status_code == 422
    assert refused.headers["X-Interdesk-Error"] == "idempotency_key_reused"
    assert json.loads(refused.data)["errors"][0][0] == "Idempotency-Key"
    assert total(administrator, path) == before


@pytest.mark.parametrize("kind", ["teams", "services", "slas", "requests", "notes"])
def test_twins_at_the_same_moment_make_one_record(
    administrator: Client, bodies: dict[str, Made], kind: str
) -> None:
    path, body = chosen(bodies, kind)
    before = total(administrator, path)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(administrator, path, body, f"twins-{kind}"), range(6)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 5}
    assert len({json.loads(answer.data)["id"] for answer in answers}) == 1
    assert total(administrator, path) == before + 1


def test_a_key_belongs_to_a_person_and_a_kind_of_record(account: Account, administrator: Client) -> None:
    other = account.person("Other Key Holder", "account_administrator")[1]
    for client, path in ((administrator, "teams"), (other, "teams"), (administrator, "organizations")):
        assert post(client, path, {"name": "Own"}, "shared").status_code == 201


def test_a_key_leaves_source_and_source_id_alone(administrator: Client) -> None:
    plain = json.loads(post(administrator, "teams", {"name": "Plain"}, "plain").data)
    assert (plain["source"], plain["sourceID"]) == (None, None)
    body = {"name": "Both", "source": "erp", "sourceID": "7"}
    first = json.loads(post(administrator, "teams", body, "both").data)
    assert (first["source"], first["sourceID"]) == ("erp", "7")
    assert administrator.post("teams", body, status=200) == first


def test_a_key_is_good_for_a_day_also_over_a_restart(account: Account, administrator: Client) -> None:
    first = json.loads(post(administrator, "teams", {"name": "Daily"}, "daily").data)
    account.clock.step(hours=23, minutes=59)
    databases = {name: context.database for name, context in account.contexts.items()}
    restarted = Client(create_app(account.config, databases, account.caller, account.clock), ADMINISTRATOR)
    assert json.loads(post(restarted, "teams", {"name": "Daily"}, "daily").data) == first
    account.clock.step(minutes=1)
    assert json.loads(post(administrator, "teams", {"name": "Daily"}, "daily").data)["id"] != first["id"]
    kept = account.contexts["organizations"].database["idempotency_keys"]
    assert [each["_id"].rpartition("\n")[2] for each in kept.find()] == ["daily"]


def test_a_crash_between_the_key_and_the_record_leaves_nothing_in_the_way(
    account: Account, administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is kept, the record is not made yet: the next try makes it."""

    def dies(*_: Any) -> None:
        raise Unavailable("interrupted")

    path, body, crash = "teams", {"name": "Crashed"}, account.contexts["organizations"].crash
    monkeypatch.setattr(crash, "here", dies)
    assert post(administrator, path, body, "crashed").status_code == 503
    monkeypatch.undo()
    again = post(administrator, path, body, "crashed")
    assert again.status_code == 201
    assert post(administrator, path, body, "crashed").status_code == 200


def test_a_token_is_not_shown_a_second_time(account: Account) -> None:
    _, client = account.person("Token Retrier", "specialist")
    path = "personal_access_tokens"
    assert post(client, path, {"name": "once"}, "token").status_code == 201
    again = post(client, path, {"name": "once"}, "token")
    assert again.status_code == 409
    assert again.headers["X-Interdesk-Error"] == "shown_once"
    assert total(client, path) == 2


@pytest.mark.parametrize("key", ["é" * 3, "", "a b", "x" * 101])
def test_a_key_that_is_none_is_refused(administrator: Client, key: str) -> None:
    refused = post(administrator, "teams", {"name": "X"}, key)
    assert refused.status_code == 422
    assert json.loads(refused.data)["errors"][0][0] == "Idempotency-Key"
