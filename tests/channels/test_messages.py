"""What people read: it leads with what a half-asleep person needs, and no text from outside forges anything."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.channels import gsm7, language, mail, sms
from shared.domain.alert import Alert
from shared.domain.change_event import ChangeEvent, ServiceChange
from shared.domain.directory import Medium
from shared.domain.event import Event, Link, Severity
from shared.domain.incident import Incident, begin
from shared.domain.notification import Page
from shared.flow.channel import Notice
from tests.domain.test_incident import BEGUN
from tests.flow.people import FALLBACK, user

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)> hx-get=/x',
    "line\r\nBcc: everybody@evil.example\r\n\r\nbody",
    "\u202egnp.exe \u200b\u2066hidden\x1b[31mred\x00",
    "=cmd|'/C calc'!A0",
    "<!channel> @everyone *bold*",
    "ack\nresolve\n> quoted",
    "\ud800 lone surrogate",
    "x" * 5000,
    "障害が発生しました。至急ご確認ください。" * 20,
    "🔥" * 400,
    "",
]


def notice(title: str = "checkout-5xx: Threshold Crossed", medium: Medium = Medium.EMAIL, **told: object) -> Notice:
    incident: Incident = replace(begin("QAAAAAAAAAAAAA", BEGUN), title=title)
    event = Event(
        action="trigger",  # type: ignore[arg-type]
        dedup_key="k",
        severity=Severity.CRITICAL,
        summary=title,
        source=title,
        source_type="cloudwatch",
        links=(Link(href=title, text=title), Link(href="javascript:alert(1)", text="click")),
        client_url=title,
        custom_details={title or "empty": [title, {"deep": title}]},
    )
    ada = user("ada")
    contact = next(contact for contact in ada.contacts if contact.medium is medium)
    page = Page(
        incident=incident.id,
        entry="1",
        user="ada",
        rule=0,
        level=1,
        epoch=1,
        method=contact.name,
        medium=medium,
        address=contact.address,
        due=NIGHT,
    )
    alert = Alert(id="PALERT", key="k", event_id="e", event=event)
    told = {"page": page, "user": ada, "contact": contact, "alert": alert, "reply_to": "reply+x@in.example", **told}
    return Notice(incident=incident, account="Acme", **told)  # type: ignore[arg-type]


def test_a_mail_leads_with_number_severity_service_and_what() -> None:
    page = mail.render(notice())
    assert page.subject == "[#17 critical] checkout: checkout-5xx: Threshold Crossed"
    assert page.text.splitlines()[0] == "TOCSIN 17 · CRITICAL · checkout"
    assert "ack" in page.text
    assert "resolve" in page.text


def test_a_page_says_that_a_program_wrote_it_and_hangs_in_its_incident_s_thread() -> None:
    headers = dict(mail.render(notice()).headers)
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["References"] == "<QAAAAAAAAAAAAA.incident@tocsin>"
    answer = mail.render(notice(answer="You have it.", in_reply_to="<1@acme.example>", page=None))
    assert answer.text.startswith("You have it.")
    assert dict(answer.headers)["In-Reply-To"] == "<1@acme.example>"
    assert dict(answer.headers)["Auto-Submitted"] == "auto-replied"


def test_the_fallback_contact_reads_that_nobody_answered() -> None:
    page = replace(notice().page, user="fallback")  # type: ignore[type-var]
    told = notice(page=page, user=None, contact=FALLBACK[0], reply_to=None)
    assert "Nobody has answered" in mail.render(replace(told, incident=replace(told.incident, reached=True))).subject


def test_times_are_in_the_reader_s_zone() -> None:
    tokyo = replace(user("ada"), time_zone="Asia/Tokyo")
    assert "12:00" in mail.render(notice(user=tokyo)).text
    assert "12:00" in sms.render(notice(user=tokyo, medium=Medium.SMS))


@pytest.mark.parametrize("title", HOSTILE)
def test_no_text_from_outside_forges_a_header_markup_or_a_line(title: str) -> None:
    page = mail.render(notice(title))
    everything = [page.subject, *(value for header in page.headers for value in header)]
    assert not [text for text in everything if re.search(r"[\r\n\x00-\x1f\x7f]", text)]
    assert "<script" not in page.html
    assert "<img" not in page.html
    assert "javascript:" not in re.sub(r">[^<]*<", "><", page.html)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b\x1b\x00]", page.subject + page.text + page.html)
    assert "\nBcc:" not in page.text
    page.text.encode()
    page.html.encode()


@pytest.mark.parametrize("title", HOSTILE)
def test_a_text_is_one_line_of_two_parts_at_most(title: str) -> None:
    text = sms.render(notice(title, medium=Medium.SMS))
    assert gsm7.parts(text) <= 2
    assert not re.search(r"[\r\n\x00-\x1f\u202a-\u202e\u200b]", text)
    assert text.startswith("TOCSIN 17 checkout CRITICAL: ")


def test_a_text_leads_with_what_counts_and_costs_one_part() -> None:
    text = sms.render(notice(medium=Medium.SMS))
    assert text == "TOCSIN 17 checkout CRITICAL: checkout-5xx: Threshold Crossed. Since 03:00 UTC. Answer by mail."
    assert gsm7.parts(text) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("🔥" * 35, 1),
    ],
)
def test_parts_are_counted_as_networks_do(text: str, expected: int) -> None:
    assert gsm7.parts(text) == expected


@pytest.mark.parametrize("said", ["deploy 17", *HOSTILE])
def test_a_mail_names_what_was_changed_before_in_one_line_each(said: str) -> None:
    change = ChangeEvent(summary=said or "nothing", source=said)
    told = {"service": "checkout", "at": NIGHT, "accepted_at": NIGHT, "integration": "P"}
    page = mail.render(notice(changes=(ServiceChange(id="P1", change=change, **told),)))  # type: ignore[arg-type]
    (line,) = [line for line in page.text.splitlines() if line.startswith("Changed 03:00")]
    assert said != "deploy 17" or line.endswith("deploy 17 (deploy 17)")
    assert "<script" not in page.html
    assert "Changed 03:00" in page.html


def test_a_mail_says_where_a_message_lies_that_was_too_large_to_travel() -> None:
    alert = replace(notice().alert, raw_at="s3://tocsin-raw/raw/2026-11-23/0.json")  # type: ignore[type-var]
    page = mail.render(notice(alert=alert))
    assert re.search(r"^Whole message +s3://tocsin-raw/raw/2026-11-23/0.json$", page.text, re.MULTILINE)


@pytest.mark.parametrize(
    ("summary", "shown"), [("disk full", "disk full."), ("disk full.", "disk full."), ("why?", "why?"), ("…", "…")]
)
def test_the_next_sentence_begins_after_a_stop(summary: str, shown: str) -> None:
    assert language.FILTERS["sentence"](summary) == shown
