"""The moments that vendors write, in all their forms. What can't be read is unknown, never a reason to refuse an alert.

A local time without a zone is unknown too, unless the vendor is known to mean UTC: a trigger that seemed older than
the last recovery would open nothing.
"""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any

from shared.domain.instants import Instant

YEARS = range(2000, 2100)  # 0001-01-01 means "none"
SECONDS_MAX = 1e11  # a larger epoch counts in smaller units
UNITS = (1, 1e3, 1e6, 1e9)  # seconds, milliseconds, microseconds, nanoseconds
EPOCH = re.compile(r"\d{9,19}(\.\d+)?")
RFC_2822 = re.compile(r"([A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(:\d\d)? ([+-]\d{4}|GMT|UTC)")
SPELT_OUT = ("%b %d, %Y, %I:%M:%S %p", "%b %d, %Y %I:%M:%S %p", "%b %d, %Y, %H:%M:%S", "%Y/%m/%d %H:%M:%S")


def moment(value: Any, *, without_zone: tzinfo | None = None) -> Instant | None:
    """``value`` in UTC, cut to the millisecond: ISO 8601, RFC 2822, an epoch number, or a date spelt out."""
    try:
        at = _read(value)
    except (ValueError, OverflowError, OSError):
        return None
    if at is None or (at.tzinfo is None and without_zone is None):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=without_zone)
    if at.year not in YEARS:
        return None
    return at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)


def _read(value: Any) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(float(value))
    if not isinstance(value, str):
        return None
    written = " ".join(value.split())
    if EPOCH.fullmatch(written):
        return _epoch(float(written))
    return _iso(written) or _spelt_out(written) or _rfc_2822(written)


def _epoch(count: float) -> datetime | None:
    seconds = next((count / unit for unit in UNITS if abs(count / unit) <= SECONDS_MAX), None)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _iso(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" ?(UTC|GMT)$", "Z", re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", written)))
    except ValueError:
        return None


def _spelt_out(written: str) -> datetime | None:
    plain, zone, _ = written.partition(" UTC") if written.endswith(" UTC") else written.partition(" GMT")
    for form in SPELT_OUT:
        try:
            at = datetime.strptime(plain, form)  # noqa: DTZ007 (these forms have no zone)
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if zone else at
    return None


def _rfc_2822(written: str) -> datetime | None:
    """The standard library's parser reads anything as something: only what has the form is given to it."""
    return parsedate_to_datetime(written) if RFC_2822.fullmatch(written) else None
