"""What every channel says of a page, in words: the same facts, however a channel lays them out."""

from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK
from shared.domain.timeline import Why
from shared.domain.wall_clock import in_zone
from shared.flow.channel import Notice


def severity(notice: Notice) -> str:
    """The alert's severity; of an incident without one at hand, its urgency."""
    return notice.alert.event.severity if notice.alert else notice.incident.urgency


def for_fallback(notice: Notice) -> bool:
    return notice.page is not None and notice.page.user == FALLBACK


def is_unproven(notice: Notice) -> bool:
    """Nobody has shown yet that they are reached by it, and an answer would."""
    return notice.state is not None and not notice.state.confirmed and notice.reply_to is not None


def unanswered(notice: Notice) -> str:
    """Why the fallback contact is told: ``nobody has answered`` or ``nobody could be reached``."""
    return "nobody has answered" if notice.incident.reached else "nobody could be reached"


def why_you(notice: Notice) -> str:
    """Why this person is told of this incident."""
    incident, page = notice.incident, notice.page
    policy = incident.policy
    if for_fallback(notice):
        reason = Why.EXHAUSTED if incident.reached else Why.NOBODY_REACHABLE
        return f"You are the fallback contact: {unanswered(notice)} ({reason}: {policy.name})."
    if page is None:
        return "You answered a page of this incident."
    if page.of_responder:
        return "You were added as a responder."
    rounds = f", round {incident.round + 1} of {policy.repeat + 1}" if incident.round else ""
    return f"You are on level {page.level} of {len(policy.levels)} of the escalation policy {policy.name}{rounds}."


def local(at: Instant, notice: Notice) -> tuple[Instant, str]:
    """``at`` on the reader's own clock, and that clock's name; UTC for the fallback contact and an unknown zone."""
    name = notice.user.time_zone if notice.user else "UTC"
    return in_zone(at, name)
