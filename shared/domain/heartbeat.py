"""A job that says it is well: a silence longer than its interval and grace is an alert, the next beat its end.

Laws: the time runs from the last beat, or from when the heartbeat was set up, so that one which never comes is told of,
too. Silence begins at one instant, whoever finds it and when. Its event has that instant's time and a beat's has its
own, so whichever of them comes first, a job that beats again is well.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Integration
from shared.domain.event import Action, Event, Severity
from shared.domain.instants import Instant, format_duration, format_seconds, whole_second
from shared.domain.notification import GRACE

SOURCE = "heartbeat"


class Pulse(StrEnum):
    BEATS = "beats"
    SILENT = "silent"  # its alert is to be raised
    TOLD = "told"  # it was


@dataclass(frozen=True, slots=True, kw_only=True)
class Heart:
    """``since`` is the last beat, or when it was set up; at ``silent_at`` silence begins, or began."""

    integration: str
    since: Instant
    silent_at: Instant
    pulse: Pulse = Pulse.BEATS
    beaten: bool = False

    @property
    def due_at(self) -> Instant | None:
        """By when ``sweep`` looks for it: nobody else does, so the grace that it leaves others is taken off."""
        return None if self.pulse is Pulse.TOLD else self.silent_at - GRACE


def set_up(integration: Integration, at: Instant, known: Heart | None) -> Heart:
    """As the configuration comes into force: new, or with an interval that was edited; the silent stay so."""
    if known is None:
        return Heart(integration=integration.id, since=at, silent_at=_silent_at(integration, at))
    if known.pulse is not Pulse.BEATS:
        return known
    return replace(known, silent_at=_silent_at(integration, known.since))


def beat(integration: Integration, at: Instant) -> Heart:
    return Heart(integration=integration.id, since=at, silent_at=_silent_at(integration, at), beaten=True)


def silence(integration: Integration, heart: Heart) -> Event:
    """Raised once, when it has begun."""
    last = f"the last was at {format_seconds(heart.since)}" if heart.beaten else "none has come yet"
    summary = f"{integration.name}: no heartbeat for {format_duration(_patience(integration))}; {last}"
    return _event(integration, Action.TRIGGER, Severity.ERROR, summary, heart.silent_at)


def beats_again(integration: Integration, at: Instant) -> Event:
    return _event(integration, Action.RESOLVE, Severity.INFO, f"{integration.name}: it beats again", at)


def _patience(integration: Integration) -> timedelta:
    return (integration.every or timedelta(0)) + integration.grace


def _silent_at(integration: Integration, since: Instant) -> Instant:
    return whole_second(since) + _patience(integration)


def _event(integration: Integration, action: Action, severity: Severity, summary: str, at: Instant) -> Event:
    return Event(
        action=action,
        dedup_key=f"{integration.service}/{integration.name}",
        severity=severity,
        summary=summary,
        source=integration.name,
        source_type=SOURCE,
        timestamp=at,
    )
