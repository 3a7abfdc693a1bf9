"""Nights computed by hand, through the configuration's files: who is told what, when."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.directory import Medium
from shared.domain.event import Severity
from tests.cli.nights import Told, night


def test_nobody_answers(tmp_path: Path) -> None:
    assert night(tmp_path) == [
        Told("03:00", "incident"),
        Told("03:00", "page", "ada", "email"),
        Told("03:03", "page", "ada", "sms"),
        Told("03:05", "escalate", "grace"),
        Told("03:06", "page", "grace", "email"),
        Told("03:15", "escalate", "ada"),
        Told("03:15", "page", "ada", "email"),
        Told("03:18", "page", "ada", "sms"),
        Told("03:20", "escalate", "grace"),
        Told("03:21", "page", "grace", "email"),
        Told("03:30", "exhausted"),
        Told("03:30", "fallback", None, "email"),
    ]


def test_who_forgets_what_they_have_is_paged_anew(tmp_path: Path) -> None:
    found = night(
        tmp_path,
        "acknowledgement_timeout: 30m",
        acknowledged_after=timedelta(minutes=1),
        until=timedelta(minutes=34),
    )
    assert found == [
        Told("03:00", "incident"),
        Told("03:00", "page", "ada", "email"),
        Told("03:01", "acknowledge", "ada"),
        Told("03:31", "retrigger"),
        Told("03:31", "page", "ada", "email"),
        Told("03:34", "page", "ada", "sms"),
    ]


SUPPORTED = 'urgency: support_hours, support_hours: {days: mon-fri, from: "09:00", to: "18:00", raise_low: %s}'


def test_outside_support_hours_it_is_low_and_doesn_t_escalate(tmp_path: Path) -> None:
    assert night(tmp_path, SUPPORTED % "false") == [Told("03:00", "incident"), Told("03:10", "page", "ada", "email")]


def test_inside_support_hours_it_is_high(tmp_path: Path) -> None:
    found = night(tmp_path, SUPPORTED % "false", at="2026-11-23T08:00:00Z", until=timedelta(minutes=4))
    assert [t.at for t in found] == ["08:00", "08:00", "08:03"]


def test_what_is_open_and_low_is_raised_when_the_hours_begin(tmp_path: Path) -> None:
    found = night(tmp_path, SUPPORTED % "true", until=timedelta(hours=5, minutes=6))
    assert found == [
        Told("03:00", "incident"),
        Told("03:10", "page", "ada", "email"),
        Told("08:00", "retrigger"),  # nine in Berlin
        Told("08:00", "page", "ada", "email"),
        Told("08:03", "page", "ada", "sms"),
        Told("08:05", "escalate", "grace"),
        Told("08:06", "page", "grace", "email"),
    ]


def test_on_a_friday_evening_the_hours_begin_on_monday(tmp_path: Path) -> None:
    found = night(tmp_path, SUPPORTED % "true", at="2026-11-20T17:30:00Z", until=timedelta(days=3))
    assert [t.at for t in found if t.kind == "retrigger"] == ["08:00"]
    assert len([t for t in found if t.at < "08:00" or t.at > "17:00"]) >= 2


def test_by_severity_a_warning_is_low(tmp_path: Path) -> None:
    found = night(tmp_path, "urgency: severity", severity=Severity.WARNING)
    assert found == [Told("03:00", "incident"), Told("03:10", "page", "ada", "email")]


def test_a_method_that_fails_hands_on_at_once_and_isn_t_due_again(tmp_path: Path) -> None:
    found = night(tmp_path, fails=[Medium.EMAIL], until=timedelta(minutes=7))
    assert found == [
        Told("03:00", "incident"),
        Told("03:00", "page", "ada", "email"),
        Told("03:00", "page", "ada", "sms"),
        Told("03:05", "escalate", "grace"),
        Told("03:06", "page", "grace", "email"),
        Told("03:06", "escalate", "ada"),  # all that Grace has has failed
        Told("03:06", "page", "ada", "email"),
        Told("03:06", "page", "ada", "sms"),
    ]


GAP = """
schedules:
  nights:
    layers: [{start: 2026-01-05T09:00, turn: 1d, users: [ada], only: [{from: "20:00", to: "22:00"}]}]
escalation_policies:
  web: {levels: [{notify: ["schedule:nights"], after: 5m}, {notify: ["user:grace"], after: 5m}]}
"""


def test_a_level_with_nobody_on_call_is_skipped_at_once(tmp_path: Path) -> None:
    assert night(tmp_path, policy=GAP) == [
        Told("03:00", "incident"),
        Told("03:00", "skip"),
        Told("03:00", "escalate", "grace"),
        Told("03:01", "page", "grace", "email"),
        Told("03:05", "exhausted"),
        Told("03:05", "fallback", None, "email"),
    ]


def test_a_policy_that_reaches_nobody_is_exhausted_at_that_instant(tmp_path: Path) -> None:
    nobody = GAP.replace(', {notify: ["user:grace"], after: 5m}', "").replace("web: {", "web: {repeat: 9, ")
    assert night(tmp_path, policy=nobody) == [
        Told("03:00", "incident"),
        Told("03:00", "skip"),
        Told("03:00", "exhausted"),
        Told("03:00", "fallback", None, "email"),
    ]


def test_silence_resolves_what_nobody_touched(tmp_path: Path) -> None:
    found = night(tmp_path, "urgency: low, auto_resolve: 4h")
    assert found == [
        Told("03:00", "incident"),
        Told("03:10", "page", "ada", "email"),
        Told("07:00", "auto_resolve"),
    ]


WINDOW = "maintenance: [{services: [web], from: 2026-11-23T03:30, to: 2026-11-23T05:00, reason: database upgrade}]\n"


def test_in_maintenance_nobody_is_paged_until_the_window_ends(tmp_path: Path) -> None:
    found = night(tmp_path, more=WINDOW, until=timedelta(hours=1, minutes=1))  # three o'clock is four in Berlin
    assert found == [
        Told("03:00", "maintenance"),
        Told("04:00", "incident"),
        Told("04:00", "page", "ada", "email"),
    ]


def test_a_pause_holds_what_may_be_over_by_itself(tmp_path: Path) -> None:
    found = night(tmp_path, "pause: 2m", until=timedelta(minutes=3))
    assert found == [
        Told("03:00", "pause"),
        Told("03:02", "incident"),
        Told("03:02", "page", "ada", "email"),
    ]


def test_who_is_paged_after_a_pause_may_acknowledge(tmp_path: Path) -> None:
    found = night(tmp_path, "pause: 2m", acknowledged_after=timedelta(minutes=1))
    assert found[-1] == Told("03:02", "acknowledge", "ada")


def test_a_pause_that_ends_in_maintenance_lasts_until_that_ends(tmp_path: Path) -> None:
    at = "2026-11-23T02:29:00Z"
    found = night(tmp_path, "pause: 2m", more=WINDOW, at=at, until=timedelta(hours=1, minutes=32))
    assert [(t.at, t.kind) for t in found] == [("02:29", "pause"), ("04:00", "incident"), ("04:00", "page")]


@pytest.mark.parametrize("then", ["suppress", "drop"])
def test_what_is_held_back_is_told(tmp_path: Path, then: str) -> None:
    rule = f"event_rules: [{{name: quiet, when: {{severity: [critical]}}, then: {{{then}: true}}}}]\n"
    assert night(tmp_path, more=rule) == [Told("03:00", "suppress")]
