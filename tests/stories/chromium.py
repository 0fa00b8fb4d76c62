"""A real browser, Debian's Chromium, without a screen and without a way to anywhere but this machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.waiting import wait_until

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
MISSING = f"there is no {CHROMIUM} and {DRIVER}: make setup installs Debian's, where it may"
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
WIDTH, HEIGHT, PHONE, PAPER = 1200, 1000, 360, 700
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

_FAINT = """
const parts = text => text.match(/[\\d.]+/g).map(Number);
const over = (above, below) => {
  const share = above.length > 3 ? above[3] : 1;
  return [0, 1, 2].map(n => share * above[n] + (1 - share) * below[n]);
};
const light = colour => {
  const [r, g, b] = colour.map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = each =>
  each ? over(parts(getComputedStyle(each).backgroundColor), behind(each.parentElement)) : [255, 255, 255];
const found = [];
for (const each of document.body.querySelectorAll("*")) {
  const text = [...each.childNodes].filter(n => n.nodeType === 3).map(n => n.data.trim()).join(" ").trim();
  if (!text || each.closest(".visually-hidden, .visually-hidden-focusable")) continue;
  const style = getComputedStyle(each), ground = behind(each);
  const two = [light(over(parts(style.color), ground)), light(ground)].sort((a, b) => b - a);
  const contrast = (two[0] + 0.05) / (two[1] + 0.05), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700);
  if (contrast < (large ? 3 : 4.5)) found.push(`${text} (${contrast.toFixed(2)})`);
}
return found;
"""


class Chromium:
    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, width: int = WIDTH) -> None:
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.get(url)

    def type(self, *keys: str) -> None:
        """On the keyboard, wherever the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def sign_in(self, url: str, email: str, password: str) -> None:
        """By keyboard alone: the first field has the focus."""
        self.open(f"{url}/sign-in")
        self.type(email, Keys.TAB, password, Keys.ENTER)

    def value(self, id: str) -> str:
        return str(self.driver.find_element(By.ID, id).get_attribute("value"))

    def text(self, selector: str) -> str:
        return " ".join(each.text for each in self.driver.find_elements(By.CSS_SELECTOR, selector))

    def shows(self, selector: str, text: str) -> None:
        """Waits until it does: after a key was pressed, nobody says when the page is another."""

        def there() -> bool:
            try:
                return text in self.text(selector)
            except StaleElementReferenceException:
                return False

        wait_until(there)

    def focused(self) -> str:
        return str(self.driver.switch_to.active_element.get_attribute("id"))

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        script = "const all = document.documentElement; return all.scrollWidth - all.clientWidth"
        return int(self.driver.execute_script(script))

    def heads_columns_on_paper(self) -> bool:
        """Whether the page's first table is one when it is printed on A4, and not a list as on a phone."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        size = {"width": PAPER, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wide = self.driver.execute_script("return document.querySelector('thead').offsetWidth")
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        return int(wide) > PHONE

    def faint(self) -> list[str]:
        """Texts whose colour is too near to what is behind them (WCAG 2.2, 1.4.3), each with its contrast."""
        return [str(each) for each in self.driver.execute_script(_FAINT)]

    def pictures(self, selector: str) -> list[bool]:
        """Of each picture whether there is something to see."""
        script = "return [...document.querySelectorAll(arguments[0])].map(each => each.naturalWidth > 0)"
        return [bool(each) for each in self.driver.execute_script(script, selector)]

    def complaints(self) -> list[str]:
        """What the browser said of pages since it was asked last, such as what a policy forbade."""
        return [str(each["message"]) for each in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def keep(self, name: str) -> bytes:
        """Makes a screenshot of the whole page."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        return _written(name, base64.b64decode(shot["data"]))

    def keep_beside(self, name: str, *shots: bytes) -> None:
        """Makes one screenshot of several, side by side."""
        pictures = [f"data:image/png;base64,{base64.b64encode(each).decode()}" for each in shots]
        shown = "".join(f'<img style="width:50%;vertical-align:top" src="{each}">' for each in pictures)
        page = SCREENSHOTS / f"{name}.html"
        page.write_text(f'<body style="margin:0">{shown}</body>')
        self.open(page.as_uri(), 2 * WIDTH)
        self.keep(name)
        page.unlink()


def _written(name: str, content: bytes) -> bytes:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"{name}.png").write_bytes(content)
    return content


@contextmanager
def chromium(profile: Path) -> Iterator[Chromium]:
    """Gone with all its processes when it is left. `profile`: an empty directory."""
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    environ = {
        **os.environ,
        "SE_OFFLINE": "true",
        "SE_AVOID_STATS": "true",
        "no_proxy": "127.0.0.1,localhost",
    }
    driver = webdriver.Chrome(options, Service(str(DRIVER), env=environ))
    try:
        yield Chromium(driver)
    finally:
        driver.quit()
