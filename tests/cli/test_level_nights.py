"""Nights computed by hand: levels, rounds, skips and handovers."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.nights import Case, told, written

MINUTE = timedelta(minutes=1)
ADA, GRACE = '{notify: ["user:ada"], after: 5m}', '{notify: ["user:grace"], after: 10m}'

LEVELS = {
    "three rounds of one level, then the fallback contact": Case(
        levels=ADA,
        repeat=2,
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 escalate 1 ada
            03:05 page 1 ada email
            03:07 page 1 ada sms
            03:10 escalate 1 ada
            03:10 page 1 ada email
            03:12 page 1 ada sms
            03:15 exhausted
            03:15 fallback email
            03:15 fallback sms""",
    ),
    "a rule due as the level ends goes out, a later one doesn't": Case(
        levels='{notify: ["user:late"], after: 5m}, ' + GRACE,
        told="""
            03:00 incident
            03:05 page 1 late email
            03:05 escalate 2 grace
            03:05 page 2 grace email
            03:06 page 2 grace sms
            03:15 exhausted
            03:15 fallback email
            03:15 fallback sms""",
    ),
    "somebody in both levels is paged anew": Case(
        levels=ADA + ', {notify: ["user:ada", "user:grace"], after: 5m}',
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 escalate 2 ada, grace
            03:05 page 2 ada email
            03:05 page 2 grace email
            03:06 page 2 grace sms
            03:07 page 2 ada sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "a person named twice at a level is one": Case(
        levels='{notify: ["user:ada", "schedule:relieved"], after: 3m}',
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:03 exhausted
            03:03 fallback email
            03:03 fallback sms""",
    ),
    "in turn, one incident stays with one person in every round": Case(
        levels='{notify: ["user:linus", "user:ada"], after: 5m, assign: round_robin}',
        repeat=1,
        told="""
            03:00 incident
            03:00 page 1 linus sms
            03:05 escalate 1 linus
            03:05 page 1 linus sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "in turn, a schedule with nobody is passed over": Case(
        levels='{notify: ["schedule:evenings", "user:linus"], after: 5m, assign: round_robin}',
        told="""
            03:00 incident
            03:00 page 1 linus sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "the first level is skipped in each round": Case(
        levels='{notify: ["schedule:evenings"], after: 5m}, {notify: ["user:linus"], after: 5m}',
        repeat=1,
        told="""
            03:00 incident
            03:00 skip 1
            03:00 escalate 2 linus
            03:00 page 2 linus sms
            03:05 skip 1
            03:05 escalate 2 linus
            03:05 page 2 linus sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "the last level is skipped": Case(
        levels=ADA + ', {notify: ["schedule:evenings"], after: 1h}',
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 skip 2
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "all levels skipped in one round are the end, whatever repeats": Case(
        levels='{notify: ["schedule:evenings"], after: 5m}, {notify: ["schedule:evenings"], after: 5m}',
        repeat=9,
        told="""
            03:00 incident
            03:00 skip 1
            03:00 skip 2
            03:00 exhausted
            03:00 fallback email
            03:00 fallback sms""",
    ),
    "the handover lies between two levels": Case(
        levels=", ".join(['{notify: ["schedule:at-three-past-four"], after: 5m}'] * 2),
        told="""
            03:00 incident
            03:00 page 1 grace email
            03:01 page 1 grace sms
            03:05 escalate 2 ada
            03:05 page 2 ada email
            03:07 page 2 ada sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "an override begins between two rounds": Case(
        levels='{notify: ["schedule:relieved"], after: 5m}',
        repeat=1,
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 escalate 1 grace
            03:05 page 1 grace email
            03:06 page 1 grace sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "only what lies within `--until` is told": Case(
        levels=ADA,
        how={"until": 2 * MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms""",
    ),
}


@pytest.mark.parametrize("name", LEVELS)
def test_the_night_goes_as_it_was_worked_out(tmp_path: Path, name: str) -> None:
    case = LEVELS[name]
    assert told(tmp_path, case) == written(case)
