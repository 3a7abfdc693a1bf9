"""What each command does in each state: SEMANTICS' table, row by row, and two people at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.command import Command, Order, carry_out
from shared.domain.directory import Assign, Urgency
from shared.domain.errors import Refused
from shared.domain.incident import TIMELINE_MAX, Status
from shared.domain.timeline import Author
from tests.domain.nights import State, after, begun, later, taken, told
from tests.flow.people import directory, level, policy, user

TEAM = directory(level("ada"), level("grace"), users=(user("ada"), user("grace"), user("linus")))
TWO = policy(level("ada"), level("grace"))
MINUTE = timedelta(minutes=1)


def paged(repeat: int = 0, urgency: Urgency = Urgency.HIGH, **more: object) -> State:
    """Ada was paged, and a minute has passed."""
    of = policy(level("ada"), level("grace"), repeat=repeat)
    return after(taken(begun(of, urgency, **more), TEAM), MINUTE)


def must(state: State | None) -> State:
    assert state is not None
    return state


def says(state: State, order: Order, by: str = "ada", **more: object) -> State:
    return must(told(state, order, by, TEAM, **more))


def whom(state: State) -> list[str]:
    return [page.user for page in state.pages]


def exhausted() -> State:
    state = paged()
    while (following := later(state, TEAM)) is not None:
        state = taken(following, TEAM)
    return after(state, MINUTE)


def refusal(state: State, order: Order, **more: object) -> str:
    command = Command(order=order, by=Author(user="ada"), **more)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        carry_out(state.incident, command, TEAM, state.now)
    return str(refused.value)


# what was to come when somebody was quicker than the run


def test_a_level_that_was_escalated_to_and_acknowledged_before_it_began_is_the_one_paged_when_it_is_given_back() -> (
    None
):
    state = says(says(paged(), Order.ESCALATE), Order.ACKNOWLEDGE, "grace")
    state = taken(says(after(state, MINUTE), Order.UNACKNOWLEDGE, "grace"), TEAM)
    assert (state.incident.level, whom(state)[-1]) == (2, "grace")


def test_who_is_handed_it_and_acknowledges_at_once_is_paged_by_the_new_policy_s_first_level_later() -> None:
    state = taken(must(later(must(later(paged(), TEAM)), TEAM)), TEAM)
    while state.incident.level < 2:
        state = taken(must(later(state, TEAM)), TEAM)
    state = says(says(after(state, MINUTE), Order.REASSIGN, users=("linus",)), Order.ACKNOWLEDGE, "linus")
    state = taken(says(after(state, MINUTE), Order.UNACKNOWLEDGE, "linus"), TEAM)
    assert (state.incident.level, whom(state)[-1]) == (1, "linus")
    assert not state.incident.exhausted


# escalate now


def test_two_people_who_escalate_before_the_level_begins_enter_one_level() -> None:
    state = says(paged(), Order.ESCALATE, entry=1)
    assert told(state, Order.ESCALATE, "linus", TEAM, entry=1) is None
    assert taken(state, TEAM).incident.level == 2


@pytest.mark.parametrize("has_it", [False, True], ids=["triggered", "acknowledged"])
def test_who_saw_an_older_level_skips_none(has_it: bool) -> None:
    state = taken(says(paged(repeat=1), Order.ESCALATE, entry=1), TEAM)
    if has_it:
        state = says(after(state, MINUTE), Order.ACKNOWLEDGE, "grace")
    assert refusal(state, Order.ESCALATE, entry=1) == "level 2 has begun meanwhile: nothing was skipped"


def test_after_the_last_level_comes_the_next_round() -> None:
    state = taken(says(paged(repeat=1), Order.ESCALATE), TEAM)
    state = taken(says(after(state, MINUTE), Order.ESCALATE, "grace"), TEAM)
    assert (state.incident.round, state.incident.level, whom(state)[-1]) == (1, 1, "ada")


def test_after_the_last_level_of_the_last_round_it_is_exhausted_and_the_fallback_hears_of_it_once() -> None:
    state = taken(says(paged(), Order.ESCALATE), TEAM)
    state = taken(says(after(state, MINUTE), Order.ESCALATE, "grace"), TEAM)
    assert state.incident.exhausted
    assert whom(state)[-2:] == ["fallback", "fallback"]
    assert "the fallback contact knows" in refusal(state, Order.ESCALATE, entry=2)
    assert "the fallback contact knows" in refusal(state, Order.ESCALATE)


def test_who_has_what_was_exhausted_and_gives_it_up_lets_the_fallback_hear_of_it_anew() -> None:
    state = says(exhausted(), Order.ACKNOWLEDGE)
    state = taken(says(after(state, MINUTE), Order.ESCALATE), TEAM)
    assert state.incident.exhausted
    assert whom(state).count("fallback") == 4


def test_escalated_by_hand_low_urgency_pages_the_next_level_by_its_low_rules() -> None:
    state = taken(says(paged(urgency=Urgency.LOW), Order.ESCALATE), TEAM)
    assert [(page.user, page.method) for page in state.pages] == [("ada", "mail"), ("grace", "mail")]


# reassign


def test_people_it_is_handed_to_are_a_policy_of_one_level_for_half_an_hour_then_it_is_exhausted() -> None:
    state = taken(says(paged(repeat=9), Order.REASSIGN, users=("grace", "linus")), TEAM)
    assert state.incident.people == ("grace", "linus")
    begins = state.now
    while not state.incident.exhausted:
        state = taken(must(later(state, TEAM)), TEAM)
    assert state.now - begins == 30 * MINUTE


def test_handed_to_a_policy_its_rounds_are_counted_anew() -> None:
    state = paged(repeat=1)
    while state.incident.round == 0:
        state = taken(must(later(state, TEAM)), TEAM)
    state = taken(says(state, Order.REASSIGN, policy="checkout"), TEAM)
    assert (state.incident.round, state.incident.level, state.incident.policy.name) == (0, 1, "checkout")


def test_what_was_exhausted_and_is_handed_on_begins_anew() -> None:
    state = taken(says(exhausted(), Order.REASSIGN, users=("linus",)), TEAM)
    assert (state.incident.exhausted, whom(state)[-1]) == (False, "linus")


# acknowledged and snoozed


def test_a_snooze_of_what_is_acknowledged_rests_the_acknowledgement_s_timeout() -> None:
    state = says(paged(acknowledgement_timeout=5 * MINUTE), Order.ACKNOWLEDGE)
    state = says(after(state, MINUTE), Order.SNOOZE, for_=60 * MINUTE)
    following = must(later(state, TEAM))
    assert following.now - state.now == 60 * MINUTE
    assert taken(following, TEAM).incident.status is Status.TRIGGERED


def test_an_acknowledgement_ends_a_snooze_and_its_timeout_runs_from_then() -> None:
    state = says(paged(acknowledgement_timeout=5 * MINUTE), Order.SNOOZE, for_=60 * MINUTE)
    state = says(after(state, MINUTE), Order.ACKNOWLEDGE, "grace")
    assert (state.incident.acknowledged_by, state.incident.snoozed_until) == (("ada", "grace"), None)
    assert must(later(state, TEAM)).now - state.now == 5 * MINUTE


def test_a_snooze_is_never_shorter_than_was_said() -> None:
    odd = after(paged(), timedelta(milliseconds=900))
    state = says(odd, Order.SNOOZE, for_=timedelta(seconds=1))
    assert state.incident.snoozed_until is not None
    assert state.incident.snoozed_until - odd.now >= timedelta(seconds=1)


def test_what_was_given_back_pages_its_level_anew_and_somebody_else_may_take_it() -> None:
    state = says(paged(), Order.ACKNOWLEDGE)
    state = taken(says(after(state, MINUTE), Order.UNACKNOWLEDGE), TEAM)
    assert [page.identity for page in state.pages] == ["1#ada#0", "2#ada#0"]
    assert says(state, Order.ACKNOWLEDGE, "grace").incident.acknowledged_by == ("grace",)


# round robin, skips, failures


def test_in_turn_passes_over_who_isn_t_there() -> None:
    of = policy(level("nobody", "grace", "linus", assign=Assign.ROUND_ROBIN))
    assert [taken(begun(of, turn=turn), TEAM).incident.people for turn in range(4)] == [
        ("grace",),
        ("grace",),
        ("linus",),
        ("grace",),
    ]


def test_a_merge_is_no_command_to_one_incident() -> None:
    assert "between two incidents" in refusal(paged(), Order.MERGE)


def test_what_is_resolved_says_where_its_alerts_went() -> None:
    state = paged()
    merged = replace(state.incident, status=Status.RESOLVED, merged_into="QBBBBBBBBBBBBB")
    assert refusal(replace(state, incident=merged), Order.NOTE).endswith("it was merged into another incident")


def test_a_timeline_takes_notes_up_to_a_length_and_can_always_be_ended() -> None:
    state = paged()
    full = replace(state, incident=replace(state.incident, version=TIMELINE_MAX))
    assert "takes no more notes" in refusal(full, Order.NOTE, text="and another")
    assert says(full, Order.RESOLVE).incident.status is Status.RESOLVED
