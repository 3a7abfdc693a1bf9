"""Nights computed by hand: who answers and who forgets, silence, and the clock."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.nights import Case, told, written

MINUTE = timedelta(minutes=1)
ADA, GRACE = '{notify: ["user:ada"], after: 5m}', '{notify: ["user:grace"], after: 10m}'
SUPPORTED = 'urgency: support_hours, support_hours: {days: mon-fri, from: "09:00", to: "18:00", raise_low: true}'

ANSWERS = {
    "an acknowledgement that is forgotten pages the present level anew, not the first": Case(
        levels=f"{ADA}, {GRACE}",
        service="acknowledgement_timeout: 30m",
        how={"acknowledged_after": timedelta(minutes=5, seconds=30)},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 escalate 2 grace
            03:05 page 2 grace email
            03:05:30 acknowledge ada
            03:35:30 retrigger
            03:35:30 page 2 grace email
            03:36:30 page 2 grace sms
            03:45:30 exhausted
            03:45:30 fallback email
            03:45:30 fallback sms""",
    ),
    "at low urgency too, and it goes no further": Case(
        levels=f"{ADA}, {GRACE}",
        service="urgency: low, acknowledgement_timeout: 30m",
        how={"acknowledged_after": 5 * MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:05 acknowledge ada
            03:35 retrigger
            03:35 page 1 ada email""",
    ),
    "who acknowledges after the fallback was told has it": Case(
        levels=ADA,
        how={"acknowledged_after": 10 * MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms
            03:10 acknowledge ada""",
    ),
    "silence resolves what nobody touched, also after the fallback was told": Case(
        levels=ADA,
        service="auto_resolve: 4h",
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:02 page 1 ada sms
            03:05 exhausted
            03:05 fallback email
            03:05 fallback sms
            07:00 auto_resolve""",
    ),
    "silence doesn't resolve what somebody has": Case(
        levels=ADA,
        service="auto_resolve: 4h",
        how={"acknowledged_after": MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:01 acknowledge ada""",
    ),
    "silence comes before the next round, and is the end": Case(
        levels='{notify: ["user:linus"], after: 3h}',
        repeat=9,
        service="auto_resolve: 4h",
        told="""
            03:00 incident
            03:00 page 1 linus sms
            06:00 escalate 1 linus
            06:00 page 1 linus sms
            07:00 auto_resolve""",
    ),
}

CLOCK = {
    "the support hours begin, and what is acknowledged and low is raised": Case(
        levels=ADA,
        service=SUPPORTED,
        how={"acknowledged_after": 10 * MINUTE},
        told="""
            03:00 incident
            03:00 page 1 ada email
            03:10 acknowledge ada
            08:00 retrigger
            08:00 page 1 ada email
            08:02 page 1 ada sms
            08:05 exhausted
            08:05 fallback email
            08:05 fallback sms""",
    ),
    "a pause that ends within the support hours opens at high urgency": Case(
        levels=ADA,
        service=f"pause: 2m, {SUPPORTED}",
        at="2026-11-23T07:59:00Z",
        told="""
            07:59 pause
            08:01 incident
            08:01 page 1 ada email
            08:03 page 1 ada sms
            08:06 exhausted
            08:06 fallback email
            08:06 fallback sms""",
    ),
    "maintenance ends while it is open": Case(
        levels='{notify: ["schedule:relieved"], after: 5m}',
        more="maintenance: [{services: [web], from: 2026-11-23T03:00, to: 2026-11-23T04:10, reason: upgrade}]\n",
        told="""
            03:00 maintenance
            03:10 incident
            03:10 page 1 grace email
            03:11 page 1 grace sms
            03:15 exhausted
            03:15 fallback email
            03:15 fallback sms""",
    ),
    "the night that has no half past two: the handover is the first instant after the gap": Case(
        levels=", ".join(['{notify: ["schedule:half-past-two"], after: 5m}'] * 2),
        at="2026-03-29T00:58:00Z",
        told="""
            00:58 incident
            00:58 page 1 grace email
            00:59 page 1 grace sms
            01:03 escalate 2 ada
            01:03 page 2 ada email
            01:05 page 2 ada sms
            01:08 exhausted
            01:08 fallback email
            01:08 fallback sms""",
    ),
    "the night that has it twice: the handover is the first": Case(
        levels=", ".join(['{notify: ["schedule:half-past-two"], after: 5m}'] * 2),
        at="2026-10-25T00:28:00Z",
        told="""
            00:28 incident
            00:28 page 1 grace email
            00:29 page 1 grace sms
            00:33 escalate 2 ada
            00:33 page 2 ada email
            00:35 page 2 ada sms
            00:38 exhausted
            00:38 fallback email
            00:38 fallback sms""",
    ),
    "delays are elapsed time, also over the hour that comes twice": Case(
        levels='{notify: ["user:linus"], after: 1h}, {notify: ["user:ada"], after: 1h}',
        at="2026-10-25T00:15:00Z",
        told="""
            00:15 incident
            00:15 page 1 linus sms
            01:15 escalate 2 ada
            01:15 page 2 ada email
            01:17 page 2 ada sms
            02:15 exhausted
            02:15 fallback email
            02:15 fallback sms""",
    ),
}

CASES = {**ANSWERS, **CLOCK}


@pytest.mark.parametrize("name", CASES)
def test_the_night_goes_as_it_was_worked_out(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    assert told(tmp_path, case) == written(case)
