"""Where an event goes and why: its integration, the rules in order, then the service.

The first rule that matches decides, unless it says ``continue``. Nothing is dropped in silence: what no rule and no
integration routes goes to ``unrouted`` at low urgency, and each decision can say which rules were tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from shared.domain.clues import Clues
from shared.domain.directory import Directory, EventRule, Integration, Service, Urgency
from shared.domain.event import Event, Severity
from shared.domain.instants import Instant
from shared.domain.pattern import Pattern, compile_pattern
from shared.domain.plain import to_plain
from shared.domain.timeline import RuleTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``service`` None where it is suppressed or dropped."""

    service: Service | None
    severity: Severity
    urgency: Urgency = Urgency.HIGH
    raises_at: Instant | None = None  # when low urgency becomes high
    priority: str | None = None
    tags: tuple[str, ...] = ()
    pause: timedelta | None = None
    suppressed: str | None = None  # the reason
    dropped: str | None = None  # the reason


@dataclass(frozen=True, slots=True)
class Routes:
    """One directory's patterns, compiled; ``clues`` are the rules'."""

    integrations: tuple[tuple[Integration, Pattern | None], ...]
    rules: tuple[tuple[EventRule, Pattern], ...]
    clues: Clues
    ask_for_raw: bool  # some rule looks into the message as it arrived


@lru_cache(maxsize=4)  # the version in force and those before it that are still asked for
def compiled(directory: Directory) -> Routes:
    """Raises PatternError for a pattern that isn't one; ``lint`` has refused it before."""
    return Routes(
        integrations=tuple((i, compile_pattern(i.when) if i.when else None) for i in directory.integrations()),
        rules=tuple((rule, compile_pattern(rule.when)) for rule in directory.rules),
        clues=Clues(rule.when for rule in directory.rules),
        ask_for_raw=any(_names_raw(rule.when) for rule in directory.rules),
    )


def _names_raw(when: Mapping[str, Any]) -> bool:
    """Whether a pattern looks at ``raw``, by itself or in one of its branches."""
    branches = cast("list[Mapping[str, Any]]", when.get("$or", []))
    return any(key.partition(".")[0] == "raw" for key in when) or any(map(_names_raw, branches))


def as_pattern_input(event: Event, raw: Any) -> dict[str, Any]:
    """What patterns are matched on: CONFIG's normalised event, with the message as it arrived."""
    return {**to_plain(event), "raw": raw}


def integration_for(directory: Directory, event: Event, raw: Any) -> Integration | None:
    """The first integration of the event's source whose ``when`` takes it, services and integrations by name.

    Alarms of target tracking and Tocsin's own are left out before, unless an integration names them.
    """
    seen = as_pattern_input(event, raw)
    for integration, pattern in compiled(directory).integrations:
        if integration.source == event.source_type and (pattern is None or pattern.matches(seen)):
            return integration
    return None


def route(directory: Directory, event: Event, integration: Integration | None, at: Instant, raw: Any = None) -> Route:
    """The event's way at ``at``, by the rules in force; those that can't match it are not asked."""
    seen, routes = as_pattern_input(event, raw), compiled(directory)
    matched: list[EventRule] = []
    for number in routes.clues.may_match(seen):
        rule, pattern = routes.rules[number]
        if pattern.matches(seen):
            matched.append(rule)
            if not rule.then.proceed:
                break
    return _decided(directory, event, integration, matched, at)


def tried(directory: Directory, event: Event, raw: Any = None) -> tuple[RuleTrace, ...]:
    """Every rule up to the one that decided, in order, and why it matched or didn't: for an incident's timeline."""
    seen = as_pattern_input(event, raw)
    trace: list[RuleTrace] = []
    for rule, pattern in compiled(directory).rules:
        matched = pattern.matches(seen)
        trace.append(RuleTrace(rule=rule.name, matched=matched, because=pattern.why(seen)))
        if matched and not rule.then.proceed:
            break
    return tuple(trace)


def _decided(
    directory: Directory, event: Event, integration: Integration | None, matched: list[EventRule], at: Instant
) -> Route:
    outcomes = [rule.then for rule in matched]
    severity = next((o.severity for o in reversed(outcomes) if o.severity), event.severity)
    held_back = _held_back(event, integration, matched)
    named = next((o.route for o in reversed(outcomes) if o.route), None) or (integration and integration.service)
    service = directory.services.get(named) if named else None
    urgency = service.urgency_of(severity, at) if service else Urgency.LOW
    raises_at = service.raises_low_at(at) if service and urgency is Urgency.LOW else None
    if service is None and directory.unrouted:
        service = directory.services.get(directory.unrouted)
    return Route(
        service=None if held_back else service,
        severity=severity,
        urgency=urgency,
        raises_at=raises_at,
        priority=next((o.priority for o in reversed(outcomes) if o.priority), None),
        tags=tuple(
            dict.fromkeys(
                tag for tags in (service.tags if service else (), *(o.tags for o in outcomes)) for tag in tags
            )
        ),
        pause=next((o.pause for o in reversed(outcomes) if o.pause), service.pause if service else None),
        suppressed=held_back.get("suppressed"),
        dropped=held_back.get("dropped"),
    )


def _held_back(event: Event, integration: Integration | None, matched: list[EventRule]) -> Mapping[str, str]:
    by = matched[-1].name if matched else ""
    if any(rule.then.drop for rule in matched):
        return {"dropped": f"by the rule {by!r}"}
    if any(rule.then.suppress for rule in matched):
        return {"suppressed": f"by the rule {by!r}"}
    number = severity_number(event)
    least = integration.min_severity if integration else None
    if least is not None and number is not None and number < least:
        return {"dropped": f"severity {number} is below the integration's {least}"}
    return {}


def severity_number(event: Event) -> float | None:
    """The vendor's own severity, where its scale is a number (GuardDuty's 1.0 to 10.0)."""
    details: Any = event.custom_details
    number: Any = cast("Mapping[str, Any]", details).get("severity") if isinstance(details, Mapping) else None
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
