"""The pages of an account: what who sees of requests, as the API has it, and nothing that a browser runs."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from gateway.pages.page import POLICY
from services.requests.documents import encode
from services.requests.model import Above, Episode
from tests.integration.gateway.account import Account
from tests.integration.gateway.attached import PNG
from tests.integration.gateway.browsing import Browser, signed_in

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}${7*7} javascript:alert(3)"
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "a",
        "header",
        "div",
        "span",
        "form",
        "input",
        "button",
    ),
    *("nav", "ul", "ol", "li", "main", "h1", "h2", "h3", "p", "section", "article", "strong", "code", "time"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "label", "br"),
}


class Seen(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def specialist(account: Account) -> tuple[Browser, Any]:
    return signed_in(account, "Sam Specialist", "specialist")


@pytest.fixture(scope="module")
def end_user(account: Account) -> tuple[Browser, Any]:
    return signed_in(account, "Ed User")


@pytest.fixture(scope="module")
def request_id(specialist: tuple[Browser, Any], end_user: tuple[Browser, Any]) -> int:
    """A request of the end user with a public and an internal note."""
    made = end_user[1].post(
        "requests", {"subject": "The shop is slow", "category": "incident", "note": "Very."}
    )
    specialist[1].post(f"requests/{made['id']}/notes", {"text": "He says so often.", "internal": True})
    return int(made["id"])


def numbers_in(page: str) -> list[int]:
    return [int(id) for id in re.findall(r'class="of-id"><span><a href="/requests/(\d+)"', page)]


def test_the_lists_hold_what_the_api_lists(
    specialist: tuple[Browser, Any], end_user: tuple[Browser, Any], request_id: int
) -> None:
    other = specialist[1].post("requests", {"subject": "Another matter", "category": "rfi"})["id"]
    for browser, client in (specialist, end_user):
        ids = [each["id"] for each in client.get("requests/open")]
        assert numbers_in(browser.page("/requests/open")) == ids
        assert numbers_in(browser.page("/requests/open", query_string={"sort": "id"})) == ids[::-1]
        all_ = [each["id"] for each in client.get("requests/all_requests")]
        assert numbers_in(browser.page("/requests/all_requests")) == all_ != []
    assert other not in numbers_in(end_user[0].page("/requests/open"))
    assert numbers_in(specialist[0].page("/requests/open?search=another+matter")) == [other]
    nothing = specialist[0].page("/requests/open?search=nobodysaidthis")
    assert "No requests here" in nothing
    for page in (nothing, specialist[0].page("/requests/open?category=compliment")):
        assert 'href="/requests/open">Show the whole list' in page
        assert "None of the list is like that." in page
    assert "0 requests, category compliment. <a" in page
    specialist[1].patch(
        f"requests/{other}", {"status": "completed", "completion_reason": "solved", "note": "So."}
    )
    assert other in numbers_in(specialist[0].page("/requests/completed"))
    assert other not in numbers_in(specialist[0].page("/requests/open?search="))


def test_a_list_goes_on_page_by_page(account: Account) -> None:
    browser, client = signed_in(account, "Patty Pager")
    made = [client.post("requests", {"subject": f"Nr {n}", "category": "other"})["id"] for n in range(45)]
    seen, path = [], "/requests/open?sort=id"
    while path:
        page = browser.page(path)
        seen += numbers_in(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = f"/requests/open{unescape(following[1])}" if following else ""
    assert seen == made
    assert "45 requests" in page
    assert 'rel="prev"' in page


def test_all_requests_says_whose_each_is(end_user: tuple[Browser, Any], request_id: int) -> None:
    page = end_user[0].page("/requests/all_requests")
    assert re.search(r'class="of-requested_for"><span>Ed User<', page)
    assert '<th scope="col">Requested for</th>' in page, "nothing sorts by it"
    assert "of-requested_for" not in end_user[0].page("/requests/open")


def test_internal_notes_and_what_specialists_do_are_for_specialists(
    specialist: tuple[Browser, Any], end_user: tuple[Browser, Any], request_id: int
) -> None:
    ours, theirs = (browser.page(f"/requests/{request_id}") for browser, _ in (specialist, end_user))
    for page in (ours, theirs):
        assert ("The shop is slow" in page, "Very." in page) == (True, True)
        assert "Who holds it" in page
    assert "He says so often." in ours
    assert "Internal note: for specialists only" in ours
    assert 'id="history"' in ours
    for word in ("He says so often.", "Internal note", 'id="history"', 'id="deliveries"', "The newest"):
        assert word not in theirs
    assert "note_count" not in end_user[1].get(f"requests/{request_id}"), "it counts internal ones too"


def test_specialists_see_that_it_is_urgent_and_until_when_the_customers_requester_expects_it(
    account: Account, specialist: tuple[Browser, Any], end_user: tuple[Browser, Any]
) -> None:
    made = end_user[1].post("requests", {"subject": "In a hurry", "category": "other"})
    path = f"/requests/{made['id']}"
    words = ("<strong>Urgent</strong>", "Customer’s resolution target")
    assert [word in specialist[0].page(path) for word in words] == [False, False]
    specialist[1].patch(path.lstrip("/"), {"urgent": True})
    above = Above("wdc", "request/wdc/1", 5, None, Episode(1, 1), target_at=account.clock.now())
    stored = account.contexts["requests"].database["requests"]
    stored.update_one({"_id": made["id"]}, {"$set": {"above": encode(above)}})
    assert [word in specialist[0].page(path) for word in words] == [True, True]
    assert [word in end_user[0].page(path) for word in words] == [False, False]


def test_what_is_somebody_elses_is_not_there(account: Account, request_id: int) -> None:
    browser, _ = signed_in(account, "Curious Clara")
    for path in (
        f"/requests/{request_id}",
        "/requests/999999",
        "/requests/nonsense",
        "/requests/assigned_to_me",
    ):
        refused = browser.get(path)
        assert refused.status_code == 404
        assert "There is nothing here" in refused.text


def test_a_file_of_a_note_is_fetched_by_who_may_read_the_note(
    account: Account, specialist: tuple[Browser, Any], end_user: tuple[Browser, Any], request_id: int
) -> None:
    form = {"file": (BytesIO(b"plain words"), "words.txt")}
    client = specialist[1]
    key = client.send("POST", "attachments", data=form, content_type="multipart/form-data").json
    client.post(f"requests/{request_id}/notes", {"text": "See", "internal": True, "attachments": [key]})
    page = specialist[0].page(f"/requests/{request_id}")
    (path,) = re.findall(r'href="(/attachments/\d+)">words.txt', page)
    fetched = specialist[0].get(path)
    assert fetched.data == b"plain words"
    assert fetched.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert end_user[0].get(path).status_code == 404


def test_a_note_shows_the_pictures_of_its_text(specialist: tuple[Browser, Any], request_id: int) -> None:
    browser, client = specialist
    form = {"file": (BytesIO(PNG), "shot.png")}
    key = client.send("POST", "attachments", data=form, content_type="multipart/form-data").json["key"]
    note = {"text": f"See ![]({key}) <b>", "internal": True, "attachments": [{"key": key, "inline": True}]}
    client.post(f"requests/{request_id}/notes", note)
    page = browser.page(f"/requests/{request_id}")
    (path,) = re.findall(r'See <a href="[^"]+"><img [^>]*src="([^"]+)"[^>]*></a> &lt;b&gt;</p>', page)
    assert browser.get(path).data == PNG


def test_hostile_text_is_text_wherever_it_stands(account: Account) -> None:
    browser, client = signed_in(account, "Host Ile", "specialist", "account_administrator")
    team = client.post("teams", {"name": HOSTILE, "member_ids": [client.get("me")["id"]]})
    client.patch("people/me", {"name": HOSTILE})
    fields = {"subject": HOSTILE, "category": "incident", "note": HOSTILE, "team_id": team["id"]}
    id = client.post("requests", fields)["id"]
    client.post(f"requests/{id}/notes", {"text": HOSTILE, "internal": True})
    client.patch(f"requests/{id}", {"member_id": client.get("me")["id"], "supplier_requestID": HOSTILE[:100]})
    paths = (
        f"/requests/{id}",
        "/requests/assigned_to_my_team",
        f"/requests/open?search={HOSTILE}",
        f"/requests/open?{HOSTILE}=1",
        f"/requests/{HOSTILE}",
        f"/sign-in?next={HOSTILE}",
    )
    for path in paths:
        response = browser.get(path)
        page = Seen(response.text)
        assert set(page.tags) <= TAGS, path
        assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
        links = [value for name, value in page.attributes if name in ("href", "action", "src")]
        assert [link for link in links if not link.startswith(("/", "?", "#", "data:,"))] == []
        assert "49" not in page.text.replace(str(id), "")
    shown = Seen(browser.page(f"/requests/{id}")).text
    assert shown.count(HOSTILE) > 6
    refused = browser.sign_in(HOSTILE, "wrong every time")
    assert set(Seen(refused.text).tags) <= TAGS


def test_every_page_has_the_policy_and_needs_no_script(
    account: Account, specialist: tuple[Browser, Any], request_id: int
) -> None:
    browser = specialist[0]
    style = re.findall(r'href="(/styles/[^"]+)"', browser.page("/sign-in"))
    assert len(style) == 2
    paths = ("/sign-in", "/requests/open", f"/requests/{request_id}", "/requests/0", "/nowhere", "/", *style)
    for path in paths:
        headers = browser.get(path).headers
        for name, value in POLICY.items():
            assert headers[name] == value, f"{name} of {path}"
        if path in style:
            assert "immutable" in headers["Cache-Control"]
        else:
            assert headers["Cache-Control"] == "no-store"
    assert browser.get("/styles/other.css").status_code == 404


def test_a_page_says_what_it_is_to_who_does_not_see_it(
    specialist: tuple[Browser, Any], request_id: int
) -> None:
    for path in ("/requests/open", f"/requests/{request_id}", "/sign-in", "/nowhere"):
        page = specialist[0].get(path).text
        assert '<html lang="en">' in page
        assert re.search(r"<title>\S.+ · Widget Data Center</title>", page)
        assert page.count("<h1") == page.count("<main") == 1
        for id in re.findall(r'<input class="[^"]+" id="(\w+)"', page):
            assert f'for="{id}"' in page
        assert 'href="#content"' in page


def test_failures_are_pages_that_say_what_to_do(
    account: Account, specialist: tuple[Browser, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = specialist[0]
    wrong = browser.get("/requests/open?colour=red")
    assert wrong.status_code == 422
    assert "colour" in wrong.text
    assert browser.get("/nowhere").mimetype == "text/html"
    program = account.application.test_client().get("/nowhere", headers={"Accept": "application/json"})
    assert (program.status_code, program.mimetype) == (404, "application/json")
    assert account.application.test_client().get("/v1/nowhere").mimetype == "application/json"
    account.caller.silent.add("organizations")
    try:
        silent = browser.sign_in("sam.specialist@widget.example")
        assert silent.status_code == 503
        assert "organizations did not answer" in silent.text
    finally:
        account.caller.silent.discard("organizations")


def test_a_database_that_is_away_is_a_page_too(
    account: Account, specialist: tuple[Browser, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ServerSelectionTimeoutError("secret host name")

    monkeypatch.setattr("services.requests.queries.list_requests", away)
    silent = specialist[0].get("/requests/open")
    assert silent.status_code == 503
    assert "load the page again" in silent.text
    assert "secret host name" not in silent.text
