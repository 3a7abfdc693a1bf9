"""What holds of every night: checked in each state that a walk, or a drawn night, comes to."""

from collections import Counter
from typing import Any

from shared.domain.directory import Directory, Urgency
from shared.domain.incident import Incident, Status, fold
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, LOST, methods
from shared.domain.outlook import in_words
from tests.domain.nights import State, later, taken, turn_of


def hold(state: State, team: Directory, ending: set[Any]) -> None:
    """Nobody twice, nobody who is due left out, and an end that is stated."""
    identities = Counter(page.identity for page in state.pages)
    assert not [identity for identity, count in identities.items() if count > 1]
    assert fold(state.incident.id, state.log) == state.incident
    epochs = [entry.epoch for entry in state.log]
    assert epochs == sorted(epochs)
    assert not left_out(state, team, identities)
    turn = turn_of(state, team)
    assert (turn.entries, turn.pages) == ((), ()), "a turn that was taken leaves nothing due"
    assert turn.wake_at is None or turn.wake_at > state.now
    if turn.wake_at is None:
        assert why_nothing_comes(state)
    assert in_words(turn, team, state.now).endswith(".")
    comes_to_an_end(state, team, ending)


def left_out(state: State, team: Directory, identities: Counter[str]) -> list[str]:
    """Told apart from the code: whom the rules of the directory say to have been paged by now."""
    incident, missing = state.incident, list[str]()
    if incident.status is Status.TRIGGERED and not incident.exhausted and incident.entered_at is not None:
        for name in incident.people:
            missing += by_rule(state, team, str(incident.entry), name, incident.urgency, incident.entered_at)
        assert incident.people
    for responder in incident.responders if incident.open else ():
        if responder.waiting:
            missing += by_rule(state, team, responder.entry, responder.user, responder.urgency, responder.added_at)
    if incident.exhausted and incident.status is Status.TRIGGERED:
        missing += [f"{incident.entry}#{FALLBACK}#{place}" for place, _ in enumerate(team.account.fallback)]
    return [identity for identity in missing if not identities[identity]]


def by_rule(state: State, team: Directory, entry: str, name: str, urgency: Urgency, since: Instant) -> list[str]:
    ways = methods(team.users[name], urgency)
    failed = {p.rule for p in state.pages if (p.entry, p.user) == (entry, name) and p.state in LOST}
    due = [n for n, way in enumerate(ways) if way.after is not None and since + way.after <= state.now]
    handed_on = list(range(len(ways)))[: len(failed) + 1] if failed else []
    return [f"{entry}#{name}#{place}" for place in {*due, *handed_on}]


def why_nothing_comes(state: State) -> bool:
    incident = state.incident
    if not incident.open or (incident.exhausted and incident.status is Status.TRIGGERED):
        return True
    return incident.status is Status.TRIGGERED and incident.urgency is Urgency.LOW


def comes_to_an_end(state: State, team: Directory, ending: set[Any]) -> None:
    """Left alone, and with every page arriving, it comes to rest: as each state on its way there does."""
    way = list[Any]()
    while (key := from_here(state)) not in ending:
        way.append(key)
        assert len(way) < 120, "it never comes to rest"
        following = later(state, team)
        if following is None:
            assert why_nothing_comes(state)
            break
        state = taken(following, team)
    ending.update(way)


def from_here(state: State) -> Any:
    """The state as it matters for what is to come: instants from now, entries from the present one."""
    incident = state.incident
    present = {str(incident.entry), *(r.entry for r in incident.responders if r.waiting)}
    pages = frozenset(
        (p.entry.lstrip("0123456789"), p.user, p.rule, p.state) for p in state.pages if p.entry in present
    )
    asked = tuple((r.user, r.urgency, state.now - r.added_at) for r in incident.responders if r.waiting)
    matters = (_relative(incident, name, state.now) for name in MATTERS)
    return (*matters, incident.policy.name, incident.acknowledged_by != (), asked, pages)


MATTERS = (
    "status",
    "urgency",
    "round",
    "level",
    "entered_at",
    "people",
    "reached",
    "next_level",
    "next_at",
    "exhausted",
    "acknowledged_at",
    "snoozed_until",
)


def _relative(incident: Incident, name: str, now: Instant) -> Any:
    value = getattr(incident, name)
    return now - value if hasattr(value, "tzinfo") and value is not None else value
