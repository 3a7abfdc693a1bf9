"""``reply``: what a person answers → one command → the incident, and an answer that says what happened.

However it came (mail, text, chat, push, link), a reply that is proven to be somebody's takes this one path. It is
applied once, however often it is delivered.
"""

from dataclasses import dataclass

from shared.domain.access import page_tag
from shared.domain.answer import Answer, Word, commands_for
from shared.domain.directory import User
from shared.domain.errors import Refused
from shared.domain.notification import Page
from shared.domain.outlook import in_words
from shared.domain.timeline import Author
from shared.flow.channel import Notice, OutcomeUnknown, SendFailed
from shared.flow.escalate import look
from shared.flow.obey import Marker, Said, load, obey
from shared.flow.ports import Deps
from shared.flow.stores import Loaded

HELP = "Answer with one line: ack, resolve, escalate, snooze 2h, reassign <name>, note <text>, status or help."
REPEATED = "it has counted before"  # a message that is delivered again, or that somebody caught and sends again


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What ``user`` answered to an incident, proven to be theirs."""

    incident: str
    user: User
    answer: Answer
    seen: int | None  # the level entry that its author saw; None where they answer for no level
    marker: Marker  # by which it counts once


def take(deps: Deps, reply: Reply) -> Said:
    """What its author is answered. Raises AlreadyCounted, NotFound, Unavailable."""
    incident, answer = load(deps, reply.incident).incident, reply.answer
    if answer.number is not None and answer.number != incident.number:
        asked = f"this is an answer about {incident.number}. Answer the page of {answer.number} instead"
        return Said(text=f"Nothing was done: {asked}.", incident=incident)
    if answer.word is Word.HELP:
        return Said(text=HELP, incident=incident)
    if answer.word is Word.STATUS:
        return _status(deps, incident.id)
    author = Author(user=reply.user.name, via=reply.marker[0], message_id=reply.marker[1])
    try:
        commands = commands_for(answer, author, reply.seen, deps.directory.current())
    except Refused as fault:
        return Said(text=f"Nothing was done: {fault}. {HELP}", incident=incident)
    return obey(deps, incident.id, commands, reply.marker)


def answered(loaded: Loaded | None, tag: bytes) -> Page | None:
    """The page of the incident that a signed address or link was made for."""
    return next((page for page in loaded.pages if page_tag(page) == tag), None) if loaded else None


def seen_on(page: Page) -> int | None:
    """The level entry that the reader of ``page`` saw."""
    return page.seen or (None if page.of_responder else int(page.entry))


def ignored(deps: Deps, reason: str, message_id: str) -> None:
    """A message that counts for nothing, and that nobody is answered: counted, and named in the log."""
    deps.journal.fault("reply", reason, id=message_id)
    deps.journal.count("ReplyIgnored")


def tell(deps: Deps, notice: Notice) -> None:
    """Answers an answer, by the way it came. That it can't be sent undoes nothing: it is logged and counted."""
    try:
        deps.channels[notice.contact.medium].send(notice)
    except (SendFailed, OutcomeUnknown) as fault:
        deps.journal.fault("reply", f"the answer wasn't sent: {fault}", incident=notice.incident.id)
        deps.journal.count("AnswerFailed")


def _status(deps: Deps, incident: str) -> Said:
    loaded, now = load(deps, incident), deps.now()
    state = loaded.incident
    following = in_words(look(deps, state, loaded.pages, now), deps.directory.current(), now)
    who = ", ".join(state.acknowledged_by or state.people) or "nobody"
    return Said(text=f"{state.number} {state.name} is {state.status} ({who}). {following}", incident=state)
