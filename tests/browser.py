"""A real browser, headless, driven over the pipe of its own debugging protocol: no driver, no port, no download.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 20.0  # s
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


class Broken(Exception):
    """What the browser answered to a command, or what a page threw."""


class Tab:
    """One page, as somebody sees and presses it."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self._browser, self._session = browser, session

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.do(method, session=self._session, **params)

    def open(self, url: str) -> None:
        loaded = self._browser.count(self._session, "Page.loadEventFired")
        answer = self.do("Page.navigate", url=url)
        if "errorText" in answer:
            raise Broken(f"{url}: {answer['errorText']}")
        self._browser.until(lambda: self._browser.count(self._session, "Page.loadEventFired") > loaded, url)

    def evaluate(self, script: str) -> Any:
        """The value of an expression, awaited."""
        answer = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            raise Broken(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, button: str) -> None:
        """A button by what it says; the page that it leads to is there when this returns."""
        loaded = self._browser.count(self._session, "Page.loadEventFired")
        self.click(button)
        self._browser.until(lambda: self._browser.count(self._session, "Page.loadEventFired") > loaded, button)

    def click(self, button: str) -> None:
        found = f"[...document.querySelectorAll('button')].find(b => b.textContent.trim() === {json.dumps(button)})"
        self.evaluate(f"{found}.click()")

    @property
    def text(self) -> str:
        return self.evaluate("document.body.innerText")

    def complaints(self) -> list[str]:
        """What the page's policy refused, and what it threw."""
        return self._browser.complaints(self._session)

    def dark(self, on: bool) -> None:
        scheme = "dark" if on else "light"
        self.do("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, to: Path) -> None:
        shot = self.do("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        to.write_bytes(base64.b64decode(shot["data"]))


class Browser:
    def __init__(self, process: "subprocess.Popen[bytes]", reads: int, writes: int) -> None:
        self._process, self._reads, self._writes = process, reads, writes
        self._number, self._rest = 0, b""
        self.events: list[dict[str, Any]] = []

    def do(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        self._number += 1
        told = {"id": self._number, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self._writes, json.dumps(told).encode() + b"\0")
        number, deadline = self._number, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in self._hear(deadline):
                if message.get("id") == number:
                    if "error" in message:
                        raise Broken(f"{method}: {message['error']}")
                    return message["result"]
        raise Broken(f"{method} was not answered within {PATIENCE:.0f} s")

    def until(self, look: Callable[[], T], what: str) -> T:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := look():
                return found
            time.sleep(0.05)
            self.do("Browser.getVersion")  # hears what has happened
        raise Broken(f"{what}: nothing within {PATIENCE:.0f} s")

    def tab(self) -> Tab:
        target = self.do("Target.createTarget", url="about:blank")["targetId"]
        tab = Tab(self, self._attach(target))
        for domain in ("Page", "Runtime", "Log"):
            tab.do(f"{domain}.enable")
        tab.do("Emulation.setDeviceMetricsOverride", **PHONE)
        return tab

    def worker(self) -> Tab:
        """The service worker that is running."""

        def running() -> str | None:
            targets = self.do("Target.getTargets")["targetInfos"]
            return next((target["targetId"] for target in targets if target["type"] == "service_worker"), None)

        tab = Tab(self, self._attach(self.until(running, "a service worker") or ""))
        tab.do("Runtime.enable")
        return tab

    def count(self, session: str, method: str) -> int:
        return sum(e.get("method") == method and e.get("sessionId") == session for e in self.events)

    def complaints(self, session: str) -> list[str]:
        here = [event for event in self.events if event.get("sessionId") == session]
        logged = [e["params"]["entry"]["text"] for e in here if e["method"] == "Log.entryAdded"]
        return logged + [json.dumps(e["params"]) for e in here if e["method"] == "Runtime.exceptionThrown"]

    def _attach(self, target: str) -> str:
        return self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def _hear(self, deadline: float) -> list[dict[str, Any]]:
        """All that came until then: what is behind an answer that somebody waits for is kept, too."""
        if not select.select([self._reads], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return []
        said = os.read(self._reads, 1 << 20)
        if not said:
            raise Broken("the browser has ended")
        *whole, self._rest = (self._rest + said).split(b"\0")
        messages = [json.loads(each) for each in whole]
        self.events += [message for message in messages if "method" in message]
        return messages


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """One that trusts whoever answers, as the system on this machine has a CA of its own. Skips where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    command = [found, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
    command += ["--ignore-certificate-errors", "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank"]
    # The protocol speaks on 3 and 4, whatever numbers the pipes have.
    shell = ["bash", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "bash", *command]
    process = subprocess.Popen(
        shell, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(process, ours_in, ours_out)
    finally:
        os.close(ours_out)
        process.terminate()
        process.wait(10)
        os.close(ours_in)
