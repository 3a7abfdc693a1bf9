"""What a person is told beside any incident, by the channels that pages take."""

from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Policy, Urgency, User
from shared.domain.incident import Incident
from shared.flow.ports import Deps, Notice

NO_INCIDENT = "Q0000000000000"


def said_to(
    deps: Deps, user: User, contact: Contact, text: str, subject: str, *, state: ContactState | None = None
) -> Notice:
    """``text``, and nothing else."""
    return Notice(
        incident=_no_incident(deps, subject),
        contact=contact,
        user=user,
        page=None,
        alert=None,
        reply_to=None,
        answer=text,
        subject=subject,
        state=state,
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
