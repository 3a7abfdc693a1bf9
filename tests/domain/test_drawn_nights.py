"""Nights drawn at random: any small policy, anybody's rules, whatever arrives, whatever people do."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.command import Order
from shared.domain.directory import Assign, Directory, Policy, Urgency
from shared.domain.notification import PageState
from tests.domain.holds import hold
from tests.domain.nights import State, after, begun, later, taken, told
from tests.flow.people import directory, level, policy, user

NAMES = ("ada", "grace", "linus", "mute", "gone")
PEOPLE = st.sampled_from(NAMES)
RULES = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["mail", "phone", "no such contact"])), max_size=3)
LEVELS = st.builds(
    lambda names, minutes, assign: level(*names, minutes=minutes, assign=assign),
    st.lists(PEOPLE, min_size=1, max_size=3),
    st.integers(1, 15),
    st.sampled_from(Assign),
)
POLICIES = st.builds(
    lambda levels, repeat: policy(*levels, repeat=repeat), st.lists(LEVELS, min_size=1, max_size=3), st.integers(0, 3)
)
TEAMS = st.builds(
    lambda *rules: directory(
        level("ada"),
        users=(
            *(user(name, high=tuple(high)) for name, high in zip(NAMES[:3], rules, strict=True)),
            user("mute", contacts=False),
        ),
    ),
    RULES,
    RULES,
    RULES,
)
ORDERS: dict[str, tuple[Order, dict[str, Any]]] = {
    "ack": (Order.ACKNOWLEDGE, {}),
    "unack": (Order.UNACKNOWLEDGE, {}),
    "snooze": (Order.SNOOZE, {"for_": timedelta(minutes=25)}),
    "escalate": (Order.ESCALATE, {}),
    "reassign": (Order.REASSIGN, {"users": ("linus", "mute")}),
    "to a policy": (Order.REASSIGN, {"policy": "checkout"}),
    "ask": (Order.ADD_RESPONDERS, {"users": ("linus", "ada")}),
    "note": (Order.NOTE, {"text": "looking"}),
}
OUTCOMES = st.sampled_from([PageState.SENT, PageState.SENT, PageState.FAILED, PageState.UNKNOWN])
MOMENTS = st.tuples(st.none() | st.integers(1, 2000), OUTCOMES)  # the next moment, or so many seconds later
COMMANDS = st.tuples(st.sampled_from(sorted(ORDERS)), PEOPLE)
STEPS = st.lists(MOMENTS | COMMANDS, max_size=10)


@given(POLICIES, TEAMS, st.sampled_from(Urgency), OUTCOMES, STEPS)
@settings(max_examples=150)
def test_nobody_is_paged_twice_or_left_out_and_an_end_is_reached(
    of: Policy, team: Directory, urgency: Urgency, first: PageState, steps: list[tuple[Any, Any]]
) -> None:
    state, ending = taken(begun(of, urgency, acknowledgement_timeout=timedelta(minutes=30)), team, first), set[Any]()
    hold(state, team, ending)
    for step in steps:
        following = moved(state, team, *step) if isinstance(step[1], PageState) else ordered(state, team, *step)
        if following is not None:
            state = following
            hold(state, team, ending)


def moved(state: State, team: Directory, seconds: int | None, outcome: PageState) -> State | None:
    following = later(state, team) if seconds is None else after(state, timedelta(seconds=seconds))
    return following and taken(following, team, outcome)


def ordered(state: State, team: Directory, what: str, by: str) -> State | None:
    order, more = ORDERS[what]
    following = told(state, order, by, team, **more)
    return following and taken(following, team)
