"""``tocsin history``: what was in force when, by whom; and who was on call then, whatever was edited since."""

from typing import Any

from cli.console import WRONG_USAGE, Failed
from cli.deployment import Deployment
from shared.config.shapes import nearest
from shared.domain.instants import Instant, format_seconds
from shared.domain.schedule_history import InForce, as_it_was

Line = dict[str, Any]


def versions(deployment: Deployment) -> list[Line]:
    """Every version that ever was in force, in order of time."""
    return [{"version": v.number, "at": format_seconds(v.at), "by": v.by} for v in deployment.directory().history()]


def on_call(deployment: Deployment, schedule: str, since: Instant, until: Instant) -> list[Line]:
    """Who held the pager: by what was in force at each moment, and for what is to come by what is in force now.

    Raises Failed for a schedule that never was, or a range that is none.
    """
    if since >= until:
        raise Failed("--until must be later than --since", code=WRONG_USAGE)
    store = deployment.directory()
    applied = store.history()
    ends = [following.at for following in applied[1:]] + [until]
    asked = [version for version, end in zip(applied, ends, strict=True) if version.at < until and end > since]
    directories = [(version.at, store.version(version.number)) for version in asked]
    names = sorted({name for _, directory in directories for name in directory.schedules})
    if schedule not in names:
        raise Failed(f"there was no schedule {schedule!r} in that time{nearest(schedule, names)}", code=WRONG_USAGE)
    found = as_it_was(
        [InForce(since=at, schedule=directory.schedules.get(schedule)) for at, directory in directories], since, until
    )
    return [{"user": s.user, "start": format_seconds(s.start), "end": format_seconds(s.end)} for s in found]
