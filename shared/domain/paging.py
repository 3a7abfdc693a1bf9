"""Which pages an incident makes: of its present level, of its responders, of the fallback contact.

Laws: a page is made for what is paged now, and is still due only while that lasts. ``Recipient`` says which methods one
person is paged by: a level's people and a responder differ in nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.directory import Contact, Directory, Urgency, User, Versions
from shared.domain.incident import Incident, Status
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, Page, all_failed, methods, next_untried
from shared.domain.responder import Responder, waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person who is paged in one entry: from ``since`` on, by the rules of ``urgency``."""

    entry: str
    user: User
    urgency: Urgency
    since: Instant

    def pages(self, incident: Incident) -> list[Page]:
        """Those by rule, each at its delay."""
        found = enumerate(methods(self.user, self.urgency))
        return [
            self.page(incident, place, self.since + method.after) for place, method in found if method.after is not None
        ]

    def page(self, incident: Incident, place: int, due: Instant) -> Page:
        """The page by the person's method at ``place``."""
        contact = methods(self.user, self.urgency)[place].contact
        return _page(incident, self.entry, self.user.name, place, contact, due)

    def next_page(self, incident: Incident, pages: Sequence[Page], due: Instant) -> Page | None:
        """The page by the next untried method, at once; None where all were tried. ``pages`` are the incident's."""
        place = next_untried(self.user, self.urgency, self._of(pages))
        return None if place is None else self.page(incident, place, due)

    def all_failed(self, pages: Sequence[Page]) -> bool:
        return all_failed(self.user, self.urgency, self._of(pages))

    def _of(self, pages: Sequence[Page]) -> list[Page]:
        return [page for page in pages if page.entry == self.entry]


def of_level(incident: Incident, versions: Versions) -> list[Recipient]:
    """The people of the present level; nobody while another is to be entered, or somebody has it."""
    if incident.status is not Status.TRIGGERED or incident.next_level is not None or incident.exhausted:
        return []
    users, entry = versions.of(incident.directory).users, str(incident.entry)
    since = incident.entered_at or incident.triggered_at
    return [
        Recipient(entry=entry, user=users[name], urgency=incident.urgency, since=since)
        for name in incident.people
        if name in users
    ]


def of_responder(responder: Responder, versions: Versions) -> Recipient | None:
    """None where the directory doesn't know the person any more."""
    user = versions.of(responder.directory).users.get(responder.user)
    if user is None:
        return None
    return Recipient(entry=responder.entry, user=user, urgency=responder.urgency, since=responder.added_at)


def of_responders(incident: Incident, versions: Versions) -> list[Recipient]:
    """The responders who haven't answered yet."""
    asked = waiting(incident.responders) if incident.open else ()
    return [found for responder in asked if (found := of_responder(responder, versions)) is not None]


def recipient(incident: Incident, page: Page, versions: Versions) -> Recipient | None:
    """Who is paged by ``page``, if they still are, and are no fallback contact."""
    paged = [*of_level(incident, versions), *of_responders(incident, versions)]
    return next((each for each in paged if (each.entry, each.user.name) == (page.entry, page.user)), None)


def still_due(incident: Incident, page: Page) -> bool:
    """What made the page due still holds: for the fallback an open incident, for a responder that they haven't
    answered, for a level's its status and epoch."""
    if page.user == FALLBACK:
        return incident.open
    if page.of_responder:
        return incident.open and any(page.entry == responder.entry for responder in waiting(incident.responders))
    return incident.status is Status.TRIGGERED and incident.epoch == page.epoch


def fallback_pages(incident: Incident, directory: Directory, at: Instant) -> list[Page]:
    """The fallback contact is told by all its methods at once."""
    contacts = enumerate(directory.account.fallback)
    return [_page(incident, str(incident.entry), FALLBACK, place, contact, at) for place, contact in contacts]


def _page(incident: Incident, entry: str, user: str, place: int, contact: Contact, due: Instant) -> Page:
    return Page(
        incident=incident.id,
        entry=entry,
        seen=incident.entry,
        user=user,
        rule=place,
        level=incident.level,
        epoch=incident.epoch,
        method=contact.name,
        medium=contact.medium,
        address=contact.address,
        due=due,
    )
