"""A browser becomes a contact method: by a link that was made for that person, and a push that arrived.

Laws: what is kept has worked once. Whoever has the link may subscribe, so it lasts two days, and what it makes is told
in the log; subscribing confirms the method, as the link went to its person. A new browser takes the place of the old.
"""

import json
from dataclasses import replace

from shared.domain.access import contact_of
from shared.domain.contact_state import confirmed
from shared.domain.directory import Contact, Medium, User
from shared.domain.errors import Conflict, Refused
from shared.domain.subscription import VAPID_KEY, decode, read_subscription
from shared.flow.aside import said_to
from shared.flow.channel import OutcomeUnknown, SendFailed
from shared.flow.ports import Deps, Unavailable

SUBJECT = "Tocsin reaches you here"
TEST = "This is a test: pages for {name} come to this device from now on."
AGAIN = "Nothing was kept: try again"


def open_subscribing(deps: Deps, token: str) -> tuple[User, Contact]:
    """Whose browser is to become which contact. Raises Refused, Unavailable."""
    user, contact = contact_of(deps.replies.read_subscribing(token, deps.now()), deps.directory.current())
    if contact.medium is not Medium.PUSH:
        raise Refused(f"{user.name}'s {contact.name} is reached by {contact.medium}, not by push")
    return user, contact


def public_key(deps: Deps) -> str:
    """By which a browser knows this deployment. Raises Unavailable."""
    try:
        match json.loads(deps.parameters.read(VAPID_KEY) or "null"):
            case {"public": str(public)} if decode(public):
                return public
            case _:
                raise Unavailable(f"{VAPID_KEY} is missing, so no browser can subscribe: `tocsin apply`")
    except ValueError:
        raise Unavailable(f"{VAPID_KEY} is no key of ours: delete it, then `tocsin apply` makes it anew") from None


def subscribe(deps: Deps, token: str, told: object) -> str:
    """What its person is told. ``told`` is the browser's own JSON. Raises Refused, SendFailed, Unavailable."""
    user, contact = open_subscribing(deps, token)
    subscription = read_subscription(told)
    known = deps.contacts.of(user.name, contact)
    candidate = replace(confirmed(known, deps.now()), subscription=subscription)
    text = TEST.format(name=user.full_name)
    try:
        deps.channels[Medium.PUSH].send(said_to(deps, user, contact, text, SUBJECT, state=candidate))
    except OutcomeUnknown as fault:
        raise SendFailed(f"{fault}. {AGAIN}") from fault
    try:
        deps.contacts.write(candidate)
    except Conflict:
        raise Unavailable(f"somebody else subscribed as {user.name}'s {contact.name} at the same time") from None
    deps.journal.summary("subscribe", user=user.name, contact=contact.name)
    return f"{user.full_name}, pages come to this device from now on. A test is on its way: do you see it?"
