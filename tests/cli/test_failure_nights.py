"""Nights computed by hand: what doesn't arrive, and what is of low urgency."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.domain.directory import Medium
from shared.domain.event import Severity
from tests.cli.nights import Case, told, written

MINUTE = timedelta(minutes=1)
ADA, GRACE = '{notify: ["user:ada"], after: 5m}', '{notify: ["user:grace"], after: 10m}'
NOTHING_ARRIVES = [Medium.EMAIL, Medium.SMS]

FAILURES = {
    "a text that fails after the mail arrived changes nothing": Case(
        levels=ADA,
        how={"fails": [Medium.SMS]},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "who has nothing but what fails hands on to the next level at once": Case(
        levels='{notify: ["user:linus"], after: 5m}, ' + GRACE,
        how={"fails": [Medium.SMS]},
        told="""
            03:00 incident
            03:00 page 1 linus sms
            03:00 escalate 2 grace
            03:00 page 2 grace email
            03:01 page 2 grace sms
            03:10 exhausted
            03:10 fallback email
            03:10 fallback sms""",
    ),
    "of two at a level one is reached, and the level lasts": Case(
        levels='{notify: ["user:linus", "user:ada"], after: 5m}',
        how={"fails": [Medium.SMS]},
        told="""
            03:00 incident
            03:00 page 1 linus sms
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "nothing arrives, through every level and round, and for the fallback contact neither": Case(
        levels=ADA + ', {notify: ["user:linus"], after: 5m}',
        repeat=1,
        how={"fails": NOTHING_ARRIVES},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:00 page 1 ada sms
            03:00 escalate 2 linus
            03:00 page 2 linus sms
            03:00 escalate 1 ada
            03:00 page 1 ada email
            03:00 page 1 ada sms
            03:00 escalate 2 linus
            03:00 page 2 linus sms
            03:00 exhausted
            03:00 fallback email
            03:00 fallback sms""",
    ),
    "a channel that isn't built fails, and the mail goes out early and not again": Case(
        levels='{notify: ["user:hal"], after: 5m}',
        told="""
            03:00 incident
            03:00 page 1 hal voice
            03:00 page 1 hal email
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "who has nothing but a channel that isn't built is passed by": Case(
        levels='{notify: ["user:ivy"], after: 5m}, {notify: ["user:linus"], after: 5m}',
        told="""
            03:00 incident
            03:00 page 1 ivy voice
            03:00 escalate 2 linus
            03:00 page 2 linus sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms""",
    ),
    "a later rule that fails is the last straw: the next level begins then": Case(
        levels='{notify: ["user:late"], after: 1h}, {notify: ["user:linus"], after: 5m}',
        how={"fails": [Medium.EMAIL]},
        told="""
            03:00 incident
            03:05 page 1 late email
            03:05 page 1 late sms
            04:00 escalate 2 linus
            04:00 page 2 linus sms
            04:05 exhausted
            04:05 fallback email
            04:05 fallback sms""",
    ),
}

LOW = {
    "low urgency tells by the low rules, and that is all": Case(
        levels=f"{ADA}, {GRACE}",
        service="urgency: low",
        told="""
            03:00 incident
            03:00 page 1 ada email""",
    ),
    "a mail that fails hands on to the text at low urgency too": Case(
        levels=f"{ADA}, {GRACE}",
        service="urgency: low",
        how={"fails": [Medium.EMAIL]},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:00 page 1 ada sms""",
    ),
    "nobody on call at low urgency is skipped all the same": Case(
        levels='{notify: ["schedule:evenings"], after: 5m}, ' + GRACE,
        service="urgency: low",
        told="""
            03:00 incident
            03:00 skip 1
            03:00 escalate 2 grace
            03:00 page 2 grace email""",
    ),
    "nothing arrives at low urgency: every level, then the fallback contact": Case(
        levels=f"{ADA}, {GRACE}",
        service="urgency: low",
        how={"fails": NOTHING_ARRIVES},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:00 page 1 ada sms
            03:00 escalate 2 grace
            03:00 page 2 grace email
            03:00 page 2 grace sms
            03:00 exhausted
            03:00 fallback email
            03:00 fallback sms""",
    ),
    "an error is high by severity, a warning isn't": Case(
        levels=ADA,
        service="urgency: severity",
        how={"severity": Severity.ERROR, "until": 3 * MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms""",
    ),
}

CASES = {**FAILURES, **LOW}


@pytest.mark.parametrize("name", CASES)
def test_the_night_goes_as_it_was_worked_out(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    assert told(tmp_path, case) == written(case)
