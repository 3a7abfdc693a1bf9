"""Whether a contact method is proven to be its person's: by a mail that answers a page, or by a code.

Laws: a code goes to the method that it proves, and nowhere else; it is compared in constant time and forgotten with the
hour. That nobody can write down a proof undoes nothing of what was answered.
"""

import secrets

from shared.domain.contact_state import CODE_DIGITS, confirmed
from shared.domain.directory import Contact, Directory, Medium, User
from shared.flow.aside import said_to
from shared.flow.methods import change
from shared.flow.ports import Deps, Unavailable

CONFIRM = "confirm"  # the local part of the address at which a code is answered by mail
SUBJECT = "Confirm this address for Tocsin"
PROVABLE = frozenset({Medium.EMAIL, Medium.SMS})  # by a code; a browser and a chat prove themselves otherwise


def new_code() -> str:
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def prove(deps: Deps, user: User, contact: Contact) -> None:
    """They answered from it what was sent to it. One write, only where it isn't confirmed yet."""
    try:
        change(deps, user.name, contact, lambda state: state if state.confirmed else confirmed(state, deps.now()))
    except Unavailable as fault:
        deps.journal.fault("reply", f"{fault}; the answer counts, and the next one confirms", user=user.name)


def send_code(deps: Deps, user: User, contact: Contact, code: str, mail_domain: str) -> str:
    """The provider's id. Raises SendFailed, OutcomeUnknown."""
    reply_to = f"{CONFIRM}@{mail_domain}" if contact.medium is Medium.EMAIL else None
    return deps.channels[contact.medium].send(said_to(deps, user, contact, in_words(code), SUBJECT, reply_to=reply_to))


def in_words(code: str) -> str:
    return f"{code} confirms that Tocsin reaches you here. Answer with it within the hour."


def owners(directory: Directory, medium: Medium, address: str) -> list[tuple[User, Contact]]:
    """Everybody whose contact method it is, by name: a phone may be handed on with the shift."""
    users = sorted(directory.users.values(), key=lambda user: user.name)
    return [(user, way) for user in users if (way := address_of(user, medium, address)) is not None]


def address_of(user: User, medium: Medium, address: str) -> Contact | None:
    """The person's contact method of that address."""
    wanted = address.casefold()
    ways = (contact for contact in user.contacts if contact.medium is medium)
    return next((contact for contact in ways if contact.address.casefold() == wanted), None)
