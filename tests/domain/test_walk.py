"""The whole of an escalation's state space over small policies: every sequence of up to six commands and moments.

Sequences that come to the same state (counted from now, and from the present level entry) go on as one.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.command import Order
from shared.domain.directory import Assign, Policy, Urgency
from shared.domain.incident import Incident, Status, apply
from shared.domain.notification import PageState
from shared.domain.timeline import Kind, LogEntry
from tests.domain.holds import from_here, hold
from tests.domain.nights import State, begun, later, taken, told
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
    incident = apply(state.incident, entry)
    log = (*state.log, replace(entry, epoch=incident.epoch))
    return taken(replace(state, incident=incident, log=log), TEAM)


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
    for depth in range(DEPTH + 1):
        fresh = {key: state for state in reached if (key := from_here(state)) not in known}
        known |= set(fresh)
        for state in fresh.values():
            hold(state, TEAM, ending)
            yield state
        if depth == DEPTH:
            return  # nobody would look at what comes of a seventh
        steps = [step(state) for state in fresh.values() for step in STEPS.values()]
        reached = [state for state in steps if state is not None]


def test_the_walk_looks_far() -> None:
    states = list(walk(POLICIES["one level, twice"], Urgency.HIGH))
    assert {state.incident.status for state in states} == set(Status)
    assert any(state.incident.exhausted for state in states)
    assert max(state.incident.round for state in states) == 1
    assert any(state.incident.level > 1 for state in walk(POLICIES["nobody in the middle"], Urgency.LOW))
