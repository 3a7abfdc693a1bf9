"""The link by which a person's browser becomes one of their contact methods."""

from cli.confirm import chosen
from cli.console import Failed
from cli.deployment import Deployment
from shared.domain.access import SUBSCRIBE_WITHIN
from shared.domain.directory import Medium
from shared.domain.instants import Instant, format_duration
from shared.flow.ports import Unavailable

LASTS = format_duration(SUBSCRIBE_WITHIN)


def push_link(deployment: Deployment, user: str, contact: str, now: Instant) -> str:
    """Raises Failed."""
    directory = deployment.directory().fresh()
    [(person, way)] = chosen(directory, user, contact)
    if way.medium is not Medium.PUSH:
        pushed = [each.name for each in person.contacts if each.medium is Medium.PUSH]
        having = f"{user}'s push contacts are {', '.join(pushed)}" if pushed else f"{user} has no push contact"
        raise Failed(f"{contact} is no contact of {user}'s that is reached by push: {having}. Add one, then apply.")
    try:
        link = deployment.deps().replies.subscribing(user, way, now)
    except Unavailable as fault:
        raise Failed(str(fault)) from fault
    if link is None:
        raise Failed("this deployment has no public address: set public_url in its settings, or deploy it anew")
    return link
