"""`tocsin schedule` and `tocsin oncall`, as they are asked from outside."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import run
from tests.domain.test_schedule_cases import cases

ACCOUNT = {"name": "A", "time_zone": "Europe/Berlin", "fallback": {"email": "a@b.example"}}
Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs a command on a folder with these schedules and policies: what it says as JSON, or its faults and code."""

    def ask(command: str, *arguments: str, schedules: dict[str, Any], policies: dict[str, Any] | None = None) -> Any:
        people = {
            user
            for schedule in schedules.values()
            for user in [
                *(user for layer in schedule.get("layers", []) for user in layer["users"]),
                *(override["user"] for override in schedule.get("overrides", [])),
            ]
        }
        document = {
            "account": ACCOUNT,
            "users": {name: {"name": name, "email": f"{n}@b.example"} for n, name in enumerate(sorted(people), 1)},
            "schedules": schedules,
            "escalation_policies": policies or {},
        }
        (tmp_path / "it.yaml").write_text(json.dumps(document))  # JSON is YAML
        code, said = run([command, str(tmp_path), *arguments, "--json"]), capsys.readouterr()
        assert "Traceback" not in said.err
        return json.loads(said.out) if code == 0 else (code, said.err)

    return ask


def test_every_published_case_has_its_answer_by_the_command(fixtures_folder: Path, ask: Ask) -> None:
    wrong = []
    for case in cases(fixtures_folder):
        asked = ("it", "--since", case["since"], "--until", case["until"])
        if ask("schedule", *asked, schedules={"it": case["schedule"]}) != case["expect"]:
            wrong.append(case["id"])
        for shift in case["expect"]:
            (line,) = ask("oncall", "--at", shift["start"], schedules={"it": case["schedule"]})
            since, until = line["start"] or "", line["end"] or "for ever"
            if line["user"] != shift["user"] or since > shift["start"] or until < shift["end"]:
                wrong.append(f"{case['id']} at {shift['start']}")
    assert not wrong


def layer(**more: Any) -> dict[str, Any]:
    return {"start": "2026-01-05T09:00", "turn": "1w", "users": ["ada", "grace"], **more}


def shifts(*told: str) -> list[dict[str, str]]:
    return [dict(zip(("user", "start", "end"), line.split(), strict=True)) for line in told]


EDGES = {
    "a window over a weekend": (
        {"layers": [layer(users=["ada"], only=[{"from": "fri 18:00", "to": "mon 09:00"}])]},
        ("2026-03-25T00:00Z", "2026-04-01T00:00Z"),
        ["ada 2026-03-27T17:00:00Z 2026-03-30T07:00:00Z"],  # the clock goes forward on the Sunday
    ),
    "nights, by days over the end of the week": (
        {"layers": [layer(users=["ada"], only=[{"days": "fri-mon", "from": "22:00", "to": "06:00"}])]},
        ("2026-01-08T12:00Z", "2026-01-13T12:00Z"),
        [
            "ada 2026-01-09T21:00:00Z 2026-01-10T05:00:00Z",
            "ada 2026-01-10T21:00:00Z 2026-01-11T05:00:00Z",
            "ada 2026-01-11T21:00:00Z 2026-01-12T05:00:00Z",
            "ada 2026-01-12T21:00:00Z 2026-01-13T05:00:00Z",
        ],
    ),
    "days that end at 24:00 join": (
        {"layers": [layer(users=["ada"], only=[{"days": "sat,sun", "from": "00:00", "to": "24:00"}])]},
        ("2026-01-08T12:00Z", "2026-01-13T12:00Z"),
        ["ada 2026-01-09T23:00:00Z 2026-01-11T23:00:00Z"],
    ),
    "a start with an offset is an instant": (
        {"layers": [layer(start="2026-01-05T09:00-05:00", turn="12h")]},
        ("2026-01-05T00:00Z", "2026-01-06T08:00Z"),
        ["ada 2026-01-05T14:00:00Z 2026-01-06T02:00:00Z", "grace 2026-01-06T02:00:00Z 2026-01-06T08:00:00Z"],
    ),
    "a layer of the future, above one that ends": (
        {"layers": [layer(users=["ada"], until="2026-02-02T09:00"), layer(users=["grace"], start="2026-02-01T09:00Z")]},
        ("2026-01-31T00:00Z", "2026-02-03T00:00Z"),
        ["ada 2026-01-31T00:00:00Z 2026-02-01T09:00:00Z", "grace 2026-02-01T09:00:00Z 2026-02-03T00:00:00Z"],
    ),
    "of overrides the later in the list wins": (
        {
            "layers": [layer(users=["ada"])],
            "overrides": [
                {"user": "grace", "from": "2026-01-06T09:00", "to": "2026-01-06T18:00"},
                {"user": "linus", "from": "2026-01-06T10:00Z", "to": "2026-01-06T12:00+01:00"},
                {"user": "ada", "from": "2026-01-06T17:00", "to": "2026-01-06T18:00"},
            ],
        },
        ("2026-01-06T00:00Z", "2026-01-07T00:00Z"),
        [
            "ada 2026-01-06T00:00:00Z 2026-01-06T08:00:00Z",
            "grace 2026-01-06T08:00:00Z 2026-01-06T10:00:00Z",
            "linus 2026-01-06T10:00:00Z 2026-01-06T11:00:00Z",
            "grace 2026-01-06T11:00:00Z 2026-01-06T16:00:00Z",
            "ada 2026-01-06T16:00:00Z 2026-01-07T00:00:00Z",
        ],
    ),
    "a day that never was: Apia, 30 December 2011": (
        {"time_zone": "Pacific/Apia", "layers": [layer(start="2011-12-28T09:00", turn="1d", users=["ada", "grace"])]},
        ("2011-12-28T19:00Z", "2011-12-31T19:00Z"),
        [  # the handover of the 30th falls to the end of the gap: grace ends, ada begins with the 31st
            "ada 2011-12-28T19:00:00Z 2011-12-29T19:00:00Z",
            "grace 2011-12-29T19:00:00Z 2011-12-30T10:00:00Z",
            "ada 2011-12-30T10:00:00Z 2011-12-30T19:00:00Z",
            "grace 2011-12-30T19:00:00Z 2011-12-31T19:00:00Z",
        ],
    ),
    "half an hour of Lord Howe": (
        {"time_zone": "Australia/Lord_Howe", "layers": [layer(start="2026-10-03T14:00", turn="12h")]},
        ("2026-10-03T03:30Z", "2026-10-04T15:00Z"),
        [
            "ada 2026-10-03T03:30:00Z 2026-10-03T15:30:00Z",
            "grace 2026-10-03T15:30:00Z 2026-10-04T03:00:00Z",
            "ada 2026-10-04T03:00:00Z 2026-10-04T15:00:00Z",
        ],
    ),
    "a midnight that doesn't exist: Beirut": (
        {"time_zone": "Asia/Beirut", "layers": [layer(start="2026-03-28T00:00", turn="1d")]},
        ("2026-03-27T22:00Z", "2026-03-29T21:00Z"),
        ["ada 2026-03-27T22:00:00Z 2026-03-28T22:00:00Z", "grace 2026-03-28T22:00:00Z 2026-03-29T21:00:00Z"],
    ),
    "a midnight that comes twice: Sao Paulo": (
        {"time_zone": "America/Sao_Paulo", "layers": [layer(start="2018-02-16T00:00", turn="1d")]},
        ("2018-02-17T02:00Z", "2018-02-19T03:00Z"),
        ["grace 2018-02-17T02:00:00Z 2018-02-18T03:00:00Z", "ada 2018-02-18T03:00:00Z 2018-02-19T03:00:00Z"],
    ),
    "nobody at all": ({"layers": []}, ("2026-01-06T00:00Z", "2026-01-07T00:00Z"), []),
}


@pytest.mark.parametrize("what", EDGES)
def test_edges(what: str, ask: Ask) -> None:
    schedule, (since, until), expected = EDGES[what]
    asked = ("it", "--since", since, "--until", until)
    assert ask("schedule", *asked, schedules={"it": {"time_zone": "Europe/Berlin", **schedule}}) == shifts(*expected)


def test_whoever_is_on_call_is_named_for_each_schedule_and_each_target_of_a_level(ask: Ask) -> None:
    schedules = {
        "days": {"layers": [layer(only=[{"from": "09:00", "to": "17:00"}])]},
        "always": {"layers": [layer(users=["linus"])]},
    }
    levels = [{"notify": ["schedule:days"], "after": "5m"}, {"notify": ["user:ada", "schedule:always"], "after": "5m"}]
    found = ask("oncall", "--at", "2026-01-06T20:00Z", schedules=schedules, policies={"p": {"levels": levels}})
    gap = {"schedule": "days", "user": None, "start": "2026-01-06T16:00:00Z", "end": "2026-01-07T08:00:00Z"}
    always = {"schedule": "always", "user": "linus", "start": "2026-01-05T08:00:00Z", "end": None}
    assert found == [
        {"policy": None, "level": None, **always},
        {"policy": None, "level": None, **gap},
        {"policy": "p", "level": 1, **gap},
        {"policy": "p", "level": 2, "schedule": None, "user": "ada", "start": None, "end": None},
        {"policy": "p", "level": 2, **always},
    ]


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00Z", "1900-06-01T00:00Z", "9999-12-31T23:59Z", "2500-01-01T00:00+14:00"]
)
def test_times_far_away_have_an_answer(at: str, ask: Ask) -> None:
    schedules = {"it": {"layers": [layer()], "time_zone": "America/New_York"}}
    (line,) = ask("oncall", "--at", at, schedules=schedules)
    assert line["user"] in (None, "ada", "grace")
    assert ask("schedule", "it", "--since", at, "--until", "2026-01-01T00:00Z", schedules=schedules) is not None


def test_a_range_that_is_none_and_a_name_that_is_not_there_are_wrong_usage(ask: Ask) -> None:
    schedules = {"it": {"layers": [layer()]}}
    late, early = "2026-01-06T00:00Z", "2026-01-05T00:00Z"
    assert ask("schedule", "it", "--since", late, "--until", early, schedules=schedules)[0] == 2
    code, said = ask("schedule", "ti", "--since", early, "--until", late, schedules=schedules)
    assert (code, "did you mean it?" in said) == (2, True)
