"""Answers by mail: proven by SES's verdicts, one sender, an address that we signed, and a contact method of the person
it was signed for.

It proves the address as well, where it is the one that was paged. A code of ``tocsin confirm`` is answered at an
address of its own, and proves the address that it was sent to. Automatic mail is never an answer, and never answered;
a bounce of a page (``returned``) is heard where it is proven as far as one can be.
"""

from dataclasses import dataclass

from shared.domain.alert import Alert
from shared.domain.answer import read_answer
from shared.domain.contact_state import guess, is_spent, said_code
from shared.domain.directory import Contact, Medium, User
from shared.domain.errors import Refused
from shared.domain.notification import Page
from shared.flow import returned
from shared.flow.aside import said_to
from shared.flow.channel import Notice
from shared.flow.confirming import CONFIRM, SUBJECT, address_of, owners, prove
from shared.flow.methods import change, heal
from shared.flow.obey import Said
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import REPEATED, Reply, answered, ignored, seen_on, take, tell
from shared.flow.stores import AlreadyCounted
from shared.sources.answer_mail import MailAnswer, Verdicts, read
from shared.sources.mail.delivery_report import DeliveryReport


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
        if mail.bounce is not None:
            return _returned(deps, mail, mail.bounce)
        _by_a_person(mail)
        if any(recipient.partition("@")[0].casefold() == CONFIRM for recipient in mail.recipients):
            return _by_code(deps, mail)
        page, user = _proven(deps, mail)
    except Refused as fault:
        return ignored(deps, str(fault), mail.message_id)
    answer = read_answer(mail.text)
    if answer.word is None:
        return ignored(deps, "there is nothing new in it", mail.message_id)
    alerts = deps.incidents.alerts(page.incident, limit=1)  # read before: after it, nothing may fail but the sending
    reply = Reply(
        incident=page.incident, user=user, answer=answer, seen=seen_on(page), marker=("email", mail.message_id)
    )
    try:
        said = take(deps, reply)
    except AlreadyCounted:
        return ignored(deps, REPEATED, mail.message_id)  # and was answered then
    if mail.sender.casefold() == page.address.casefold():
        prove(deps, user, page.contact)
    _tell(deps, mail, said, user, alerts[0] if alerts else None)
    _works(deps, mail, user)
    return said.text


def _by_a_person(mail: MailAnswer) -> None:
    """Raises Refused with the reason, by name in the log."""
    if mail.automatic:
        raise Refused(f"automatic mail: {mail.automatic}")
    if mail.refused:
        raise Refused(mail.refused)


def _returned(deps: Deps, mail: MailAnswer, bounce: DeliveryReport) -> None:
    """Raises Refused, Unavailable."""
    if mail.bounce_refused:
        raise Refused(f"a bounce: {mail.bounce_refused}")
    incident, tag = _addressed(deps, mail)
    returned.run(deps, bounce, answered(deps.incidents.load(incident), tag))


def _by_code(deps: Deps, mail: MailAnswer) -> str:
    """Who sends a code from the address that it was sent to. Raises Refused."""
    code, found = said_code(mail.text), owners(deps.directory.current(), Medium.EMAIL, mail.sender)
    if code is None:
        raise Refused("there is no code in it")
    if not found:
        raise Refused("its sender is no contact method of anybody")
    now, user, contact = deps.now(), *found[0]
    for user, contact in found:
        if is_spent(deps.contacts.of(user.name, contact), now):
            raise Refused("its address isn't confirmed, and its guesses are used up")
        if change(deps, user.name, contact, lambda state: guess(state, code, now)).confirmed:
            said = "This address is confirmed."
            break
    else:
        said = "That isn't the code, or it is older than an hour. Nothing was done."
    notice = said_to(deps, user, contact, said, f"Re: {SUBJECT}", in_reply_to=mail.message_id)
    tell(deps, notice)
    return said


def _proven(deps: Deps, mail: MailAnswer) -> tuple[Page, User]:
    """The page that is answered, and by whom. Raises Refused with the reason, by name in the log."""
    incident, tag = _addressed(deps, mail)
    page = answered(deps.incidents.load(incident), tag)
    if page is None:
        raise Refused("the page that it answers is not there any more")
    user = deps.directory.current().users.get(page.user)
    if user is None or address_of(user, Medium.EMAIL, mail.sender) is None:
        raise Refused("its sender is no contact method of the person who was paged")
    return page, user


def _addressed(deps: Deps, mail: MailAnswer) -> tuple[str, bytes]:
    fault = Refused("it came to no reply address")
    for recipient in mail.recipients:
        try:
            return deps.replies.read(recipient, deps.now())
        except Refused as refusal:
            fault = refusal
    raise fault


def _works(deps: Deps, mail: MailAnswer, user: User) -> None:
    """Whoever answers from an address that was thought broken reads it. That isn't worth an answer undone."""
    sender = mail.sender.casefold()
    try:
        for contact in user.contacts:
            if contact.medium is Medium.EMAIL and contact.address.casefold() == sender:
                heal(deps, user.name, contact, deps.now())
    except Unavailable as fault:
        deps.journal.fault("reply", f"{fault}; the address may still be taken for broken", user=user.name)


def _tell(deps: Deps, mail: MailAnswer, said: Said, user: User, alert: Alert | None) -> None:
    """The answer to the reply, in the thread of its incident."""
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
    tell(deps, notice)
