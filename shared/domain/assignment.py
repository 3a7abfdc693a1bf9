"""Whom a level pages: looked up at the moment when it is entered."""

from shared.domain.directory import Assign, Directory, Level, Target, TargetKind
from shared.domain.instants import Instant
from shared.domain.schedule import on_call


def people_on_call(level: Level, turn: int, directory: Directory, at: Instant) -> tuple[str, ...]:
    """Whom a level pages at ``at``, each once, in the order of its targets.

    Round robin takes one target, a further one with each new incident, and passes over those with nobody on call.
    """
    found = [_person(target, directory, at) for target in level.notify]
    if level.assign is Assign.ROUND_ROBIN:
        start = turn % len(found)
        first = next((person for person in found[start:] + found[:start] if person), None)
        return (first,) if first else ()
    return tuple(dict.fromkeys(person for person in found if person))


def _person(target: Target, directory: Directory, at: Instant) -> str | None:
    if target.kind is TargetKind.USER:
        return target.name if target.name in directory.users else None
    schedule = directory.schedules.get(target.name)
    person = on_call(schedule, at) if schedule else None
    return person if person in directory.users else None
