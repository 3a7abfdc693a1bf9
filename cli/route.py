"""``tocsin route``: where an event goes and why, by the same code that runs live. No deployment is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cli.arrival import Arrival, arrival
from shared.domain.directory import Directory
from shared.domain.event import Action, Event
from shared.domain.holding import hold
from shared.domain.instants import Instant, format_duration
from shared.domain.left_out import why_left_out
from shared.domain.routing import Route, route, tried
from shared.domain.rule_trace import RuleTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """One event's way, and every rule that was tried, in order."""

    arrived: Arrival
    way: Route
    trace: tuple[RuleTrace, ...]
    held: str | None  # why an incident doesn't open at once, though it may later

    def as_json(self) -> dict[str, Any]:
        """CONFIG's form. What is dropped goes nowhere and is suppressed as well."""
        way = self.way
        return {
            "service": way.service.name if way.service else None,
            "policy": way.service.policy if way.service else None,
            "urgency": way.urgency.value,
            "priority": way.priority,
            "tags": list(way.tags),
            "summary": way.summary,
            "severity": way.severity.value,
            "dedup_key": self.arrived.event.dedup_key,
            "suppressed": bool(way.suppressed or way.dropped),
            "trace": [{"rule": t.rule, "matched": t.matched, "because": t.because} for t in self.trace],
        }

    def in_words(self) -> Iterator[str]:
        event, integration = self.arrived.event, self.arrived.integration
        yield f"{event.action} {event.dedup_key}: {event.summary} ({event.severity})"
        if event.action is not Action.TRIGGER:
            yield "  Live, it follows its alert, and no rule is asked: this is where a trigger like it would go."
        by = f"{integration.service}'s {integration.name}" if integration else "nothing"
        yield f"  came by {by}: {self.arrived.because}"
        yield from (f"  {'✓' if t.matched else '✗'} {t.rule}: {t.because}" for t in self.trace)
        if not self.trace:
            yield "  no rule was tried: there is none"
        yield from (f"  {line}" for line in self._ending())

    def _ending(self) -> Iterator[str]:
        way = self.way
        if way.dropped:
            yield f"dropped {way.dropped}: it is counted, and kept a day"
            return
        if way.service is None:
            yield "goes nowhere: name a service in `unrouted`"
            return
        routed = self.arrived.integration is not None or any(t.matched for t in self.trace)
        nobody = "" if routed else ", as nothing routes it"
        priority = f", priority {way.priority}" if way.priority else ""
        yield f"goes to {way.service.name}{nobody}: policy {way.service.policy}, {way.urgency} urgency{priority}"
        if way.tags:
            yield f"tags: {', '.join(way.tags)}"
        if way.severity is not self.arrived.event.severity:
            yield f"severity: {way.severity}"
        if way.summary != self.arrived.event.summary:
            yield f"summary: {way.summary}"
        if way.runbook:
            yield f"runbook: {way.runbook}"
        if way.ticket:
            yield f"ticket: {', '.join(f'{name} {value}' for name, value in way.ticket.items())}"
        if way.suppressed:
            yield f"suppressed {way.suppressed}: no incident opens, nobody is told"
        elif self.held:
            yield f"held: {self.held}"


def routes(
    directory: Directory, events: Sequence[tuple[Event, Any]], routing_key: str | None, at: Instant
) -> list[Routed]:
    """Raises ConfigError where the integration can't be told."""
    return [_routed(directory, arrival(directory, event, raw, routing_key), at) for event, raw in events]


def _routed(directory: Directory, arrived: Arrival, at: Instant) -> Routed:
    event, raw = arrived.event, arrived.raw
    way, left_out = route(directory, event, arrived.integration, at, raw), why_left_out(directory, event, raw)
    if left_out:
        way = replace(way, suppressed=f"as {left_out}")
    return Routed(arrived=arrived, way=way, trace=tried(directory, event, raw), held=_held(directory, way, at))


def _held(directory: Directory, way: Route, at: Instant) -> str | None:
    if way.service is None or way.suppressed:
        return None
    if way.open_after:
        return f"an incident opens at event {way.open_after.count} within {format_duration(way.open_after.within)}"
    under = hold(directory, way.service, way.pause, at)
    return f"{under.reason}: {under.because}" if under else None
