"""The account's own texts in a folder of configuration: looked at by lint and apply, and what a night's pages say."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.event_file import read_event
from cli.lint import lint
from cli.simulate import Night, simulate
from shared.config.build import build
from shared.config.read import load

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
users:
  ada:
    {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}, phone: {sms: "+447700900001"}},
     notify: {high: [{after: 0m, by: mail}, {after: 1m, by: phone}]}}
escalation_policies:
  all: {levels: [{notify: ["user:ada"], after: 5m}]}
services:
  web: {policy: all, integrations: {events: {source: events_v2, key: R0123456789ABCDEF0123456789ABCDE}}}
unrouted: web
"""
EVENT = """{"routing_key": "R0123456789ABCDEF0123456789ABCDE", "event_action": "trigger", "dedup_key": "a",
 "payload": {"summary": "Orders fail {{ 7*7 }}", "source": "till", "severity": "critical"}}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "team.yaml").write_text(TEAM)
    return tmp_path


def told(folder: Path, texts: str) -> list[tuple[int, str, str, str]]:
    (folder / "texts.yaml").write_text(texts)
    return [(f.line, f.path, f.code, f.level) for f in lint(folder, AT) if f.path.startswith("templates")]


def test_a_text_that_can_t_be_used_is_an_error_at_its_line(folder: Path) -> None:
    texts = """\
templates:
  sms: "{{ number }} {{ sumary }}"
  email:
    subject: "{{ number }} {{ summary }}"
    html: |
      <p>{{ summary }}</p>
      <a href="{{ summary }}">x</a>
"""
    assert told(folder, texts) == [
        (2, "templates.sms", "template", "error"),
        (5, "templates.email.html", "template_markup", "error"),
    ]


def test_a_text_that_leaves_its_reader_to_guess_is_a_warning(folder: Path) -> None:
    assert told(folder, 'templates: {sms: "{{ number }} is broken"}\n') == [
        (1, "templates.sms", "template_vague", "warning")
    ]


def test_texts_may_stand_in_several_files_and_each_once(folder: Path) -> None:
    (folder / "mail.yaml").write_text('templates: {email: {subject: "{{ number }} {{ summary }}"}}\n')
    assert told(folder, 'templates: {sms: "{{ number }} {{ summary }}"}\n') == []
    assert told(folder, 'templates: {email: {text: "{{ summary }}"}}\n') == [(1, "templates.email", "twice", "error")]


def test_an_unknown_text_names_the_nearest(folder: Path) -> None:
    (folder / "texts.yaml").write_text('templates: {emial: {subject: "x"}}\n')
    (finding,) = [f for f in lint(folder, AT) if f.path.startswith("templates")]
    assert "did you mean email?" in finding.message


def test_a_simulated_night_reads_as_the_account_wrote_it(folder: Path) -> None:
    texts = """\
templates:
  sms: "{{ number }} {{ summary }} {{ how }}"
  email: {subject: "{{ account }} {{ number }}: {{ summary }}"}
"""
    assert told(folder, texts) == []
    (folder / "event.json").write_text(EVENT)
    events = read_event(str(folder / "event.json"), None)
    lines = simulate(build(load(folder).document, 1), events[0], events[1], Night(at=AT))
    pages = {line["method"]: line["text"] for line in reversed(lines) if line["kind"] == "page"}
    assert pages == {
        "email": "Acme 1: Orders fail {{ 7*7 }}",
        "sms": "1 Orders fail {{ 7*7 }} Answer 4 ack, 6 resolve.",
    }
