"""What is learnt of people's contact methods while they are used: that one is broken, that it works again.

Laws: paging never waits for this. Whose method is broken hears of it once, by another method of theirs. What was
reported before a method was seen to work doesn't break it again, and the other way round.
"""

from collections.abc import Sequence

from shared.domain import contact_state
from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Medium
from shared.domain.errors import Conflict
from shared.domain.incident import Incident
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, Page
from shared.flow.channel import Notice, OutcomeUnknown, SendFailed
from shared.flow.ports import Deps, Unavailable

TRIES = 8
CONSEQUENCE = {
    Medium.EMAIL: "Your address {address} takes no mail",
    Medium.SMS: "Your number {address} takes no texts",
    Medium.PUSH: "Your browser {address} takes no pushes",
}
REMEDY = {Medium.PUSH: "Ask for a new link to subscribe it: tocsin push-link {user} {method}"}


def mark_broken(
    deps: Deps, page: Page, incident: Incident, because: str, at: Instant, used: ContactState | None = None
) -> None:
    """The method of ``page`` doesn't work: known from now on, and told to its person. Raises Unavailable.

    ``used`` is what was known as it was tried: a browser that subscribed anew meanwhile is another one.
    """

    def known_as_broken(state: ContactState) -> ContactState:
        another = used is not None and used.subscription != state.subscription
        return state if another else contact_state.broken(state, because, at)

    state = change(deps, page.user, page.contact, known_as_broken)
    if state.broken and state.told_at is None and _tell(deps, page, incident, state):
        change(deps, page.user, page.contact, lambda state: contact_state.told(state, deps.now()))


def heal(deps: Deps, user: str, contact: Contact, at: Instant) -> None:
    """It worked at ``at``. Raises Unavailable."""
    change(deps, user, contact, lambda state: contact_state.worked(state, at))


def change(deps: Deps, user: str, contact: Contact, decide: "contact_state.Change") -> ContactState:
    """Writes what ``decide`` makes of what is known, where that is anything new. Raises Unavailable."""
    for _ in range(TRIES):
        state = deps.contacts.of(user, contact)
        changed = decide(state)
        if changed == state:
            return state
        try:
            return deps.contacts.write(changed)
        except Conflict:
            continue  # somebody wrote first: read again and decide again
    raise Unavailable(f"what is known of {user}'s {contact.medium} is being written to without pause")


def _tell(deps: Deps, page: Page, incident: Incident, broken: ContactState) -> bool:
    """Whether its person heard by another method. Where they have none, ``doctor`` and ``lint`` say it alone."""
    directory = deps.directory.current()
    owner = directory.users.get(page.user)
    contacts = directory.account.fallback if page.user == FALLBACK else owner.contacts if owner else ()
    for contact in _others(deps, page, contacts):
        notice = Notice(
            incident=incident,
            contact=contact,
            user=owner,
            page=None,
            alert=None,
            reply_to=None,
            answer=_words(broken, page),
            account=directory.account.name,
        )
        try:
            channel = deps.channels.get(contact.medium)
            if channel is not None:
                channel.send(notice)
                return True
        except OutcomeUnknown:
            return True  # perhaps; nobody is to hear of it twice
        except SendFailed as fault:
            deps.journal.fault("track", f"{fault}; {page.user} doesn't hear by it what is broken", user=page.user)
    deps.journal.fault("track", f"{page.user}'s {page.medium} is broken, and nothing else reaches them", user=page.user)
    return False


def _others(deps: Deps, page: Page, contacts: Sequence[Contact]) -> list[Contact]:
    own = (page.medium, page.address)
    others = [contact for contact in contacts if (contact.medium, contact.address) != own]
    return [contact for contact in others if not deps.contacts.of(page.user, contact).broken]


def _words(broken: ContactState, page: Page) -> str:
    consequence = CONSEQUENCE.get(broken.medium, "{address} reaches you no more").format(address=broken.address)
    remedy = REMEDY.get(broken.medium, "Correct it in the configuration, or confirm it anew")
    return (
        f"{consequence}: {broken.broken_because}. You are paged by your other methods until it works. "
        f"{remedy.format(user=page.user, method=page.method)}."
    )
