"""What pages are made of: words, times, addresses, and keys of forms."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from flask import Response

from gateway.pages import wording
from gateway.pages.lists import headings, neighbours
from gateway.pages.signing_in import own_path
from gateway.sessions import Sessions, address_of, form_key
from services.common.listing import Page
from tests.configs import config_of

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
VALUE = "v" * 43


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "x",
        "/a\nb",
        "/a\\b",
        "",
        None,
        "/" * 3000,
    ],
)
def test_nobody_is_sent_elsewhere_after_the_sign_in(text: str | None) -> None:
    assert own_path(text) == ""


@pytest.mark.parametrize("text", ["/", "/requests/5", "/requests/open?search=a%20b&sort=-id"])
def test_he_goes_on_to_where_he_wanted(text: str) -> None:
    assert own_path(text) == text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026-07-01T10:00:00Z", '<time datetime="2026-07-01T10:00:00Z">1 Jul 2026, 12:00 CEST</time>'),
        ("2026-01-01T10:00:00.123Z", '<time datetime="2026-01-01T10:00:00Z">1 Jan 2026, 11:00 CET</time>'),
        ("best_effort", "Best effort"),
        ("no_target", "–"),
        (None, "–"),
    ],
)
def test_a_time_is_shown_in_the_readers_zone(value: str | None, shown: str) -> None:
    assert str(wording.moment(value, AMSTERDAM)) == shown


def test_the_readers_zone_is_his_own_else_the_accounts_else_utc() -> None:
    assert wording.zone_of(None, "Asia/Tokyo").key == "Asia/Tokyo"
    assert wording.zone_of("Amsterdam", "Asia/Tokyo").key == "Europe/Amsterdam"
    assert wording.zone_of("Nowhere", None).key == "UTC"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(None, "–"), (0, "0 min"), (59, "59 min"), (61, "1 h 1 min"), (1441, "1 d 1 min"), (1560, "1 d 2 h")],
)
def test_durations_are_told_in_two_units(minutes: int | None, text: str) -> None:
    assert wording.duration(minutes) == text


def test_what_the_history_tells_is_escaped_and_readable() -> None:
    hostile = {"id": 1, "name": "<b>", "account": {"id": "x", "name": "&"}}
    assert str(wording.told([hostile, None], AMSTERDAM)) == "&lt;b&gt; (&amp;), –"
    assert wording.told(True, AMSTERDAM) == "yes"
    assert wording.told("2026 was a year", AMSTERDAM) == "2026 was a year"
    assert wording.told("in_progress", AMSTERDAM, "status") == "In progress"
    assert wording.said_by("request.handed_over.v1") == "Request handed over"
    assert wording.worded("rfc") == "Request for change"


def test_a_heading_sorts_by_its_column_and_the_other_way_round() -> None:
    asked = [("impact", "high"), ("sort", "-status"), ("search_after", "x")]
    by_id, by_status = headings([("id", "Nr"), ("status", "Status")], asked)
    assert (by_id.sorted, by_id.href) == ("", "?impact=high&sort=id")
    assert (by_status.sorted, by_status.href) == ("descending", "?impact=high&sort=status")
    (newest,) = headings([("id", "Nr")], [])
    assert (newest.sorted, newest.href) == ("descending", "?sort=id")


def test_the_neighbours_of_a_page_keep_what_is_asked() -> None:
    found = Page((), 50, False, 20, 2, None, None, next="n", prev="p")
    hrefs = {rel: href for rel, _, href in neighbours(found, [("search", "a b"), ("search_before", "o")])}
    assert hrefs == {
        "first": "?search=a+b",
        "prev": "?search=a+b&search_before=p",
        "next": "?search=a+b&search_after=n",
    }


@pytest.mark.parametrize(
    ("written", "proxies", "address"),
    [
        ("203.0.113.7", 0, "192.0.2.1"),
        ("forged, 203.0.113.7", 1, "203.0.113.7"),
        ("forged, 203.0.113.7, 10.0.0.1", 2, "203.0.113.7"),
        ("203.0.113.7", 2, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
    ],
)
def test_an_address_is_what_the_proxies_of_ours_say_and_nobody_else(
    written: str, proxies: int, address: str
) -> None:
    environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": written}
    assert address_of(environ, proxies) == address


def test_a_forms_key_is_of_the_cookie_that_it_was_made_with() -> None:
    sessions = Sessions(config_of("widget"), lambda _: None, lambda _: None)
    assert sessions.is_own_form(VALUE, form_key(VALUE))
    assert not sessions.is_own_form(VALUE, form_key("w" * 43))
    assert not sessions.is_own_form(None, form_key(VALUE))
    assert not sessions.is_own_form("too short", form_key("too short"))
    assert not sessions.is_own_form(VALUE, "ö")


@pytest.mark.parametrize(("url", "secure"), [("https://desk.example", True), ("http://desk.example", False)])
def test_cookies_are_secure_where_the_account_is_served_by_https(url: str, secure: bool) -> None:
    response = Response()
    Sessions(config_of("widget", public_url=url), lambda _: None, lambda _: None).begin(response, VALUE)
    cookie = response.headers["Set-Cookie"]
    assert ("Secure" in cookie) is secure
    assert cookie.startswith("__Host-interdesk-widget=" if secure else "interdesk-widget=")


def test_only_pictures_of_the_text_itself_are_shown_in_it() -> None:
    files = [
        {"id": 1, "key": "a/1", "name": '"<one>', "inline": True, "uri": "/v1/attachments/1"},
        {"id": 2, "key": "a/2", "name": "two", "inline": False, "uri": "/v1/attachments/2"},
        {"id": 3, "key": "a/3", "name": "three", "inline": True, "uri": None},
    ]
    told = wording.with_pictures("<i> ![](a/1) ![](a/2) ![](a/3) ![](https://evil.example/x) ![](", files)
    picture = '<img class="in-text" src="/attachments/1" alt="&#34;&lt;one&gt;">'
    left = "![](a/2) ![](a/3) ![](https://evil.example/x) ![]("
    assert told == f'&lt;i&gt; <a href="/attachments/1">{picture}</a> {left}'
