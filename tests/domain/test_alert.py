"""What an event does to its alert: SEMANTICS' table, order, duplicates, what was overtaken."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.alert import Accepted, Effect, KeyState, KeyStatus, aws_key, effect, key_hash, routed_key, said
from shared.domain.event import Action, Event, Severity
from tests.flow.story import EVENING, event

MINUTE = timedelta(minutes=1)


def accepted(action: Action = Action.TRIGGER, minutes: int = 10, sequence: int = 5, **told: object) -> Accepted:
    return Accepted(
        event_id="e",
        accepted_at=EVENING + minutes * MINUTE,
        integration="P",
        key="P|disk",
        event=event(action=action, **told),
        generation="queue",
        sequence=f"{sequence:039d}",
    )


def known(state: KeyStatus = KeyStatus.OPEN) -> KeyState:
    return KeyState(
        hash=key_hash("P|disk"),
        state=state,
        state_at=EVENING,
        alert="PALERT",
        incident="QINCIDENT",
        count=1,
        last_seen=EVENING,
        accepted_at=EVENING,
        generation="queue",
        last_seq=f"{1:039d}",
        said=said(event()),
    )


T, A, R = Action.TRIGGER, Action.ACKNOWLEDGE, Action.RESOLVE
TABLE = [
    (T, "no alert", Effect.OPENS),
    (T, "open", Effect.REPEATS),
    (T, "closed", Effect.OPENS),
    (T, "incident resolved", Effect.OPENS),
    (A, "no alert", Effect.MEETS_NOTHING),
    (A, "open", Effect.ACKNOWLEDGES),
    (A, "closed", Effect.MEETS_NOTHING),
    (A, "incident resolved", Effect.MEETS_NOTHING),
    (R, "no alert", Effect.REMEMBERED),
    (R, "open", Effect.RESOLVES),
    (R, "closed", Effect.REMEMBERED),
    (R, "incident resolved", Effect.REMEMBERED),
]


@pytest.mark.parametrize(("action", "before", "expected"), TABLE)
def test_what_an_event_does(action: Action, before: str, expected: Effect) -> None:
    state = None if before == "no alert" else known(KeyStatus.CLOSED if before == "closed" else KeyStatus.OPEN)
    assert effect(state, before == "open", accepted(action)) is expected


def test_another_severity_or_summary_is_a_change() -> None:
    assert effect(known(), True, accepted(severity=Severity.WARNING)) is Effect.CHANGES
    assert effect(known(), True, accepted(summary="disk: fuller")) is Effect.CHANGES


def test_what_the_queue_delivers_twice_changes_nothing() -> None:
    assert effect(known(), True, accepted(sequence=1)) is Effect.DUPLICATE
    assert effect(known(), True, accepted(R, sequence=1)) is Effect.DUPLICATE


def test_another_generation_of_the_queue_compares_the_time_of_acceptance() -> None:
    earlier = replace(accepted(sequence=9, minutes=-1), generation="older queue")
    later = replace(accepted(sequence=0, minutes=1), generation="newer queue")
    assert effect(known(), True, earlier) is Effect.LATE
    assert effect(known(), True, later) is Effect.REPEATS


def test_an_event_redriven_after_it_was_overtaken_is_late() -> None:
    redriven = replace(accepted(R, minutes=-1, sequence=9), sent_at=EVENING + timedelta(days=3))
    assert effect(known(), True, redriven) is Effect.LATE
    nothing_overtook_it = replace(accepted(R, minutes=1, sequence=9), sent_at=EVENING + timedelta(days=3))
    assert effect(known(), True, nothing_overtook_it) is Effect.RESOLVES


def test_within_the_queue_its_order_holds_whatever_the_doors_clocks_say() -> None:
    skewed = replace(accepted(R, minutes=-9, sequence=9), sent_at=EVENING + MINUTE)
    assert effect(known(), True, skewed) is Effect.RESOLVES


def test_a_trigger_older_than_the_alert_s_end_doesn_t_reopen_it() -> None:
    closed = known(KeyStatus.CLOSED)
    assert effect(closed, False, accepted(timestamp=EVENING - MINUTE)) is Effect.LATE
    assert effect(closed, False, accepted(timestamp=EVENING)) is Effect.OPENS


def test_an_alert_s_key_is_the_sender_s_own_identity() -> None:
    alarm = Event(
        action=T,
        dedup_key="arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
        severity=Severity.CRITICAL,
        summary="a",
        source_type="cloudwatch",
        account="111122223333",
        region="eu-west-1",
    )
    assert aws_key("cloudwatch", alarm) == f"aws:cloudwatch|111122223333|eu-west-1|{alarm.dedup_key}"
    assert routed_key("P1", "disk") != routed_key("P2", "disk")
    assert len(key_hash("\ud800")) == 64
