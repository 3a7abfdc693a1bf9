"""What comes next, in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.command import Order
from shared.domain.directory import Medium, Urgency, Versions
from shared.domain.escalation import decide
from shared.domain.instants import Instant
from shared.domain.outlook import BY, in_words, lasting
from tests.domain.nights import NIGHT, State, after, begun, later, taken, told, turn_of
from tests.flow.people import directory, level, policy, user

TEAM = directory(level("ada"), level("grace"), users=(user("ada"), user("grace"), user("mute", contacts=False)))
MINUTE = timedelta(minutes=1)


def night(*levels: object, repeat: int = 0, urgency: Urgency = Urgency.HIGH, **more: object) -> State:
    return taken(begun(policy(*(levels or (level("ada"), level("grace"))), repeat=repeat), urgency, **more), TEAM)  # type: ignore[arg-type]


def said(state: State) -> str:
    return in_words(turn_of(state, TEAM), TEAM, state.now)


def on(state: State, moments: int) -> State:
    for _ in range(moments):
        following = later(state, TEAM)
        assert following is not None
        state = taken(following, TEAM)
    return state


def ordered(state: State, order: Order, by: str = "ada", **more: object) -> State:
    following = told(state, order, by, TEAM, **more)
    assert following is not None
    return taken(following, TEAM)


def test_who_is_paged_next_and_by_what() -> None:
    assert said(night()) == "Ada is paged by text in 2 min."
    assert said(after(night(), timedelta(seconds=50))) == "Ada is paged by text in 1 min 10 s."
    assert said(night(level("ada", "grace"))) == "Ada is paged by text, and Grace by text, in 2 min."


def test_which_level_begins_and_who_is_on_call_for_it() -> None:
    assert said(on(night(), 1)) == "Level 2 (Grace) begins in 3 min."
    assert said(on(night(level("ada"), level("mute", "grace")), 1)) == "Level 2 (Mute and Grace) begins in 3 min."
    assert said(on(night(level("ada"), level("ghost")), 1)) == "Level 2 (nobody is on call) begins in 3 min."


def test_the_next_round_and_the_end_of_the_last() -> None:
    assert said(on(night(level("ada"), repeat=1), 1)) == "Level 1 of round 2 (Ada) begins in 3 min."
    assert said(on(night(level("ada")), 1)) == "The policy is exhausted in 3 min, and the fallback contact is told."


def test_nothing_is_to_come_once_the_fallback_knows() -> None:
    end = on(night(level("ada")), 2)
    assert said(end) == "Nothing is to come: the policy is exhausted and the fallback contact knows."


def test_whoever_has_it_and_until_when() -> None:
    state = after(night(acknowledgement_timeout=30 * MINUTE), MINUTE)
    has_it = ordered(state, Order.ACKNOWLEDGE)
    assert said(has_it) == "The acknowledgement runs out in 30 min, and level 1 is paged anew."
    snoozed = ordered(state, Order.SNOOZE, for_=timedelta(hours=2, minutes=5))
    assert said(snoozed) == "The snooze ends in 2 h 5 min, and level 1 is paged anew."
    for_good = ordered(after(night(), MINUTE), Order.ACKNOWLEDGE)
    assert said(for_good) == "Nothing is to come: Ada has it."
    assert said(ordered(for_good, Order.ACKNOWLEDGE, "grace")) == "Nothing is to come: Ada and Grace have it."


def test_low_urgency_says_why_nothing_follows_or_what_does() -> None:
    assert said(night(urgency=Urgency.LOW)) == "Nothing is to come: low urgency doesn't escalate by itself."
    raised = night(urgency=Urgency.LOW, raises_at=NIGHT + timedelta(hours=5))
    assert said(raised) == "Its urgency becomes high in 5 h: the support hours have begun."


def test_a_responder_is_paged_next() -> None:
    state = ordered(after(night(), MINUTE), Order.ACKNOWLEDGE)
    state = ordered(state, Order.ADD_RESPONDERS, users=("grace",))
    assert said(state) == "Grace is paged by text in 2 min."


def test_silence_resolves_it() -> None:
    state = night(urgency=Urgency.LOW, auto_resolve=4 * 60 * MINUTE)
    turn = decide(state.incident, state.pages, Versions(in_force=TEAM), state.now, last_seen=NIGHT)
    assert in_words(turn, TEAM, state.now) == "It resolves by itself in 4 h if its alerts stay silent."


def test_what_is_resolved_is_over() -> None:
    assert said(ordered(after(night(), MINUTE), Order.RESOLVE)) == "Nothing is to come: it is resolved."


def test_what_is_due_but_not_yet_done_is_at_once() -> None:
    turn = turn_of(night(), TEAM)
    assert turn.next is not None
    late: Instant = turn.next.at + MINUTE
    assert in_words(turn, TEAM, late) == "Ada is paged by text at once."


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "at once"),
        (50, "in 50 s"),
        (190, "in 3 min 10 s"),
        (3600, "in 1 h"),
        (3605, "in 1 h"),
        (90_061, "in 1 d 1 h"),
        (604_800, "in 7 d"),
    ],
)
def test_durations(seconds: int, words: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == words


def test_every_medium_has_its_words() -> None:
    assert set(BY) == set(Medium)


def test_a_person_whom_the_directory_lost_is_called_by_their_name_in_it() -> None:
    state = night()
    turn = turn_of(state, TEAM)
    without = replace(TEAM, users={})
    assert in_words(turn, without, state.now) == "ada is paged by text in 2 min."
