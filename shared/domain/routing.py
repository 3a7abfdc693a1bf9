"""Where an event goes and why: its integration, the rules in order, then the service.

Laws: the first rule that matches decides, unless it says ``continue``. Of all rules that matched the last one that sets
a thing sets it, tags add up, and ``suppress`` or ``drop`` by any of them holds. Nothing is dropped in silence: what no
rule and no integration routes goes to ``unrouted`` at low urgency, and each decision can say which rules were tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from shared.domain.clues import Clues
from shared.domain.directory import Directory, EventRule, Integration, OpenAfter, Service, Urgency
from shared.domain.event import Event, Severity
from shared.domain.extraction import Wording, variables, word
from shared.domain.instants import Instant
from shared.domain.operators import PatternError
from shared.domain.pattern import Pattern, compile_pattern
from shared.domain.plain import to_plain
from shared.domain.rule_trace import RuleTrace

REASON_MAX = 300  # characters that the timeline keeps of a reason
REASONS_MAX = 120_000  # and of all reasons: an item has 400 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``service`` is None where it is dropped, and where nothing takes it."""

    service: Service | None
    severity: Severity
    summary: str  # the sender's, or a rule's
    urgency: Urgency = Urgency.HIGH
    raises_at: Instant | None = None  # when low urgency becomes high
    priority: str | None = None
    tags: tuple[str, ...] = ()
    pause: timedelta | None = None
    open_after: OpenAfter | None = None
    runbook: str | None = None
    ticket: Mapping[str, Any] | None = None
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
    """A pattern that isn't one, which ``lint`` refuses but an older version may have applied, matches nothing."""
    rules = tuple((rule, _compiled(rule.when)) for rule in directory.rules)
    return Routes(
        integrations=tuple((i, _compiled(i.when) if i.when else None) for i in directory.integrations()),
        rules=rules,
        clues=Clues(rule.when if pattern.sound else {} for rule, pattern in rules),
        ask_for_raw=any(map(_asks_for_raw, directory.rules)),
    )


def _compiled(when: Mapping[str, Any]) -> Pattern:
    """One rule that can't be read stops no other."""
    try:
        return compile_pattern(when)
    except PatternError as fault:
        because = f"its pattern can't be read, so it matches nothing: {fault}"
        return Pattern(matches=lambda _: False, why=lambda _: because, sound=False)


def _asks_for_raw(rule: EventRule) -> bool:
    paths = [*(how.path for how in rule.extract.values()), *variables(rule.then.summary or "")]
    return _names_raw(rule.when) or any(path.partition(".")[0] == "raw" for path in paths)


def _names_raw(when: Mapping[str, Any]) -> bool:
    """Whether a pattern looks at ``raw``, by itself or in one of its branches."""
    branches: Any = when.get("$or", [])
    inner = [cast("Mapping[str, Any]", branch) for branch in branches if isinstance(branch, Mapping)]
    return any(key.partition(".")[0] == "raw" for key in when) or any(map(_names_raw, inner))


def as_pattern_input(event: Event, raw: Any) -> dict[str, Any]:
    """What patterns are matched on: CONFIG's normalised event, with the message as it arrived."""
    return {**to_plain(event), "raw": raw}


def integration_for(directory: Directory, event: Event, raw: Any) -> Integration | None:
    """The first integration of the event's source whose ``when`` takes it, services and integrations by name."""
    seen = as_pattern_input(event, raw)
    for integration, pattern in compiled(directory).integrations:
        if integration.source == event.source_type and (pattern is None or pattern.matches(seen)):
            return integration
    return None


def taken_because(directory: Directory, integration: Integration, event: Event, raw: Any) -> str:
    """In words why ``integration_for`` found it."""
    pattern = next(pattern for one, pattern in compiled(directory).integrations if one.id == integration.id)
    return pattern.why(as_pattern_input(event, raw)) if pattern else f"it takes everything of {integration.source}"


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
    return _decided(directory, event, integration, matched, _wording(matched, seen), at)


def tried(directory: Directory, event: Event, raw: Any = None) -> tuple[RuleTrace, ...]:
    """Every rule up to the one that decided, in order, and why it matched or didn't: for an incident's timeline."""
    seen = as_pattern_input(event, raw)
    asked: list[tuple[EventRule, bool, str]] = []
    for rule, pattern in compiled(directory).rules:
        matched = pattern.matches(seen)
        asked.append((rule, matched, pattern.why(seen)))
        if matched and not rule.then.proceed:
            break
    notes = iter(_wording([rule for rule, matched, _ in asked if matched], seen).notes)
    longest = min(REASON_MAX, REASONS_MAX // max(len(asked), 1))
    trace: list[RuleTrace] = []
    for rule, matched, why in asked:
        note = next(notes, "") if matched else ""
        because = f"{_cut(why, longest)}; {note}" if note else _cut(why, longest)
        trace.append(RuleTrace(rule=rule.name, matched=matched, because=because))
    return tuple(trace)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _wording(matched: list[EventRule], seen: Mapping[str, Any]) -> Wording:
    return word(matched, seen) if any(rule.extract or rule.then.summary for rule in matched) else Wording()


def _decided(
    directory: Directory,
    event: Event,
    integration: Integration | None,
    matched: list[EventRule],
    wording: Wording,
    at: Instant,
) -> Route:
    outcomes = [rule.then for rule in reversed(matched)]  # the last that sets a thing sets it
    severity = next((o.severity for o in outcomes if o.severity), event.severity)
    suppressed, dropped = _held_back(event, integration, matched)
    named = next((o.route for o in outcomes if o.route), None) or (integration and integration.service)
    service = directory.services.get(named) if named else None
    urgency = service.urgency_of(severity, at) if service else Urgency.LOW
    raises_at = service.raises_low_at(at) if service and urgency is Urgency.LOW else None
    if service is None and directory.unrouted:
        service = directory.services.get(directory.unrouted)
    tags = [service.tags if service else (), *(rule.then.tags for rule in matched)]
    return Route(
        service=None if dropped else service,
        severity=severity,
        summary=wording.summary or event.summary,
        urgency=urgency,
        raises_at=raises_at,
        priority=next((o.priority for o in outcomes if o.priority), None),
        tags=tuple(dict.fromkeys(tag for some in tags for tag in some)),
        pause=next((o.pause for o in outcomes if o.pause), service.pause if service else None),
        open_after=next((o.open_after for o in outcomes if o.open_after), None),
        runbook=next((o.runbook for o in outcomes if o.runbook), None),
        ticket=next((o.ticket for o in outcomes if o.ticket), None),
        suppressed=suppressed,
        dropped=dropped,
    )


def _held_back(
    event: Event, integration: Integration | None, matched: list[EventRule]
) -> tuple[str | None, str | None]:
    """Why it is suppressed, why it is dropped."""
    drops = next((rule for rule in matched if rule.then.drop), None)
    suppresses = next((rule for rule in matched if rule.then.suppress), None)
    if drops is not None:
        return None, f"by the rule {drops.name!r}"
    if suppresses is not None:
        return f"by the rule {suppresses.name!r}", None
    number = severity_number(event)
    least = integration.min_severity if integration else None
    if least is not None and number is not None and number < least:
        return None, f"severity {number} is below the integration's {least}"
    return None, None


def severity_number(event: Event) -> float | None:
    """The vendor's own severity, where its scale is a number (GuardDuty's 1.0 to 10.0)."""
    details: Any = event.custom_details
    number: Any = cast("Mapping[str, Any]", details).get("severity") if isinstance(details, Mapping) else None
    return float(number) if isinstance(number, int | float) and not isinstance(number, bool) else None
