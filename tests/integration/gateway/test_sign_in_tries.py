"""Tries to sign in: how many may fail, and that nobody keeps somebody else out."""

from __future__ import annotations

import hashlib
from http.cookies import SimpleCookie
from itertools import count
from typing import Any

import pytest
import structlog

from services.organizations.actions.sessions import count_try
from services.organizations.model import passwords, sessions
from tests.integration.gateway.account import Account
from tests.integration.gateway.browsing import PASSWORD, Browser, person_with_password

MARK = "__Host-interdesk-widget-browser"
_numbers = count(1)


@pytest.fixture
def email(account: Account) -> str:
    """Of a new person who has a password."""
    person, _ = person_with_password(account, f"Much Tried {next(_numbers)}")
    return str(person["primary_email"])


@pytest.fixture
def browser(account: Account) -> Browser:
    return new_browser(account)


def new_browser(account: Account) -> Browser:
    """At an address that nobody has tried from."""
    return Browser(account, f"198.51.100.{next(_numbers)}")


def fail(browser: Browser, email: str, times: int) -> None:
    for _ in range(times):
        assert browser.sign_in(email, "wrong every time").status_code == 401


def counted(account: Account, kind: str, what: str) -> dict[str, Any]:
    found = account.contexts["organizations"].database["sign_in_tries"].find_one({"_id": key(kind, what)})
    return found or {"tries": 0}


def use_up(account: Account, kind: str, what: str) -> None:
    for _ in range(sessions.MOST_TRIES[kind]):
        count_try(account.contexts["organizations"], {kind: what})


def key(kind: str, what: str) -> str:
    return f"{kind}/{hashlib.sha256(what.encode()).hexdigest()}"


def test_too_many_tries_wait_with_the_right_password_too(
    account: Account, browser: Browser, email: str
) -> None:
    with structlog.testing.capture_logs() as logged:
        fail(browser, email, sessions.MOST_TRIES["pair"])
        refused = browser.sign_in(email)
    denied = [(line["code"], line["path"], line["address"]) for line in logged if line["event"] == "denied"]
    wrong, locked = ((code, "/sign-in", browser.address) for code in ("wrong_password", "too_many_tries"))
    assert denied == [wrong] * sessions.MOST_TRIES["pair"] + [locked]
    assert refused.status_code == 429
    assert "Try again in 15 minutes" in refused.text
    account.clock.step(sessions.WINDOW.total_seconds())
    assert browser.sign_in(email).status_code == 303


def test_a_stranger_keeps_nobody_out_but_himself(account: Account, browser: Browser, email: str) -> None:
    fail(browser, email, sessions.MOST_TRIES["pair"])
    for _ in range(5):
        assert browser.sign_in(email).status_code == 429
    assert counted(account, "person", email)["tries"] == sessions.MOST_TRIES["pair"], "what was looked at"
    assert new_browser(account).sign_in(email).status_code == 303


def test_whom_many_try_signs_in_where_he_has_before_and_nowhere_else(
    account: Account, browser: Browser, email: str
) -> None:
    assert browser.sign_in(email).status_code == 303
    use_up(account, "person", email)
    assert new_browser(account).sign_in(email).status_code == 429
    assert browser.sign_in(email).status_code == 303


def test_an_office_that_has_tried_too_often_keeps_out_no_browser_that_is_known(
    account: Account, email: str
) -> None:
    known, new = Browser(account, "203.0.113.9"), Browser(account, "203.0.113.9")
    assert known.sign_in(email).status_code == 303
    assert counted(account, "address", "203.0.113.9")["tries"] == 0, "a right one does not count"
    use_up(account, "address", "203.0.113.9")
    assert new.sign_in(email).status_code == 429
    assert known.sign_in(email).status_code == 303


def test_who_sits_at_a_known_browser_has_no_more_tries(
    account: Account, browser: Browser, email: str
) -> None:
    assert browser.sign_in(email).status_code == 303
    fail(browser, email, sessions.MOST_TRIES["browser"])
    assert browser.sign_in(email).status_code == 429
    other, _ = person_with_password(account, f"Other {next(_numbers)}")
    assert browser.sign_in(other["primary_email"]).status_code == 303, "who is not known by that mark"


def test_a_browser_is_known_until_the_password_changes(
    account: Account, browser: Browser, email: str
) -> None:
    done = browser.sign_in(email)
    (cookie,) = (each for each in done.headers.getlist("Set-Cookie") if each.startswith(f"{MARK}="))
    (said,) = SimpleCookie(cookie).values()
    assert said["httponly"]
    assert said["secure"]
    assert (said["samesite"], said["path"], said["domain"]) == ("Strict", "/", "")
    assert int(said["max-age"]) == 180 * 24 * 3600
    use_up(account, "person", email)
    (person,) = account.client().get("people", primary_email=email)
    path = f"people/{person['id']}/set_password"
    assert account.client().send("POST", path, {"password": "something all new"}).status_code == 204
    assert browser.sign_in(email, "something all new").status_code == 429


def test_a_mark_that_anybody_can_make_makes_nobody_known(account: Account, browser: Browser) -> None:
    email, told = "not.there@widget.example", []
    for number in range(sessions.MOST_TRIES["pair"] + 1):
        mark = sessions.browser_mark(f"{number:043}", passwords.NOBODYS)
        browser.client.set_cookie(MARK, mark, domain="widget.example", secure=True)
        told.append(browser.sign_in(email).status_code)
    assert told == [401] * sessions.MOST_TRIES["pair"] + [429]


def test_who_changes_his_password_has_as_many_tries_at_the_old_one(
    account: Account, browser: Browser
) -> None:
    person, client = person_with_password(account, f"Changes It {next(_numbers)}")
    change = {"password": "another one of mine", "old_password": "not the old one"}
    for _ in range(sessions.MOST_TRIES["owner"]):
        refused = client.send("POST", "people/me/set_password", change)
        assert refused.headers["X-Interdesk-Error"] == "wrong_password"
    right = {**change, "old_password": PASSWORD}
    refused = client.send("POST", "people/me/set_password", right)
    assert refused.headers["X-Interdesk-Error"] == "too_many_tries"
    assert browser.sign_in(person["primary_email"]).status_code == 303, "that is counted by itself"
    account.clock.step(sessions.WINDOW.total_seconds())
    assert client.send("POST", "people/me/set_password", right).status_code == 204
    assert counted(account, "owner", str(person["id"]))["tries"] == 0
