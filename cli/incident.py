"""``tocsin incident``: the history of one incident, each page with what became of it beside the log's entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.deployment import Deployment
from shared.domain.errors import NotFound
from shared.domain.incident import Incident
from shared.domain.instants import Instant, format_seconds
from shared.domain.notification import LOST, REACHED, WAITING, Page
from shared.domain.plain import to_plain
from shared.domain.timeline import LogEntry
from shared.flow.stores import IncidentStore, Loaded

Line = tuple[Instant, str, str | None]  # when, what, in which colour
COLOURS = {**dict.fromkeys(REACHED, "green"), **dict.fromkeys(LOST, "red"), **dict.fromkeys(WAITING, "yellow")}


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Pages are items of their own, no part of the log: parallel sends never conflict with it."""

    incident: Incident
    log: tuple[LogEntry, ...]
    pages: tuple[Page, ...]

    def as_json(self) -> dict[str, Any]:
        incident = self.incident
        return {
            "id": incident.id,
            "number": incident.number,
            "service": incident.service,
            "title": incident.title,
            "status": incident.status.value,
            "urgency": incident.urgency.value,
            "timeline": [to_plain(entry) for entry in self.log],
            "pages": [_page_as_json(page) for page in self.pages],
        }

    def in_words(self) -> Iterator[tuple[str, str | None]]:
        incident = self.incident
        yield f"{incident.number} {incident.service} is {incident.status}: {incident.title}  ({incident.id})", "bold"
        lines = [*map(_of_entry, self.log), *map(_of_page, self.pages)]
        for at, what, colour in sorted(lines, key=lambda line: line[0]):
            yield f"  {format_seconds(at)}  {what}", colour


def history(deployment: Deployment, named: str) -> History:
    """By its number, or its id. Raises NotFound."""
    store = deployment.deps().incidents
    found = _by_number(store, int(named)) if named.isdecimal() else store.load(named)
    if found is None:
        raise NotFound(f"there is no incident {named} in {deployment.name}: name it by its number, or its id (Q…)")
    incident = found.incident
    pages = sorted(found.pages, key=lambda page: (page.due, page.identity))
    return History(incident=incident, log=tuple(store.timeline(incident.id)), pages=tuple(pages))


def _by_number(store: IncidentStore, number: int) -> Loaded | None:
    """Reads the table: there is no index of numbers, and who asks so is a person."""
    for name in store.names():
        state = store.state(name)
        if state is not None and state.number == number:
            return store.load(name)
    return None


def _page_as_json(page: Page) -> dict[str, Any]:
    """Every member is there, also where it is null."""
    return {
        "at": format_seconds(page.due),
        "to": page.user,
        "by": page.medium.value,
        "method": page.method,
        "address": page.address,
        "level": page.level,
        "entry": page.entry,
        "state": page.state.value,
        "attempts": page.attempts,
        "provider_id": page.provider_id,
        "sent_at": to_plain(page.sent_at),
        "delivered_at": to_plain(page.delivered_at),
        "error": page.error,
    }


def _of_entry(entry: LogEntry) -> Line:
    by = (entry.by.user or "tocsin") + (f" ({entry.by.via})" if entry.by.via else "")
    said = " / ".join((entry.opening.title if entry.opening else entry.text or entry.why or "").splitlines())
    to = f" {', '.join(entry.people)}" if entry.people else ""
    return entry.at, f"{entry.kind} by {by}{to}{f': {said}' if said else ''}", None


def _of_page(page: Page) -> Line:
    """At the last moment that is known of it."""
    at = page.delivered_at or page.sent_at or page.claimed_at or page.due
    told = f" ({page.provider_id})" if page.provider_id else ""
    because = f": {page.error}" if page.error else ""
    return (
        at,
        f"page to {page.user} by {page.medium} {page.address}: {page.state}{because}{told}",
        COLOURS.get(page.state),
    )
