"""Whom a page reaches: people without a way, levels and policies without a person, hours without anybody on call.

That a policy reaches nobody, or the account's fallback contact nothing, is an error: then an incident would be told to
nobody who was meant. The rest are warnings.
"""

from datetime import timedelta

from shared.config.inspection import Inspection
from shared.domain.directory import DELIVERED, REACHES_FALLBACK, Directory, Level, Medium, TargetKind, Urgency, User
from shared.domain.instants import Instant, format_seconds
from shared.domain.notification import methods
from shared.domain.schedule import Schedule, gaps
from shared.domain.wall_clock import instant_of

AHEAD = timedelta(days=396)  # thirteen months: a year's holidays and a month to mend it
GAPS_SHOWN = 3  # of one schedule; how many more is said
ONLOOKERS = ("observer", "stakeholder")  # roles that nobody pages, unless a schedule or a policy names them


def reachability(check: Inspection, directory: Directory, now: Instant) -> None:
    """At ``now`` and for thirteen months after it."""
    _fallback(check, directory)
    _people(check, directory)
    _policies(check, directory, now)
    _coverage(check, directory, now)
    _empty(check, directory)


def _fallback(check: Inspection, directory: Directory) -> None:
    media = [contact.medium.value for contact in directory.account.fallback]
    if not REACHES_FALLBACK.intersection(media):
        message = (
            f"the fallback contact has {', '.join(media)}, which doesn't reach it in this version: who can't be paged "
            f"would be told to nobody. Add one of {', '.join(sorted(REACHES_FALLBACK))}"
        )
        check.tell("account.fallback", "fallback", message)


def _people(check: Inspection, directory: Directory) -> None:
    named = {
        target.name for policy in directory.policies.values() for level in policy.levels for target in level.notify
    }
    for schedule in directory.schedules.values():
        named |= {*(user for layer in schedule.layers for user in layer.users), *(o.user for o in schedule.overrides)}
    for name, user in directory.users.items():
        if user.role in ONLOOKERS and name not in named:
            continue
        for urgency in Urgency:
            if not _reached(user, urgency):
                message = f"{urgency} urgency reaches {name} by nothing: a level with nobody else is skipped at once"
                check.warn(f"users.{name}", "unreachable", message)
        if {contact.medium for contact in user.contacts} == {Medium.PUSH}:
            message = (
                "push is the only way to them: a browser that was never subscribed, or that forgot it, reaches nobody. "
                "Add a contact of another kind"
            )
            check.warn(f"users.{name}", "push_alone", message)


def _policies(check: Inspection, directory: Directory, now: Instant) -> None:
    for name, policy in directory.policies.items():
        silent = [place for place, level in enumerate(policy.levels) if not _reaches(level, directory, now)]
        if len(silent) == len(policy.levels):
            message = (
                "reaches nobody, on any level: each of its incidents would be told to the fallback contact alone. "
                "Name somebody who has a contact and notification rules for high urgency"
            )
            check.tell(f"escalation_policies.{name}", "nobody", message)
            continue
        for place in silent:
            path = f"escalation_policies.{name}.levels[{place}]"
            check.warn(path, "nobody", "reaches nobody: it is skipped at once")


def _reaches(level: Level, directory: Directory, now: Instant) -> bool:
    for target in level.notify:
        alone = target.kind is TargetKind.USER
        people = {target.name} if alone else _ever(directory.schedules[target.name], now)
        if any(_reached(directory.users[person], Urgency.HIGH) for person in people):
            return True
    return False


def _ever(schedule: Schedule, now: Instant) -> set[str]:
    """Whoever may have it within thirteen months."""
    found = {override.user for override in schedule.overrides if override.end > now}
    for layer in schedule.layers:
        ended = layer.until is not None and instant_of(layer.until, schedule.time_zone, last=True) <= now
        if not ended and instant_of(layer.start, schedule.time_zone) < now + AHEAD:
            found.update(layer.users)
    return found


def _reached(user: User, urgency: Urgency) -> bool:
    return any(method.contact.medium.value in DELIVERED for method in methods(user, urgency))


def _coverage(check: Inspection, directory: Directory, now: Instant) -> None:
    for name, schedule in directory.schedules.items():
        found = gaps(schedule, now, now + AHEAD)
        for shown, (start, end) in enumerate(found[:GAPS_SHOWN], start=1):
            more = f", and {len(found) - shown} more gaps" if shown == GAPS_SHOWN < len(found) else ""
            message = f"nobody is on call from {format_seconds(start)} to {format_seconds(end)}{more}"
            check.warn(f"schedules.{name}", "gap", message)


def _empty(check: Inspection, directory: Directory) -> None:
    """Stretches of time that are none."""
    for name, schedule in directory.schedules.items():
        for place, layer in enumerate(schedule.layers):
            if layer.until is not None and layer.until <= layer.start:
                check.warn(
                    f"schedules.{name}.layers[{place}].until", "empty", "it ends before it begins: never in force"
                )
        for place, override in enumerate(schedule.overrides):
            if override.end <= override.begin:
                check.warn(f"schedules.{name}.overrides[{place}].to", "empty", "it ends before it begins: no effect")
    for place, window in enumerate(directory.maintenance):
        if window.end <= window.begin:
            check.warn(f"maintenance[{place}].to", "empty", "it ends before it begins: no effect")
