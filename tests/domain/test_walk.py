"""The whole of an escalation's state space over small policies: every sequence of up to six commands and moments.

Sequences that come to the same state (counted from now, and from the present level entry) go on as one.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.command import Order
from shared.domain.directory import Assign, Policy, Urgency
from shared.domain.incident import Incident, Status, apply, fold
from shared.domain.instants import Instant
from shared.domain.notification import FALLBACK, LOST, PageState, methods
from shared.domain.timeline import Kind, LogEntry
from tests.domain.nights import State, begun, later, taken, told, turn_of
from tests.flow.people import directory, level, policy, user

DEPTH = 6
MUTE = user("mute", contacts=False)
USERS = (user("ada"), user("grace", high=((1, "phone"), (1, "mail"))), user("linus", high=()), MUTE)
TEAM = directory(level("ada"), users=USERS)
POLICIES = {
    "one level, twice": policy(level("ada"), repeat=1),
    "the same person in both levels": policy(level("ada"), level("grace", "ada")),
    "nobody in the middle": policy(level("ada"), level("mute"), level("linus")),
    "nobody at all": policy(level("mute"), level("mute"), repeat=9),
    "in turn": policy(level("mute", "grace", assign=Assign.ROUND_ROBIN), level("ada")),
}
Step = Callable[[State], State | None]


def moment(outcome: PageState) -> Step:
    """Time goes on to the next thing; the pages that it makes come to ``outcome``."""

    def step(state: State) -> State | None:
        following = later(state, TEAM)
        return following and taken(following, TEAM, outcome)

    return step


def command(order: Order, by: str = "ada", **more: Any) -> Step:
    def step(state: State) -> State | None:
        following = told(state, order, by, TEAM, **more)
        return following and taken(following, TEAM)

    return step


def once(step: Step, done: Callable[[Incident], bool]) -> Step:
    """Not a second time: what follows is no other than after the first."""
    return lambda state: None if done(state.incident) else step(state)


def worsens(state: State) -> State | None:
    if state.incident.urgency is Urgency.HIGH or not state.incident.open:
        return None
    entry = LogEntry(kind=Kind.URGENCY_RAISED, at=state.now, due=state.now)
    return taken(replace(state, incident=apply(state.incident, entry), log=(*state.log, entry)), TEAM)


STEPS: dict[str, Step] = {
    "time goes on": moment(PageState.SENT),
    "time goes on and nothing arrives": moment(PageState.FAILED),
    "ack": command(Order.ACKNOWLEDGE),
    "unack": command(Order.UNACKNOWLEDGE),
    "snooze": command(Order.SNOOZE, for_=timedelta(minutes=20)),
    "escalate": command(Order.ESCALATE),
    "reassign": once(command(Order.REASSIGN, users=("grace", "mute")), lambda i: i.policy.name == "grace and mute"),
    "ask linus": once(command(Order.ADD_RESPONDERS, users=("linus",)), lambda i: i.responders != ()),
    "linus answers": command(Order.NOTE, by="linus", text="looking"),
    "worsens": worsens,
    "resolve": command(Order.RESOLVE),
}


@pytest.mark.parametrize(
    ("name", "urgency"),
    [*((name, Urgency.HIGH) for name in POLICIES), ("nobody in the middle", Urgency.LOW), ("in turn", Urgency.LOW)],
)
def test_every_sequence_of_six_commands_and_moments(name: str, urgency: Urgency) -> None:
    states = walk(POLICIES[name], urgency)
    assert sum(1 for _ in states) > 10


def walk(of: Policy, urgency: Urgency) -> Iterator[State]:
    start = begun(of, urgency, acknowledgement_timeout=timedelta(minutes=30))
    reached = [taken(start, TEAM, outcome) for outcome in (PageState.SENT, PageState.FAILED)]
    known, ending = set[Any](), set[Any]()
    for _ in range(DEPTH + 1):
        fresh = {key: state for state in reached if (key := from_here(state)) not in known}
        known |= set(fresh)
        for state in fresh.values():
            hold(state, ending)
            yield state
        steps = [step(state) for state in fresh.values() for step in STEPS.values()]
        reached = [state for state in steps if state is not None]


def hold(state: State, ending: set[Any]) -> None:
    """Nobody twice, nobody who is due left out, and an end that is stated."""
    identities = Counter(page.identity for page in state.pages)
    assert not [identity for identity, count in identities.items() if count > 1]
    assert fold(state.incident.id, state.log) == state.incident
    assert [entry.epoch for entry in state.log if entry.kind is not Kind.URGENCY_RAISED] == sorted(
        entry.epoch for entry in state.log if entry.kind is not Kind.URGENCY_RAISED
    )
    assert not left_out(state, identities)
    turn = turn_of(state, TEAM)
    assert (turn.entries, turn.pages) == ((), ()), "a turn that was taken leaves nothing due"
    assert turn.wake_at is None or turn.wake_at > state.now
    if turn.wake_at is None:
        assert why_nothing_comes(state)
    comes_to_an_end(state, ending)


def left_out(state: State, identities: Counter[str]) -> list[str]:
    """Told apart from the code: whom the rules of the directory say to have been paged by now."""
    incident, missing = state.incident, list[str]()
    if incident.status is Status.TRIGGERED and not incident.exhausted and incident.entered_at is not None:
        for name in incident.people:
            missing += by_rule(state, str(incident.entry), name, incident.urgency, incident.entered_at)
        assert incident.people
    for responder in incident.responders if incident.open else ():
        if responder.waiting:
            missing += by_rule(state, responder.entry, responder.user, responder.urgency, responder.added_at)
    if incident.exhausted and incident.status is Status.TRIGGERED:
        missing += [f"{incident.entry}#{FALLBACK}#{place}" for place, _ in enumerate(TEAM.account.fallback)]
    return [identity for identity in missing if not identities[identity]]


def by_rule(state: State, entry: str, name: str, urgency: Urgency, since: Instant) -> list[str]:
    ways = methods(TEAM.users[name], urgency)
    failed = {p.rule for p in state.pages if (p.entry, p.user) == (entry, name) and p.state in LOST}
    due = [n for n, way in enumerate(ways) if way.after is not None and since + way.after <= state.now]
    handed_on = list(range(len(ways)))[: len(failed) + 1] if failed else []
    return [f"{entry}#{name}#{place}" for place in {*due, *handed_on}]


def why_nothing_comes(state: State) -> bool:
    incident = state.incident
    if not incident.open or (incident.exhausted and incident.status is Status.TRIGGERED):
        return True
    return incident.status is Status.TRIGGERED and incident.urgency is Urgency.LOW


def comes_to_an_end(state: State, ending: set[Any]) -> None:
    """Left alone, and with every page arriving, it comes to rest: as each state on its way there does."""
    way = list[Any]()
    while (key := from_here(state)) not in ending:
        way.append(key)
        assert len(way) < 120, "it never comes to rest"
        following = later(state, TEAM)
        if following is None:
            assert why_nothing_comes(state)
            break
        state = taken(following, TEAM)
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


def test_the_walk_looks_far() -> None:
    states = list(walk(POLICIES["one level, twice"], Urgency.HIGH))
    assert {state.incident.status for state in states} == set(Status)
    assert any(state.incident.exhausted for state in states)
    assert max(state.incident.round for state in states) == 1
    assert any(state.incident.level > 1 for state in walk(POLICIES["nobody in the middle"], Urgency.LOW))
