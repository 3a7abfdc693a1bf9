"""What is known of people's contact methods, for ``doctor`` and ``lint``: which are broken, and how they are healed."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.channels.plain_text import one_line
from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Directory
from shared.domain.instants import format_seconds
from shared.domain.notification import FALLBACK
from shared.flow.stores import ContactStore

REASON_MAX = 200  # characters of a provider's own words
HEAL = (
    "Correct it in the file and apply, or have its owner confirm it anew; it heals by itself when a page arrives by it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``user`` is ``fallback`` for the account's own contact."""

    user: str
    contact: Contact
    state: ContactState


def known(contacts: ContactStore, directory: Directory) -> Iterator[Known]:
    """Every contact method of the directory, people by name, then the fallback contact. Raises Unavailable."""
    for user in sorted(directory.users.values(), key=lambda user: user.name):
        for contact in user.contacts:
            yield Known(user=user.name, contact=contact, state=contacts.of(user.name, contact))
    for contact in directory.account.fallback:
        yield Known(user=FALLBACK, contact=contact, state=contacts.of(FALLBACK, contact))


def in_words(each: Known) -> str:
    """``ada's email ada@… is broken since …: …``."""
    since = format_seconds(each.state.broken_at) if each.state.broken_at else "some time ago"
    told = "" if each.state.told_at else "; nobody could be told"
    who = f"{each.user}'s {each.contact.medium} {each.contact.address}"
    return f"{who} is broken since {since}: {because(each.state)}{told}"


def because(state: ContactState) -> str:
    """Why it is broken, in a provider's own words: one clean line."""
    return one_line(state.broken_because or "no reason", REASON_MAX)
