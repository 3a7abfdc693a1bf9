"""What putting one configuration in the place of another would change: in objects, and in people's hours.

An edit in files means what it says. So everybody whose hours change in the coming weeks is named, and for a rotation
whose present turn would go to somebody else, the ``start`` that would leave it where it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from shared.config.build import build
from shared.domain.directory import Directory
from shared.domain.instants import Instant, format_seconds, whole_second
from shared.domain.schedule import Layer, Schedule, present_turn
from shared.domain.schedule_change import Stretch, changed
from shared.domain.schedule_history import keeps_the_present_turn

AHEAD = timedelta(weeks=4)  # over which the hours of people are compared
NAMED = ("users", "teams", "schedules", "escalation_policies", "services", "runbooks", "webhooks", "templates")
WHOLE = ("account", "maintenance", "unrouted")
ORDER = "the order of rules"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``action`` is add, change or remove; ``members`` are the keys that a change touches."""

    kind: str
    name: str
    action: str
    members: tuple[str, ...] = ()

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "name": self.name, "action": self.action}


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The ``start`` by which ``user`` keeps the present turn of a layer (its place counts from 0)."""

    schedule: str
    layer: str
    place: int
    user: str
    instead: str | None  # who would have the turn now, by the edit as it stands
    start: datetime

    @property
    def text(self) -> str:
        """As the file takes it."""
        return self.start.isoformat(timespec="seconds" if self.start.second else "minutes")

    def as_json(self) -> dict[str, str]:
        return {"schedule": self.schedule, "layer": self.layer, "user": self.user, "start": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    since: Instant
    until: Instant
    changes: tuple[Change, ...]
    on_call: tuple[tuple[str, Stretch], ...]  # by schedule
    starts: tuple[Start, ...]
    refused: tuple[str, ...]  # integrations, by path, whose routing key is no longer known: their senders are refused

    def as_json(self) -> dict[str, Any]:
        return {
            "changes": [change.as_json() for change in self.changes],
            "on_call": [
                {
                    "schedule": schedule,
                    "user": stretch.user,
                    "from": format_seconds(stretch.start),
                    "to": format_seconds(stretch.end),
                    "hours": round(stretch.hours, 4),
                }
                for schedule, stretch in self.on_call
            ],
            "starts": [start.as_json() for start in self.starts],
            "refused": list(self.refused),
        }


def plan(before: Document | None, after: Document, now: Instant) -> Plan:
    """Both in CONFIG's form, checked; ``before`` None: nothing was applied yet."""
    since = whole_second(now)
    was, becomes = build(before, 0) if before else None, build(after, 0)
    return Plan(
        since=since,
        until=since + AHEAD,
        changes=tuple(changes(before or {}, after)),
        on_call=tuple(_hours(was, becomes, since)),
        starts=tuple(_starts(was, becomes, since)),
        refused=tuple(_refused(was, becomes)),
    )


def changes(before: Document, after: Document) -> Iterator[Change]:
    for kind in NAMED:
        yield from _between(kind, before.get(kind, {}), after.get(kind, {}))
    yield from _rules(before.get("event_rules", ()), after.get("event_rules", ()))
    for kind in WHOLE:
        yield from _between(kind, *({kind: value} if (value := d.get(kind)) else {} for d in (before, after)))


def _between(kind: str, was: Document, becomes: Document) -> Iterator[Change]:
    for name in sorted({*was, *becomes}):
        old, new = was.get(name), becomes.get(name)
        if old != new:
            action = "change" if name in was and name in becomes else "add" if name in becomes else "remove"
            members = _members(old, new) if action == "change" else ()
            yield Change(kind=kind, name=name, action=action, members=members)


def _members(old: Any, new: Any) -> tuple[str, ...]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return ()
    was, becomes = cast("Document", old), cast("Document", new)
    return tuple(key for key in dict.fromkeys([*was, *becomes]) if was.get(key) != becomes.get(key))


def _rules(was: Sequence[Document], becomes: Sequence[Document]) -> Iterator[Change]:
    """Rule by rule; and their order, which decides, where nothing else changed it."""
    old, new = _by_name(was), _by_name(becomes)
    yield from _between("event_rules", old, new)
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new]:
        yield Change(kind="event_rules", name=ORDER, action="change")


def _by_name(rules: Sequence[Document]) -> dict[str, Document]:
    """Names needn't be unique: the second ``x`` is ``x (2)``."""
    found: dict[str, Document] = {}
    for rule in rules:
        name, number = str(rule["name"]), 1
        while (called := name if number == 1 else f"{name} ({number})") in found:
            number += 1
        found[called] = rule
    return found


def _hours(before: Directory | None, after: Directory, since: Instant) -> Iterator[tuple[str, Stretch]]:
    old: Mapping[str, Schedule] = before.schedules if before else {}
    for name in sorted({*old, *after.schedules}):
        for stretch in changed(old.get(name), after.schedules.get(name), since, since + AHEAD):
            yield name, stretch


def _starts(before: Directory | None, after: Directory, now: Instant) -> Iterator[Start]:
    for name, schedule in sorted(after.schedules.items()):
        old = before.schedules.get(name) if before else None
        for place, layer in enumerate(schedule.layers):
            was = _same_layer(old, layer, place) if old else None
            start = _start(old, was, schedule, layer, place, now) if old and was else None
            if start:
                yield start


def _refused(before: Directory | None, after: Directory) -> Iterator[str]:
    known = {integration.key for integration in after.integrations()}
    for integration in before.integrations() if before else ():
        if integration.key and integration.key not in known:
            yield f"services.{integration.service}.integrations.{integration.name}"


def _same_layer(old: Schedule, layer: Layer, place: int) -> Layer | None:
    """The layer of that name, or the one in that place where the name is new."""
    named = next((was for was in old.layers if was.name == layer.name), None)
    return named or (old.layers[place] if place < len(old.layers) else None)


def _start(old: Schedule, was: Layer, new: Schedule, layer: Layer, place: int, now: Instant) -> Start | None:
    """None where the present turn stays, or nobody can keep it."""
    has, would_have = present_turn(was, old.time_zone, now), present_turn(layer, new.time_zone, now)
    if has is None or (would_have and would_have.user == has.user):
        return None
    start = keeps_the_present_turn(was, layer, old.time_zone, now, zone_after=new.time_zone)
    if start is None:
        return None
    instead = would_have.user if would_have else None
    return Start(schedule=new.name, layer=layer.name, place=place, user=has.user, instead=instead, start=start)
