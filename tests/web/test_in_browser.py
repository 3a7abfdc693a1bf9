"""The pages in a real browser: pressed on a phone's screen, by day and by night, and a push that becomes an answer."""

import json
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.domain.incident import Status
from tests.browser import Browser, Tab, chromium
from tests.push.house import DEVICE, House
from tests.push.service import push_service
from tests.web.browser_double import Phone
from tests.web.site import site

LARGE_ENOUGH = 44  # CSS pixels: https://www.w3.org/WAI/WCAG22/Understanding/target-size-enhanced.html
READABLE = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
CONTRASTS = """
(() => {
  const parts = c => c.match(/[\\d.]+/g).map(Number);
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = parts(c).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if ((parts(c)[3] ?? 1) === 1) return c; } return "rgb(255, 255, 255)"; };
  const written = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("main *")].filter(written)
    .map(e => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.textContent.trim().slice(0, 40)]; });
})()
"""
SMALL = f"""
[...document.querySelectorAll("button, select, textarea, a[href]")].filter(e => !e.hidden)
  .filter(e => e.getBoundingClientRect().height < {LARGE_ENOUGH}).map(e => e.textContent.trim())
"""
PICTURES = os.environ.get("TOCSIN_PICTURES")  # a folder, for people who want to look


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found


def here(address: str, link: str) -> str:
    return address + urlsplit(link).path


def keep(tab: Tab, name: str) -> None:
    if PICTURES:
        tab.picture(Path(PICTURES) / f"{name}.png")


def readable(tab: Tab) -> None:
    """By day and by night."""
    for dark in (False, True):
        tab.dark(dark)
        pale = [(round(contrast, 2), text) for contrast, text in tab.evaluate(CONTRASTS) if contrast < READABLE]
        assert pale == []
    assert tab.evaluate(SMALL) == []
    assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth") is True


def test_a_person_looks_twice_acknowledges_with_a_note_and_resolves(browser: Browser) -> None:
    phone = Phone(summary="checkout-5xx: 17 errors a minute on app/checkout/0123456789abcdef, more than 5")
    with site(phone) as address:
        tab = browser.tab()
        for _ in range(2):
            tab.open(here(address, phone.link))
        assert phone.story.incident.status is Status.TRIGGERED
        readable(tab)
        keep(tab, "answer")
        tab.evaluate("document.querySelector('textarea').value = 'On the train.'")
        tab.press("Acknowledge")
        assert "You have it." in tab.text
        assert phone.story.incident.acknowledged_by == ("ada",)
        assert phone.story.log[-2].text == "On the train."
        readable(tab)
        keep(tab, "acknowledged")
        tab.press("Resolve")
        assert phone.story.incident.status is Status.RESOLVED
        assert "nothing is left to do" in tab.text
        readable(tab)
        keep(tab, "resolved")
        assert tab.complaints() == []


def test_the_list_of_all_leads_to_each(browser: Browser) -> None:
    phone = Phone()
    phone.story.receive("network", summary="network: down")
    contact = phone.world.directories.current().users["ada"].contacts[1]
    link = phone.world.deps.replies.overview("ada", contact, phone.world.clock.at)
    assert link is not None
    with site(phone) as address:
        tab = browser.tab()
        tab.open(here(address, link))
        assert "2 open" in tab.text
        readable(tab)
        keep(tab, "overview")
        tab.open(here(address, tab.evaluate("document.querySelector('a').href")))
        assert "network: down" in tab.text


def test_text_from_outside_runs_nothing(browser: Browser) -> None:
    hostile = "<script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'><a href=javascript:alert(1)>"
    phone = Phone(summary=hostile, source=hostile)
    with site(phone) as address:
        tab = browser.tab()
        tab.open(here(address, phone.link))
        assert hostile in tab.text
        assert tab.evaluate("window.stolen === undefined && document.querySelector('img') === null") is True


def test_a_browser_subscribes_is_pushed_to_and_answers_from_the_notification(browser: Browser, tmp_path: Path) -> None:
    with push_service(tmp_path) as (service, trusted):
        house = House(service, trusted, subscribed=False)
        with site(house.phone) as address:
            tab = _subscribed(browser, house, address, trusted)
            (test,) = [message.payload for message in service.delivered]
            house.phone.story.receive("network", summary="network: down")
            page = service.delivered[-1].payload
            worker = browser.worker()
            for payload in (test, page):
                _push(worker, payload)
            shown = tab.evaluate(
                "navigator.serviceWorker.ready.then(r => r.getNotifications())"
                ".then(all => all.map(n => [n.title, n.body, n.actions.map(a => a.action)]))"
            )
            assert ["Tocsin reaches you here", test["body"], []] in shown
            assert [page["title"], page["body"], ["ack", "resolve"]] in shown
            data = json.dumps({"link": page["link"], "tag": page["tag"]})
            worker.evaluate(f"answer('ack', {data})")
            assert house.phone.story.incident.acknowledged_by == ("ada",)
            answers = tab.evaluate(
                "navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => n.body))"
            )
            assert "You have it. 2 network is acknowledged." in answers


def _subscribed(browser: Browser, house: House, address: str, trusted: ssl.SSLContext) -> Tab:
    """The browser's own push service is out of reach here: a strict one takes its place."""
    told = json.dumps(house.service.subscribe(house.keys.public))
    browser.do("Browser.grantPermissions", origin=address, permissions=["notifications"])
    tab = browser.tab()
    tab.do(
        "Page.addScriptToEvaluateOnNewDocument",
        source=f"PushManager.prototype.subscribe = async o => (window.asked = o, {{toJSON: () => ({told})}});",
    )
    tab.open(here(address, house.link))
    readable(tab)
    keep(tab, "push")
    tab.click("Page me on this device")
    said = browser.until(lambda: tab.evaluate("!document.getElementById('said').hidden") and tab.text, "an answer")
    assert "pages come to this device from now on" in said
    assert tab.evaluate("window.asked.userVisibleOnly") is True
    assert tab.evaluate("window.asked.applicationServerKey") == house.keys.public
    assert house.state.confirmed
    assert DEVICE.address in said
    readable(tab)
    keep(tab, "subscribed")
    assert tab.complaints() == []
    return tab


def _push(worker: Tab, payload: object) -> None:
    """As the browser hands over what its push service brought."""
    worker.evaluate(
        f"""new Promise(done => {{
          const event = new Event("push");
          event.data = {{ json: () => ({json.dumps(payload)}) }};
          event.waitUntil = work => work.then(done);
          self.dispatchEvent(event);
        }})"""
    )
