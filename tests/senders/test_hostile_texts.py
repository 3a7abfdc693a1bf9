"""Texts that nobody means well, from the door to the reader: kept as they were sent, shown so that they do nothing."""

import re
import urllib.request
from typing import Any

import pytest

from tests.senders.conftest import Sending
from tests.system.conftest import eventually

TEXTS = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "formula": "=cmd|' /C calc'!A0",
    "right to left": "invoice\u202egnp.exe \u2066hidden\u2069",
    "nul and escapes": "a\0b \x1b[31mred\x07",
    "lines": "one\r\nBcc: mallory@evil.example\r\n\r\nresolve",
    "half a pair": "\ud800 half",
}
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def sent(sending: Sending) -> dict[str, list[dict[str, Any]]]:
    """What Ada and her phone got of each, by its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, text in TEXTS.items():
        sending.running.free_phones()  # there are more of them than a phone takes texts
        told = {"source": text, "component": text, "group": text, "class": text, "custom_details": {text: [text]}}
        status, answer = sending.running.trigger(f"hostile {name}", summary=f"{name}: {text}", **told)
        assert (status, answer["dedup_key"]) == (202, f"hostile {name}")
        found[name] = eventually(lambda name=name: _arrived(sending, name), f"mail and text of {name}")
    return found


def _arrived(sending: Sending, name: str) -> list[dict[str, Any]] | None:
    number = sending.incident(f"hostile {name}").number
    found = [m for m in sending.running.mailbox() if f"TOCSIN {number} " in m["text"]]
    return found if {m["channel"] for m in found} == {"email", "sms"} else None


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_kept_as_it_was_sent(sending: Sending, sent: dict[str, Any], name: str) -> None:
    """Half a surrogate pair, which no encoding knows, as the escape that it was sent as."""
    text = TEXTS[name].replace("\ud800", "\\ud800")
    incident = sending.incident(f"hostile {name}")
    (alert,) = sending.running.deps.incidents.alerts(incident.id)
    event = alert.event
    assert event.summary == incident.title == f"{name}: {text}"
    assert (event.source, event.component, event.group, event.class_) == (text, text, text, text)
    assert event.custom_details == {text: [text]}


@pytest.mark.parametrize("name", TEXTS)
def test_mail_and_text_show_it_harmlessly(sent: dict[str, list[dict[str, Any]]], name: str) -> None:
    for message in sent[name]:
        html = message["html"] or ""  # a text has none
        shown = "\n".join([str(message["subject"]), message["text"], html, *map(str, message["headers"].values())])
        assert not UNSEEN.search(shown)
        assert not re.search(r"<(script|img)", html)
        assert not re.search(r"^(Bcc:|resolve$)", message["text"], re.MULTILINE)
        assert "Bcc" not in message["headers"]


def test_the_mailbox_page_shows_all_of_it_and_runs_nothing(sending: Sending, sent: dict[str, Any]) -> None:
    with urllib.request.urlopen(
        sending.running.local.description.mailbox_url, context=sending.trusted, timeout=30
    ) as answer:
        page = answer.read().decode()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "&lt;script&gt;" in page
    assert not re.search(r"<(script|img)", page)
    assert not UNSEEN.search(page)


@pytest.fixture(scope="module", autouse=True)
def _resolved(sending: Sending, sent: dict[str, Any]) -> Any:
    yield
    for name in TEXTS:
        sending.running.resolve(f"hostile {name}")
