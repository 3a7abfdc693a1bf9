"""A first configuration: it is there at once, has no fault, and says whom an event would wake."""

import json
from pathlib import Path

import pytest

from cli.init import FIRST_LINE, init, templates
from cli.main import run
from tests.config.test_json_schema import ROOT

AT = ("--at", "2026-11-27T03:00Z")
FINDINGS = (path for path in (ROOT / "events" / "guardduty").glob("*.json") if "expected" not in path.name)
EVENTS = {"cloudwatch": ROOT / "events" / "cloudwatch" / "metric-alarm.json", "guardduty": min(FINDINGS)}


def test_there_is_one_for_each_way_of_working() -> None:
    assert templates() == ["follow-the-sun", "security", "small-team", "two-tiers"]


@pytest.mark.parametrize("template", templates())
def test_a_template_has_no_fault_and_simulates(
    template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert run(["init", str(folder), "--template", template]) == 0
    capsys.readouterr()
    assert run(["lint", str(folder), *AT, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    source = "guardduty" if template == "security" else "cloudwatch"
    assert run(["simulate", str(folder), str(EVENTS[source]), "--source", source, *AT, "--json"]) == 0
    night = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert night[0]["kind"] == "incident"
    assert any(line["kind"] == "page" for line in night)


@pytest.mark.parametrize("template", templates())
def test_nobody_stands_behind_themselves(template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a template, the levels of schedules never have one and the same person at a time."""
    init(tmp_path, template)
    for day in range(1, 29):
        assert run(["oncall", str(tmp_path), "--at", f"2026-06-{day:02}T20:00Z", "--json"]) == 0
        on_call = [line for line in json.loads(capsys.readouterr().out) if line["policy"] and line["schedule"]]
        by_policy: dict[str, list[str]] = {}
        for line in on_call:
            by_policy.setdefault(line["policy"], []).append(line["user"])
        assert all(len(people) == len(set(people)) for people in by_policy.values()), on_call


def test_it_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "services.yaml").write_text("mine\n")
    assert run(["init", str(tmp_path), "--template", "two-tiers"]) == 1
    assert f"{tmp_path / 'services.yaml'}: it is there already, so nothing was written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["services.yaml"]
    assert (tmp_path / "services.yaml").read_text() == "mine\n"


def test_a_template_that_is_not_there_names_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "/nonexistent/x", "--template", "smal-team"]) == 2
    assert "did you mean small-team?" in capsys.readouterr().err


def test_editors_find_the_schema(tmp_path: Path) -> None:
    written = init(tmp_path, "small-team")
    assert {path.name for path in written} == {"tocsin.yaml", "tocsin.schema.json"}
    assert (tmp_path / "tocsin.yaml").read_text().startswith(FIRST_LINE)
    assert json.loads((tmp_path / "tocsin.schema.json").read_text())["title"].startswith("Tocsin")
