"""Every view says who may call it."""

import pytest
from flask import Flask
from flask.views import MethodView

from gateway.audiences import allowed, anyone, audience_of, check_all_declared, everyone, routes
from services.common.actor import Actor
from services.common.errors import Forbidden
from services.organizations.model import tokens


def application(view: type[MethodView]) -> Flask:
    app = Flask("test", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.add_url_rule("/x", view_func=view.as_view("x"))
    return app


def test_an_application_with_an_undeclared_view_is_refused() -> None:
    class View(MethodView):
        @everyone("x")
        def get(self) -> str:
            return ""

        def post(self) -> str:
            return ""

    with pytest.raises(ValueError, match="POST /x"):
        check_all_declared(application(View))


def test_head_has_the_audience_of_get() -> None:
    class View(MethodView):
        @anyone
        def get(self) -> str:
            return ""

    app = application(View)
    check_all_declared(app)
    assert audience_of(app.view_functions["x"], "HEAD") == audience_of(app.view_functions["x"], "GET")


def test_one_of_the_roles_is_enough_and_none_is_not() -> None:
    class View(MethodView):
        @allowed("specialist", "auditor", scope="x")
        def get(self) -> str:
            return ""

    audience = audience_of(View.as_view("x"), "GET")
    assert audience is not None
    audience.check(Actor(1, "widget", frozenset({"auditor"})))
    with pytest.raises(Forbidden):
        audience.check(Actor(1, "widget", frozenset({"account_owner"})))
    with pytest.raises(Forbidden):
        audience.check(Actor(1, "widget"))


def test_roles_that_there_are_not_are_refused() -> None:
    with pytest.raises(ValueError, match="roles"):
        allowed("king", scope="x")
    with pytest.raises(ValueError, match="roles"):
        allowed(scope="x")


def test_a_token_can_be_made_for_each_scope_that_a_route_asks_for(app: Flask) -> None:
    asked = {
        declared.scope
        for rule, method in routes(app)
        if (declared := audience_of(app.view_functions[rule.endpoint], method)) is not None and declared.scope
    }
    assert sorted(asked - set(tokens.RESOURCES)) == []
    assert sorted(set(tokens.RESOURCES) - asked) == []
