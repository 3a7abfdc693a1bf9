"""``announce``: what is written on timelines → the webhooks of the configuration, and the chat in which it was posted.

Laws: an announcement is written before its first attempt, so that none is lost and none is told twice because the bus
said it twice; whoever writes one more attempt on it sends it. What fails comes again by ``sweep``, which only says so
on the bus, in one word for all: no page waits for a webhook or a thread, nor for a function that waits for one. Whoever
fails is asked for nothing more in that run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.announcement import (
    BOARD,
    DUE,
    WRITTEN,
    Announcement,
    delivered,
    failed,
    first,
    first_there,
    given_up,
    is_due,
    put_off,
    talked_of,
    too_old,
    tried_again,
)
from shared.domain.directory import Directory
from shared.domain.errors import Conflict
from shared.domain.instants import Instant
from shared.domain.notification import WAITING, Page
from shared.domain.timeline import LogEntry
from shared.flow import publish
from shared.flow.channel import Gone, OutcomeUnknown, SendFailed, TooMany
from shared.flow.page import notice_for, posted
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Loaded

PATIENCE = timedelta(seconds=30)  # for the attempts of one run; whatever is left then comes again in a minute or more
LOOKS = 4  # at an incident that goes on while it is shown: who looked before may write after, and show what was
AT_ONCE = 100  # announcements that one sweep says are due, the oldest first


def run(deps: Deps, event: str, detail: Mapping[str, Any]) -> None:
    """What the bus said; what isn't meant for us is left alone. Raises Unavailable."""
    if event == DUE:
        _again(deps, detail["ids"])
    elif event == WRITTEN:
        _tell(deps, detail["entries"])


def say_what_is_due(deps: Deps) -> None:
    """For ``sweep``. Said again each minute until an attempt is written. Raises Unavailable."""
    if names := deps.announcements.due(deps.now(), AT_ONCE):
        publish.put(deps, [(DUE, {"ids": names})])


def _tell(deps: Deps, written: Mapping[str, Sequence[int]]) -> None:
    """All are written before any is told: whatever isn't told in time is due within the minute."""
    directory, began = deps.directory.current(), deps.now()
    new = [each for incident, numbers in written.items() for each in _first(deps, directory, incident, numbers)]
    mine = [announcement for announcement in new if _begun(deps, None, announcement)]
    weary: set[str] = set()
    for announcement in mine:
        if deps.now() - began > PATIENCE:
            return
        if announcement.webhook not in weary and not _send(deps, announcement):
            weary.add(announcement.webhook)


def _first(deps: Deps, directory: Directory, name: str, numbers: Sequence[int]) -> Iterator[Announcement]:
    loaded = deps.incidents.load(name)
    if loaded is None:
        return
    timeline = deps.incidents.timeline(name)
    for number in numbers:
        yield from _of_entry(directory, loaded, number, timeline[number - 1], deps.now())


def _of_entry(
    directory: Directory, loaded: Loaded, number: int, entry: LogEntry, now: Instant
) -> Iterator[Announcement]:
    incident = loaded.incident
    for _, webhook in sorted(directory.webhooks.items()):
        if webhook.hears(f"incident.{entry.kind}"):
            yield first(webhook, incident, number, entry, directory, now)
    if talked_of(entry.kind, entry.entry):
        for place in sorted({page.address for page in loaded.pages if _stands_there(page)}):
            yield first_there(place, incident.id, number, entry, directory, now)


def _stands_there(page: Page) -> bool:
    """Or will do so in a moment: an answer may overtake it."""
    return page.medium is BOARD and (page.provider_id is not None or page.state in WAITING)


def _begun(deps: Deps, known: Announcement | None, announcement: Announcement) -> bool:
    """False where the bus said it before, or somebody else tries it this very moment."""
    try:
        deps.announcements.write(known, announcement)
    except Conflict:
        return False
    return True


def _again(deps: Deps, names: Sequence[str]) -> None:
    """The least tried first, so that one that its receiver never takes holds up none of the others."""
    began = deps.now()
    found = (deps.announcements.get(name) for name in names)
    weary: set[str] = set()
    for known in sorted((each for each in found if each and is_due(each, began)), key=lambda each: each.tries):
        late = deps.now() - began > PATIENCE
        if not _heard_by(deps.directory.current(), known):
            _give_up(deps, known, "the configuration has no such webhook any more, or it doesn't hear this event")
        elif too_old(known, deps.now()):
            _give_up(deps, known, known.error or "nobody can say what its attempts came to")
        elif late or known.webhook in weary:
            _begun(deps, known, put_off(known, deps.now()))
        elif _begun(deps, known, mine := tried_again(known, deps.now())) and not _send(deps, mine):
            weary.add(known.webhook)


def _heard_by(directory: Directory, announcement: Announcement) -> bool:
    webhook = directory.webhooks.get(announcement.webhook)
    return announcement.place is not None or (webhook is not None and webhook.hears(announcement.event))


def _send(deps: Deps, announcement: Announcement) -> bool:
    """False where this run should ask the webhook, or the whole chat, for nothing more."""
    try:
        _attempt(deps, announcement)
    except Gone as fault:
        _give_up(deps, announcement, str(fault))
    except TooMany as fault:
        _come_again(deps, announcement, fault, timedelta(seconds=fault.seconds))
        return False
    except (OutcomeUnknown, Unavailable) as fault:
        _come_again(deps, announcement, fault, timedelta())
        return False
    except SendFailed as fault:  # of a chat it may be this one place
        _come_again(deps, announcement, fault, timedelta())
        return announcement.place is not None
    else:
        _note(deps, announcement, delivered(announcement))
    return True


def _attempt(deps: Deps, announcement: Announcement) -> None:
    if announcement.place is not None:
        return _show(deps, announcement, announcement.place)
    webhook = deps.directory.current().webhooks.get(announcement.webhook)
    if webhook is None:
        raise Gone("the configuration has no such webhook any more")
    return deps.listeners.tell(webhook, announcement, deps.now())


def _show(deps: Deps, announcement: Announcement, place: str) -> None:
    """The message as the incident is now, and the line in its thread; nothing where no page was posted after all."""
    shown, where = -1, None
    for _ in range(LOOKS):
        loaded = deps.incidents.load(announcement.incident)
        there = [page for page in loaded.pages if (page.medium, page.address) == (BOARD, place)] if loaded else []
        if loaded is None or not there or loaded.incident.version == shown:
            break
        where = posted(there, there[0])
        if where is None and any(page.state in WAITING for page in there):
            raise SendFailed("its page isn't posted yet")
        if where is None:
            break
        page = next(page for page in there if page.provider_id == where)
        if not deps.boards[BOARD].update(replace(notice_for(deps, loaded, page), posted=where)):
            raise Gone("its message isn't there any more")
        shown = loaded.incident.version
    if where is not None:
        deps.boards[BOARD].add(where, announcement.body)


def _come_again(deps: Deps, announcement: Announcement, fault: Exception, pause: timedelta) -> None:
    _fault(deps, announcement, f"{fault}; it comes again")
    _note(deps, announcement, failed(announcement, str(fault), deps.now() + pause))


def _give_up(deps: Deps, announcement: Announcement, reason: str) -> None:
    _fault(deps, announcement, f"given up, and kept as HOOK#{announcement.id}: {reason}")
    deps.journal.count("AnswerFailed")
    _note(deps, announcement, given_up(announcement, reason))


def _fault(deps: Deps, announcement: Announcement, message: str) -> None:
    who = f"Slack at {announcement.place}" if announcement.place else f"the webhook {announcement.webhook}"
    deps.journal.fault("announce", f"{who}: {message}", incident=announcement.incident, number=announcement.number)


def _note(deps: Deps, known: Announcement, after: Announcement) -> None:
    """Where that isn't written, it stays due: it is sent once more, with the same id."""
    try:
        deps.announcements.write(known, after)
    except Conflict:
        return  # another attempt has begun meanwhile
    except Unavailable as fault:
        deps.journal.fault("announce", f"{fault}; whoever was told of HOOK#{known.id} may be told once more")
