"""The dashboard that every account begins with, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.stories.chromium import CHROMIUM, DRIVER, MISSING, PHONE, chromium
from tests.stories.sides import Side
from tests.waiting import wait_until


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not (CHROMIUM.exists() and DRIVER.exists()), reason=MISSING)
def test_reports_have_their_charts_and_a_figure_leads_to_what_it_counts(widget: Side, tmp_path: Path) -> None:
    url, login = widget.stand.account.url, widget.stand.logins["specialist"]
    with chromium(tmp_path) as browser:
        browser.sign_in(url, login["email"], login["password"])
        browser.shows("header", login["name"])
        browser.open(f"{url}/dashboards")
        board = str(browser.driver.find_element(By.LINK_TEXT, "Service desk").get_attribute("href"))

        def counted() -> bool:
            browser.open(board)
            return "Incident" in browser.text("table")

        wait_until(counted, 60, 1.0)
        charts = browser.pictures(".chart")
        assert charts
        assert all(charts)
        assert (browser.overflow(), browser.faint()) == (0, [])
        browser.keep("dashboard")
        browser.open(board, PHONE)
        assert browser.overflow() == 0
        browser.keep("dashboard-phone")
        browser.open(board)
        figure = browser.driver.find_element(By.CSS_SELECTOR, "table a")
        count = int(figure.text)
        browser.open(str(figure.get_attribute("href")))
        assert count > 0
        assert f"{count} request" in browser.text("h1 + p")
        assert browser.text("tbody") != ""
        assert (browser.overflow(), browser.faint()) == (0, [])
        browser.keep("dashboard-records")
        assert browser.complaints() == []
