"""``page``: one attempt to reach one person by one channel.

Still due? Then claim, send, record. A known failure hands on to the person's next method at once; an unknown outcome is
sent once more. When every method of everybody at the level has failed, the next level begins at once. What is over the
limit of its number isn't sent by itself, but listed in a bundle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from shared.domain.bundling import Verdict
from shared.domain.change_event import ServiceChange
from shared.domain.contact_state import ContactState
from shared.domain.directory import Medium
from shared.domain.notification import ATTEMPTS, FALLBACK, WAITING, Page, PageState, stale_at
from shared.domain.paging import still_due
from shared.flow import bundle, changes
from shared.flow.admission import admit
from shared.flow.channel import Gone, Notice, OutcomeUnknown, SendFailed
from shared.flow.escalate import queue
from shared.flow.handing_on import find, following_page, lose, settle
from shared.flow.methods import mark_broken
from shared.flow.ports import Deps, Unavailable
from shared.flow.redelivery import Handle, come_again
from shared.flow.stores import Loaded
from shared.flow.texted import note_texted, takes_answers

T = TypeVar("T")

CHANGES_MAX = 5  # in a message
ROOMY = frozenset({Medium.EMAIL, Medium.SLACK, Medium.TEAMS})  # that have room for them


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message of the queue of pages: which page to send."""

    incident: str
    identity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as the queue handed it over; ``attempt`` is unique to this try."""

    order: Order | bundle.Order
    attempt: str
    handle: Handle


def run_all(deps: Deps, asked: Sequence[Asked]) -> list[str]:
    """A batch, each on its own; the ids of those that come again."""
    again: list[Handle] = []
    for each in asked:
        try:
            if isinstance(each.order, bundle.Order):
                bundle.run(deps, each.order, each.attempt)
            else:
                run(deps, each.order, each.attempt)
        except Unavailable as fault:
            deps.journal.fault("page", str(fault), id=each.handle.message_id)
            again.append(each.handle)
    return come_again(deps, deps.pages, again)


def run(deps: Deps, order: Order, attempt: str) -> PageState | None:
    """What became of the page; None where there was nothing to do. ``attempt`` is unique to this try.

    Raises Unavailable where it may come again.
    """
    loaded = deps.incidents.load(order.incident)
    page = find(loaded, order.identity)
    if loaded is None or page is None or page.state not in WAITING:
        return None
    if not still_due(loaded.incident, page):
        return settle(deps, replace(page, state=PageState.SUPERSEDED))
    if page.attempts >= ATTEMPTS and deps.now() >= stale_at(page):
        return lose(deps, loaded, replace(page, state=PageState.UNKNOWN, error="nobody can say whether it was sent"))
    notice = notice_for(deps, loaded, page)  # read before the claim: a read that fails leaves the page as it was
    if because := _known_as_broken(deps, loaded, page, notice):
        return lose(deps, loaded, replace(page, state=PageState.FAILED, error=because))
    admitted = admit(deps, loaded, page, attempt)
    if admitted is None:
        return _not_ours(deps, order)
    verdict, claimed = admitted
    if claimed.state is PageState.BUNDLED:
        return claimed.state
    if verdict is Verdict.COUNT:
        return lose(deps, loaded, replace(claimed, state=PageState.FAILED, error=f"over its number's limit: {verdict}"))
    return _send(deps, loaded, claimed, notice)


def notice_for(deps: Deps, loaded: Loaded, page: Page) -> Notice:
    """Everything that the message is rendered from."""
    directory = deps.directory.current()
    alerts = deps.incidents.alerts(page.incident, limit=1)
    return Notice(
        incident=loaded.incident,
        contact=page.contact,
        user=directory.users.get(page.user),
        page=page,
        alert=alerts[0] if alerts else None,
        reply_to=_reply_to(deps, page),
        answerable=page.user != FALLBACK and takes_answers(deps, page.medium),
        link=_link(deps, page),
        posted=posted(loaded.pages, page),
        state=_state(deps, page),
        account=directory.account.name,
        changes=_changes(deps, loaded, page),
        templates=directory.templates,
    )


def posted(pages: Sequence[Page], page: Page) -> str | None:
    """Where an earlier page of the incident stands at the same address; the newest."""
    there = [
        other
        for other in pages
        if (other.medium, other.address) == (page.medium, page.address) and other.provider_id and other.sent_at
    ]
    newest = max(there, key=lambda other: other.sent_at or other.due, default=None)
    return newest.provider_id if newest else None


def _reply_to(deps: Deps, page: Page) -> str | None:
    if page.user == FALLBACK or page.medium is not Medium.EMAIL:
        return None
    without = "the page goes out without a reply address"
    return _at_best(deps, page, without, None, lambda: deps.replies.address(page, deps.now()))


def _link(deps: Deps, page: Page) -> str | None:
    """Nobody answers as the fallback contact: it is no user."""
    if page.user == FALLBACK:
        return None
    without = "the page goes out without a link"
    return _at_best(deps, page, without, None, lambda: deps.replies.link(page, deps.now()))


def _state(deps: Deps, page: Page) -> ContactState | None:
    """What is known of the contact method beside its address."""
    without = "nothing is known of the contact method"
    return _at_best(deps, page, without, None, lambda: deps.contacts.of(page.user, page.contact))


def _changes(deps: Deps, loaded: Loaded, page: Page) -> tuple[ServiceChange, ...]:
    """A text has no room for them."""
    if page.medium not in ROOMY:
        return ()
    without = "the page goes out without what was changed"
    return _at_best(deps, page, without, (), lambda: tuple(changes.before(deps, loaded.incident, CHANGES_MAX)))


def _at_best(deps: Deps, page: Page, without: str, instead: T, read: Callable[[], T]) -> T:
    """What ``read`` gives. A page that lacks something is better than none: the journal says what it lacks."""
    try:
        return read()
    except Unavailable as fault:
        deps.journal.fault("page", f"{fault}; {without}", incident=page.incident)
        return instead


def _known_as_broken(deps: Deps, loaded: Loaded, page: Page, notice: Notice) -> str | None:
    """Why nothing is sent by this method; None where it works, or where the person has no other left to try.

    No method of the fallback contact is ever left out.
    """
    if notice.state is None or not notice.state.broken or following_page(deps, loaded, page) is None:
        return None
    return f"known as broken: {notice.state.broken_because}"


def _send(deps: Deps, loaded: Loaded, page: Page, notice: Notice) -> PageState | None:
    try:
        channel = deps.channels.get(page.medium)
        if channel is None:
            raise SendFailed(f"{page.medium} isn't delivered by this version")
        note_texted(deps, loaded.incident, page)  # before: it may be answered whether or not we hear that it arrived
        provider_id = channel.send(notice)
    except SendFailed as fault:
        lost = lose(deps, loaded, replace(page, state=PageState.FAILED, error=str(fault)))
        if isinstance(fault, Gone):
            mark_broken(deps, page, loaded.incident, str(fault), deps.now(), notice.state)
        return lost
    except OutcomeUnknown as fault:
        return _unknown(deps, loaded, replace(page, error=str(fault)))
    return settle(deps, replace(page, state=PageState.SENT, provider_id=provider_id, sent_at=deps.now()))


def _unknown(deps: Deps, loaded: Loaded, page: Page) -> PageState | None:
    """It may have arrived, or not: once more, then the next method."""
    if page.attempts >= ATTEMPTS:
        return lose(deps, loaded, replace(page, state=PageState.UNKNOWN))
    settled = settle(deps, replace(page, state=PageState.DUE))
    queue(deps, (page,))
    return settled


def _not_ours(deps: Deps, order: Order) -> PageState | None:
    """Somebody else is sending it, or what made it due has just ended."""
    loaded = deps.incidents.load(order.incident)
    page = find(loaded, order.identity)
    if loaded is None or page is None or page.state is not PageState.DUE or still_due(loaded.incident, page):
        return None
    return settle(deps, replace(page, state=PageState.SUPERSEDED))
