"""How many events a second triage takes in one process, with the store in memory and 99 of 100 of them repeats.

The events come in rounds, in which every alert speaks once: so a batch of ten holds ten alerts, and no two repeats in
it become one write.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from bench.account import EVENING, QUEUE, SET_UP
from cli.world import World
from shared.config.build import build
from shared.domain.alert import Accepted, key_hash, routed_key
from shared.domain.event import Action, Event, Severity
from shared.flow import triage
from shared.flow.envelope import Delivery, written

EVENTS, ALERTS = 4_000, 40  # of a try: short, so that one of many meets a quiet moment
A_BATCH = 10


def measured() -> Callable[[], float]:
    """What measures its rate once, in events a second."""
    batches = _batches()
    return lambda: EVENTS / _once(batches)


def _once(batches: list[list[Delivery]]) -> float:
    world = World(build(SET_UP, 1), EVENING)
    begin = perf_counter()
    for batch in batches:
        assert not triage.run(world.deps, batch)
    took = perf_counter() - begin
    assert len(world.incidents.names()) == ALERTS
    return took


def _batches() -> list[list[Delivery]]:
    [integration] = build(SET_UP, 1).integrations()
    bodies = [_body(integration.id, alert) for alert in range(ALERTS)]
    deliveries = [
        Delivery(
            message_id=f"message-{place}",
            group=bodies[place % ALERTS][0],
            body=bodies[place % ALERTS][1],
            generation=QUEUE,
            sequence=f"{place:039d}",
            sent_at=EVENING,
        )
        for place in range(EVENTS)
    ]
    return [deliveries[start : start + A_BATCH] for start in range(0, EVENTS, A_BATCH)]


def labels(alert: int) -> dict[str, str]:
    """What is said of an alert, here and to Alertmanager."""
    return {
        "alertname": "DiskFull",
        "instance": f"db-{alert}.acme.example",
        "severity": "critical",
        "job": "node",
        "mount": "/var/lib/postgresql",
    }


SUMMARY = "disk: 97 % full"


def _body(integration: str, alert: int) -> tuple[str, str]:
    """The group and what the door wrote."""
    told: dict[str, Any] = labels(alert)
    key = routed_key(integration, told["instance"])
    event = Event(
        action=Action.TRIGGER,
        dedup_key=told["instance"],
        severity=Severity.CRITICAL,
        summary=SUMMARY,
        source=told["instance"],
        source_type="events_v2",
        custom_details=told,
    )
    accepted = Accepted(
        event_id=f"event-{alert}", accepted_at=EVENING, integration=integration, key=key, event=event, raw=told
    )
    return key_hash(key), written(accepted)
