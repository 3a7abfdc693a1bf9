"""An alarm of the local CloudWatch tells the event bus what AWS's would."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local import alarms
from local.alarms import Datapoint
from tests.local.conftest import System

MINUTE = 60.0
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


def alarm(**other: Any) -> dict[str, Any]:
    return {
        "AlarmName": "checkout-5xx",
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    } | other


def minutes(*values: float) -> list[Datapoint]:
    return [Datapoint(NOON + number * MINUTE, value, 1.0) for number, value in enumerate(values)]


def test_it_says_what_crossed_what_and_when() -> None:
    state = alarms.judge(alarm(), minutes(12.0), NOON + 61.5)
    assert state is not None
    assert state.value == "ALARM"
    assert state.reason == (
        "Threshold Crossed: 1 out of the last 1 datapoints [12.0 (23/11/26 12:00:00)] was greater than the threshold "
        "(5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    assert json.loads(state.reason_data or "") == {
        "version": "1.0",
        "queryDate": "2026-11-23T12:01:01.500+0000",
        "startDate": "2026-11-23T12:00:00.000+0000",
        "statistic": "Sum",
        "period": 60,
        "recentDatapoints": [12.0],
        "threshold": 5.0,
        "evaluatedDatapoints": [{"timestamp": "2026-11-23T12:00:00.000+0000", "sampleCount": 1.0, "value": 12.0}],
    }


def test_it_names_the_newest_first_and_comes_back_in_its_own_words() -> None:
    three = alarm(EvaluationPeriods=3, DatapointsToAlarm=2)
    up = alarms.judge(three, minutes(1.0, 7.0, 8.0), NOON + 200)
    down = alarms.judge(three, minutes(8.0, 2.0, 1.0), NOON + 200)
    assert up is not None
    assert "2 out of the last 3 datapoints [8.0 (23/11/26 12:02:00), 7.0 (23/11/26 12:01:00)] were greater" in up.reason
    assert "(minimum 2 datapoints for OK -> ALARM transition)" in up.reason
    assert down is not None
    assert down.value == "OK"
    assert "[1.0 (23/11/26 12:02:00), 2.0 (23/11/26 12:01:00)] were not greater than the threshold" in down.reason


@pytest.mark.parametrize(
    ("treated", "value"), [("missing", "ALARM"), ("ignore", "ALARM"), ("breaching", "ALARM"), ("notBreaching", "OK")]
)
def test_missing_data_count_as_the_alarm_says(treated: str, value: str) -> None:
    state = alarms.judge(alarm(EvaluationPeriods=2, TreatMissingData=treated), minutes(9.0), NOON + 61)
    assert state is not None
    assert state.value == value


def test_nothing_is_known_without_data() -> None:
    assert alarms.judge(alarm(), [], NOON) is None


def changes_of(system: System, *alarms: str) -> str:
    """The queue of what the event bus hears of these alarms."""
    url, arn = system.queue(f"alarms-{alarms[0]}")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": list(alarms)},
    }
    system.rule(f"alarms-{alarms[0]}", pattern, arn)
    return url


def put(system: System, value: float, namespace: str, **dimensions: str) -> None:
    pairs = [{"Name": name, "Value": of} for name, of in dimensions.items()]
    system.client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "Errors", "Value": value, "Dimensions": pairs}]
    )


def put_alarm(system: System, name: str, namespace: str, **other: Any) -> None:
    system.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName="Errors",
        Statistic="Maximum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanThreshold",
        **other,
    )


def test_a_metric_that_breaches_is_an_event_in_awss_form(system: System) -> None:
    told = changes_of(system, "checkout-5xx")
    put_alarm(
        system,
        "checkout-5xx",
        "Shop",
        AlarmDescription="Checkout answers 5xx",
        Dimensions=[{"Name": "Service", "Value": "checkout"}],
    )
    put(system, 99.0, "Shop", Service="search")
    put(system, 99.0, "Shop")
    put(system, 12.0, "Shop", Service="checkout")
    [event] = system.received(told)
    arn = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:checkout-5xx"
    assert {name: event[name] for name in event if name not in ("id", "time", "detail")} == {
        "version": "0",
        "source": "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        "account": "111122223333",
        "region": "eu-west-1",
        "resources": [arn],
    }
    detail = event["detail"]
    assert set(detail) == {"alarmName", "state", "previousState", "configuration"}
    assert detail["alarmName"] == "checkout-5xx"
    assert detail["state"]["value"] == "ALARM"
    assert detail["state"]["reason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [12.0 (")
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [12.0]
    datetime.strptime(detail["state"]["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert detail["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert detail["previousState"]["reason"] == "Unchecked: Initial alarm creation"
    assert detail["configuration"]["description"] == "Checkout answers 5xx"
    [metric] = detail["configuration"]["metrics"]
    assert metric == {
        "id": metric["id"],
        "metricStat": {
            "metric": {"namespace": "Shop", "name": "Errors", "dimensions": {"Service": "checkout"}},
            "period": 10,
            "stat": "Maximum",
        },
        "returnData": True,
    }


def test_the_next_event_remembers_the_last_reason(system: System) -> None:
    told = changes_of(system, "search-5xx")
    put_alarm(system, "search-5xx", "Search")
    put(system, 12.0, "Search")
    [first] = system.received(told)
    system.client("cloudwatch").set_alarm_state(AlarmName="search-5xx", StateValue="OK", StateReason="all quiet")
    [second] = system.received(told)
    assert second["detail"]["state"]["value"] == "OK"
    assert second["detail"]["state"]["reason"] == "all quiet"
    assert second["detail"]["previousState"] == first["detail"]["state"]


def test_a_composite_alarm_names_the_alarms_that_set_it_off(system: System) -> None:
    told = changes_of(system, "parent")
    put_alarm(system, "child", "Child")
    system.client("cloudwatch").put_composite_alarm(AlarmName="parent", AlarmRule="ALARM(child)")
    [created] = system.received(told)
    put(system, 12.0, "Child")
    [changed] = system.received(told)
    assert created["detail"]["state"]["value"] == "OK"
    assert changed["detail"]["configuration"] == {"alarmRule": "ALARM(child)"}
    assert changed["detail"]["state"]["value"] == "ALARM"
    [trigger] = json.loads(changed["detail"]["state"]["reasonData"])["triggeringAlarms"]
    assert trigger["arn"].endswith(":alarm:child")
    assert changed["detail"]["previousState"] == created["detail"]["state"]


def test_metric_math_tells_its_expressions(system: System) -> None:
    told = changes_of(system, "ratio")
    metric = {"Namespace": "Shop", "MetricName": "Errors", "Dimensions": [{"Name": "Service", "Value": "checkout"}]}
    system.client("cloudwatch").put_metric_alarm(
        AlarmName="ratio",
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            {"Id": "e1", "Expression": "m1 / 100", "Label": "ratio", "ReturnData": True},
            {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        ],
    )
    system.client("cloudwatch").set_alarm_state(AlarmName="ratio", StateValue="ALARM", StateReason="set by hand")
    [event] = system.received(told)
    assert event["detail"]["configuration"]["metrics"] == [
        {"id": "e1", "expression": "m1 / 100", "label": "ratio", "returnData": True},
        {
            "id": "m1",
            "metricStat": {
                "metric": {"namespace": "Shop", "name": "Errors", "dimensions": {"Service": "checkout"}},
                "period": 60,
                "stat": "Sum",
            },
            "returnData": False,
        },
    ]
