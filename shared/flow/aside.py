"""What a person is told beside any incident, by the channels that pages take: a code, a test, that a method is broken.

Laws: it takes the channels that pages take; a test looks like a page and says in its first words that it is none.
"""

from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Policy, Urgency, User
from shared.domain.incident import Incident
from shared.domain.notification import Page
from shared.flow.channel import Notice
from shared.flow.ports import Deps

NO_INCIDENT = "Q0000000000000"
TEST = "TEST: nothing is wrong, and nothing is to be done. This is how a page reaches you"


def said_to(
    deps: Deps,
    user: User,
    contact: Contact,
    text: str,
    subject: str,
    *,
    state: ContactState | None = None,
    reply_to: str | None = None,
    in_reply_to: str | None = None,
) -> Notice:
    """``text``, and nothing else."""
    return Notice(
        incident=_no_incident(deps, subject),
        contact=contact,
        user=user,
        page=None,
        alert=None,
        reply_to=reply_to,
        answer=text,
        subject=subject,
        in_reply_to=in_reply_to,
        state=state,
        account=deps.directory.current().account.name,
    )


def trial_page(deps: Deps, user: User, contact: Contact) -> Notice:
    """A page of an incident that there isn't, which can't be answered."""
    incident = _no_incident(deps, TEST)
    page = Page(
        incident=incident.id,
        entry="1",
        user=user.name,
        rule=0,
        level=1,
        epoch=0,
        method=contact.name,
        medium=contact.medium,
        address=contact.address,
        due=deps.now(),
    )
    return Notice(
        incident=incident,
        contact=contact,
        user=user,
        page=page,
        alert=None,
        reply_to=None,
        state=deps.contacts.of(user.name, contact),
        account=deps.directory.current().account.name,
    )


def _no_incident(deps: Deps, title: str) -> Incident:
    return Incident(
        id=NO_INCIDENT,
        number=0,
        service="tocsin",
        title=title,
        urgency=Urgency.HIGH,
        policy=Policy(name="none", levels=()),
        triggered_at=deps.now(),
    )
