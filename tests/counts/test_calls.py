"""What an event costs in calls, units and lines: a rise is a decision, so it fails here first."""

from bench import incidents, log_lines
from bench.incidents import A_BATCH, Count


def test_an_accepted_event_is_one_call() -> None:
    assert [(call.service, call.operation) for call in incidents.accepted_event()] == [("sqs", "SendMessage")]


def test_ten_repeats_are_one_write_unit_two_reads_and_nothing_new() -> None:
    calls = incidents.repeats()
    assert Count.of(calls) == Count(calls=3, write_units=1, read_units=2, new_items=0)
    assert all(call.arguments["ConsistentRead"] for call in calls if call.operation == "GetItem")


def test_hundreds_of_repeats_at_once_are_one_write_as_well() -> None:
    assert Count.of(incidents.repeats(300)) == Count.of(incidents.repeats())


def test_an_event_is_one_and_a_half_calls_through_all_functions() -> None:
    assert len(incidents.batch_from_end_to_end()) / A_BATCH <= 1.5


def test_a_new_alert_and_incident_of_a_kilobyte_are_fourteen_write_units() -> None:
    assert Count.of(incidents.new_alert()).write_units <= 14


def test_a_recovery_reads_what_it_changes_and_writes_it() -> None:
    operations = [call.operation for call in incidents.recovery()]
    assert operations == ["GetItem", "GetItem", "TransactWriteItems"]


def test_acknowledged_in_the_first_sleep_is_six_transitions() -> None:
    assert len(incidents.acknowledged_in_the_first_sleep()) <= 6


def test_two_levels_unanswered_with_two_rules_each_are_sixteen_transitions() -> None:
    assert len(incidents.two_levels_unanswered()) <= 16


def test_an_accepted_event_leaves_a_hundred_bytes_in_the_logs() -> None:
    assert 0 < log_lines.bytes_an_event() <= 100
