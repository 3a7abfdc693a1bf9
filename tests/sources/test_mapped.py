"""An integration's own reading of a message, and what the words for states and severities mean."""

import pytest

from shared.domain.errors import MessageError
from shared.domain.event import Action, Event, Severity
from shared.domain.sources import HEARD, SOURCES
from shared.sources import registry
from shared.sources.mapped import remapped
from shared.sources.words import Means, meaning, severity_of

EVENT = Event(action=Action.TRIGGER, dedup_key="k", severity=Severity.ERROR, summary="s", source_type="eventbridge")
MESSAGE = {
    "detail": {
        "job": "invoices",
        "run": 7,
        "level": "P1",
        "state": "SUCCEEDED",
        "at": 1781823672771,
        "more": {"a": None},
    }
}


def test_whom_the_configuration_calls_heard_is_who_has_a_translator() -> None:
    assert set(HEARD) == {*registry.SOURCES, "heartbeat"}  # a beat has no message
    assert len(set(SOURCES)) == len(SOURCES)


def test_a_path_takes_a_field_and_a_template_puts_several_together() -> None:
    fields = {
        "summary": "{detail.job} run {detail.run}",
        "severity": "detail.level",
        "action": "detail.state",
        "timestamp": "detail.at",
        "custom_details": "detail.more",
        "class": "detail.job",
    }
    event = remapped(EVENT, MESSAGE, fields, "{detail.job}/{ detail.run }")
    assert (event.summary, event.dedup_key, event.class_) == ("invoices run 7", "invoices/7", "invoices")
    assert (event.severity, event.action) == (Severity.CRITICAL, Action.RESOLVE)
    assert event.timestamp is not None
    assert event.custom_details == {}


def test_what_a_message_lacks_stays_as_the_source_reads_it() -> None:
    fields = {"summary": "detail.title", "severity": "detail.job", "action": "detail.job", "source": "detail.more"}
    assert remapped(EVENT, MESSAGE, fields, None) == EVENT
    assert remapped(EVENT, MESSAGE, None, None) is not None


def test_an_action_may_be_said_in_our_own_words() -> None:
    assert remapped(EVENT, {"do": "Acknowledge"}, {"action": "do"}, None).action is Action.ACKNOWLEDGE


def test_identity_is_never_half_a_key_and_every_gap_is_named() -> None:
    with pytest.raises(MessageError) as refused:
        remapped(EVENT, MESSAGE, None, "{detail.job}/{detail.host}/{detail.mount}")
    assert [error.partition(":")[2].strip() for error in refused.value.errors] == [
        "detail.host: field required by the integration's dedup_key",
        "detail.mount: field required by the integration's dedup_key",
    ]


@pytest.mark.parametrize(
    ("means", "words"),
    [
        (
            Means.FAILURE,
            (
                *(
                    "FAILED",
                    "TIMED_OUT",
                    "TimedOut",
                    "non_compliant",
                    "Non-Compliant",
                    "UNHEALTHY",
                    "ROLLBACK_COMPLETE",
                ),
                *("Aborted", "ALARM", "TERMINATED_WITH_ERRORS", "EC2 Instance Launch Unsuccessful", "expired"),
                *("unavailable", "Unresolved", "disconnected"),
            ),
        ),
        (
            Means.SUCCESS,
            (
                "SUCCEEDED",
                "Success",
                "COMPLETED",
                "compliant",
                "OK",
                "CREATE_COMPLETE",
                "resolved",
                "SERVICE_STEADY_STATE",
            ),
        ),
        (Means.STEP, ("IN_PROGRESS", "InProgress", "RUNNING", "PENDING", "STARTED", "QUEUED", "UPDATE_IN_PROGRESS")),
        (Means.UNKNOWN, ("", None, "stopped", "terminated", "ConsoleLogin", "EC2 Instance State-change Notification")),
    ],
)
def test_words_for_states_mean_what_people_mean_by_them(means: Means, words: tuple[str | None, ...]) -> None:
    assert {word: meaning(word) for word in words} == dict.fromkeys(words, means)


def test_words_for_severities() -> None:
    assert [severity_of(word) for word in ("Fatal", " HIGH ", "Warn", "informational", "purple", None)] == [
        *(Severity.CRITICAL, Severity.ERROR, Severity.WARNING, Severity.INFO),
        *(None, None),
    ]
