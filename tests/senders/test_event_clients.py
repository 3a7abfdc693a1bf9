"""Unmodified event clients, as docs/senders.md has them, against the deployed system."""

import sys

import pytest

from shared.domain.timeline import Kind
from tests.senders.conftest import Sending, Tunnel
from tests.senders.snippets import snippet
from tests.system.conftest import eventually

DONE = (Kind.TRIGGERED, Kind.ACKNOWLEDGED, Kind.RESOLVED)


@pytest.mark.parametrize("client", ["pagerduty", "pdpyras"])
def test_a_python_client_triggers_acknowledges_resolves_and_tells_of_a_change(sending: Sending, client: str) -> None:
    key = sending.run(sys.executable, "-c", sending.documented(f"Python: {client}"))
    sending.come_to(key, *DONE)
    assert len(key) == 64  # made from what was sent, as none was given
    eventually(lambda: sending.changed("ci").count("deploy 17") == (1 if client == "pagerduty" else 2), "the change")


def test_pdjs_does_the_same(sending: Sending) -> None:
    key = sending.run("node", "-e", sending.documented("Node: @pagerduty/pdjs"))
    sending.come_to(key, *DONE)
    eventually(lambda: sending.changed(None) == ["deploy 17"], "the change, which names no source")


def test_curl_does(sending: Sending) -> None:
    assert '"dedup_key": "disk db-5"' in sending.run("sh", "-c", sending.documented("Anything else"))
    assert sending.incident("disk db-5").title == "disk full"
    sending.running.resolve("disk db-5")


def test_the_console_script_of_pagerduty_sends(sending: Sending) -> None:
    said = sending.run(
        *("pagerduty", "trigger", "-k", sending.key, "--description", "by hand", "--base-url", sending.url)
    )
    key = said.rpartition(": ")[2]
    assert sending.incident(key).title == "by hand"
    sending.run("pagerduty", "resolve", "-k", sending.key, "-i", key, "--base-url", sending.url)
    sending.come_to(key, Kind.TRIGGERED, Kind.RESOLVED)


def test_apprise_sends_through_a_proxy_and_the_same_words_are_the_same_alert(sending: Sending, tunnel: Tunnel) -> None:
    for _ in range(2):
        trusts = {"HTTPS_PROXY": tunnel.gate.url, "REQUESTS_CA_BUNDLE": str(tunnel.ca)}
        sending.run("sh", "-c", snippet("apprise", sending.url, sending.key), **trusts)
    first, again = (seen.answer["dedup_key"] for seen in tunnel.gate.answered(202))
    assert first == again
    incident = sending.incident(first)
    assert "disk full" in incident.title
    eventually(lambda: sending.running.mails("ada@acme.example", "on db-4"), "the page")
    sending.running.resolve(first)
    sending.come_to(first, Kind.TRIGGERED, Kind.RESOLVED)


def test_a_client_that_is_told_503_though_its_event_was_taken_makes_one_incident(
    sending: Sending, tunnel: Tunnel
) -> None:
    """CLIENTS' input 1: it comes again, meets its own alert, and is told the same key."""
    tunnel.gate.losing_answers = True
    send = """
from pagerduty import EventsApiV2Client, HttpError
events = EventsApiV2Client("KEY")
events.sleep_timer = 0.01
events.stagger_cooldown = 0
try:
    events.trigger("answer lost", "db-6")
except HttpError:
    print("gave up")
"""
    trusts = {"HTTPS_PROXY": tunnel.gate.url, "SSL_CERT_FILE": str(tunnel.ca)}
    assert sending.run(sys.executable, "-c", send.replace("KEY", sending.key), **trusts) == "gave up"
    keys = [seen.answer["dedup_key"] for seen in tunnel.gate.answered(202)]
    assert len(keys) > 2
    assert len(set(keys)) == 1
    eventually(lambda: sending.running.mails("ada@acme.example", "answer lost"), "the page")
    sending.running.resolve(keys[0])
    sending.come_to(keys[0], Kind.TRIGGERED, Kind.RESOLVED)
    assert len(sending.running.mails("ada@acme.example", "answer lost")) == 1
