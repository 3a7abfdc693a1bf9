"""How one person is told: the order of their methods, and what each attempt came to.

A page is identified by (incident, level entry, user, rule), so nobody gets it twice. A method that fails hands on to
the next untried one at once; a rule used early isn't due again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.domain.directory import Contact, Medium, Urgency, User
from shared.domain.instants import Instant

FALLBACK = "fallback"  # the user that the account's fallback contact is paged as; its methods are its rules
STALE = timedelta(seconds=60)  # twice the time that an attempt may take: whoever claimed it is gone
GRACE = timedelta(seconds=30)  # what a run, or the queue of pages, has to do what is due before sweep does it
ATTEMPTS = 2  # an attempt whose outcome is unknown is made once more


class PageState(StrEnum):
    DUE = "due"
    CLAIMED = "claimed"
    BUNDLED = "bundled"  # over the limit of its number: listed in the message that goes out as soon as the limit allows
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"  # sent twice, and nobody can say whether it arrived
    SUPERSEDED = "superseded"  # what made it due was over before it was sent


REACHED = frozenset({PageState.SENT, PageState.DELIVERED})
LOST = frozenset({PageState.FAILED, PageState.UNKNOWN})
WAITING = frozenset({PageState.DUE, PageState.CLAIMED})  # for an attempt of their own
UNSETTLED = WAITING | {PageState.BUNDLED}
AFTER: Mapping[PageState, frozenset[PageState]] = {  # what each may follow; every other only what isn't settled
    PageState.SENT: UNSETTLED | {PageState.SENT},  # said again with what was heard of it since: it is delayed
    PageState.DELIVERED: frozenset({PageState.SENT}),
    PageState.FAILED: UNSETTLED | REACHED,  # a mail server may take a mail, and bounce it later
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One notification of one incident to one contact method of one person."""

    incident: str
    entry: str  # the level entry: ``1``; an added responder's is ``R1``
    seen: int = 0  # the level entry that its reader sees, which a command in answer to it names
    user: str
    rule: int  # the place of the method among the person's, from 0
    level: int
    epoch: int
    method: str  # the contact's name
    medium: Medium
    address: str
    due: Instant
    state: PageState = PageState.DUE
    attempts: int = 0
    attempt: str | None = None  # the id of the attempt that holds the claim
    claimed_at: Instant | None = None
    provider_id: str | None = None
    sent_at: Instant | None = None
    delivered_at: Instant | None = None
    error: str | None = None

    @property
    def identity(self) -> str:
        """The page within its incident: ``1#ada#0``."""
        return f"{self.entry}#{self.user}#{self.rule}"

    @property
    def contact(self) -> Contact:
        """As it was when the page was made."""
        return Contact(name=self.method, medium=self.medium, address=self.address)

    @property
    def of_responder(self) -> bool:
        return self.entry.startswith("R")


def may_follow(before: PageState, after: PageState) -> bool:
    """Whether a page may go from the one state to the other. What has failed stays so."""
    return before in AFTER.get(after, UNSETTLED)


def message_name(provider_id: str) -> str:
    """A provider's id of a message, as it is compared: SES's is also the left part of the Message-ID that mail has."""
    return provider_id.strip().strip("<>").partition("@")[0]


def stale_at(page: Page) -> Instant:
    """From when on another attempt may take over the claim."""
    return page.claimed_at + STALE if page.claimed_at else page.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A contact and its delay; without one it is used only when another has failed."""

    after: timedelta | None
    contact: Contact


def methods(user: User, urgency: Urgency) -> tuple[Method, ...]:
    """The person's rules of that urgency, then the contacts that no rule names, in the order of the file.

    Who has contacts but no rule for the urgency is told by the first at once: silence is never meant.
    """
    known = {contact.name: contact for contact in user.contacts}
    rules = [
        Method(after=rule.after, contact=known[rule.by]) for rule in user.notify.get(urgency, ()) if rule.by in known
    ]
    named = {method.contact.name for method in rules}
    spare = [Method(after=None, contact=contact) for contact in user.contacts if contact.name not in named]
    if not rules and spare:
        spare[0] = Method(after=timedelta(0), contact=spare[0].contact)
    return (*rules, *spare)


def next_untried(user: User, urgency: Urgency, pages: Iterable[Page]) -> int | None:
    """The place of the next method after a failure; None where all were tried. ``pages`` are one entry's."""
    tried = {page.rule for page in pages if page.user == user.name}
    return next((place for place in range(len(methods(user, urgency))) if place not in tried), None)


def all_failed(user: User, urgency: Urgency, pages: Iterable[Page]) -> bool:
    """Every method of the person was tried in this entry, and none reached them."""
    lost = {page.rule for page in pages if page.user == user.name and page.state in LOST}
    return len(lost) == len(methods(user, urgency))
