"""``tocsin route``: where an event goes and why, for programs and for people."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.console import printable
from cli.event_file import read_event
from cli.main import app
from cli.route import Routed, routes
from cli.simulate import Night, simulate
from shared.config.build import build
from shared.config.read import load
from shared.domain.directory import Directory
from shared.domain.errors import ConfigError
from shared.domain.instants import parse_instant
from tests.cli.test_command import ACME, ALARM, tocsin

AT = parse_instant("2026-11-24T03:00Z")
KEY = "R" * 32
ACME_FILES = """
account: {name: Acme, fallback: {email: ops@acme.example}, priorities: [P1, P2]}
users: {ada: {name: Ada, email: ada@acme.example}}
escalation_policies: {all: {levels: [{notify: ["user:ada"], after: 5m}]}}
services:
  checkout:
    policy: all
    urgency: severity
    tags: [pci]
    integrations:
      events: {source: events_v2, key: %s}
      alarms: {source: cloudwatch, when: {resource: [{wildcard: "*:alarm:checkout-*"}]}}
  platform: {policy: all, pause: 2m, integrations: {findings: {source: guardduty}}}
unrouted: platform
maintenance:
  - {services: [checkout], from: 2026-11-24T02:00Z, to: 2026-11-24T04:00Z, reason: upgrade}
event_rules:
  - {name: staging is quiet, when: {source: [{prefix: staging-}]}, then: {suppress: true}}
  - {name: chatter, when: {class: [chatter]}, then: {drop: true}}
  - {name: flapping, when: {class: [disk]}, then: {open_after: {count: 5, within: 10m}, continue: true}}
  - name: critical vulnerability
    when: {custom_details: {package: [{exists: true}]}}
    extract: {package: {from: custom_details.package, regex: "^([^@]+)"}}
    then: {severity: critical, priority: P1, tags: [security], summary: "CVE in {package}", runbook: cve,
           ticket: {system: jira, project: SEC}}
  - {name: to the platform, when: {group: [infra]}, then: {route: platform}}
runbooks: {cve: {title: A vulnerability, steps: Look it up.}}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Directory:
    (tmp_path / "acme.yaml").write_text(ACME_FILES % KEY)
    return build(load(tmp_path).document, 1)


def routed(
    directory: Directory, tmp_path: Path, key: str = KEY, at: str = "2026-11-25T03:00Z", **payload: Any
) -> Routed:
    file = tmp_path / "event.json"
    said = {"summary": "disk: full", "source": "db-1", "severity": "warning", **payload}
    file.write_text(json.dumps({"routing_key": key, "event_action": "trigger", "dedup_key": "disk", "payload": said}))
    (only,) = routes(directory, *read_event(str(file), None), parse_instant(at))
    return only


def test_a_way_is_told_to_programs_as_one_object(directory: Directory, tmp_path: Path) -> None:
    assert routed(directory, tmp_path, custom_details={"package": "log4j@2"}).as_json() == {
        "service": "checkout",
        "policy": "all",
        "urgency": "high",
        "priority": "P1",
        "tags": ["pci", "security"],
        "summary": "CVE in log4j",
        "severity": "critical",
        "dedup_key": "disk",
        "suppressed": False,
        "trace": [
            {"rule": "staging is quiet", "matched": False, "because": "source does not begin with staging-"},
            {"rule": "chatter", "matched": False, "because": "class is not there"},
            {"rule": "flapping", "matched": False, "because": "class is not there"},
            {
                "rule": "critical vulnerability",
                "matched": True,
                "because": "custom_details.package is there; {package} is log4j",
            },
        ],
    }


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({"source": "staging-1"}, "suppressed by the rule 'staging is quiet': no incident opens, nobody is told"),
        ({"class": "chatter"}, "dropped by the rule 'chatter': it is counted, and kept a day"),
        ({"class": "disk"}, "held: an incident opens at event 5 within 10m"),
        ({"group": "infra"}, "held: pause: an incident opens if it is still open after 2m"),
        ({"group": "infra"}, "goes to platform: policy all, high urgency"),
        ({"custom_details": {"package": "x"}}, "ticket: system jira, project SEC"),
        ({"custom_details": {"package": "x"}}, "runbook: cve"),
        ({"custom_details": {"package": "x"}}, "severity: critical"),
        ({"custom_details": {"package": "x"}}, "tags: pci, security"),
        ({}, "came by checkout's events: the routing key is its own"),
    ],
)
def test_people_read_what_comes_of_it(directory: Directory, tmp_path: Path, payload: dict[str, Any], told: str) -> None:
    assert told in [line.strip() for line in routed(directory, tmp_path, **payload).in_words()]


def test_maintenance_at_that_time_is_said(directory: Directory, tmp_path: Path) -> None:
    way = routed(directory, tmp_path, at="2026-11-24T03:00Z")
    assert "  held: maintenance: upgrade until 2026-11-24T04:00:00Z" in way.in_words()


@pytest.mark.parametrize(("payload", "service"), [({"source": "staging-1"}, "checkout"), ({"class": "chatter"}, None)])
def test_what_nobody_is_told_of_is_suppressed_for_programs(
    directory: Directory, tmp_path: Path, payload: dict[str, Any], service: str | None
) -> None:
    way = routed(directory, tmp_path, **payload).as_json()
    assert (way["suppressed"], way["service"]) == (True, service)


def test_the_only_integration_of_its_source_takes_another_key_s_event(directory: Directory, tmp_path: Path) -> None:
    way = routed(directory, tmp_path, key="X" * 32)
    assert way.arrived.because == "it is the only one of events_v2; its routing key is another"
    assert way.as_json()["service"] == "checkout"


def test_whose_key_it_is_must_be_known_where_there_are_several(tmp_path: Path) -> None:
    more = "integrations: {findings: {source: guardduty}, more: {source: events_v2}}"
    text = (ACME_FILES % KEY).replace("integrations: {findings: {source: guardduty}}", more)
    (tmp_path / "acme.yaml").write_text(text)
    with pytest.raises(ConfigError, match="2 are of its source: write `key` at the one that is meant"):
        routed(build(load(tmp_path).document, 1), tmp_path, key="X" * 32)


def test_an_alarm_that_no_integration_takes_goes_to_unrouted(directory: Directory, tmp_path: Path) -> None:
    alarm = json.loads(Path(ALARM).read_text())
    alarm["resources"] = [alarm["resources"][0].replace("checkout", "other")]
    file = tmp_path / "alarm.json"
    file.write_text(json.dumps(alarm))
    (way,) = routes(directory, *read_event(str(file), "cloudwatch"), AT)
    words = list(way.in_words())
    assert "  came by nothing: no integration of cloudwatch takes it" in words
    assert "  goes to platform, as nothing routes it: policy all, low urgency" in words


def test_an_alarm_is_taken_by_the_pattern_that_it_matches(directory: Directory) -> None:
    (way,) = routes(directory, *read_event(ALARM, "cloudwatch"), AT)
    assert way.arrived.because == "resource is like *:alarm:checkout-*"


def test_the_command_answers_programs_and_people() -> None:
    said = tocsin("route", ACME, ALARM, "--source", "cloudwatch", "--at", "2026-11-24T03:00Z", "--json")
    assert (said.code, said.err) == (0, "")
    assert list(said.json) == [
        *("service", "policy", "urgency", "priority", "tags", "summary", "severity", "dedup_key", "suppressed"),
        "trace",
    ]
    assert said.json["trace"] == [
        {"rule": "staging is quiet", "matched": False, "because": "source does not begin with staging-"}
    ]
    assert (
        "goes to checkout: policy checkout, high urgency" in tocsin("route", ACME, ALARM, "--source", "cloudwatch").out
    )
    ok = json.loads(Path(ALARM).read_text())
    ok["detail"]["state"]["value"] = "INSUFFICIENT_DATA"
    nothing = tocsin("route", ACME, "-", "--source", "cloudwatch", "--json", typed=json.dumps(ok))
    assert (nothing.code, nothing.json) == (0, [])


def test_simulate_says_that_too_few_of_them_came(directory: Directory, tmp_path: Path) -> None:
    routed(directory, tmp_path, **{"class": "disk"})
    night = Night(at=parse_instant("2026-11-25T03:00Z"))
    (line,) = simulate(directory, *read_event(str(tmp_path / "event.json"), None), night)
    assert (line["kind"], line["text"]) == ("suppress", "an incident opens at event 5 of its key within 10m")


def test_what_an_event_says_can_t_forge_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], directory: Directory
) -> None:
    hostile = {"summary": "x\n  goes to nobody\x1b[2J\u202e", "custom_details": {"package": "p\nq\x07"}}
    routed(directory, tmp_path, **hostile)
    assert app(["route", str(tmp_path), str(tmp_path / "event.json")]) == 0
    out = capsys.readouterr().out
    assert out == printable(out)
    assert "\n  goes to nobody" not in out
    assert r"x\x0a  goes to nobody\x1b[2J\x202e" in out
    assert r"{package} is p\x0aq\x07" in out
