"""Answers by the link of a page: proven by what we signed, and by a person who has the contact method it was sent to.

Laws: looking changes nothing, however often. Each action counts once a page; a resolved incident takes none.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from shared.domain.access import contact_of, page_tag
from shared.domain.alert import Alert
from shared.domain.answer import Answer, Word
from shared.domain.directory import Directory, User
from shared.domain.errors import Refused
from shared.domain.incident import Incident
from shared.domain.notification import Page, PageState
from shared.domain.outlook import in_words
from shared.domain.timeline import LogEntry
from shared.flow.escalate import look
from shared.flow.obey import Said
from shared.flow.ports import Deps
from shared.flow.reply import Reply, answered, seen_on, take
from shared.flow.stores import AlreadyCounted, Loaded

CHANNEL = "link"
SHOWN = 8  # the timeline's newest entries
LISTED = 100  # incidents on one page
LOOKED_AT = 500  # open ones, each read with its pages: some seconds, of thirty


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a link leads to, and who follows it."""

    page: Page
    user: User
    loaded: Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An incident as it is now."""

    incident: Incident
    alert: Alert | None
    latest: Sequence[LogEntry]  # newest first
    outlook: str  # what comes next, in words
    directory: Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An open incident that somebody was told of, and where they answer."""

    incident: Incident
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """``listed`` newest first; ``more`` may be open that isn't listed."""

    user: User
    listed: tuple[Listed, ...]
    more: bool


def open_link(deps: Deps, token: str) -> Opened:
    """Raises Refused with the reason, Unavailable."""
    incident, tag = deps.replies.read_link(token, deps.now())
    loaded = deps.incidents.load(incident)
    page = answered(loaded, tag)
    if loaded is None or page is None:
        raise Refused("the page that this link answers is not there any more")
    user = deps.directory.current().users.get(page.user)
    if user is None:
        raise Refused("the person who was paged is not in the configuration any more")
    if (page.medium, page.address) not in {(contact.medium, contact.address) for contact in user.contacts}:
        raise Refused("the contact method that this link was sent to is not in the configuration any more")
    return Opened(page=page, user=user, loaded=loaded)


def answer(deps: Deps, opened: Opened, said: Answer) -> Said:
    """What its author is told. Raises Refused where the link is void, NotFound, Unavailable."""
    incident = opened.loaded.incident
    if not incident.open:
        raise Refused(f"{incident.number} is resolved, so its links are void")
    reply = Reply(
        incident=incident.id,
        user=opened.user,
        answer=said,
        seen=seen_on(opened.page),
        marker=(CHANNEL, f"{page_tag(opened.page).hex()}-{_use(said)}"),
    )
    try:
        return take(deps, reply)
    except AlreadyCounted:
        now = deps.incidents.state(incident.id) or incident
        text = f"This has counted before, and nothing was done now. {now.number} {now.name} is {now.status}."
        return Said(text=text, incident=now)


def picture(deps: Deps, incident: str, loaded: Loaded) -> Picture:
    """Raises Unavailable."""
    directory, now = deps.directory.current(), deps.now()
    alerts = deps.incidents.alerts(incident, limit=1)
    return Picture(
        incident=loaded.incident,
        alert=alerts[0] if alerts else None,
        latest=deps.incidents.latest(incident, SHOWN),
        outlook=in_words(look(deps, loaded.incident, loaded.pages, now), directory, now),
        directory=directory,
    )


def open_overview(deps: Deps, token: str, most: int = LISTED, looked_at: int = LOOKED_AT) -> Overview:
    """What is open and the link's person was told of. Raises Refused, Unavailable."""
    now = deps.now()
    user, _ = contact_of(deps.replies.read_overview(token, now), deps.directory.current())
    names = list(islice(deps.incidents.open_incidents(), looked_at + 1))
    listed: list[Listed] = []
    for incident in names[:looked_at]:
        loaded = deps.incidents.load(incident)
        page = _newest_page(loaded, user) if loaded and loaded.incident.open else None
        if loaded and page:
            listed.append(Listed(incident=loaded.incident, link=deps.replies.link(page, now)))
    listed.sort(key=lambda each: each.incident.number, reverse=True)
    return Overview(user=user, listed=tuple(listed[:most]), more=len(names) > looked_at or len(listed) > most)


def _newest_page(loaded: Loaded, user: User) -> Page | None:
    """By which ``user`` answers: one that was sent, or is about to be."""
    theirs = [page for page in loaded.pages if page.user == user.name and page.state is not PageState.SUPERSEDED]
    return max(theirs, key=lambda page: page.due, default=None)


def _use(said: Answer) -> str:
    """A link's actions count once each; notes as often as they say something else."""
    if said.word is not Word.NOTE:
        return str(said.word)
    return f"{said.word}-{hashlib.sha256((said.note or '').encode()).hexdigest()[:16]}"
