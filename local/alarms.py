"""CloudWatch alarms as AWS has them, where the emulator's differ: how they are judged, and the event that tells of it.

- A metric is its name and its dimensions; data of other dimensions don't count.
- Judged whenever data arrive, by the newest periods that have some: a period that isn't over yet counts.
- An expression isn't judged: SetAlarmState sets such an alarm.
- A change of state is one event, in the words of
  https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Alarm = Mapping[str, Any]  # the emulator's record of one, with the names of the API

UNCHECKED = "Unchecked: Initial alarm creation"
COMPARED = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


@dataclass(frozen=True, slots=True)
class Datapoint:
    """One period's statistic; ``start`` in epoch seconds."""

    start: float
    value: float
    samples: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    value: str
    reason: str
    reason_data: str | None
    at: float  # epoch seconds

    def told(self) -> dict[str, str]:
        data = {} if self.reason_data is None else {"reasonData": self.reason_data}
        return {"value": self.value, "reason": self.reason, **data, "timestamp": stamp(self.at)}


def judge(alarm: Alarm, points: Sequence[Datapoint], now: float) -> State | None:
    """The state that the newest ``points`` (oldest first) give; None where they tell nothing."""
    if not points or alarm.get("ComparisonOperator") not in COMPARED:
        return None
    wanted = int(alarm["EvaluationPeriods"])
    enough = int(alarm.get("DatapointsToAlarm") or wanted)
    points = points[-wanted:]
    breaching = [point for point in points if _breaches(alarm, point.value)]
    missing = wanted - len(points)
    treated = alarm.get("TreatMissingData", "missing")
    if treated in ("missing", "ignore"):
        enough = min(enough, len(points))
    is_alarm = len(breaching) + (missing if treated == "breaching" else 0) >= enough
    told = breaching if is_alarm else [point for point in points if point not in breaching]
    return State(
        value="ALARM" if is_alarm else "OK",
        reason=_reason(alarm, told or points, is_alarm=is_alarm, enough=enough),
        reason_data=_reason_data(alarm, points, now),
        at=now,
    )


def _breaches(alarm: Alarm, value: float) -> bool:
    threshold = float(alarm["Threshold"])
    match alarm["ComparisonOperator"]:
        case "GreaterThanOrEqualToThreshold":
            return value >= threshold
        case "GreaterThanThreshold":
            return value > threshold
        case "LessThanThreshold":
            return value < threshold
        case _:
            return value <= threshold


def _reason(alarm: Alarm, told: Sequence[Datapoint], *, is_alarm: bool, enough: int) -> str:
    periods = int(alarm["EvaluationPeriods"])
    values = ", ".join(f"{point.value} ({_brief(point.start)})" for point in reversed(told))
    verb = ("was" if len(told) == 1 else "were") + ("" if is_alarm else " not")
    needed, change = (enough, "OK -> ALARM") if is_alarm else (max(periods - enough, 0) + 1, "ALARM -> OK")
    return (
        f"Threshold Crossed: {len(told)} out of the last {periods} datapoints [{values}] {verb} "
        f"{COMPARED[alarm['ComparisonOperator']]} the threshold ({float(alarm['Threshold'])}) "
        f"(minimum {needed} datapoint{'' if needed == 1 else 's'} for {change} transition)."
    )


def _reason_data(alarm: Alarm, points: Sequence[Datapoint], now: float) -> str:
    data = {
        "version": "1.0",
        "queryDate": stamp(now),
        "startDate": stamp(points[0].start),
        **({"unit": alarm["Unit"]} if alarm.get("Unit") else {}),
        "statistic": statistic(alarm),
        "period": int(alarm["Period"]),
        "recentDatapoints": [point.value for point in points],
        "threshold": float(alarm["Threshold"]),
        "evaluatedDatapoints": [
            {"timestamp": stamp(point.start), "sampleCount": point.samples, "value": point.value}
            for point in reversed(points)
        ],
    }
    return json.dumps(data, separators=(",", ":"))


class Memory:
    """What state each alarm was in, and why: the emulator forgets the old reason when it writes the new one."""

    def __init__(self) -> None:
        self._states: dict[str, State] = {}

    def learn(self, alarm: Alarm) -> None:
        """An alarm that was there before this process."""
        self._states[alarm["AlarmArn"]] = _recorded(alarm, float(alarm["StateUpdatedTimestamp"]))

    def move(self, alarm: Alarm, old_value: str, now: float) -> tuple[State, State]:
        """``alarm`` has just left ``old_value``: the state before, and the one after."""
        arn = alarm["AlarmArn"]
        before = self._states.get(arn)
        if before is None or before.value != old_value:  # new, or made anew under an old name
            created = float(alarm["AlarmConfigurationUpdatedTimestamp"])
            before = State(value=old_value, reason=UNCHECKED, reason_data=None, at=created)
        self._states[arn] = _recorded(alarm, now)
        return before, self._states[arn]


def _recorded(alarm: Alarm, at: float) -> State:
    return State(
        value=alarm["StateValue"], reason=alarm["StateReason"], reason_data=alarm.get("StateReasonData"), at=at
    )


def event(alarm: Alarm, before: State, after: State) -> dict[str, Any]:
    """An entry for PutEvents."""
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": after.told(),
        "previousState": before.told(),
        "configuration": _configuration(alarm),
    }
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail, ensure_ascii=False),
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    described = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return {**described, "alarmRule": alarm["AlarmRule"]}
    if alarm.get("Metrics"):
        return {**described, "metrics": [_query(query) for query in alarm["Metrics"]]}
    identity = str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"]))
    return {**described, "metrics": [{"id": identity, "metricStat": _own_metric(alarm), "returnData": True}]}


def _own_metric(alarm: Alarm) -> dict[str, Any]:
    return {
        "metric": {
            "namespace": alarm["Namespace"],
            "name": alarm["MetricName"],
            "dimensions": _dimensions(alarm.get("Dimensions")),
        },
        "period": int(alarm["Period"]),
        "stat": statistic(alarm),
        **({"unit": alarm["Unit"]} if alarm.get("Unit") else {}),
    }


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"id": query["Id"]}
    for key, name in (
        ("Expression", "expression"),
        ("Label", "label"),
        ("Period", "period"),
        ("AccountId", "accountId"),
    ):
        if query.get(key) is not None:
            told[name] = query[key]
    if stat := query.get("MetricStat"):
        metric = stat["Metric"]
        told["metricStat"] = {
            "metric": {
                "namespace": metric.get("Namespace"),
                "name": metric.get("MetricName"),
                "dimensions": _dimensions(metric.get("Dimensions")),
            },
            "period": stat["Period"],
            "stat": stat["Stat"],
            **({"unit": stat["Unit"]} if stat.get("Unit") else {}),
        }
    return {**told, "returnData": query.get("ReturnData", True)}


def _dimensions(pairs: Sequence[Mapping[str, str]] | None) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs or ()}


def statistic(alarm: Alarm) -> str:
    return alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"


def stamp(at: float) -> str:
    """``2019-10-02T17:04:40.989+0000``"""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _brief(at: float) -> str:
    """``02/10/19 16:59:00``"""
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")
