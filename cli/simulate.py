"""``tocsin simulate``: who would be told what, when, by the same code that runs live.

The folder is all that counts; no deployment is asked. What is compared with the live system are the instants at which
things were due, which log entries and pages state.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cli.arrival import accepted, arrival
from cli.world import World
from shared.channels import mail, sms
from shared.channels.texts import text_of, unheard
from shared.domain.command import Command, Order
from shared.domain.directory import Directory, Medium
from shared.domain.errors import ConfigError
from shared.domain.event import Event
from shared.domain.holding import Reason
from shared.domain.incident import PAGES_A_LEVEL, Incident
from shared.domain.instants import Instant, format_seconds, whole_second
from shared.domain.left_out import why_left_out
from shared.domain.notification import FALLBACK, Page
from shared.domain.timeline import Author, Kind, LogEntry
from shared.flow.channel import Notice
from shared.flow.page import notice_for
from shared.flow.ports import Deps
from shared.flow.stores import Loaded
from shared.store.memory import Dropped

Line = dict[str, Any]

KINDS: Mapping[
    Kind, str
] = {  # log entries that are told as lines; a level's entering is ``escalate`` but for the first
    Kind.TRIGGERED: "incident",
    Kind.LEVEL_SKIPPED: "skip",
    Kind.EXHAUSTED: "exhausted",
    Kind.ACKNOWLEDGED: "acknowledge",
    Kind.UNACKNOWLEDGED: "retrigger",
    Kind.ACKNOWLEDGEMENT_TIMED_OUT: "retrigger",
    Kind.SNOOZE_ENDED: "retrigger",
    Kind.URGENCY_RAISED: "retrigger",
    Kind.RESOLVED: "resolve",
    Kind.AUTO_RESOLVED: "auto_resolve",
}
BEGINS = PAGES_A_LEVEL | {Kind.LEVEL_ENTERED, Kind.LEVEL_SKIPPED, Kind.EXHAUSTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What is to be simulated."""

    at: Instant
    until: timedelta = timedelta(hours=24)
    acknowledged_after: timedelta | None = None
    fails: Sequence[Medium] = ()


def simulate(
    directory: Directory, events: Sequence[tuple[Event, Any]], routing_key: str | None, night: Night
) -> list[Line]:
    """The timeline of a night, in order of time. ``events`` are with their messages as they arrived.

    Raises ConfigError where no integration takes the event by its routing key.
    """
    world = World(directory, whole_second(night.at), night.fails)
    left_out: list[Line] = []
    for place, (event, raw) in enumerate(events):
        because = why_left_out(directory, event, raw)
        if because is not None:
            left_out.append(_line(format_seconds(world.clock.at), "suppress", text=because))
            continue
        arrived = arrival(directory, event, raw, routing_key)
        if routing_key and arrived.integration is None:
            raise ConfigError(f"no integration has the routing key of this event: {arrived.because}")
        world.accept(accepted(arrived, f"simulated-{place}", world.clock.at))
    end = world.clock.at + night.until
    if night.acknowledged_after is not None:
        _acknowledge(world, whole_second(night.at) + night.acknowledged_after, end)
    world.run_until(end)
    return left_out + lines(world)


def lines(world: World) -> list[Line]:
    """Everything that happened in ``world``, as CONFIG's lines."""
    told = [_held_back(drop) for drop in world.incidents.dropped.values()]
    held = [(at, held.hold) for at, held in world.incidents.holds if held.hold.reason is not Reason.FLAPPING]
    told += [_line(format_seconds(at), hold.reason, text=hold.because) for at, hold in held]
    for incident, log, pages in world.timeline():
        told += timeline(incident, log, pages, world.deps)
    return sorted(told, key=lambda line: line["at"])


def timeline(incident: Incident, log: Sequence[LogEntry], pages: Sequence[Page], deps: Deps) -> list[Line]:
    """One incident's lines: its log entries, each followed by the pages that it made due."""
    told: list[tuple[str, int, Line]] = []
    began: LogEntry | None = None  # what last began a level, or was one
    for place, entry in enumerate(log):
        if (kind := _kind(entry, began)) is not None:
            told.append((_at(entry), 2 * place, _of_entry(kind, entry, incident)))
        began = entry if entry.kind in BEGINS else began
    for page in pages:
        cause = _cause(log, page)
        told.append((format_seconds(page.due), 2 * cause + 1, _of_page(page, incident, deps)))
    return [line for _, _, line in sorted(told, key=lambda t: t[:2])]


def _acknowledge(world: World, at: Instant, end: Instant) -> None:
    """Who was paged first acknowledges at ``at``, or as soon as somebody is paged after it."""
    moment = at
    while moment <= end:
        world.run_until(moment)
        for incident, _, pages in world.timeline():
            person = next((page.user for page in pages if page.user != FALLBACK), None)
            if person is not None:
                command = Command(order=Order.ACKNOWLEDGE, by=Author(user=person))
                world.order(incident.id, command)
                return
        following = world.next_at()
        if following is None:
            return
        moment = max(moment, following)


def _kind(entry: LogEntry, began: LogEntry | None) -> str | None:
    """The first level, and the present one paged anew, are no escalation: what began them is told by itself."""
    if entry.kind is not Kind.LEVEL_ENTERED:
        return KINDS.get(entry.kind)
    anew = began is not None and KINDS.get(began.kind) == "retrigger"
    return None if anew or (entry.entry == 1 and entry.level == 1) else "escalate"


def _at(entry: LogEntry) -> str:
    return format_seconds(entry.due or entry.at)


def _cause(log: Sequence[LogEntry], page: Page) -> int:
    """The place of the entry that made the page due: its level's, or the exhaustion."""
    return next((place for place, entry in enumerate(log) if str(entry.entry) == page.entry), 0)


def _of_entry(kind: str, entry: LogEntry, incident: Incident) -> Line:
    text = entry.opening.title if entry.opening else entry.why or entry.text
    user = entry.by.user or (", ".join(entry.people) if kind == "escalate" else None) or None
    return _line(_at(entry), kind, level=entry.level, user=user, text=text)


def _of_page(page: Page, incident: Incident, deps: Deps) -> Line:
    fallback = page.user == FALLBACK
    return _line(
        format_seconds(page.due),
        "fallback" if fallback else "page",
        level=None if fallback else page.level,
        user=None if fallback else page.user,
        method=page.medium.value,
        address=page.address,
        text=_text(notice_for(deps, Loaded(incident=incident, due_at=None), page)),
    )


def _text(notice: Notice) -> str:
    match notice.contact.medium:
        case Medium.EMAIL:
            return mail.render(notice).subject
        case Medium.PUSH:
            return "\n".join(text_of(name, notice, unheard) for name in ("push.title", "push.body"))
        case Medium.SLACK | Medium.TEAMS as medium:
            return text_of(medium, notice, unheard)
        case _:
            return sms.render(notice)


def _held_back(drop: Dropped) -> Line:
    return _line(format_seconds(drop.at), "suppress", text=drop.reason)


def _line(
    at: str,
    kind: str,
    *,
    level: int | None = None,
    user: str | None = None,
    method: str | None = None,
    address: str | None = None,
    text: str | None = None,
) -> Line:
    return {"at": at, "kind": kind, "level": level, "user": user, "method": method, "address": address, "text": text}


def in_words(line: Line) -> Iterator[str]:
    """A line's members as people read them, for a terminal."""
    yield line["at"]
    yield line["kind"]
    yield "" if line["level"] is None else f"level {line['level']}"
    yield " ".join(str(line[name]) for name in ("user", "method", "address") if line[name])
    yield line["text"] or ""
