"""A method that failed hands on to the person's next one at once; where none is left, a turn is due.

What follows from a failure is recorded together with it, so that a crash in between can't leave nobody told.
"""

from contextlib import suppress

from shared.domain.errors import Conflict
from shared.domain.escalation import LATE
from shared.domain.instants import Instant, whole_second
from shared.domain.notification import FALLBACK, LOST, UNSETTLED, Page, PageState
from shared.domain.paging import recipient, still_due
from shared.flow.escalate import queue, take, versions
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Change, Loaded

TRIES = 8


def lose(deps: Deps, loaded: Loaded, page: Page, *, handed_on: bool = False) -> PageState | None:
    """Counted, then recorded. ``handed_on``: the next method is in use already, and only a turn may follow."""
    deps.journal.fault("page", page.error or page.state.value, incident=page.incident, page=page.identity)
    deps.journal.count("PageFailed")
    for _ in range(TRIES):
        try:
            return hand_on(deps, loaded, page, handed_on)
        except Conflict:
            found = deps.incidents.load(page.incident)
            held = find(found, page.identity)
            if found is None or held is None or held.attempt != page.attempt or held.state not in UNSETTLED:
                return None  # another attempt has it meanwhile, and records what came of it
            loaded = found
    raise Unavailable(f"{page.incident} is being written to without pause; the failed page is handed on again")


def hand_on(deps: Deps, loaded: Loaded, page: Page, handed_on: bool = False) -> PageState | None:
    """To the person's next untried method, else to whoever is next. Raises Conflict where somebody wrote meanwhile."""
    if not still_due(loaded.incident, page):
        return settle(deps, page)
    if page.user == FALLBACK:
        return _fallback_lost(deps, loaded, page)
    following = None if handed_on else following_page(deps, loaded, page)
    if following is None:
        return _nobody_left(deps, loaded, page)
    deps.incidents.commit(Change(pages=(following,), settled=page))
    queue(deps, (following,))
    return page.state


def following_page(deps: Deps, loaded: Loaded, page: Page) -> Page | None:
    """By the person's next untried method, at once; None where all were tried, and for the fallback contact."""
    person = recipient(loaded.incident, page, versions(deps, loaded.incident))
    return person and person.next_page(loaded.incident, loaded.pages, _at_once(page, deps.now()))


def _at_once(page: Page, now: Instant) -> Instant:
    """What follows from a failure was due when the page was, unless an outage lies between."""
    return page.due if now - page.due <= LATE else whole_second(now)


def _nobody_left(deps: Deps, loaded: Loaded, page: Page) -> PageState:
    """The person has no further method: a turn is due, which may find that the level has failed."""
    incident, at = loaded.incident, deps.now()
    due_at = min(loaded.due_at, at) if loaded.due_at else at
    deps.incidents.commit(Change(incident=incident, before=incident.version, due_at=due_at, settled=page))
    for _ in range(TRIES):
        settled = deps.incidents.load(incident.id)
        with suppress(Conflict):  # who wrote meanwhile may not have known of the failure: look again
            if settled is not None:
                take(deps, settled)
            break
    return page.state


def _fallback_lost(deps: Deps, loaded: Loaded, page: Page) -> PageState | None:
    """Where no method of the fallback contact works, the alarm topic is the last that is left: told before recorded.

    Two that fail in the same moment don't know of each other: each looks again when it is recorded.
    """
    if _no_fallback_left(loaded, page):
        _tell_topic(deps, loaded)
        return settle(deps, page)
    settled = settle(deps, page)
    since = deps.incidents.load(page.incident)
    if since is not None and _no_fallback_left(since, page):
        _tell_topic(deps, since)
    return settled


def _no_fallback_left(loaded: Loaded, page: Page) -> bool:
    others = [p for p in loaded.pages if (p.entry, p.user) == (page.entry, FALLBACK) and p.identity != page.identity]
    return all(other.state in LOST for other in others)


def _tell_topic(deps: Deps, loaded: Loaded) -> None:
    incident = loaded.incident
    deps.alarms.tell_fallback(
        f"Incident {incident.number} reaches nobody",
        f"{incident.number} {incident.service}: {incident.title}\n"
        "Nobody answered, and no method of the fallback contact works. Look at it now.",
    )


def settle(deps: Deps, page: Page) -> PageState | None:
    try:
        deps.incidents.settle(page)
    except Conflict:
        return None  # another attempt has it meanwhile, and records what came of it
    return page.state


def find(loaded: Loaded | None, identity: str) -> Page | None:
    return next((page for page in loaded.pages if page.identity == identity), None) if loaded else None
