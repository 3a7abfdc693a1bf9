"""An alert that opens and recovers again and again stays one incident: once it flaps, a recovery has to last.

Laws: it flaps once it has opened more than ``times`` within ``within``. Then a recovery is held for as long, and never
lost; a trigger before that takes it back, and nothing else does. Of openings only as many are remembered as it takes
to tell.
"""

from shared.domain.directory import Flapping, OpenAfter
from shared.domain.holding import Hold, Reason
from shared.domain.instants import Instant, format_duration, format_seconds, whole_second
from shared.domain.tally import count, lately


def opened(openings: str, at: Instant, rule: Flapping | None) -> str:
    """What is remembered of an alert's openings once it opened ``at``; nothing where its service doesn't ask."""
    if rule is None:
        return ""
    return count(openings, at, OpenAfter(count=rule.times + 1, within=rule.within))[0]


def flaps(openings: str, rule: Flapping | None) -> str | None:
    """Why the alert flaps, for people; None where it doesn't."""
    number = lately(openings, rule.within) if rule else 0
    if rule is None or number <= rule.times:
        return None
    return f"flapping: it opened {number} times within {format_duration(rule.within)}"


def recovery(openings: str, rule: Flapping | None, at: Instant) -> Hold | None:
    """Until when the recovery at ``at`` is held; None where it counts at once."""
    because = flaps(openings, rule)
    if rule is None or because is None:
        return None
    because = f"{because}; recovered at {format_seconds(at)}, and quiet since"
    return Hold(reason=Reason.FLAPPING, until=whole_second(at) + rule.within, because=because)


def recognised(openings: str, rule: Flapping | None) -> str | None:
    """What the timeline says where an alert opens that flaps; None where it doesn't."""
    because = flaps(openings, rule)
    if rule is None or because is None:
        return None
    return f"{because}; from now on it recovers only once it has been quiet for {format_duration(rule.within)}"
