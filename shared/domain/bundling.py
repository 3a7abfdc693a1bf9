"""How many texts and calls one number takes, and what becomes of a page that is one too many.

Laws: no window ever holds more sends than its limit. What is over the limit is bundled into one message, which goes out
at the first instant that the limits allow, and names every page it stands for or counts it. A page that would wait
longer than ``PATIENCE`` is listed there, and its person's next method is used at once. Answers to replies don't count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Medium
from shared.domain.instants import Instant, next_whole_second

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = timedelta(seconds=60)  # a page may wait so long for its turn
LENGTH = 306  # characters of two parts of a text; what a bundle says is in the alphabet of texts
LISTED_MAX = 100  # incidents a bundle remembers by number; fewer fit into it, the rest are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most ``count`` sends in any stretch of ``within``."""

    within: timedelta
    count: int


LIMITS: Mapping[Medium, tuple[Limit, ...]] = {  # what people, and their carriers, bear
    Medium.SMS: (
        Limit(within=15 * MINUTES, count=5),
        Limit(within=HOURS, count=11),
        Limit(within=3 * HOURS, count=21),
    ),
    Medium.VOICE: (
        Limit(within=15 * MINUTES, count=3),
        Limit(within=HOURS, count=7),
        Limit(within=3 * HOURS, count=15),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number: its sends within the longest window, oldest first, and the bundle that waits for its turn."""

    medium: Medium
    sent: tuple[Instant, ...] = ()
    listed: tuple[int, ...] = ()  # the incidents that the bundle names, each once
    more: int = 0  # pages whose incidents it only counts
    due: Instant | None = None  # when the bundle goes out; None where none waits


class Verdict(StrEnum):
    SEND = "it goes out now"
    WAIT = "it waits for the bundle"
    HAND_ON = "it is listed in the bundle, and the next method is used at once"


def allowed_at(line: Line, now: Instant) -> Instant:
    """The first whole second, ``now`` or later, at which one more send keeps every limit; ``now`` where it does."""
    free = [
        line.sent[-limit.count] + limit.within for limit in LIMITS.get(line.medium, ()) if len(line.sent) >= limit.count
    ]
    first = max(free, default=now)
    return now if first <= now else next_whole_second(first)


def admit(line: Line, incident: int, now: Instant) -> tuple[Verdict, Line]:
    """What becomes of a page of ``incident`` (its number) to this number, and the line after it.

    While a bundle waits every page joins it, so that none overtakes another.
    """
    at = allowed_at(line, now)
    if at <= now and line.due is None:
        return Verdict.SEND, _after_sending(line, now)
    waits = replace(_listing(line, incident), due=at)
    return (Verdict.WAIT if at - now <= PATIENCE else Verdict.HAND_ON), waits


def release(line: Line, link: str, now: Instant) -> tuple[str | None, Line]:
    """What the bundle says, once it is due, and the line after it; None where none is. ``link`` leads to all of it."""
    if line.due is None or allowed_at(line, now) > now:
        return None, line
    return in_words(line.listed, line.more, link), replace(_after_sending(line, now), listed=(), more=0, due=None)


def in_words(listed: Sequence[int], more: int, link: str) -> str:
    """As many incident numbers as fit, how many more, and a link to all: at most two parts."""
    texts = (_with(listed[:shown], len(listed) - shown + more, link) for shown in range(len(listed), 0, -1))
    return next((text for text in texts if len(text) <= LENGTH), f"TOCSIN: {len(listed) + more} incidents. {link}")


def _with(shown: Sequence[int], more: int, link: str) -> str:
    """``TOCSIN: 17, 18, 19 and 4 more. https://…``"""
    return f"TOCSIN: {', '.join(map(str, shown))}{f' and {more} more' if more else ''}. {link}"


def _listing(line: Line, incident: int) -> Line:
    if incident in line.listed:
        return line
    if len(line.listed) >= LISTED_MAX:
        return replace(line, more=line.more + 1)
    return replace(line, listed=(*line.listed, incident))


def _after_sending(line: Line, now: Instant) -> Line:
    """Only what some window still holds is kept: at most as many as the largest count."""
    longest = max((limit.within for limit in LIMITS.get(line.medium, ())), default=timedelta(0))
    return replace(line, sent=tuple(at for at in (*line.sent, now) if at > now - longest))
