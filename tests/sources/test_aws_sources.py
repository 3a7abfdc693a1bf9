"""CloudWatch and GuardDuty messages that are wrapped, drift, or lack what they must have."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import MessageError
from shared.domain.event import Action, Event, Severity
from shared.sources.aws import parse_arn, region_code
from shared.sources.registry import SOURCES

EVENTS = Path(__file__).parents[2] / "events"
ALARM = json.loads((EVENTS / "cloudwatch" / "metric-alarm.json").read_text("utf-8"))
NOTIFICATION = json.loads(json.loads((EVENTS / "cloudwatch" / "sns-metric-alarm.json").read_text("utf-8"))["Message"])
FINDING = json.loads((EVENTS / "guardduty" / "instance-finding.json").read_text("utf-8"))


def changed(message: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """``changes`` by path, ``__`` for a dot; a value of None takes the member out."""
    copy = json.loads(json.dumps(message))
    for path, value in changes.items():
        *way, last = path.split("__")
        here = copy
        for name in way:
            here = here[name]
        here.pop(last, None)
        if value is not None:
            here[last] = value
    return copy


def only(source: str, message: Any) -> Event:
    (event,) = SOURCES[source](message)
    return event


def errors(source: str, message: Any) -> list[str]:
    with pytest.raises(MessageError) as refused:
        SOURCES[source](message)
    return list(refused.value.errors)


@pytest.mark.parametrize(
    ("source", "message", "faults"),
    [
        ("cloudwatch", changed(ALARM, detail__state=None), ["cloudwatch: detail.state: field required"]),
        (
            "cloudwatch",
            changed(ALARM, detail={}, resources=[]),
            ["cloudwatch: detail.alarmName: field required", "cloudwatch: detail.state: field required"],
        ),
        (
            "cloudwatch",
            changed(ALARM, detail__state__value="FIRING"),
            ["cloudwatch: detail.state.value: 'FIRING' is none of ALARM, OK, INSUFFICIENT_DATA"],
        ),
        ("cloudwatch", changed(NOTIFICATION, NewStateValue=None), ["cloudwatch: NewStateValue: field required"]),
        ("cloudwatch", changed(NOTIFICATION, AlarmName=" "), ["cloudwatch: AlarmName: field required"]),
        ("guardduty", changed(FINDING, detail__id=None, detail__arn=None), ["guardduty: detail.id: field required"]),
        (
            "guardduty",
            changed(FINDING, detail={"severity": 8}),
            ["guardduty: detail.id: field required", "guardduty: detail.type: field required"],
        ),
        (
            "cloudwatch",
            {"Type": "Notification", "TopicArn": "arn", "Message": "hello"},
            ["cloudwatch: the message is text, not JSON: 'hello'"],
        ),
        ("guardduty", 5, ["guardduty: the message is not a JSON object"]),
    ],
)
def test_what_must_be_there_is_named_with_its_path(source: str, message: Any, faults: list[str]) -> None:
    assert errors(source, message) == faults


def test_another_message_of_the_same_topic_is_refused_not_lost() -> None:
    assert errors("cloudwatch", {"Event Message": "Replication task has stopped."}) == [
        "cloudwatch: neither an EventBridge event, nor an alarm's notification by SNS or Lambda action"
    ]


@pytest.mark.parametrize("source", ["cloudwatch", "guardduty"])
def test_what_wraps_too_often_is_refused(source: str) -> None:
    message: Any = ALARM
    for _ in range(9):
        message = [message]
    assert "wrapped more than" in errors(source, message)[0]


@pytest.mark.parametrize(
    "drifted",
    [
        changed(ALARM, **{"detail-type": None}),
        changed(ALARM, resources=None),
        changed(ALARM, resources=["arn:aws:cloudwatch:eu-west-1: 111122223333:alarm:checkout-5xx"]),
        changed(ALARM, detail=json.dumps(ALARM["detail"])),
        changed(ALARM, detail__state__value="Alarm"),
        changed(ALARM, detail__alarmName=None),
        {key.title().replace("-", ""): value for key, value in ALARM.items()},
        json.dumps(ALARM),
        json.dumps(json.dumps(ALARM)),
        {"Records": [{"body": json.dumps(ALARM)}]},
        {"messageId": "1", "receiptHandle": "r", "body": json.dumps(ALARM)},
        {"Messages": [{"MessageId": "1", "ReceiptHandle": "r", "Body": json.dumps(ALARM)}]},
        {"EventSource": "aws:sns", "Sns": {"TopicArn": "arn:aws:sns:eu-west-1:1:t", "Message": json.dumps(ALARM)}},
        [ALARM],
    ],
)
def test_an_alarm_that_drifts_is_the_same_alarm(drifted: Any) -> None:
    event, straight = only("cloudwatch", drifted), only("cloudwatch", ALARM)
    assert (event.action, event.dedup_key, event.source) == (straight.action, straight.dedup_key, straight.source)


def test_an_alarm_without_a_reason_or_a_readable_time_is_still_one() -> None:
    event = only("cloudwatch", changed(ALARM, detail__state={"value": "ALARM", "timestamp": "?"}, time="?"))
    assert (event.summary, event.timestamp) == ("checkout-5xx: ALARM", None)


def test_a_long_reason_is_cut_on_characters() -> None:
    event = only("cloudwatch", changed(ALARM, detail__state__reason="☃" * 2000))
    assert event.summary == "checkout-5xx: " + "☃" * 1010


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("US East (N. Virginia)", "us-east-1"),
        ("US - Virginia", "us-east-1"),
        ("EU - Ireland", "eu-west-1"),
        ("Europe (Frankfurt)", "eu-central-1"),
        ("Asia Pacific (Tokyo)", "ap-northeast-1"),
        ("South America (São Paulo)", "sa-east-1"),
        ("Canada West (Calgary)", "ca-west-1"),
        ("Canada (Central)", "ca-central-1"),
        ("AWS GovCloud (US-East)", "us-gov-east-1"),
        ("AWS GovCloud (US)", "us-gov-west-1"),
        ("eu-west-3", "eu-west-3"),
        ("us-gov-west-1", "us-gov-west-1"),
        ("Atlantis", None),
        (None, None),
    ],
)
def test_a_region_in_words_has_its_code(words: str | None, code: str | None) -> None:
    assert region_code(words) == code


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"),
        ({"AlarmArn": None}, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"),
        ({"AlarmArn": None, "Region": None}, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"),
        ({"AlarmArn": None, "AWSAccountId": None}, "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"),
        (
            {"AlarmArn": None, "Region": "China (Beijing)"},
            "arn:aws-cn:cloudwatch:cn-north-1:111122223333:alarm:checkout-5xx",
        ),
        (
            {"AlarmArn": None, "Region": None, "AWSAccountId": None, "AlarmActions": None},
            "arn:aws:cloudwatch:::alarm:checkout-5xx",
        ),
    ],
)
def test_a_notification_without_its_arn_has_the_key_that_the_arn_would_give(changes: dict[str, Any], key: str) -> None:
    assert only("cloudwatch", changed(NOTIFICATION, **changes)).dedup_key == key


def test_an_arn_may_have_colons_in_its_last_part() -> None:
    arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders: late"
    assert str(parse_arn(arn)) == arn
    assert parse_arn("not:an:arn") is None


@pytest.mark.parametrize(
    ("written", "severity", "number"),
    [
        (9, Severity.CRITICAL, 9),
        ("9.0", Severity.CRITICAL, 9.0),
        (8.9, Severity.ERROR, 8.9),
        (7, Severity.ERROR, 7),
        (" 6.9 ", Severity.WARNING, 6.9),
        ("4", Severity.WARNING, 4.0),
        (3.9, Severity.INFO, 3.9),
        (0, Severity.INFO, 0),
        ("HIGH", Severity.ERROR, 8.0),
        ("severe", Severity.ERROR, "severe"),
        (None, Severity.ERROR, None),
    ],
)
def test_severities_are_numbers_however_they_are_written(written: Any, severity: Severity, number: Any) -> None:
    event = only("guardduty", changed(FINDING, detail__severity=written))
    assert (event.severity, event.custom_details.get("severity")) == (severity, number)


@pytest.mark.parametrize(
    ("archived", "action"),
    [
        (True, Action.RESOLVE),
        ("true", Action.RESOLVE),
        ("True ", Action.RESOLVE),
        (1, Action.RESOLVE),
        ("1", Action.RESOLVE),
        (0, Action.TRIGGER),
        (2, Action.TRIGGER),
        (False, Action.TRIGGER),
        ("false", Action.TRIGGER),
        (None, Action.TRIGGER),
    ],
)
def test_an_archived_finding_resolves(archived: Any, action: Action) -> None:
    assert only("guardduty", changed(FINDING, detail__service__archived=archived)).action is action


def test_a_repeat_changes_neither_key_nor_summary_nor_severity() -> None:
    first, repeat = only("guardduty", FINDING), only("guardduty", changed(FINDING, detail__service__count=99))
    assert (first.dedup_key, first.summary, first.severity) == (repeat.dedup_key, repeat.summary, repeat.severity)


def test_a_finding_belongs_to_the_member_account_that_it_is_about() -> None:
    assert only("guardduty", changed(FINDING, account="999999999999")).account == "111122223333"


def test_an_archiving_call_is_of_the_account_whose_trail_tells_of_it_whoever_called() -> None:
    call = {
        "eventName": "ArchiveFindings",
        "userIdentity": {"accountId": "999999999999"},
        "requestParameters": {"findingIds": ["f"]},
    }
    told = {"detail-type": "AWS API Call via CloudTrail", "account": "111122223333", "detail": call}
    assert only("guardduty", told).account == "111122223333"
    assert only("guardduty", call).account == "999999999999"


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", " ", 0, -1, 1e300, True, [], {}, [[]], [{}], {"a": 1}, "OK", "2020", "\ud800", '{"a":', 10**30]
)
MESSAGES = [
    json.loads(path.read_text("utf-8")) for path in sorted(EVENTS.glob("*/*.json")) if ".expected" not in path.name
]


@settings(max_examples=300)
@given(data=st.data(), message=st.sampled_from(MESSAGES), source=st.sampled_from(sorted(SOURCES)))
def test_a_message_with_junk_anywhere_translates_or_is_refused(data: st.DataObject, message: Any, source: str) -> None:
    spoiled = spoil(message, lambda: data.draw(st.integers(0, 9)) == 0, lambda: data.draw(JUNK))
    with suppress(MessageError):
        events = SOURCES[source](spoiled)
        assert all(event.dedup_key and 0 < len(event.summary) <= 1024 for event in events)


def spoil(value: Any, now: Any, junk: Any, depth: int = 0) -> Any:
    if now():
        return junk()
    if isinstance(value, dict) and depth < 4:
        return {key: spoil(member, now, junk, depth + 1) for key, member in value.items()}
    return value
