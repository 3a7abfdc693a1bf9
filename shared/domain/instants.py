"""Instants and durations: aware UTC datetimes and timedeltas, and how they are written.

An instant from a clock is written with milliseconds, one at which something is due in whole seconds; both end in ``Z``.
"""

import re
from datetime import UTC, datetime, timedelta

Instant = datetime

INSTANT_FORMS = "2026-01-05T09:00Z or 2026-01-05T09:00+01:00"
DURATION = re.compile(r"(\d{1,6})([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_instant(text: str) -> Instant:
    """ISO 8601 with an offset or ``Z`` → UTC. Raises ValueError for anything else, also a local time."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant: write {INSTANT_FORMS}") from None
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset: write {INSTANT_FORMS}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def format_instant(at: Instant) -> str:
    """``2026-11-23T03:12:04.118Z``, in milliseconds; sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def format_seconds(at: Instant) -> str:
    """``2026-11-23T03:12:04Z``, cut to the second; sorts as text."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_second(at: Instant) -> Instant:
    """``at`` cut to the second: what is due is due in whole seconds."""
    return at.replace(microsecond=0)


def next_whole_second(at: Instant) -> Instant:
    """``at``, or the second after it: what is due then is never early."""
    return at if at.microsecond == 0 else whole_second(at) + timedelta(seconds=1)


def parse_duration(text: str) -> timedelta:
    """``45s``, ``5m``, ``2h``, ``1d``, ``2w`` → timedelta. Raises ValueError otherwise."""
    match = DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write 45s, 5m, 2h, 1d or 2w")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def format_duration(duration: timedelta) -> str:
    """The shortest exact form: ``90s``, ``5m``, ``2h``, ``1d``, ``2w``."""
    seconds = int(duration.total_seconds())
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
