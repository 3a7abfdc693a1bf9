"""Alerts that are held back for a while: an incident opens only if they are still open when the time is over.

Maintenance holds what comes while a window lasts; a pause holds what may be over by itself. Neither pages anybody. The
recovery of an alert that flaps is held likewise: see flapping.py.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.domain.alert import Accepted
from shared.domain.directory import Directory, Service
from shared.domain.instants import Instant, format_duration, format_seconds, whole_second
from shared.domain.notification import GRACE


class Reason(StrEnum):
    MAINTENANCE = "maintenance"
    PAUSE = "pause"
    FLAPPING = "flapping"  # what waits is a recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """``until`` is when it is looked at again; ``because`` is for people."""

    reason: Reason
    until: Instant
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An alert that waits; ``accepted`` is the latest that it said."""

    hash: str  # of its key
    accepted: Accepted
    hold: Hold

    @property
    def due_at(self) -> Instant:
        """By when ``sweep`` looks for it: nobody else does, so the grace that it leaves others is taken off."""
        return self.hold.until - GRACE


def maintenance(directory: Directory, service: Service, at: Instant) -> Hold | None:
    """The window that lasts at ``at``; of several the one that ends last."""
    windows = [w for w in directory.maintenance if service.name in w.services and w.begin <= at < w.end]
    window = max(windows, key=lambda w: w.end, default=None)
    if window is None:
        return None
    because = f"{window.reason or 'maintenance'} until {format_seconds(window.end)}"
    return Hold(reason=Reason.MAINTENANCE, until=window.end, because=because)


def hold(directory: Directory, service: Service, pause: timedelta | None, at: Instant) -> Hold | None:
    """Whether an alert of ``service`` that opens at ``at`` is held: by maintenance first, which may outlast a pause."""
    under_way = maintenance(directory, service, at)
    if under_way is not None or pause is None:
        return under_way
    because = f"an incident opens if it is still open after {format_duration(pause)}"
    return Hold(reason=Reason.PAUSE, until=whole_second(at) + pause, because=because)
