"""Other systems' published schedules with their answers, and constructed ones around changes of clocks."""

import json
from pathlib import Path
from typing import Any

from shared.config.build import build
from shared.domain.instants import format_seconds, parse_instant
from shared.domain.schedule import final_schedule, on_call


def cases(folder: Path) -> list[dict[str, Any]]:
    return json.loads((folder / "schedules.json").read_text())


def schedule_of(case: dict[str, Any]) -> Any:
    document = {"account": {"name": "A", "fallback": {"email": "a@b.example"}}, "schedules": {"it": case["schedule"]}}
    return build(document, 1).schedules["it"]


def test_every_published_case_has_its_answer(fixtures_folder: Path) -> None:
    wrong: list[str] = []
    for case in cases(fixtures_folder):
        schedule = schedule_of(case)
        since, until = parse_instant(case["since"]), parse_instant(case["until"])
        shifts = final_schedule(schedule, since, until)
        said = [{"user": s.user, "start": format_seconds(s.start), "end": format_seconds(s.end)} for s in shifts]
        if said != case["expect"]:
            wrong.append(case["id"])
        for shift in shifts:
            times = (shift.start, shift.start + (shift.end - shift.start) / 2)
            wrong += [f"{case['id']} at {at}" for at in times if on_call(schedule, at) != shift.user]
    assert not wrong
