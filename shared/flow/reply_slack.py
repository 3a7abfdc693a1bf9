"""Answers from Slack: a button, ``/tocsin …``, a line in an incident's thread.

Laws: only a member whose id is somebody's contact answers for anybody; a channel proves nobody. A press, an order, a
line counts once, by Slack's own id. People talk in threads: there, only a whole command or ``note …`` is one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from shared.domain.answer import Answer, Word, read_answer
from shared.domain.assignment import people_on_call
from shared.domain.directory import Assign, Directory, Medium, User
from shared.domain.errors import NotFound, Refused
from shared.domain.incident import Incident
from shared.domain.notification import Page
from shared.domain.outlook import together
from shared.flow.channel import OutcomeUnknown, SendFailed
from shared.flow.page import notice_for
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import REPEATED, Reply, ignored, take
from shared.flow.stores import AlreadyCounted
from shared.sources.slack_request import Ordered, Pressed, Written

CHANNEL = "slack"
SIGNING_SECRET = "/tocsin/slack/signing-secret"  # a parameter of SSM
LOOKED_AT = 300  # open incidents: Slack gives us three seconds
LISTED = 10
NUMBERED = re.compile(
    r"\s*(?P<word>[a-z]+)\s+#?(?P<number>\d{1,9})(?:\s+(?P<rest>\S.*))?\s*", re.IGNORECASE | re.DOTALL
)
PRESSED = re.compile(r"(?P<incident>Q[A-Z0-9]{13}) (?P<entry>\d{1,9})")
BUTTONS = frozenset({Word.ACK, Word.RESOLVE, Word.ESCALATE})

HELP = "/tocsin ack 17, resolve 17, escalate 17, snooze 17 2h, reassign 17 <name>, note 17 <text>, status, oncall, help"
NOBODY = "You are nobody here: add `slack: {member}` to your contacts in the configuration. Nothing was done."
COUNTED = "That has counted already."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a member is answered, and of which incident, where it took effect."""

    text: str
    incident: str | None = None


def press(deps: Deps, pressed: Pressed) -> Told:
    """What whoever pressed is told. Raises Refused for a button that isn't ours, Unavailable."""
    found = PRESSED.fullmatch(pressed.value)
    if found is None or pressed.word not in BUTTONS:
        raise Refused("a button that isn't ours")
    entry = int(found["entry"]) or None
    return _taken(deps, pressed.member, found["incident"], Answer(word=Word(pressed.word)), pressed.id, entry)


def order(deps: Deps, ordered: Ordered) -> Told:
    """What is answered to ``/tocsin …``. Raises Unavailable."""
    user = _user(deps.directory.current(), ordered.member)
    if user is None:
        return _nobody(deps, ordered.member)
    text = ordered.text.strip()
    if text.casefold().rstrip(".!") in ("oncall", "on call", "on-call"):
        return Told(text=_on_call(deps))
    number, answer = _read(text)
    if answer.word is None or answer.word is Word.HELP:
        return Told(text=HELP)
    if answer.word is Word.STATUS and number is None:
        return Told(text=_listed(list(islice(_open(deps), LISTED + 1))))
    incident = _meant(deps, user, number)
    if isinstance(incident, str):
        return Told(text=f"Nothing was done: {incident}")
    return _taken(deps, ordered.member, incident.id, answer, ordered.id, None)


def write(deps: Deps, written: Written) -> Told | None:
    """What is answered; None where it is talk, a thread of something else, or has counted. Raises Unavailable."""
    answer = read_answer(written.text)
    noted = answer.word is Word.NOTE and not written.text.strip().casefold().startswith("note")
    if answer.word is None or noted:
        return None
    incident = _shown_at(deps, written.place)
    if incident is None:
        return None
    told = _taken(deps, written.member, incident, answer, written.id, None)
    return None if told.text == COUNTED else told


def _taken(deps: Deps, member: str, incident: str, answer: Answer, message_id: str, seen: int | None) -> Told:
    user = _user(deps.directory.current(), member)
    if user is None:
        return _nobody(deps, member)
    reply = Reply(incident=incident, user=user, answer=answer, seen=seen, marker=(CHANNEL, message_id))
    try:
        return Told(text=take(deps, reply).text, incident=incident)
    except AlreadyCounted:
        ignored(deps, REPEATED, message_id)
        return Told(text=COUNTED)
    except NotFound:
        return Told(text="Nothing was done: that incident is not there any more.")


def tell(deps: Deps, place: str, member: str, told: Told) -> None:
    """Tells the member what came of it, and shows the incident as it is now at ``place``.

    That it can't be shown or said undoes nothing: it is logged and counted.
    """
    board = deps.boards[Medium.SLACK]
    _trying(deps, lambda: board.whisper(place, member, told.text))
    if told.incident is not None:
        _trying(deps, lambda: _show(deps, place, told.incident or ""))


def _trying(deps: Deps, act: Callable[[], None]) -> None:
    try:
        act()
    except (SendFailed, OutcomeUnknown, Unavailable) as fault:
        deps.journal.fault("reply", f"the answer wasn't sent: {fault}")
        deps.journal.count("AnswerFailed")


def _show(deps: Deps, place: str, incident: str) -> None:
    loaded = deps.incidents.load(incident)
    page = next((page for page in loaded.pages if _stands_at(page, place)), None) if loaded else None
    if loaded and page:
        deps.boards[Medium.SLACK].update(replace(notice_for(deps, loaded, page), posted=place))


def _user(directory: Directory, member: str) -> User | None:
    """Whose contact ``member`` is; None where it is nobody's, or several people's."""
    found = [
        user
        for user in directory.users.values()
        if any((contact.medium, contact.address) == (Medium.SLACK, member) for contact in user.contacts)
    ]
    return found[0] if len(found) == 1 and member[:1] in ("U", "W") else None


def _nobody(deps: Deps, member: str) -> Told:
    ignored(deps, "a Slack member who is nobody's contact", member)
    return Told(text=NOBODY.format(member=member))


def _read(text: str) -> tuple[int | None, Answer]:
    """``snooze 17 2h`` → 17, snooze 2h. What is no command of the grammar is nothing here."""
    numbered = NUMBERED.fullmatch(text)
    number = int(numbered["number"]) if numbered else None
    plain = f"{numbered['word']} {numbered['rest'] or ''}".strip() if numbered else text
    answer = read_answer(plain)
    if answer.word is Word.NOTE and not plain.casefold().startswith("note"):
        return number, Answer()
    return number, answer


def _meant(deps: Deps, user: User, number: int | None) -> Incident | str:
    """The open incident of that number; without one, the only one that ``user`` was told of."""
    if number is not None:
        found = next((incident for incident in _open(deps) if incident.number == number), None)
        return found or f"there is no open incident {number}."
    theirs = [incident for incident in _open(deps) if user.name in incident.people]
    if len(theirs) == 1:
        return theirs[0]
    return f"say which: {HELP}. {_listed(theirs)}" if theirs else f"nothing that is open is yours. {HELP}"


def _open(deps: Deps) -> Iterator[Incident]:
    for name in islice(deps.incidents.open_incidents(), LOOKED_AT):
        incident = deps.incidents.state(name)
        if incident is not None and incident.open:
            yield incident


def _shown_at(deps: Deps, place: str) -> str | None:
    """The incident whose message stands at ``place``."""
    found = deps.incidents.sent(Medium.SLACK, place)
    return found[0][0] if found else None


def _stands_at(page: Page, place: str) -> bool:
    return (page.medium, page.provider_id) == (Medium.SLACK, place)


def _listed(incidents: list[Incident]) -> str:
    if not incidents:
        return "Nothing is open."
    lines = [f"{i.number} {i.service}: {i.name}, {i.status}" for i in incidents[:LISTED]]
    return "\n".join([*lines, *(["…"] if len(incidents) > LISTED else [])])


def _on_call(deps: Deps) -> str:
    """Who is on call now, by policy and level."""
    directory, now = deps.directory.current(), deps.now()
    lines: list[str] = []
    for name, policy in sorted(directory.policies.items()):
        for place, level in enumerate(policy.levels, start=1):
            people = people_on_call(replace(level, assign=Assign.EVERYONE), 0, directory, now)
            lines.append(f"{name}, level {place}: {together(people) if people else 'nobody'}")
    return "\n".join(lines[:50]) or "There is no escalation policy."
