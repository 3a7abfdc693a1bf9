"""One incident in the hands of commands and moments: the domain alone, without a store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.command import Command, Order, carry_out
from shared.domain.directory import Directory, Policy, Urgency, Versions
from shared.domain.errors import Refused
from shared.domain.escalation import Turn, decide
from shared.domain.incident import Incident, apply, begin
from shared.domain.instants import Instant
from shared.domain.notification import LOST, WAITING, Page, PageState
from shared.domain.paging import recipient, still_due
from shared.domain.timeline import Author, Kind, LogEntry, Opening

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where a night has come to; ``pages`` are as they were left."""

    incident: Incident
    now: Instant
    pages: tuple[Page, ...] = ()
    log: tuple[LogEntry, ...] = ()


def begun(policy: Policy, urgency: Urgency = Urgency.HIGH, **more: object) -> State:
    opening = Opening(number=17, service="checkout", title="disk: full", urgency=urgency, policy=policy, **more)  # type: ignore[arg-type]
    entry = LogEntry(kind=Kind.TRIGGERED, at=NIGHT, due=NIGHT, epoch=1, opening=opening)
    return State(incident=begin("QAAAAAAAAAAAAA", entry), now=NIGHT, log=(entry,))


def turn_of(state: State, team: Directory) -> Turn:
    return decide(state.incident, state.pages, Versions(in_force=team), state.now)


def taken(state: State, team: Directory, outcome: PageState = PageState.SENT) -> State:
    """What is due now is done, and each page comes to ``outcome``: failures hand on, as ``page`` does it."""
    while True:
        turn = turn_of(state, team)
        state = replace(
            state,
            incident=turn.incident,
            pages=state.pages + turn.pages,
            log=state.log + turn.entries,
        )
        open_pages = [page for page in state.pages if page.state in WAITING]
        if not open_pages:
            return state
        state = replace(state, pages=_settled(state, open_pages, outcome, team))


def _settled(state: State, due: Sequence[Page], outcome: PageState, team: Directory) -> tuple[Page, ...]:
    pages = tuple(replace(page, state=outcome) if page in due else page for page in state.pages)
    for page in due:
        person = recipient(state.incident, page, Versions(in_force=team))
        if outcome in LOST and person is not None and still_due(state.incident, page):
            following = person.next_page(state.incident, pages, page.due)
            pages += (following,) if following else ()
    return pages


def told(state: State, order: Order, by: str, team: Directory, **more: object) -> State | None:
    """The state after a command; None where it is refused or changes nothing."""
    command = Command(order=order, by=Author(user=by), **more)  # type: ignore[arg-type]
    try:
        entries = carry_out(state.incident, command, team, state.now)
    except Refused:
        return None
    incident = state.incident
    for entry in entries:
        incident = apply(incident, entry)
    return replace(state, incident=incident, log=state.log + tuple(entries)) if entries else None


def later(state: State, team: Directory) -> State | None:
    """At its next moment; None where nothing is to come."""
    at = turn_of(state, team).wake_at
    return None if at is None else replace(state, now=at)


def after(state: State, long: timedelta) -> State:
    return replace(state, now=state.now + long)
