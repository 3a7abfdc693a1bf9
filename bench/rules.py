"""A thousand rules of which none matches: the way of an event through them, and the same rules asked one by one.

A tenth look at each thing that rules look at; of one kind (a word in the middle of the summary) every rule has to be
asked, as nothing rules it out beforehand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bench.account import SET_UP
from bench.timing import best
from shared.config.build import build
from shared.domain.directory import EventRule, Outcome
from shared.domain.event import Action, Event, Severity
from shared.domain.routing import as_pattern_input, compiled, route, tried

AT = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
RULES = 1000
EVENT = Event(
    action=Action.TRIGGER,
    dedup_key="disk",
    severity=Severity.CRITICAL,
    summary="disk: 97 % full on db-1",
    source="db-1.acme.example",
    source_type="events_v2",
    component="postgres",
    group="db",
    class_="disk",
    custom_details={"service": "db", "env": "prod", "free": 3.1},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Seconds."""

    by_clues: float
    one_by_one: float


def none_matches() -> Asked:
    rules = tuple(EventRule(name=f"rule {n}", when=_when(n), then=Outcome(drop=True)) for n in range(RULES))
    directory = replace(build(SET_UP, 1), rules=rules)
    assert not any(rule.matched for rule in tried(directory, EVENT))
    seen, patterns = as_pattern_input(EVENT, None), [pattern for _, pattern in compiled(directory).rules]
    return Asked(
        by_clues=best(lambda: route(directory, EVENT, None, AT), times=100),
        one_by_one=best(lambda: [pattern.matches(seen) for pattern in patterns], times=20),
    )


def _when(n: int) -> Mapping[str, Any]:
    return KINDS[n % len(KINDS)](n)


KINDS: tuple[Callable[[int], Mapping[str, Any]], ...] = (
    lambda n: {"source_type": ["cloudwatch"], "resource": [f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:s-{n}"]},
    lambda n: {"account": [f"{n:012}"], "severity": ["critical", "error"]},
    lambda n: {"component": [f"api-{n}", f"worker-{n}"]},
    lambda n: {"custom_details": {"service": [f"svc-{n}"], "env": ["prod"]}},
    lambda n: {"source": [{"prefix": f"svc-{n}-"}]},
    lambda n: {"summary": [{"wildcard": f"*svc-{n} *failed*"}]},
    lambda n: {"severity": ["critical"], "source": [{"suffix": f".svc-{n}.acme.example"}]},
    lambda n: {"$or": [{"class": [f"kind-{n}"]}, {"group": [f"team-{n}"]}]},
    lambda n: {"source_type": ["guardduty"], "custom_details": {"severity": [{"numeric": [">=", n % 10]}]}},
    lambda n: {"component": [f"queue-{n}"], "source": [{"anything-but": {"prefix": "staging-"}}]},
)
