"""Answers by text: proven by a number that is a confirmed contact method of a person, of incidents that it was texted.

Laws: a number that isn't confirmed does nothing; it is answered with a code, which confirms it and carries out what was
asked. Without an incident's number an answer counts only if one alone was texted to that phone within a day. What
carriers answer themselves (STOP, START, HELP) is theirs: STOP and START are written down, and nobody is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.domain.answer import Answer, Word, read_text_message, said_to_carrier
from shared.domain.contact_state import (
    CODE_LASTS,
    OPTED_OUT,
    ContactState,
    Texted,
    broken,
    code_by_request,
    code_lives,
    guess,
    is_spent,
    said_code,
    worked,
)
from shared.domain.directory import Contact, Directory, Medium, User
from shared.domain.errors import NotFound, Refused
from shared.domain.notification import Page
from shared.flow.aside import said_to
from shared.flow.confirming import new_code, owners
from shared.flow.methods import change
from shared.flow.obey import load
from shared.flow.ports import Deps
from shared.flow.reply import REPEATED, Reply, ignored, seen_on, take, tell
from shared.flow.stores import AlreadyCounted
from shared.sources.text_answer import TextAnswer, read

ONE_ALONE = timedelta(hours=24)  # within which an answer without a number can only mean one incident
NAMED = {Word.ACK: "acknowledge", Word.RESOLVE: "resolve", Word.ESCALATE: "escalate"}  # what a code carries out
SHOWN = 5  # numbers that an answer names
NAMING = frozenset({Word.ACK, Word.RESOLVE, Word.ESCALATE, Word.STATUS})  # whole with the number behind them


_Owner = tuple[User, Contact]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sender:
    """Who wrote, from which of their methods, and what is known of it."""

    user: User
    contact: Contact
    state: ContactState


def run(deps: Deps, sns: Mapping[str, Any], topic: str) -> str | None:
    """What the sender was answered; None where nobody is answered, with the reason counted and logged."""
    try:
        text = read(sns, topic)
        theirs = _owners(deps.directory.current(), text.number)
        if (word := said_to_carrier(text.text)) is not None:
            return _note_for_carrier(deps, text, theirs, word)
        said, sender = _answered(deps, text, theirs)
    except Refused as fault:
        return ignored(deps, str(fault), _id(sns))
    except AlreadyCounted:
        return ignored(deps, REPEATED, _id(sns))  # and was answered then
    tell(deps, said_to(deps, sender.user, sender.contact, said, "Tocsin"))
    return said


def _owners(directory: Directory, number: str) -> list[_Owner]:
    """Raises Refused where it is nobody's phone."""
    found = owners(directory, Medium.SMS, number)
    if not found:
        raise Refused("its number is no contact method of anybody")
    return found


def _note_for_carrier(deps: Deps, text: TextAnswer, theirs: Sequence[_Owner], word: str) -> None:
    now = deps.now()
    for user, contact in theirs:
        if word == "stop":
            change(deps, user.name, contact, lambda state: broken(state, OPTED_OUT, now))
        elif word == "start":
            change(deps, user.name, contact, lambda state: worked(state, now))
    ignored(deps, f"the carrier answers {word}", text.message_id)


def _answered(deps: Deps, text: TextAnswer, theirs: Sequence[_Owner]) -> tuple[str, _Sender]:
    """What its sender is told, and who that is. Raises Refused, AlreadyCounted, Unavailable."""
    texted, answer, code = deps.contacts.texted(text.number), read_text_message(text.text), said_code(text.text)
    meant = _meant(texted, answer, deps)
    sender = _sender(deps, theirs, meant, said_a_code=code is not None)
    if code is not None and (said := _by_code(deps, text, sender, texted, code)):
        return said, sender
    if answer.word is None:
        raise Refused("there is nothing new in it")
    if not sender.state.confirmed:
        return _ask_for_proof(deps, sender, answer, meant), sender
    return _carried_out(deps, text, sender, meant, answer), sender


def _meant(texted: Sequence[Texted], answer: Answer, deps: Deps) -> Texted | str:
    """The incident that is answered; where it can't be told, what its author is to do."""
    if answer.number is not None:
        found = next((one for one in texted if one.number == answer.number), None)
        return found or f"{answer.number} wasn't texted to this number in a week"
    word = answer.word if answer.word in NAMING else Word.ACK
    recent = [one for one in texted if one.at > deps.now() - ONE_ALONE]
    if len(recent) == 1:
        return recent[0]
    if not recent:
        return f"no incident was texted to this number in a day. Say which: {word} 17"
    numbers = [one.number for one in recent]
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    shown = ", ".join(str(number) for number in numbers[-SHOWN:])
    return f"several incidents were texted to this number ({shown}{more}). Say which: {word} {numbers[-1]}"


def _sender(deps: Deps, theirs: Sequence[_Owner], meant: Texted | str, *, said_a_code: bool) -> _Sender:
    """Of several whose phone it is: who waits for a code that was said; else who was paged; else the first by name."""
    known = [_Sender(user=user, contact=way, state=deps.contacts.of(user.name, way)) for user, way in theirs]
    waiting = (sender for sender in known if said_a_code and code_lives(sender.state, deps.now()))
    paged = (sender for sender in known if isinstance(meant, Texted) and sender.user.name == meant.user)
    return next(waiting, None) or next(paged, known[0])


def _by_code(deps: Deps, text: TextAnswer, sender: _Sender, texted: Sequence[Texted], code: str) -> str | None:
    """What a code does; None where none is out, so that its digits are words like others.

    What was asked is carried out after the proof is written, and forgotten after that: whenever it ends in between, the
    same message does the rest.
    """
    state, now = sender.state, deps.now()
    if not state.confirmed and code_lives(state, now):
        if is_spent(state, now):
            raise Refused("its number isn't confirmed, and its guesses are used up")
        state = change(
            deps, sender.user.name, sender.contact, lambda known: _keeping_asked(known, guess(known, code, now))
        )
        if not state.confirmed:
            return "That isn't the code. Nothing was done."
    elif state.confirmed_at is None or now >= state.confirmed_at + CODE_LASTS:
        return None
    elif state.asked is None:
        raise Refused("its number was confirmed by a code before")
    return f"This number is confirmed. {_asked_before(deps, text, sender, texted, state)}".rstrip()


def _keeping_asked(before: ContactState, after: ContactState) -> ContactState:
    return replace(after, asked=before.asked)


def _asked_before(deps: Deps, text: TextAnswer, sender: _Sender, texted: Sequence[Texted], state: ContactState) -> str:
    if state.asked is None:
        return ""
    answer = read_text_message(state.asked)
    try:
        said = _carried_out(deps, text, sender, _meant(texted, answer, deps), answer)
    except AlreadyCounted:
        said = ""
    change(deps, sender.user.name, sender.contact, lambda known: replace(known, asked=None))
    return said


def _ask_for_proof(deps: Deps, sender: _Sender, answer: Answer, meant: Texted | str) -> str:
    """A code goes to the number, in the answer itself. Raises Refused once it has had too many."""
    now, code, asked, does = deps.now(), new_code(), None, ""
    if is_spent(sender.state, now):
        raise Refused("its number isn't confirmed, and its guesses are used up")
    if isinstance(meant, Texted) and answer.word is not None and answer.word in NAMED:
        asked, does = f"{answer.word} {meant.number}", f" and {NAMED[answer.word]} {meant.number}"
    change(deps, sender.user.name, sender.contact, lambda state: code_by_request(state, code, asked, now))
    deps.journal.fault("reply", "its number isn't confirmed yet", user=sender.user.name)
    deps.journal.count("ReplyIgnored")
    return f"This number isn't confirmed yet, so nothing was done. Answer {code} to confirm it{does}."


def _carried_out(deps: Deps, text: TextAnswer, sender: _Sender, meant: Texted | str, answer: Answer) -> str:
    if isinstance(meant, str):
        return f"Nothing was done: {meant}."
    try:
        pages = load(deps, meant.incident).pages
    except NotFound:
        return f"Nothing was done: {meant.number} isn't there any more."
    page = _newest(pages, sender)
    reply = Reply(
        incident=meant.incident,
        user=sender.user,
        answer=answer,
        seen=seen_on(page) if page else None,
        marker=("sms", text.message_id),
    )
    return take(deps, reply).text


def _newest(pages: Sequence[Page], sender: _Sender) -> Page | None:
    """The last of which that phone was texted: what its reader has seen."""
    own = [p for p in pages if (p.user, p.address) == (sender.user.name, sender.contact.address)]
    return max(own, key=lambda page: page.due, default=None)


def _id(sns: Mapping[str, Any]) -> str:
    return str(sns.get("MessageId", ""))[:100]
