"""``tocsin plan``: what applying a folder would change, in objects and in people's hours, said for people."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli.configuration import read_folder
from cli.deployment import Deployment
from shared.config import plan as planning
from shared.config.build import mint
from shared.config.plan import Plan, Start
from shared.domain.instants import Instant
from shared.domain.schedule_change import Stretch

SHOWN = 4  # stretches of one person; how many more is said
NOT_MINTED = "R" + 31 * "0"  # in the place of routing keys that applying would mint
COLOURS = {"add": "green", "change": "yellow", "remove": "red"}
SINGULAR = {
    "users": "user",
    "teams": "team",
    "schedules": "schedule",
    "escalation_policies": "escalation policy",
    "services": "service",
    "runbooks": "runbook",
    "webhooks": "webhook",
    "templates": "template",
    "event_rules": "event rule",
}

Line = tuple[str, str | None]  # text and colour


def plan(path: Path, before: Mapping[str, Any] | None, now: Instant) -> Plan:
    """Against the configuration ``before``; None: nothing was applied yet. Raises Failed for a folder at fault."""
    return planning.plan(before, mint(read_folder(path).document, before, lambda: NOT_MINTED), now)


def as_if_deployed(path: Path) -> Mapping[str, Any]:
    """In the place of what is in force. Raises Failed for a folder at fault."""
    return mint(read_folder(path).document, None, lambda: NOT_MINTED)


def deployed(deployment: Deployment) -> Mapping[str, Any] | None:
    """What is in force there."""
    return deployment.directory().applied()[1]


def in_words(found: Plan, time_zone: str) -> Iterator[Line]:
    """Times are local in ``time_zone``, the account's."""
    if not found.changes:
        yield "Nothing changes: this is in force already.", None
    for change in found.changes:
        members = f" ({', '.join(change.members)})" if change.members else ""
        kind = SINGULAR.get(change.kind, change.kind)
        name = "" if change.name == change.kind else f" {change.name}"
        yield f"{change.action:6}  {kind}{name}{members}", COLOURS[change.action]
    for path in found.refused:
        yield f"Whoever sends by the routing key of {path} is refused from then on.", "red"
    yield from _hours(found, ZoneInfo(time_zone))
    for start in found.starts:
        yield from _proposed(start)


def _hours(found: Plan, zone: ZoneInfo) -> Iterator[Line]:
    if not found.changes:
        return
    yield "", None
    if not found.on_call:
        yield "Nobody's on-call hours change in the next four weeks.", None
        return
    until = _time(found.until, zone)
    yield f"On-call hours that change until {until} (times of {zone.key}):", None
    for (schedule, user), some in groupby(found.on_call, key=lambda row: (row[0], row[1].user)):
        stretches = [stretch for _, stretch in some]
        for lost in (True, False):
            part = [stretch for stretch in stretches if stretch.lost is lost]
            if part:
                verb, colour = ("loses", "red") if lost else ("gains", "green")
                hours = sum(abs(stretch.hours) for stretch in part)
                on = f" on {schedule}" if len({name for name, _ in found.on_call}) > 1 else ""
                yield f"  {user} {verb} {_number(hours)} on-call hours{on}: {_when(part, zone)}", colour


def _number(hours: float) -> str:
    return f"{hours:,.2f}".rstrip("0").rstrip(".")


def _when(stretches: list[Stretch], zone: ZoneInfo) -> str:
    shown = "; ".join(_span(stretch, zone) for stretch in stretches[:SHOWN])
    return f"{shown}; and {len(stretches) - SHOWN} times more" if len(stretches) > SHOWN else shown


def _span(stretch: Stretch, zone: ZoneInfo) -> str:
    """``Mon 7 Dec 09:00 to 21:00``; the day again where it is another."""
    start, end = stretch.start.astimezone(zone), stretch.end.astimezone(zone)
    same_day = start.date() == end.date() and end - start < timedelta(days=1)
    return (
        f"{_time(stretch.start, zone)} to {end:%H:%M}"
        if same_day
        else f"{_time(stretch.start, zone)} to {_time(stretch.end, zone)}"
    )


def _time(at: Instant, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _proposed(start: Start) -> Iterator[Line]:
    yield "", None
    instead = f"to {start.instead}" if start.instead else "away"
    where = f"schedules.{start.schedule}.layers[{start.place}]"
    yield f"The edit of {where} ({start.layer}) takes the present turn from {start.user} {instead}.", "yellow"
    yield f"With this line {start.user} keeps it, and what follows is as you wrote it:", None
    yield f"        start: {start.text}", "bold"
