"""``tocsin schedule`` and ``tocsin oncall``: who holds the pager, when."""

from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.console import WRONG_USAGE, Failed
from shared.config.shapes import nearest
from shared.domain.directory import Directory, Target, TargetKind
from shared.domain.instants import Instant, format_seconds
from shared.domain.schedule import Schedule, Shift, final_schedule

Line = dict[str, Any]
FIRST, LAST = Instant.min.replace(tzinfo=UTC), Instant.max.replace(tzinfo=UTC)
HORIZONS = (timedelta(days=9), timedelta(days=60), timedelta(days=400))  # the least first: turns are mostly short


def final(directory: Directory, name: str, since: Instant, until: Instant) -> list[Line]:
    """The final schedule, cut to the range. Raises Failed for a name that isn't there, or a range that is none."""
    if name not in directory.schedules:
        hint = nearest(name, sorted(directory.schedules))
        raise Failed(f"there is no schedule {name!r}{hint}", code=WRONG_USAGE)
    if since >= until:
        raise Failed("--until must be later than --since", code=WRONG_USAGE)
    shifts = final_schedule(directory.schedules[name], since, until)
    return [{"user": s.user, "start": format_seconds(s.start), "end": format_seconds(s.end)} for s in shifts]


def on_call(directory: Directory, at: Instant) -> list[Line]:
    """Every schedule by itself, then every level of every policy, target by target."""
    alone = [_by_schedule(None, None, schedule, at) for _, schedule in sorted(directory.schedules.items())]
    levels = (
        (policy.name, place, target)
        for _, policy in sorted(directory.policies.items())
        for place, level in enumerate(policy.levels, start=1)
        for target in level.notify
    )
    return alone + [_by_target(directory, policy, level, target, at) for policy, level, target in levels]


def _by_target(directory: Directory, policy: str, level: int, target: Target, at: Instant) -> Line:
    if target.kind is TargetKind.SCHEDULE:
        return _by_schedule(policy, level, directory.schedules[target.name], at)
    return {"policy": policy, "level": level, "schedule": None, "user": target.name, "start": None, "end": None}


def _by_schedule(policy: str | None, level: int | None, schedule: Schedule, at: Instant) -> Line:
    user, start, end = _now(schedule, at)
    return {
        "policy": policy,
        "level": level,
        "schedule": schedule.name,
        "user": user,
        "start": format_seconds(start) if start else None,
        "end": format_seconds(end) if end else None,
    }


def _now(schedule: Schedule, at: Instant) -> tuple[str | None, Instant | None, Instant | None]:
    """Who has it, since when and until when; None for what lies over a year away. A gap has no user."""
    user, start, end = None, None, None
    for horizon in HORIZONS:
        since, until = max(at, FIRST + horizon) - horizon, min(at, LAST - horizon) + horizon
        shifts = final_schedule(schedule, since, until)
        here = next((shift for shift in shifts if shift.start <= at < shift.end), None)
        begun = here.start if here else max((s.end for s in shifts if s.end <= at), default=since)
        ends = here.end if here else min((s.start for s in shifts if s.start > at), default=until)
        user = here.user if here else None
        start, end = begun if begun > since else None, ends if ends < until else None
        if start and end:
            break
    return user, start, end


def in_words(lines: list[Line], schedule: Schedule) -> Iterator[str]:
    """Shifts for people: in the schedule's own zone, with the hours that each lasts."""
    zone = ZoneInfo(schedule.time_zone)
    for line in lines:
        shift = Shift(user=line["user"], start=_at(line["start"]), end=_at(line["end"]))
        hours = (shift.end - shift.start).total_seconds() / 3600
        yield f"{_local(shift.start, zone)}  {_local(shift.end, zone)}  {hours:6g} h  {shift.user}"


def on_call_in_words(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        level = f"{line['policy']} level {line['level']}" if line["policy"] else ""
        schedule = f"schedule {line['schedule']}" if line["schedule"] else ""
        until = f", until {line['end']}" if line["end"] else ""
        yield f"{' by '.join(word for word in (level, schedule) if word)}: {line['user'] or 'nobody'}{until}"


def _at(text: str) -> Instant:
    return Instant.fromisoformat(text)


def _local(at: Instant, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %d %b %Y %H:%M %Z")
