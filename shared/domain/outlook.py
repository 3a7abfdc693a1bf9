"""What comes next, as people say it: ``Grace Hall is paged by text in 3 min 10 s``; or why nothing does."""

from collections.abc import Iterable
from datetime import timedelta

from shared.domain.assignment import people_on_call
from shared.domain.directory import Directory, Medium
from shared.domain.escalation import Moment, Turn
from shared.domain.incident import Incident, Status
from shared.domain.instants import Instant
from shared.domain.timeline import Kind, Why

BY = {
    Medium.EMAIL: "by mail",
    Medium.SMS: "by text",
    Medium.VOICE: "by phone",
    Medium.PUSH: "by push message",
    Medium.SLACK: "on Slack",
    Medium.TEAMS: "on Teams",
}


def in_words(turn: Turn, directory: Directory, now: Instant) -> str:
    """One sentence about the next moment of the incident after ``turn``. ``directory`` is the one in force."""
    moment, incident = turn.next, turn.incident
    if moment is None:
        return f"Nothing is to come: {_end(incident, directory)}."
    when = lasting(moment.at - now)
    match moment.kind:
        case None:
            return f"{_paged(moment, directory)} {when}."
        case Kind.LEVEL_ENTERED:
            return _level(incident, moment, directory, when)
        case Kind.ACKNOWLEDGEMENT_TIMED_OUT:
            return f"The acknowledgement runs out {when}, and level {_present(incident)} is paged anew."
        case Kind.SNOOZE_ENDED:
            return f"The snooze ends {when}, and level {_present(incident)} is paged anew."
        case Kind.URGENCY_RAISED:
            return f"Its urgency becomes high {when}: {moment.why}."
        case Kind.AUTO_RESOLVED:
            return f"It resolves by itself {when} if its alerts stay silent."
        case _:
            return f"The timeline says {moment.why} {when}."


def lasting(duration: timedelta) -> str:
    """``in 3 min 10 s``, ``in 2 h 5 min``, ``in 3 d``, ``at once``: the two largest units."""
    seconds = int(duration.total_seconds())
    if seconds <= 0:
        return "at once"
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return "in " + " ".join(part for part in parts[:2] if part)


def together(names: Iterable[str]) -> str:
    """``Ada``, ``Ada and Grace``, ``Ada, Grace and Linus``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _end(incident: Incident, directory: Directory) -> str:
    match incident.status:
        case Status.RESOLVED:
            return Why.IT_IS_RESOLVED
        case Status.ACKNOWLEDGED:
            names = [_called(name, directory) for name in incident.acknowledged_by]
            return f"{together(names)} {'has' if len(names) == 1 else 'have'} it" if names else Why.SOMEONE_HAS_IT
        case Status.TRIGGERED if incident.exhausted:
            return f"{Why.EXHAUSTED} and the fallback contact knows"
        case Status.TRIGGERED:
            return "low urgency doesn't escalate by itself"


def _paged(moment: Moment, directory: Directory) -> str:
    """``Ada is paged by mail``; of several, who is paged by what."""
    first, *others = moment.pages
    told = f"{_called(first.user, directory)} is paged {BY[first.medium]}"
    also = [f"{_called(page.user, directory)} {BY[page.medium]}" for page in others]
    return f"{told}, and {together(also)}," if also else told


def _level(incident: Incident, moment: Moment, directory: Directory, when: str) -> str:
    """Who would be on call then, by the schedules of now."""
    level, round_ = moment.level or 1, incident.round
    if level > len(incident.policy.levels):
        if not incident.reached or incident.round >= incident.policy.repeat:
            return f"The policy is exhausted {when}, and the fallback contact is told."
        level, round_ = 1, incident.round + 1
    people = people_on_call(incident.policy.levels[level - 1], incident.turn, directory, moment.at)
    names = together(_called(name, directory) for name in people) if people else "nobody is on call"
    anew = f" of round {round_ + 1}" if round_ != incident.round else ""
    return f"Level {level}{anew} ({names}) begins {when}."


def _present(incident: Incident) -> int:
    return min(incident.next_level or max(incident.level, 1), len(incident.policy.levels))


def _called(name: str, directory: Directory) -> str:
    user = directory.users.get(name)
    return user.full_name if user else name
