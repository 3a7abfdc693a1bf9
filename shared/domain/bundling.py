"""How many texts and calls one number takes, and what becomes of a page that is one too many.

Laws: no window ever holds more sends than its limit. What is over the limit is bundled into one message, which goes out
at the first instant that the limits allow, and names every page it stands for or counts it. A page that would wait
longer than ``PATIENCE`` is listed there, and its person's next method is used at once. One that can't even be listed
counts as failed. Answers to replies don't count.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Medium
from shared.domain.instants import Instant, next_whole_second
from shared.domain.notification import STALE

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
PATIENCE = timedelta(seconds=60)  # a page may wait so long for its turn
LENGTH = 306  # characters of two parts of a text; what a bundle says is in the alphabet of texts
LISTED_MAX = 100  # pages that wait in a bundle, since they are one item with the number; the rest are counted


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
class Listed:
    """A page that a bundle stands for."""

    incident: str
    page: str  # its identity
    number: int  # the incident's, which people know it by
    tries: int = 0  # sends of it whose outcome nobody knows
    handed_on: bool = False  # its person's next method is in use


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """A bundle that is being sent: what it lists, and who has it."""

    listed: tuple[Listed, ...] = ()
    more: int = 0
    attempt: str
    claimed_at: Instant

    @property
    def stale_at(self) -> Instant:
        """From when on another attempt may take it over."""
        return self.claimed_at + STALE


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number: its sends within the longest window, oldest first, the bundle that waits, and the one under way."""

    medium: Medium
    address: str
    sent: tuple[Instant, ...] = ()
    listed: tuple[Listed, ...] = ()  # the pages that the bundle stands for
    more: int = 0  # pages that it only counts
    due: Instant | None = None  # when the bundle goes out; None where none waits
    going: Going | None = None
    version: int = 0  # as it was read; 0: it was never written

    @property
    def name(self) -> str:
        return line_name(self.medium, self.address)

    @property
    def due_at(self) -> Instant | None:
        """When something is to be done about it: the bundle is due, or nobody is left who sends the last."""
        moments = (self.due, self.going.stale_at if self.going else None)
        return min((at for at in moments if at is not None), default=None)


def line_name(medium: Medium, address: str) -> str:
    """The line's name: no number stands in a key, or in a message of a queue."""
    return hashlib.sha256(f"{medium}|{address}".encode()).hexdigest()


class Verdict(StrEnum):
    SEND = "it goes out now"
    WAIT = "it waits for the bundle"
    HAND_ON = "it is listed in the bundle, and the next method is used at once"
    COUNT = "it is only counted in the bundle, which is full, and the next method is used at once"


def allowed_at(line: Line, now: Instant) -> Instant:
    """The first whole second, ``now`` or later, at which one more send keeps every limit; ``now`` where it does."""
    free = [
        line.sent[-limit.count] + limit.within for limit in LIMITS.get(line.medium, ()) if len(line.sent) >= limit.count
    ]
    first = max(free, default=now)
    return now if first <= now else next_whole_second(first)


def admit(line: Line, page: Listed, now: Instant) -> tuple[Verdict, Line]:
    """What becomes of a page to this number, and the line after it.

    While a bundle waits every page joins it, so that none overtakes another.
    """
    at = allowed_at(line, now)
    if at <= now and line.due is None:
        return Verdict.SEND, _after_sending(line, now)
    if len(line.listed) >= LISTED_MAX:
        return Verdict.COUNT, replace(line, more=line.more + 1, due=at)
    verdict = Verdict.WAIT if at - now <= PATIENCE else Verdict.HAND_ON
    listed = replace(page, handed_on=verdict is Verdict.HAND_ON)
    return verdict, replace(line, listed=(*line.listed, listed), due=at)


def may_go(line: Line, now: Instant) -> bool:
    return line.due is not None and line.going is None and allowed_at(line, now) <= now


def go(line: Line, still_due: Sequence[Listed], attempt: str, now: Instant) -> tuple[Going, Line]:
    """The bundle as ``attempt`` has it, of which only ``still_due`` is named, and the line then: the send counts from
    here on."""
    tried = tuple(replace(page, tries=page.tries + 1) for page in still_due)
    going = Going(listed=tried, more=line.more, attempt=attempt, claimed_at=now)
    return going, replace(cleared(_after_sending(line, now)), going=going)


def cleared(line: Line) -> Line:
    """The line without the bundle that waited."""
    return replace(line, listed=(), more=0, due=None)


def come_back(line: Line, again: Sequence[Listed], now: Instant) -> Line:
    """The line once nobody can say whether its last bundle arrived: ``again`` is in the next, before what waits."""
    gone = replace(line, going=None)
    if line.going is None or not again:
        return gone
    more = line.more + line.going.more
    return replace(gone, listed=(*again, *line.listed), more=more, due=allowed_at(line, now))


def in_words(pages: Iterable[Listed], more: int, link: str) -> str:
    """As many incident numbers as fit, how many more, and a link to all where there is one: at most two parts."""
    numbers = tuple(dict.fromkeys(page.number for page in pages))
    texts = (_with(numbers[:shown], len(numbers) - shown + more, link) for shown in range(len(numbers), 0, -1))
    return next(
        (text for text in texts if len(text) <= LENGTH), f"TOCSIN: {len(numbers) + more} incidents. {link}".rstrip()
    )


def _with(shown: Sequence[int], more: int, link: str) -> str:
    """``TOCSIN: 17, 18, 19 and 4 more. https://…``"""
    return f"TOCSIN: {', '.join(map(str, shown))}{f' and {more} more' if more else ''}. {link}".rstrip()


def _after_sending(line: Line, now: Instant) -> Line:
    """Only what some window still holds is kept: at most as many as the largest count."""
    longest = max((limit.within for limit in LIMITS.get(line.medium, ())), default=timedelta(0))
    return replace(line, sent=tuple(at for at in (*line.sent, now) if at > now - longest))
