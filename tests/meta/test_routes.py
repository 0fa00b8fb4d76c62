"""Every route of the API, walked: each says who may call it and holds to it.

A route that is added is walked without a line here. Pages are walked in
tests/integration/gateway/test_signing_in.py: they are no routes of the API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gateway.audiences import Audience, audience_of, routes
from services.common.ids import node_id
from services.common.roles import ROLES
from tests.integration.gateway.account import Account, Client

# What is told without a token; anything else that is, is a mistake.
OPEN = {"/v1", "/v1/openapi.json", "/v1/asyncapi.json", "/v1/schemas", "/v1/schemas/<name>.json"}
UNKNOWN = ("999999", "nonsense", node_id("gigatera.example", "Person", 1))


@pytest.fixture(scope="module")
def nobody(account: Account) -> Client:
    """A person without a role."""
    return account.person("Nobody Special")[1]


@pytest.fixture(scope="module")
def everybody(account: Account) -> Client:
    """A person with every role."""
    return account.person("Every Body", *sorted(ROLES))[1]


@pytest.fixture(scope="module")
def narrow(account: Account) -> Client:
    """A person with every role whose token is good for one thing that no route asks for alone."""
    return account.person("Narrow Minded", *sorted(ROLES), scopes=("account:read",))[1]


def declared(app: Flask, rule: Rule, method: str) -> Audience:
    audience = audience_of(app.view_functions[rule.endpoint], method)
    assert audience is not None, f"{method} {rule} does not say who may call it"
    return audience


def walked(app: Flask) -> Iterator[tuple[Rule, str, Audience]]:
    for rule, method in routes(app):
        audience = declared(app, rule, method)
        if rule.rule.startswith("/v1"):
            assert not audience.session, f"{method} {rule} is no page"
            yield rule, method, audience


def path_of(rule: Rule, id: str = "1") -> str:
    path = rule.rule
    for argument in rule.arguments:
        path = path.replace(f"<{argument}>", id)
    return path.removeprefix("/v1").removeprefix("/")


def send(client: Client, rule: Rule, method: str, id: str = "1") -> TestResponse:
    return client.send(method, path_of(rule, id), {} if method in ("POST", "PATCH", "PUT") else None)


def test_there_are_routes_to_walk(account: Account) -> None:
    assert len(routes(account.application)) > 100


def test_only_what_is_meant_to_be_open_needs_no_token(account: Account) -> None:
    assert {rule.rule for rule, _, audience in walked(account.application) if not audience.token} == OPEN


def test_no_route_answers_without_a_token(account: Account) -> None:
    stranger = account.client(token=None)
    wrong = account.client(token="w" * 43)
    for rule, method, audience in walked(account.application):
        for client in (stranger, wrong):
            expected = 401 if audience.token else 404 if rule.arguments else 200
            assert send(client, rule, method).status_code == expected, f"{method} {rule}"


def test_a_route_for_roles_refuses_who_has_none(account: Account, nobody: Client) -> None:
    refused = 0
    for rule, method, audience in walked(account.application):
        if audience.roles:
            assert send(nobody, rule, method).status_code == 403, f"{method} {rule}"
            refused += 1
    assert refused > 40


def test_a_route_refuses_a_token_that_was_not_made_for_it(account: Account, narrow: Client) -> None:
    for rule, method, audience in walked(account.application):
        if audience.scope and (audience.scope, method) not in (("account", "GET"), ("account", "HEAD")):
            assert send(narrow, rule, method).status_code == 403, f"{method} {rule}"


@pytest.mark.parametrize("id", UNKNOWN)
def test_an_id_that_names_nothing_here_is_not_found(account: Account, everybody: Client, id: str) -> None:
    for rule, method, _ in walked(account.application):
        if rule.arguments:
            response = send(everybody, rule, method, id)
            assert response.status_code == 404, f"{method} {rule}: {response.status_code} {response.text}"
            if method != "HEAD":
                assert set(json.loads(response.data)) == {"message"}


def test_no_route_breaks_over_an_empty_body(account: Account, everybody: Client) -> None:
    for rule, method, _ in walked(account.application):
        response = send(everybody, rule, method)
        assert response.status_code < 500, f"{method} {rule}: {response.text}"
