"""Whom a page reaches, and what is said where it reaches nobody."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.main import run
from shared.config.lint import lint
from shared.config.read import load

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TEAM = """\
account: {name: Acme, fallback: {email: ops@acme.example}}
users:
  ada: {name: Ada, email: ada@acme.example, contacts: {mail: {email: ada@acme.example}}}
  zed: {name: Zed, email: zed@acme.example}
schedules:
  empty: {layers: []}
  ended: {layers: [{start: 2025-01-06T09:00, turn: 1w, users: [ada], until: 2026-01-05T09:00}]}
  zeds: {layers: [{start: 2025-01-06T09:00, turn: 1w, users: [zed]}]}
  mixed: {layers: [{start: 2025-01-06T09:00, turn: 1w, users: [zed, ada]}]}
escalation_policies:
  all: {levels: LEVELS}
services: {web: {policy: all}}
unrouted: web
"""


def told(tmp_path: Path, text: str, *codes: str) -> list[tuple[str, str, str]]:
    (tmp_path / "a.yaml").write_text(text)
    return [(f.level, f.code, f.path) for f in lint(load(tmp_path), NOW) if f.code in codes]


@pytest.mark.parametrize("target", ["user:zed", "schedule:empty", "schedule:ended", "schedule:zeds"])
def test_a_policy_that_reaches_nobody_is_an_error(target: str, tmp_path: Path) -> None:
    found = told(tmp_path, TEAM.replace("LEVELS", f'[{{notify: ["{target}"], after: 5m}}]'), "nobody")
    assert found == [("error", "nobody", "escalation_policies.all")]


def test_a_level_that_reaches_nobody_is_a_warning_where_another_reaches_somebody(tmp_path: Path) -> None:
    levels = '[{notify: ["user:zed", "schedule:ended"], after: 5m}, {notify: ["schedule:mixed"], after: 5m}]'
    found = told(tmp_path, TEAM.replace("LEVELS", levels), "nobody")
    assert found == [("warning", "nobody", "escalation_policies.all.levels[0]")]


def test_such_a_configuration_can_be_asked_all_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEAM.replace("LEVELS", '[{notify: ["user:zed"], after: 5m}]')
    (tmp_path / "a.yaml").write_text(text)
    assert run(["oncall", str(tmp_path), "--at", "2026-11-23T03:00Z"]) == 0
    assert run(["lint", str(tmp_path), "--at", "2026-11-23T03:00Z"]) == 1
    assert "escalation_policies.all: reaches nobody, on any level" in capsys.readouterr().err


def test_who_is_reached_by_push_alone_is_warned_of(tmp_path: Path) -> None:
    levels = '[{notify: ["user:ada"], after: 5m}]'
    pushed = TEAM.replace("LEVELS", levels).replace(
        "contacts: {mail: {email: ada@acme.example}}", "contacts: {mail: {push: laptop}}"
    )
    assert pushed != TEAM.replace("LEVELS", levels)
    assert told(tmp_path, pushed, "push_alone") == [("warning", "push_alone", "users.ada")]
    assert told(tmp_path, TEAM.replace("LEVELS", levels), "push_alone") == []


def test_a_fallback_that_nothing_delivers_is_an_error(tmp_path: Path) -> None:
    voice = TEAM.replace("fallback: {email: ops@acme.example}", 'fallback: {voice: "+4915112345678", push: ops}')
    levels = '[{notify: ["user:ada"], after: 5m}]'
    assert told(tmp_path, voice.replace("LEVELS", levels), "fallback") == [("error", "fallback", "account.fallback")]
    both = voice.replace("push: ops", "email: ops@acme.example")
    assert told(tmp_path, both.replace("LEVELS", levels), "fallback") == []


def test_onlookers_need_no_way_to_be_paged_until_somebody_pages_them(tmp_path: Path) -> None:
    onlooker = TEAM.replace("{name: Zed,", "{name: Zed, role: stakeholder,")
    alone = onlooker.replace("[zed, ada]", "[ada]").replace("users: [zed]", "users: [ada]")
    quiet = alone.replace("LEVELS", '[{notify: ["user:ada"], after: 5m}]')
    assert told(tmp_path, quiet, "unreachable") == []
    named = alone.replace("LEVELS", '[{notify: ["user:ada", "user:zed"], after: 5m}]')
    assert told(tmp_path, named, "unreachable") == [("warning", "unreachable", "users.zed")] * 2


def test_times_that_end_before_they_begin_are_told(tmp_path: Path) -> None:
    text = TEAM.replace("LEVELS", '[{notify: ["user:ada"], after: 5m}]').replace(
        "  empty: {layers: []}",
        "  empty:\n"
        "    layers: [{start: 2026-01-05T09:00, turn: 1w, users: [ada], until: 2026-01-05T09:00}]\n"
        "    overrides: [{user: ada, from: 2026-03-02T09:00, to: 2026-03-02T09:00+02:00}]",
    )
    window = "maintenance: [{services: [web], from: 2026-02-02T00:00, to: 2026-02-01T00:00}]\n"
    assert [path for _, _, path in told(tmp_path, text + window, "empty")] == [
        "schedules.empty.layers[0].until",
        "schedules.empty.overrides[0].to",
        "maintenance[0].to",
    ]


def test_gaps_are_told_for_thirteen_months_the_first_three_by_name(tmp_path: Path) -> None:
    text = TEAM.replace("LEVELS", '[{notify: ["user:ada"], after: 5m}]').replace(
        "  empty: {layers: []}",
        '  empty: {layers: [{start: 2026-01-05T09:00, turn: 1w, users: [ada], only: [{from: "09:00", to: "08:00"}]}]}',
    )
    (tmp_path / "a.yaml").write_text(text)
    found = [f.message for f in lint(load(tmp_path), NOW) if f.code == "gap" and f.path == "schedules.empty"]
    assert found == [
        f"nobody is on call from 2026-11-{day}T08:00:00Z to 2026-11-{day}T09:00:00Z{more}"
        for day, more in ((23, ""), (24, ""), (25, ", and 393 more gaps"))
    ]
