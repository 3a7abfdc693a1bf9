"""The link by which a person's browser becomes one of their contact methods."""

from cli.confirm import Outcome, chosen
from cli.console import Failed
from cli.deployment import Deployment
from shared.domain.access import SUBSCRIBE_WITHIN
from shared.domain.directory import Medium, User
from shared.domain.instants import Instant, format_duration
from shared.flow.aside import said_to
from shared.flow.channel import OutcomeUnknown, SendFailed
from shared.flow.ports import Unavailable

LASTS = format_duration(SUBSCRIBE_WITHIN)
SUBJECT = "Be paged on this device"


def push_link(deployment: Deployment, user: str, contact: str, now: Instant) -> str:
    """Raises Failed."""
    return _made(deployment, user, contact, now)[1]


def _made(deployment: Deployment, user: str, contact: str, now: Instant) -> tuple[User, str]:
    """Whose link it is, and the link. Raises Failed."""
    [(person, way)] = chosen(deployment.directory().fresh(), user, contact)
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
    return person, link


def send_link(deployment: Deployment, user: str, contact: str, now: Instant) -> Outcome:
    """By mail to the person alone: whoever has the link can become them. Raises Failed."""
    person, link = _made(deployment, user, contact, now)
    mail = next((way for way in person.contacts if way.medium is Medium.EMAIL), None)
    if mail is None:
        raise Failed(f"{user} has no contact by mail: leave --send out, and give them the link yourself")
    what = f"Open this within {LASTS} on the device that is to be your {contact}:"
    text = f"{what}\n{link}\nWhoever opens it is paged as you."
    deps = deployment.deps()
    try:
        provider_id = deps.channels[Medium.EMAIL].send(said_to(deps, person, mail, text, SUBJECT))
    except (SendFailed, OutcomeUnknown) as fault:
        return Outcome(user=user, contact=mail, said=str(fault), failed=True)
    return Outcome(user=user, contact=mail, said=f"the link is on its way ({provider_id})")
