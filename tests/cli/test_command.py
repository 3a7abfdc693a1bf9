"""The command as people and programs run it: exit codes, what is said where, and JSON that is nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ACME = "examples/acme"
ALARM = "events/cloudwatch/metric-alarm.json"
NIGHT = ("simulate", ACME, ALARM, "--source", "cloudwatch", "--at", "2026-11-24T03:00Z")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def tocsin(*arguments: str, typed: str = "") -> Said:
    """Runs it apart, with nothing of the user's environment but the path."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "cli.main", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, check=False)
    return Said(ran.returncode, ran.stdout, ran.stderr)


def test_without_a_command_it_lists_what_there_is() -> None:
    said = tocsin()
    assert said.code == 0
    assert all(command in said.out for command in ("apply", "demo", "down", "lint", "simulate", "translate", "up"))


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (("nonsense",), "Unknown command"),
        (("simulate", ACME), "EVENT"),
        ((*NIGHT, "--fail", "pigeon"), "'pigeon' is no channel: choose of email, sms, voice, push, slack, teams"),
        ((*NIGHT, "--until", "soon"), "write 45s, 5m, 2h, 1d or 2w"),
        (("lint", ACME, "--at", "2026-01-05T09:00"), "has no offset: write 2026-01-05T09:00Z"),
        (("translate", "cloudwach", ALARM), "choose one of cloudwatch"),
        (("simulate", ACME, ALARM, "--source", "cloudwach"), "choose one of cloudwatch"),
        (("simulate", ACME, ALARM, "--at", "tomorrow"), "'tomorrow' is no instant: write 2026-01-05T09:00Z"),
        ((*NIGHT, "--ack", ""), "'' is not a duration: write 45s"),
    ],
)
def test_wrong_usage_is_2_with_a_remedy(arguments: tuple[str, ...], remedy: str) -> None:
    said = tocsin(*arguments)
    assert said.code == 2
    assert remedy in " ".join(said.err.split())
    assert said.out == ""
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("lint", "/nonexistent"), "/nonexistent: no *.yaml there. Name the folder that the configuration is in."),
        (("translate", "cloudwatch", "/nonexistent"), "/nonexistent: No such file or directory"),
        (
            ("translate", "cloudwatch", "README.md"),
            "README.md:1: JSON parse error: Expecting value at column 1",
        ),
        (("simulate", ACME, "README.md"), "README.md:1: JSON parse error: Expecting value at column 1"),
        (
            ("simulate", ACME, ALARM),
            "\n".join(f"{ALARM}: '{name}' is missing or blank" for name in ("routing_key", "event_action", "payload")),
        ),
        (("parse-reply", "/nonexistent"), "/nonexistent: No such file or directory"),
        (
            ("apply", ACME, "--deployment", "acme"),
            "--deployment acme: The config profile (acme) could not be found. Write `local`, or PROFILE:REGION.",
        ),
    ],
)
def test_input_at_fault_is_1_one_finding_a_line(arguments: tuple[str, ...], fault: str) -> None:
    said = tocsin(*arguments)
    assert (said.code, said.out, said.err) == (1, "", f"{fault}\n")


def test_a_fault_of_the_configuration_names_file_line_and_path(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text("account:\n  name: Acme\n  fallback: {email: ops@acme.example}\nuser:\n  ada: {}\n")
    said = tocsin("lint", str(tmp_path))
    assert said.code == 1
    assert f"{file}:4: user: unknown key" in said.err
    assert "users" in said.err
    (finding,) = [f for f in tocsin("lint", str(tmp_path), "--json").json if f["path"] == "user"]
    assert (finding["line"], finding["level"]) == (4, "error")


def test_the_example_has_no_fault() -> None:
    assert tocsin("lint", ACME, "--json").json == []
    assert tocsin("lint", ACME).code == 0


def test_a_night_is_one_object_a_line_in_order_of_time() -> None:
    lines = tocsin(*NIGHT, "--json").lines
    members = ["at", "kind", "level", "user", "method", "address", "text"]
    assert all(list(line) == members for line in lines)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert [line["kind"] for line in lines[:4]] == ["incident", "page", "page", "escalate"]
    assert [line["kind"] for line in lines[-3:]] == ["exhausted", "fallback", "fallback"]


def test_an_acknowledgement_ends_the_night() -> None:
    lines = tocsin(*NIGHT, "--ack", "5s", "--json").lines
    assert [(line["kind"], line["user"]) for line in lines[-1:]] == [("acknowledge", "ada")]


def test_a_channel_that_fails_hands_on_to_the_next_method_at_once() -> None:
    lines = [line for line in tocsin(*NIGHT, "--fail", "email", "--json").lines if line["kind"] == "page"]
    assert [(line["at"], line["method"]) for line in lines[:2]] == [
        ("2026-11-24T03:00:00Z", "email"),
        ("2026-11-24T03:00:00Z", "sms"),
    ]


def test_an_event_of_events_v2_is_known_by_its_routing_key(tmp_path: Path) -> None:
    for file in (ROOT / ACME).glob("*.yaml"):
        keyed = file.read_text().replace("source: events_v2}", f"source: events_v2, key: {'R' * 32}}}", 1)
        (tmp_path / file.name).write_text(keyed)
    event = {
        "routing_key": "R" * 32,
        "event_action": "trigger",
        "payload": {"summary": "disk: full", "source": "db-1", "severity": "critical"},
    }
    night = ("-", "--at", "2026-11-24T03:00Z", "--json")
    assert tocsin("simulate", str(tmp_path), *night, typed=json.dumps(event)).lines[0]["text"] == "disk: full"
    refused = tocsin("simulate", ACME, *night, typed=json.dumps(event))
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("no integration has the routing key of this event")


def test_a_recovery_that_meets_nothing_says_that_nobody_would_be_told() -> None:
    recovery = (ROOT / ALARM).read_text().replace('"value": "ALARM"', '"value": "OK"')
    night = ("simulate", ACME, "-", "--source", "cloudwatch")
    said = tocsin(*night, typed=recovery)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Nobody would be told")
    assert tocsin(*night, "--json", typed=recovery).out == ""


def test_a_thermostat_s_alarm_wakes_nobody_and_says_why() -> None:
    thermostat = (ROOT / ALARM).read_text().replace("checkout-5xx", "TargetTracking-service/checkout-AlarmHigh")
    night = ("simulate", ACME, "-", "--source", "cloudwatch", "--json")
    (line,) = tocsin(*night, typed=thermostat).lines
    assert (line["kind"], line["user"]) == ("suppress", None)
    assert "steers a scaling policy" in line["text"]


def test_a_reader_that_has_seen_enough_is_no_fault() -> None:
    command = f"{sys.executable} -m cli.main simulate {ACME} {ALARM} --source cloudwatch --json | true"
    shell = ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"]
    ran = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_is_piped_has_no_colour() -> None:
    assert "\x1b" not in tocsin(*NIGHT).out + tocsin("lint", "/nonexistent").err


def test_text_from_outside_is_shown_not_obeyed() -> None:
    alarm = json.loads((ROOT / ALARM).read_text())
    alarm["detail"]["state"]["reason"] = "\x1b[2J\x1b[31m[red]gone\rfor ever"
    said = tocsin("translate", "cloudwatch", "-", typed=json.dumps(alarm))
    assert "\x1b" not in said.out
    assert "\\x1b[2J\\x1b[31m[red]gone\\x0dfor ever" in said.out


def test_without_a_deployment_apply_says_how_to_get_one() -> None:
    said = tocsin("apply", ACME, "--deployment", "local")
    if said.code == 0:
        pytest.skip("a local system is up on this machine")
    assert said.code == 1
    assert "run `tocsin up`" in said.err
