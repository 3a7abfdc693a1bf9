"""The link in a mail, on the deployed system: fetched by a scanner, opened and pressed in a real browser."""

import hashlib
import json
import re
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from local.system import Local
from shared.domain.incident import Status
from shared.domain.timeline import Kind
from tests.browser import chromium
from tests.system.conftest import Running, eventually

LINK = re.compile(r"https://\S+/answer/[a-z2-7]+")
FORM = {"content-type": "application/x-www-form-urlencoded"}


def fetch(local: Local, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
    trusted = ssl.create_default_context(cafile=local.description.ca_file)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)
    try:
        with urllib.request.urlopen(request, context=trusted, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def link_of(running: Running, dedup_key: str) -> str:
    mail = eventually(lambda: running.mails("ada@acme.example", dedup_key), "the page")[0]
    found = LINK.search(mail["text"])
    assert found is not None, mail["text"]
    assert found[0] in mail["html"]
    return found[0]


def stored(running: Running, dedup_key: str) -> str:
    """The hash of all that is kept of an incident."""
    loaded = running.incident_of(dedup_key)
    assert loaded is not None
    answer = running.deployment.client("dynamodb").query(
        TableName=running.deployment.facts["incidents_table"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"INC#{loaded.incident.id}"}},
        ConsistentRead=True,
    )
    return hashlib.sha256(json.dumps(answer["Items"], sort_keys=True).encode()).hexdigest()


def test_a_scanner_that_fetches_every_link_changes_nothing(running: Running) -> None:
    running.trigger("scanned")
    link = link_of(running, "scanned")
    eventually(lambda: len((running.incident_of("scanned")).pages) >= 2, "the text")  # type: ignore[union-attr]
    running.resolve("scanned")  # so that nothing else happens to it meanwhile
    eventually(lambda: running.incident_of("scanned").incident.status is Status.RESOLVED, "the end")  # type: ignore[union-attr]
    running.trigger("scanned open")
    open_link = link_of(running, "scanned open")
    before = stored(running, "scanned")
    for url in (link, open_link):
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            fetch(running.local, url, method)
        status, shown = fetch(running.local, url)
        assert (status, "out of order" in shown) == (200, True)
        one_click = fetch(running.local, url, "POST", b"List-Unsubscribe=One-Click", **FORM)
        assert one_click[0] == 403
    assert stored(running, "scanned") == before
    found = running.incident_of("scanned open")
    assert found is not None
    assert (found.incident.status, found.incident.touched) == (Status.TRIGGERED, False)
    running.resolve("scanned open")


def test_a_person_opens_the_link_twice_and_acknowledges_once(running: Running, tmp_path: Path) -> None:
    running.trigger("by link")
    link = link_of(running, "by link")
    with chromium(tmp_path / "profile") as browser:
        tab = browser.tab()
        for _ in range(2):
            tab.open(link)
        assert "by link: out of order" in tab.text
        tab.press("Acknowledge")
        assert "You have it." in tab.text
        assert tab.complaints() == []
        found = running.incident_of("by link")
        assert found is not None
        assert (found.incident.status, found.incident.acknowledged_by) == (Status.ACKNOWLEDGED, ("ada",))
        tab.evaluate("document.querySelector('button[value=resolve]').value = 'ack'")  # as in a page that was left open
        tab.press("Resolve")
        assert "This has counted before" in tab.text
        tab.press("Resolve")
        assert "nothing is left to do" in tab.text
    log = running.deps.incidents.timeline(found.incident.id)
    assert [entry.kind for entry in log if entry.by.user] == [Kind.ACKNOWLEDGED, Kind.RESOLVED]
    assert {entry.by.via for entry in log if entry.by.user} == {"link"}


def test_a_made_up_link_is_refused(running: Running) -> None:
    running.trigger("guessed")
    link = link_of(running, "guessed")
    forged = link[:-1] + ("a" if link[-1] != "a" else "b")
    for url in (forged, forged.replace("/answer/", "/open/"), forged.replace("/answer/", "/push/")):
        assert fetch(running.local, url)[0] == 403
    assert fetch(running.local, forged, "POST", b"do=ack", **FORM, sec_fetch_site="same-origin")[0] == 403
    running.resolve("guessed")


def test_the_list_of_all_that_is_open_shows_what_one_was_told_of(running: Running) -> None:
    running.trigger("listed")
    link_of(running, "listed")
    ada = running.deps.directory.current().users["ada"]
    link = running.deps.replies.overview("ada", ada.contacts[0], running.deps.now())
    assert link is not None
    status, shown = fetch(running.local, link)
    assert status == 200
    assert "listed: out of order" in shown
    running.resolve("listed")
