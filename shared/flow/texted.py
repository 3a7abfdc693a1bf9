"""Of which incidents a phone was texted: by that an answer which names none is understood."""

from shared.domain.contact_state import Texted
from shared.domain.directory import Medium
from shared.domain.incident import Incident
from shared.domain.notification import Page
from shared.flow.ports import Deps, Unavailable


def takes_answers(deps: Deps, medium: Medium) -> bool:
    """Whoever gets a page by it can answer it in words."""
    channel = deps.channels.get(medium)
    return channel is not None and channel.can.answers


def note_texted(deps: Deps, incident: Incident, page: Page) -> None:
    """A page that can't be answered is better than none."""
    if page.medium is not Medium.SMS or not takes_answers(deps, page.medium):
        return
    texted = Texted(number=incident.number, incident=incident.id, user=page.user, at=deps.now())
    try:
        deps.contacts.note_texted(page.address, texted)
    except Unavailable as fault:
        deps.journal.fault("page", f"{fault}; this text can't be answered", incident=incident.id)
