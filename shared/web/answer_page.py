"""``/answer/<token>``: an incident as it is, for one person who was paged, and what they can do about it.

Laws: only POST, from the page itself, changes anything; a scanner that fetches every link, and a browser that fetches
ahead, changes nothing. It works without scripts. What is refused is shown, counted, and named in the log.
"""

from collections.abc import Callable, Iterator, Mapping

from shared.domain.answer import NOTE_MAX, Answer, Word
from shared.domain.directory import User
from shared.domain.errors import NotFound, Refused
from shared.domain.incident import Incident, Status
from shared.domain.instants import Instant
from shared.domain.outlook import together
from shared.domain.telling import called, told
from shared.domain.wall_clock import in_zone
from shared.flow import reply_link
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import ignored
from shared.flow.reply_link import Opened, Picture
from shared.web.answering import Asked, Shown, as_json
from shared.web.form import Unreadable, read_form
from shared.web.rendering import page

LOOKING = ("GET", "HEAD")
SNOOZES = {"30m": "30 minutes", "1h": "1 hour", "2h": "2 hours", "4h": "4 hours", "8h": "8 hours"}
ACTIONS = {
    Word.ACK: "Acknowledge",
    Word.RESOLVE: "Resolve",
    Word.ESCALATE: "Escalate",
    Word.SNOOZE: "Snooze",
    Word.NOTE: "Add the note",
}
LATER = "It can't be read just now. Try again in a moment; nothing was done."


def door(deps: Deps, asked: Asked) -> Shown:
    if asked.method in LOOKING:
        return _look(deps, asked)
    if asked.method == "POST":
        return _post(deps, asked)
    return refused_page(405, "Only a browser's own GET and POST are answered here.")


def _look(deps: Deps, asked: Asked) -> Shown:
    return shown(deps, reply_link.CHANNEL, lambda: _incident(deps, 200, reply_link.open_link(deps, asked.token)))


def shown(deps: Deps, channel: str, show: Callable[[], Shown]) -> Shown:
    """A page that somebody only looks at, or why it isn't shown."""
    try:
        return show()
    except Refused as fault:
        ignored(deps, str(fault), channel)
        return refused_page(403, str(fault))
    except Unavailable as fault:
        deps.journal.fault("reply", str(fault))
        return refused_page(503, LATER)


def _post(deps: Deps, asked: Asked) -> Shown:
    status, message, opened = 200, "", None
    try:
        answer = _answer(read_form(asked))
        opened = reply_link.open_link(deps, asked.token)
        message = reply_link.answer(deps, opened, answer).text
    except Refused as fault:
        ignored(deps, str(fault), reply_link.CHANNEL)
        status, message = fault.status if isinstance(fault, Unreadable) else 409 if opened else 403, str(fault)
    except (NotFound, Unavailable) as fault:
        deps.journal.fault("reply", str(fault))
        status, message = 503, LATER
    if "application/json" in asked.headers.get("accept", ""):
        return as_json(status, {"status": "done" if status == 200 else "refused", "message": message})
    return _after(deps, status, message, opened)


def _after(deps: Deps, status: int, message: str, opened: Opened | None) -> Shown:
    """The incident as it is now, under what became of the answer."""
    if opened is None or status == 503:
        return refused_page(status, message)
    try:
        loaded = deps.incidents.load(opened.page.incident) or opened.loaded
        return _incident(deps, status, Opened(page=opened.page, user=opened.user, loaded=loaded), message)
    except Unavailable:  # what was done is done: it is told all the same
        return page(status, "said.html", title="Tocsin", message=message)


def _answer(fields: Mapping[str, str]) -> Answer:
    """What the form says. Raises Unreadable."""
    try:
        word = Word(fields.get("do", ""))
    except ValueError:
        raise Unreadable(400, "the answer names no action of ours") from None
    note = "\n".join(fields.get("note", "").splitlines()).strip()[:NOTE_MAX] or None
    lasts = fields.get("for", "") if word is Word.SNOOZE else None
    if word not in ACTIONS or (lasts is not None and lasts not in SNOOZES):
        raise Unreadable(400, "the answer names no action of ours")
    if word is Word.NOTE and note is None:
        raise Unreadable(400, "the note is empty")
    return Answer(word=word, argument=lasts, note=note)


def _incident(deps: Deps, status: int, opened: Opened, said: str = "") -> Shown:
    picture = reply_link.picture(deps, opened.page.incident, opened.loaded)
    incident = picture.incident
    return page(
        status,
        "answer.html",
        title=f"#{incident.number} {incident.service}",
        said=said,
        incident=incident,
        severity=picture.alert.event.severity.value if picture.alert else incident.urgency.value,
        since=clock(incident.triggered_at, opened.user, day=True),
        who=_who(picture),
        outlook=picture.outlook,
        latest=[(clock(entry.at, opened.user), told(entry, picture.directory)) for entry in picture.latest],
        actions=[(word.value, ACTIONS[word]) for word in _offered(incident, opened.user)],
        snoozes=SNOOZES,
        note_max=NOTE_MAX,
        reader=opened.user.full_name,
    )


def _offered(incident: Incident, user: User) -> Iterator[Word]:
    """The buttons that do something now, the likeliest first."""
    if incident.status is Status.TRIGGERED or user.name not in incident.acknowledged_by:
        yield Word.ACK
    yield from (Word.RESOLVE, Word.ESCALATE)


def _who(picture: Picture) -> str:
    """Who has it, or who is being paged."""
    incident = picture.incident
    names = incident.acknowledged_by or incident.people
    people = together(called(name, picture.directory) for name in names) if names else "nobody"
    return people if incident.acknowledged_by or not incident.open else f"nobody yet; paged: {people}"


def refused_page(status: int, reason: str) -> Shown:
    """Why nothing is shown or done."""
    return page(status, "said.html", title="Tocsin", message=f"{reason[:1].upper()}{reason[1:]}.".replace("..", "."))


def clock(at: Instant, user: User, *, day: bool = False) -> str:
    """``04:18``, or ``04:18 on Mon 23 Nov (Europe/Berlin)``: the reader's own clock."""
    here, zone = in_zone(at, user.time_zone)
    return f"{here:%H:%M} on {here:%a} {here.day} {here:%b} ({zone})" if day else f"{here:%H:%M}"
