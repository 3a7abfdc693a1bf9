"""``reply``: what a person answers → one command → the incident, and an answer that says what happened.

A reply counts only when it is proven: the mail's verdicts, one sender, an address that we signed, and a contact method
of the person it was signed for. It is applied once, however often it is delivered.
"""

from dataclasses import dataclass

from shared.domain.access import page_tag
from shared.domain.alert import Alert
from shared.domain.answer import Answer, Word, commands_for, read_answer
from shared.domain.directory import Contact, Medium, User
from shared.domain.errors import Refused
from shared.domain.incident import Incident
from shared.domain.notification import Page
from shared.domain.outlook import in_words
from shared.domain.timeline import Author
from shared.flow.escalate import look
from shared.flow.obey import Marker, Said, load, obey
from shared.flow.ports import AlreadyCounted, Deps, Loaded, Notice, OutcomeUnknown, SendFailed
from shared.sources.answer_mail import MailAnswer, Verdicts, read

HELP = "Answer with one line: ack, resolve, escalate, snooze 2h, reassign <name>, note <text>, status or help."


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A mail as SES received it: where it lies, what SES says of it, and to whom it came."""

    at: str
    verdicts: Verdicts
    recipients: tuple[str, ...]


def run(deps: Deps, receipt: Receipt) -> str | None:
    """What the sender was answered; None where nobody is answered, with the reason counted and logged."""
    mail = read(deps.mail.read(receipt.at), receipt.verdicts, receipt.recipients)
    try:
        page, loaded, user = _proven(deps, mail)
    except Refused as fault:
        return _ignored(deps, mail, str(fault))
    answer = read_answer(mail.text)
    if answer.word is None:
        return _ignored(deps, mail, "there is nothing new in it")
    alerts = deps.incidents.alerts(page.incident, limit=1)  # read before: after it, nothing may fail but the sending
    try:
        said = _obey_answer(deps, loaded.incident, answer, page, user, ("email", mail.message_id))
    except AlreadyCounted:
        return None  # it was delivered before, and answered then
    _tell(deps, mail, said, user, alerts[0] if alerts else None)
    return said.text


def _obey_answer(deps: Deps, incident: Incident, answer: Answer, page: Page, user: User, marker: Marker) -> Said:
    if answer.number is not None and answer.number != incident.number:
        asked = f"this mail is about {incident.number}. Answer the page of {answer.number} instead"
        return Said(text=f"Nothing was done: {asked}.", incident=incident)
    if answer.word is Word.HELP:
        return Said(text=HELP, incident=incident)
    if answer.word is Word.STATUS:
        return _status(deps, incident.id)
    author = Author(user=user.name, via=marker[0], message_id=marker[1])
    seen = page.seen or (None if page.of_responder else int(page.entry))
    try:
        commands = commands_for(answer, author, seen, deps.directory.current())
    except Refused as fault:
        return Said(text=f"Nothing was done: {fault}. {HELP}", incident=incident)
    return obey(deps, incident.id, commands, marker)


def _status(deps: Deps, incident: str) -> Said:
    loaded, now = load(deps, incident), deps.now()
    state = loaded.incident
    following = in_words(look(deps, state, loaded.pages, now), deps.directory.current(), now)
    who = ", ".join(state.acknowledged_by or state.people) or "nobody"
    return Said(text=f"{state.number} {state.name} is {state.status} ({who}). {following}", incident=state)


def _proven(deps: Deps, mail: MailAnswer) -> tuple[Page, Loaded, User]:
    """The page that is answered, and by whom. Raises Refused with the reason, by name in the log."""
    if mail.automatic:
        raise Refused(f"automatic mail: {mail.automatic}")
    if mail.refused:
        raise Refused(mail.refused)
    incident, tag = _addressed(deps, mail)
    loaded = deps.incidents.load(incident)
    page = next((page for page in loaded.pages if page_tag(page) == tag), None) if loaded else None
    if loaded is None or page is None:
        raise Refused("the page that it answers is not there any more")
    user = deps.directory.current().users.get(page.user)
    if user is None or mail.sender.casefold() not in _addresses(user):
        raise Refused("its sender is no contact method of the person who was paged")
    return page, loaded, user


def _addressed(deps: Deps, mail: MailAnswer) -> tuple[str, bytes]:
    fault = Refused("it came to no reply address")
    for recipient in mail.recipients:
        try:
            return deps.replies.read(recipient, deps.now())
        except Refused as refusal:
            fault = refusal
    raise fault


def _addresses(user: User) -> set[str]:
    return {contact.address.casefold() for contact in user.contacts if contact.medium is Medium.EMAIL}


def _ignored(deps: Deps, mail: MailAnswer, reason: str) -> None:
    deps.journal.fault("reply", reason, id=mail.message_id)
    deps.journal.count("ReplyIgnored")


def _tell(deps: Deps, mail: MailAnswer, said: Said, user: User, alert: Alert | None) -> None:
    """The answer to the reply. That it can't be sent undoes nothing: it is logged and counted."""
    directory = deps.directory.current()
    notice = Notice(
        incident=said.incident,
        contact=Contact(name="reply", medium=Medium.EMAIL, address=mail.sender),
        user=user,
        page=None,
        alert=alert,
        reply_to=None,
        answer=said.text,
        in_reply_to=mail.message_id,
        account=directory.account.name,
        templates=directory.templates,  # an answer has its page's subject, by which mail programs join them
    )
    try:
        deps.channels[Medium.EMAIL].send(notice)
    except (SendFailed, OutcomeUnknown) as fault:
        deps.journal.fault("reply", f"the answer wasn't sent: {fault}", incident=said.incident.id)
        deps.journal.count("AnswerFailed")
