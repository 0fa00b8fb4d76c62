"""A browser without a screen: cookies, forms and redirects of the pages of an account in one process."""

from __future__ import annotations

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.integration.gateway.account import Account

PASSWORD = "three words and a half"
_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
HTTPS = "https://widget.example"


class Browser:
    """One person's. `address`: where it is in the network."""

    def __init__(self, account: Account, address: str = "192.0.2.1") -> None:
        self.client = account.application.test_client()
        self.address = address
        self._environ = {"REMOTE_ADDR": address}

    def get(self, path: str, **options: Any) -> TestResponse:
        accept = {"Accept": "text/html,*/*;q=0.8"}
        return self.client.get(path, base_url=HTTPS, environ_base=self._environ, headers=accept, **options)

    def page(self, path: str, **options: Any) -> str:
        """The page at a path."""
        response = self.get(path, **options)
        assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
        return response.text

    def post(self, path: str, form: dict[str, str]) -> TestResponse:
        return self.client.post(path, data=form, base_url=HTTPS, environ_base=self._environ)

    def sign_in(self, email: str, password: str = PASSWORD, next: str = "") -> TestResponse:
        key = form_key(self.page("/sign-in"))
        return self.post("/sign-in", {"form_key": key, "email": email, "password": password, "next": next})


def form_key(page: str) -> str:
    found = _KEY.search(page)
    assert found, page
    return found[1]


def person_with_password(account: Account, name: str, *roles: str) -> tuple[dict[str, Any], Any]:
    """A new person who can sign in, and his client of the API."""
    person, client = account.person(name, *roles)
    path = f"people/{person['id']}/set_password"
    assert account.client().send("POST", path, {"password": PASSWORD}).status_code == 204
    return person, client


def signed_in(account: Account, name: str, *roles: str) -> tuple[Browser, Any]:
    """The browser of a new person who has signed in, and his client of the API."""
    person, client = person_with_password(account, name, *roles)
    browser = Browser(account)
    assert browser.sign_in(person["primary_email"]).status_code == 303
    return browser, client
