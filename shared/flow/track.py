"""``track``: what a provider reports of a message → the page that it was → what follows.

Laws: what has failed is handed on as a send that failed is, in one transaction, once however often it is reported.
Nobody is paged for what is over: that is only written down. First people are paged, then methods are marked.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from shared.domain.errors import Conflict
from shared.domain.instants import Instant
from shared.domain.notification import REACHED, UNSETTLED, Page, PageState
from shared.domain.paging import still_due
from shared.flow.escalate import queue
from shared.flow.handing_on import find, following_page, hand_on
from shared.flow.methods import heal, mark_broken
from shared.flow.ports import Deps, Unavailable
from shared.flow.stores import Change, Loaded
from shared.sources.delivery import Outcome, Report

TRIES = 8
SETTLES = timedelta(minutes=2)  # within which whoever sent a message has written down its id
NOT_OURS = "it is about no page of the last 30 days"


def run_all(deps: Deps, reports: Sequence[Report]) -> None:
    """Each on its own; whichever failed come again with all others, which then change nothing. Raises Unavailable."""
    faults: list[Unavailable] = []
    for report in reports:
        try:
            run(deps, report)
        except Unavailable as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def run(deps: Deps, report: Report) -> list[PageState]:
    """What became of each page that the message told. Raises Unavailable where the report may come again."""
    named = deps.incidents.sent(report.medium, report.provider_id)
    if not named:
        _about_no_page(deps, report)
    return [state for incident, identity in named if (state := _of_page(deps, report, incident, identity)) is not None]


def _about_no_page(deps: Deps, report: Report) -> None:
    """An answer, a code, somebody else's mail; or a provider that is faster than we write."""
    if report.outcome is Outcome.DELIVERED:
        return
    if report.sent_at is not None and deps.now() - report.sent_at < SETTLES:
        raise Unavailable(f"a message that has {report.outcome} is about no page so far; the report comes again")
    deps.journal.fault("track", f"a message has {report.outcome}: {NOT_OURS}", id=report.provider_id)


def _of_page(deps: Deps, report: Report, incident: str, identity: str) -> PageState | None:
    loaded = deps.incidents.load(incident)
    page = find(loaded, identity)
    if loaded is None or page is None or not _is_to(page, report):
        return None
    state = _written(deps, loaded, page, report)
    at = report.at or deps.now()
    if report.outcome is Outcome.DELIVERED:
        heal(deps, page.user, page.contact, at)
    elif report.hard:
        mark_broken(deps, page, loaded.incident, report.reason or report.outcome, at)
    return state


def _is_to(page: Page, report: Report) -> bool:
    """A provider may leave the recipient out; one that names another means another's copy."""
    return not report.recipient or _bare(report.recipient) == _bare(page.address)


def _bare(address: str) -> str:
    return address.strip().casefold().rpartition("<")[2].removesuffix(">")


def _written(deps: Deps, loaded: Loaded, page: Page, report: Report) -> PageState | None:
    """The page as it is now. Tried again where somebody writes meanwhile. Raises Unavailable."""
    for _ in range(TRIES):
        if page.state in UNSETTLED and deps.now() - (report.sent_at or deps.now()) < SETTLES:
            raise Unavailable(f"{page.incident}: whoever sent the page hasn't recorded it yet; the report comes again")
        heard = _heard(page, report, deps.now())
        if heard is None:
            return page.state  # a complaint, or nothing new: it was reported before, or it has failed for good
        try:
            return _follow_up(deps, loaded, heard, report)
        except Conflict:
            found = deps.incidents.load(page.incident)
            held = find(found, page.identity)
            if found is None or held is None:
                return None
            loaded, page = found, held
    raise Unavailable(f"{page.incident} is being written to without pause; the report comes again")


def _heard(page: Page, report: Report, now: Instant) -> Page | None:
    """``page`` once the report is known; None where it says nothing new."""
    match report.outcome:
        case Outcome.DELIVERED if page.state is PageState.SENT:
            return replace(page, state=PageState.DELIVERED, delivered_at=report.at or now, error=None)
        case Outcome.FAILED if page.state in REACHED:
            return replace(page, state=PageState.FAILED, error=report.reason)
        case Outcome.DELAYED if page.state is PageState.SENT and page.error is None:
            return replace(page, error=report.reason)
        case _:
            return None


def _follow_up(deps: Deps, loaded: Loaded, page: Page, report: Report) -> PageState | None:
    if report.outcome is Outcome.FAILED:
        deps.journal.fault("track", page.error or page.state.value, incident=page.incident, page=page.identity)
        deps.journal.count("PageFailed")
        return hand_on(deps, loaded, page)
    then = following_page(deps, loaded, page) if report.outcome is Outcome.DELAYED else None
    if then is None or not still_due(loaded.incident, page):
        deps.incidents.settle(page)
        return page.state
    deps.incidents.commit(Change(pages=(then,), settled=page))  # it may arrive, and may not: the phone rings meanwhile
    queue(deps, (then,))
    return page.state
