"""How often a key spoke of late: what ``open_after`` and ``flapping`` count, small enough for the key's own item.

Laws: of up to 21 events each keeps its instant, and the count is exact. Of more, those within a twentieth of the window
are counted together, so that an event may count by so much longer: an incident opens that much too early, never too
late. It is one text of at most 400 characters.
"""

from datetime import UTC, datetime, timedelta

from shared.domain.directory import OpenAfter
from shared.domain.instants import Instant

EXACT = 21
START = datetime(2020, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def count(so_far: str, at: Instant, rule: OpenAfter) -> tuple[str, int]:
    """What is to be kept once an event came ``at``, and how many there were within the window that ends with it."""
    window = rule.within // MILLISECOND
    grain = window // EXACT if rule.count > EXACT else 0
    now = (at - START) // MILLISECOND
    kept = [(when, number) for when, number in _read(so_far) if now - when <= window + grain]
    if kept and now - kept[-1][0] < grain:
        kept[-1] = kept[-1][0], kept[-1][1] + 1
    else:
        kept.append((now, 1))
    return _written(kept[-EXACT - 2 :]), sum(number for _, number in kept)


def lately(so_far: str, within: timedelta) -> int:
    """How many there were in a window of that length that ends with the last of them."""
    kept, window = _read(so_far), within // MILLISECOND
    return sum(number for when, number in kept if kept[-1][0] - when <= window)


def _read(text: str) -> list[tuple[int, int]]:
    """``18f3a:1 4b0:12``: milliseconds since the one before, and how many events."""
    found, when = list[tuple[int, int]](), 0
    for pair in text.split():
        since, _, number = pair.partition(":")
        when += int(since, 16)
        found.append((when, int(number, 16)))
    return found


def _written(kept: list[tuple[int, int]]) -> str:
    before = [0, *(when for when, _ in kept)]
    return " ".join(f"{when - last:x}:{number:x}" for (when, number), last in zip(kept, before, strict=False))
