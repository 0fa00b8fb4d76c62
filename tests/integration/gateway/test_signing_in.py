"""Signing in to the pages: passwords, sessions, and the tries of who has none."""

from __future__ import annotations

import json
from itertools import count

import pytest

from gateway.audiences import audience_of, routes
from services.organizations.model import sessions
from tests.integration.gateway.account import Account
from tests.integration.gateway.browsing import PASSWORD, Browser, form_key, person_with_password, signed_in

HOME = "/requests/open"
_addresses = count(1)


@pytest.fixture
def browser(account: Account) -> Browser:
    """At an address that nobody has tried from."""
    return Browser(account, f"198.51.100.{next(_addresses)}")


def test_who_signs_in_goes_on_to_where_he_wanted_and_stays_in(account: Account, browser: Browser) -> None:
    person, _ = person_with_password(account, "Sign Er")
    asked = browser.get("/requests/completed?sort=id")
    assert (asked.status_code, asked.headers["Location"]) == (
        303,
        "/sign-in?next=%2Frequests%2Fcompleted%3Fsort%3Did",
    )
    done = browser.sign_in(person["primary_email"].upper(), next="/requests/completed?sort=id")
    assert (done.status_code, done.headers["Location"]) == (303, "/requests/completed?sort=id")
    assert "Sign Er" in browser.page("/requests/completed?sort=id")


def test_the_cookie_is_no_scripts_and_only_the_accounts_own(account: Account, browser: Browser) -> None:
    person, _ = person_with_password(account, "Cookie Jar")
    done = browser.sign_in(person["primary_email"])
    (cookie,) = (each for each in done.headers.getlist("Set-Cookie") if "interdesk-widget=" in each)
    assert cookie.startswith("__Host-interdesk-widget=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    id = cookie.partition("=")[2].partition(";")[0]
    kept = list(account.contexts["organizations"].database["sessions"].find({"person_id": person["id"]}))
    assert id not in json.dumps(kept, default=str)


def test_a_wrong_password_an_unknown_person_and_one_without_are_told_the_same(
    account: Account, browser: Browser
) -> None:
    person, _ = person_with_password(account, "Known One")
    bare, _ = account.person("Without Password")
    pages = set()
    for email in (person["primary_email"], "nobody@widget.example", bare["primary_email"]):
        refused = browser.sign_in(email, "not the right one")
        assert refused.status_code == 401
        assert f'value="{email}"' in refused.text
        assert "not the right one" not in refused.text
        pages.add(refused.text.replace(email, ""))
    assert len(pages) == 1
    assert browser.get(HOME).status_code == 303


def test_a_person_who_is_disabled_is_out_and_comes_not_in(account: Account, browser: Browser) -> None:
    person, _ = person_with_password(account, "Soon Gone")
    assert browser.sign_in(person["primary_email"]).status_code == 303
    account.client().patch(f"people/{person['id']}", {"disabled": True})
    assert browser.get(HOME).status_code == 303
    assert browser.sign_in(person["primary_email"]).status_code == 401


def test_a_session_ends_when_it_is_idle_and_at_last_though_it_is_used(account: Account) -> None:
    browser, _ = signed_in(account, "Long Reader")
    for _ in range(12):
        browser.page(HOME)
        account.clock.step(minutes=59)
    browser.page(HOME)
    account.clock.step(minutes=13)
    assert browser.get(HOME).status_code == 303
    idle, _ = signed_in(account, "Idle Reader")
    account.clock.step(sessions.IDLE.total_seconds())
    assert idle.get(HOME).status_code == 303


def test_of_many_sessions_those_that_were_opened_last_are_kept(account: Account) -> None:
    person, _ = person_with_password(account, "Many Windows")
    first = Browser(account)
    assert first.sign_in(person["primary_email"]).status_code == 303
    for _ in range(sessions.MOST_OPEN):
        account.clock.step(seconds=1)
        last = Browser(account)
        assert last.sign_in(person["primary_email"]).status_code == 303
    assert first.get(HOME).status_code == 303
    assert last.get(HOME).status_code == 200


def test_signing_out_ends_the_session_and_takes_a_form_of_ours(account: Account) -> None:
    browser, _ = signed_in(account, "Leaver")
    page = browser.page(HOME)
    stolen = browser.client.get_cookie("__Host-interdesk-widget", domain="widget.example").value
    assert browser.post("/sign-out", {"form_key": "0" * 64}).status_code == 403
    browser.page(HOME)
    assert browser.post("/sign-out", {"form_key": form_key(page)}).status_code == 303
    assert browser.get(HOME).status_code == 303
    browser.client.set_cookie("__Host-interdesk-widget", stolen, domain="widget.example", secure=True)
    assert browser.get(HOME).status_code == 303


def test_a_form_of_another_site_signs_nobody_in(account: Account, browser: Browser) -> None:
    person, _ = person_with_password(account, "Lured")
    foreign = form_key(Browser(account).page("/sign-in"))
    for key in ("", foreign):
        form = {"form_key": key, "email": person["primary_email"], "password": PASSWORD}
        refused = browser.post("/sign-in", form)
        assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (400, "old_form")
        assert f'value="{person["primary_email"]}"' in refused.text


def test_a_changed_password_ends_what_the_old_one_opened(account: Account, browser: Browser) -> None:
    person, client = person_with_password(account, "Changes Mind")
    assert browser.sign_in(person["primary_email"]).status_code == 303
    wrong = client.send("POST", "people/me/set_password", {"password": "x" * 3, "old_password": PASSWORD})
    assert (wrong.status_code, wrong.headers["X-Interdesk-Error"]) == (422, "weak_password")
    changed = {"password": "another one of mine", "old_password": PASSWORD}
    assert client.send("POST", "people/me/set_password", changed).status_code == 204
    assert browser.get(HOME).status_code == 303
    assert browser.sign_in(person["primary_email"]).status_code == 401
    assert browser.sign_in(person["primary_email"], "another one of mine").status_code == 303


def test_who_may_set_whose_password(account: Account) -> None:
    person, client = person_with_password(account, "Owner Of It")
    _, other = account.person("Nosy Parker", "specialist")
    _, narrow = account.person(
        "Narrow Admin", "account_administrator", scopes=("people:write", "people:read")
    )
    path, new = f"people/{person['id']}/set_password", {"password": "something all new"}
    assert other.send("POST", path, new).status_code == 403
    refused = narrow.send("POST", path, new)
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (403, "old_password_missing")
    refused = client.send("POST", path, {**new, "old_password": "not the old one"})
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (403, "wrong_password")
    refused = account.client().send("POST", path, {**new, "old_password": PASSWORD})
    assert (refused.status_code, refused.headers["X-Interdesk-Error"]) == (403, "not_yours")
    assert client.send("POST", path, new).status_code == 204


def test_a_session_opens_no_route_of_the_api_and_a_token_no_page(account: Account) -> None:
    browser, client = signed_in(account, "Two Doors")
    assert browser.get("/v1/requests").status_code == 401
    token = client._headers["Authorization"]
    page = account.application.test_client().get(HOME, headers={"Authorization": token})
    assert page.status_code == 303


def test_every_page_but_the_sign_in_asks_who_it_is(account: Account, browser: Browser) -> None:
    walked = set()
    for rule, method in routes(account.application):
        if rule.rule.startswith("/v1"):
            continue
        audience = audience_of(account.application.view_functions[rule.endpoint], method)
        assert audience is not None
        walked.add(rule.rule)
        if not audience.session:
            assert rule.rule in {"/sign-in", "/styles/<name>"}
        elif method == "POST":
            assert browser.post(rule.rule, {}).status_code == 303
        else:
            refused = browser.get(rule.rule.replace("<id>", "1"))
            assert refused.headers["Location"].startswith("/sign-in")
    assert {"/", "/requests/<id>", "/requests/open", "/attachments/<id>", "/sign-out"} <= walked
