"""Those who look after others' requests, in a real browser: a customer representative and a key contact."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.stories.chromium import CHROMIUM, DRIVER, MISSING, PHONE, Chromium, chromium
from tests.stories.observed import CANARY, registered, shown, sla_with
from tests.stories.sides import Desks, Record, Side
from tests.waiting import wait_until

# On a busy machine too.
soon = partial(wait_until, deadline_seconds=60)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason=MISSING),
]
PASSWORD = "three words and a half"


@pytest.fixture
def held(desks: Desks, customer: None) -> Record:
    """What GigaTera holds for Widget's people, as Widget's representative has it."""
    manager, grace = desks.api("gigatera", "manager"), desks.api("widget", "representative")
    soon(lambda: sla_with(manager, "widget")["represented_by"] != [])
    subject = "The month end run stops"
    registered(desks, subject)
    soon(lambda: len(shown(grace, subject)) == 1)
    (found,) = shown(grace, subject)
    soon(lambda: len(grace.get(f"requests/{found['id']}/notes")) == 1)
    return found


@pytest.fixture
def asked(desks: Desks, widget: Side) -> int:
    """What Tom of Widget asked, with an internal note of Widget's own, in the representative's hands too."""
    widget.api.post(f"requests/{widget.id}/notes", {"text": f"Widget's, {CANARY}", "internal": True})
    grace = desks.api("widget", "representative")
    soon(lambda: [each["id"] for each in grace.get("requests/all_requests", id=widget.id)] == [widget.id])
    return widget.id


def test_a_representative_looks_at_what_her_slas_affect_at_both_accounts(
    desks: Desks, held: Record, asked: int, tmp_path: Path
) -> None:
    stand, board = desks.stands["widget"], shared_board(desks)
    url, login = stand.account.url, stand.logins["representative"]
    with chromium(tmp_path) as browser:
        browser.sign_in(url, login["email"], login["password"])
        browser.shows("header", login["name"])
        browser.open(f"{url}/requests/all_requests")
        theirs, ours = (line_of(browser, id) for id in (held["id"], asked))
        assert "The month end run stops GigaTera" in " ".join(theirs.split())
        assert "caller of The month end run stops" in theirs
        assert ("GigaTera" in ours, stand.logins["end_user"]["name"] in ours) == (False, True)
        assert browser.faint() == []
        browser.keep("representative-all-requests")
        page = request_page(browser, f"{url}/requests/{held['id']}")
        assert "as GigaTera told it" in page
        assert "It stops at page 3." in page
        page = request_page(browser, f"{url}/requests/{asked}")
        assert "The newest" not in page, "which would tell how many internal notes there are"
        browser.open(f"{url}/dashboards")
        assert browser.text(".list-group a") == "For our customers"

        def counted() -> bool:
            browser.open(f"{url}/dashboards/{board['id']}")
            return browser.text("tbody a") not in ("", "0")

        wait_until(counted, 60, 1.0)
        figure = browser.driver.find_element(By.CSS_SELECTOR, "tbody a")
        count = figure.text
        browser.open(str(figure.get_attribute("href")))
        numbers = [each.text for each in browser.driver.find_elements(By.CSS_SELECTOR, "tbody .of-id a")]
        assert (len(numbers), str(asked) in numbers) == (int(count), True)
        assert "Team" not in browser.text("thead")
        assert browser.complaints() == []


def test_a_key_contact_looks_at_what_her_organization_asked_and_at_nothing_else(
    desks: Desks, held: Record, asked: int, tmp_path: Path
) -> None:
    url, email = desks.stands["widget"].account.url, key_contact(desks)
    with chromium(tmp_path) as browser:
        browser.sign_in(url, email, PASSWORD)
        browser.shows("header", "Kim Keller")
        assert "Dashboards" not in browser.text("nav")
        browser.open(f"{url}/requests/all_requests")
        assert desks.stands["widget"].logins["end_user"]["name"] in line_of(browser, asked)
        assert "The month end run stops" not in browser.text("tbody")
        assert "The newest" not in request_page(browser, f"{url}/requests/{asked}")
        assert browser.complaints() == []
        browser.open(f"{url}/requests/{held['id']}")
        assert browser.text("h1") == "There is nothing here"


def line_of(browser: Chromium, id: int) -> str:
    """The line of a request in a list."""
    for each in browser.driver.find_elements(By.CSS_SELECTOR, "tbody tr"):
        if each.find_element(By.CSS_SELECTOR, ".of-id").text == str(id):
            return each.text
    raise AssertionError(f"no request {id} among {browser.text('tbody')}")


def request_page(browser: Chromium, address: str) -> str:
    """The text of a request's page, which tells nobody who does not work for the account what is internal,
    and fits a telephone."""
    browser.open(address, PHONE)
    assert browser.overflow() == 0
    browser.open(address)
    assert browser.faint() == []
    page = browser.text("main")
    assert CANARY not in browser.driver.page_source
    for word in ("Internal note", "History", "Deliveries", "Hand-overs", "Supplier’s request"):
        assert word not in page
    return page


def shared_board(desks: Desks) -> Record:
    """A dashboard of Widget's specialist that is shared with who represents its own SLA."""
    api = desks.api("widget")
    (sla,) = (each for each in api.get("slas") if each["name"] == "Web Shop for the business")
    report = api.post("reports", {"name": "Asked", "subject": "requests", "measures": ["count"]})
    shared = {"name": "For our customers", "reports": [report["id"]], "slas": [sla["id"]]}
    board: Record = api.post("dashboards", shared)
    return board


def key_contact(desks: Desks) -> str:
    """The e-mail address of a key contact of Widget's organization, who can sign in."""
    admin, email = desks.api("widget", "admin"), "kim.keller@widget.example"
    organization = admin.get("account")["organization"]["id"]
    kim = admin.post(
        "people", {"name": "Kim Keller", "primary_email": email, "organization_id": organization}
    )
    admin.patch(f"people/{kim['id']}/permissions", {"roles": ["key_contact"]})
    admin.post(f"people/{kim['id']}/set_password", {"password": PASSWORD})
    return email
