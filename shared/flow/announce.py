"""``announce``: what the event bus says of incidents → whoever the configuration names as a webhook.

Laws: an announcement is written before its first attempt, so that none is lost and none is told twice because the bus
said it twice; whoever writes one more attempt on it sends it. What fails comes again by ``sweep``, which only says so
on the bus: no page waits for a webhook.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from shared.domain.announcement import (
    Announcement,
    delivered,
    failed,
    first,
    given_up,
    is_due,
    too_old,
    tried_again,
)
from shared.domain.directory import Directory, Webhook
from shared.domain.errors import Conflict
from shared.domain.plain import from_plain
from shared.domain.timeline import LogEntry
from shared.flow.ports import Deps, Gone, OutcomeUnknown, SendFailed, Unavailable

DUE = "webhook.due"  # said on the bus of an announcement whose next attempt is due
INCIDENTS = "incident."  # begins what is said there of incidents
PATIENCE = timedelta(seconds=40)  # for one entry's webhooks; whatever is left then comes again in a minute
AT_ONCE = 100  # announcements that one sweep says are due, the oldest first
A_CALL = 10  # that one call to the bus takes


def run(deps: Deps, event: str, detail: Mapping[str, Any]) -> None:
    """What the bus said; what isn't meant for webhooks is left alone. Raises Unavailable."""
    if event == DUE:
        _again(deps, str(detail["id"]))
    elif event.startswith(INCIDENTS):
        _tell(deps, event, detail)


def say_what_is_due(deps: Deps) -> None:
    """For ``sweep``. Said again each minute until an attempt is written. Raises Unavailable."""
    due = deps.announcements.due(deps.now(), AT_ONCE)
    for start in range(0, len(due), A_CALL):
        deps.bus.put([(DUE, {"id": name}) for name in due[start : start + A_CALL]])


def _tell(deps: Deps, event: str, detail: Mapping[str, Any]) -> None:
    directory = deps.directory.current()
    hears = [webhook for _, webhook in sorted(directory.webhooks.items()) if webhook.hears(event)]
    incident = deps.incidents.state(str(detail["incident"])) if hears else None
    if incident is None:
        return
    began, number, entry = deps.now(), int(detail["number"]), from_plain(LogEntry, detail)
    new: list[tuple[Webhook, Announcement]] = []
    for webhook in hears:
        announcement = first(webhook, incident, number, entry, directory, began)
        try:
            deps.announcements.write(None, announcement)
        except Conflict:
            continue  # the bus said it before
        new.append((webhook, announcement))
    for webhook, announcement in new:
        if deps.now() - began > PATIENCE:
            return  # written, and due within the minute
        _send(deps, webhook, announcement)


def _again(deps: Deps, name: str) -> None:
    known = deps.announcements.get(name)
    if known is None or not is_due(known, deps.now()):
        return None
    webhook = _heard_by(deps.directory.current(), known)
    if webhook is None:
        return _give_up(deps, known, "the configuration has no such webhook any more, or it doesn't hear this event")
    if too_old(known, deps.now()):
        return _give_up(deps, known, known.error or "nobody can say what its attempts came to")
    mine = tried_again(known, deps.now())
    try:
        deps.announcements.write(known, mine)
    except Conflict:
        return None  # somebody else tries it this very moment
    return _send(deps, webhook, mine)


def _heard_by(directory: Directory, announcement: Announcement) -> Webhook | None:
    webhook = directory.webhooks.get(announcement.webhook)
    return webhook if webhook and webhook.hears(announcement.event) else None


def _send(deps: Deps, webhook: Webhook, announcement: Announcement) -> None:
    try:
        deps.listeners.tell(webhook, announcement, deps.now())
    except Gone as fault:
        _give_up(deps, announcement, str(fault))
    except (SendFailed, OutcomeUnknown) as fault:
        _fault(deps, announcement, f"{fault}; it comes again")
        _note(deps, announcement, failed(announcement, str(fault)))
    else:
        _note(deps, announcement, delivered(announcement))


def _give_up(deps: Deps, announcement: Announcement, reason: str) -> None:
    _fault(deps, announcement, f"given up, and kept as HOOK#{announcement.id}: {reason}")
    _note(deps, announcement, given_up(announcement, reason))


def _fault(deps: Deps, announcement: Announcement, message: str) -> None:
    what = f"the webhook {announcement.webhook}: {message}"
    deps.journal.fault("announce", what, incident=announcement.incident, number=announcement.number)


def _note(deps: Deps, known: Announcement, after: Announcement) -> None:
    """Where that isn't written, it stays due: it is sent once more, with the same id."""
    try:
        deps.announcements.write(known, after)
    except Conflict:
        return  # another attempt has begun meanwhile
    except Unavailable as fault:
        deps.journal.fault("announce", f"{fault}; the webhook {known.webhook} may be told once more")
