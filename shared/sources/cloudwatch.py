"""CloudWatch alarms: metric, composite, metric math, anomaly detection and Metrics Insights, however they arrive.

An alarm is its ARN, by EventBridge, by SNS and as a Lambda action alike. ``custom_details`` has the same members in all
three: state, previous_state, reason, reason_data, description, metrics, threshold, comparison, alarm_rule,
triggering_alarms, tags …
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from shared.domain.errors import MessageError
from shared.domain.event import SUMMARY_MAX, Action, Event, Link, Severity
from shared.domain.instants import Instant
from shared.sources.aws import Arn, console, parse_arn, partition, region_code
from shared.sources.bodies import parse_json
from shared.sources.eventbridge import Envelope, envelope
from shared.sources.fields import Required, items, look, mapping, number, text
from shared.sources.sns import Unwrapped, unwrap
from shared.sources.timestamps import UTC, moment

SOURCE = "cloudwatch"
STATE_CHANGE = "CloudWatch Alarm State Change"
ACTIONS: Mapping[str, tuple[Action, Severity]] = {
    "ALARM": (Action.TRIGGER, Severity.CRITICAL),  # an alarm has no severity of its own
    "OK": (Action.RESOLVE, Severity.INFO),
}
TELLS_NOTHING = "INSUFFICIENT_DATA"  # says nothing about the system


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """What all three forms say."""

    name: str
    state: str
    reason: str | None
    alarm: Arn
    at: Instant | None
    details: Mapping[str, Any]


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html"""
    changes = [change for unwrapped in unwrap(SOURCE, message) if (change := _read(unwrapped))]
    return [_event(change) for change in changes if change.state in ACTIONS]


def _read(unwrapped: Unwrapped) -> StateChange | None:
    message = unwrapped.message
    if look(message, "alarmData") is not None:
        return _from_lambda_action(message)
    if look(message, "AlarmName") is not None or look(message, "NewStateValue") is not None:
        return _from_notification(message, unwrapped.topic)
    if event := envelope(message):
        return _from_eventbridge(event)
    raise MessageError([f"{SOURCE}: neither an EventBridge event, nor an alarm's notification by SNS or Lambda action"])


def _from_eventbridge(event: Envelope) -> StateChange | None:
    if event.kind is not None and event.kind.lower() != STATE_CHANGE.lower():
        return None  # configuration changes, and what other services say
    arn = next(filter(None, map(_alarm_arn, event.resources)), None)
    return _from_states({"detail": event.detail}, "detail", arn, event.account, event.region, event.at)


def _from_lambda_action(message: Mapping[str, Any]) -> StateChange:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html"""
    return _from_states(
        message,
        "alarmData",
        _alarm_arn(text(look(message, "alarmArn"))),
        text(look(message, "accountId")),
        text(look(message, "region")),
        moment(look(message, "time"), without_zone=UTC),
    )


def _from_states(
    message: Mapping[str, Any],
    inside: str,
    arn: Arn | None,
    account: str | None,
    region: str | None,
    sent_at: Instant | None,
) -> StateChange:
    required = Required(SOURCE, message)
    name = required.text(f"{inside}.alarmName", _name(arn))
    state = _state(required, f"{inside}.state.value", text(look(message, f"{inside}.state")))
    required.settle()
    detail = mapping(look(message, inside))
    return StateChange(
        name=name,
        state=state,
        reason=text(look(detail, "state.reason")),
        alarm=arn or _alarm(name, account, region_code(region) or region),
        at=moment(look(detail, "state.timestamp"), without_zone=UTC) or sent_at,
        details=_told(
            state=state,
            previous_state=text(look(detail, "previousState.value")),
            reason=text(look(detail, "state.reason")),
            reason_data=_parsed(look(detail, "state.reasonData")),
            evaluation_state=text(look(detail, "state.evaluationState")),
            actions_suppressed_by=text(look(detail, "state.actionsSuppressedBy")),
            actions_suppressed_reason=text(look(detail, "state.actionsSuppressedReason")),
            description=text(look(detail, "configuration.description")),
            metrics=[_metric(each) for each in items(look(detail, "configuration.metrics"))],
            threshold=_threshold(detail),
            comparison=text(look(detail, "configuration.comparisonOperator")),
            alarm_rule=text(look(detail, "configuration.alarmRule")),
            triggering_alarms=_arns(look(_parsed(look(detail, "state.reasonData")), "triggeringAlarms")),
            tags=mapping(look(detail, "alarmTags")),
        ),
    )


def _from_notification(message: Mapping[str, Any], topic: str | None) -> StateChange:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html"""
    required = Required(SOURCE, message)
    name = required.text("AlarmName")
    state = _state(required, "NewStateValue")
    required.settle()
    trigger = mapping(look(message, "Trigger"))
    return StateChange(
        name=name,
        state=state,
        reason=text(look(message, "NewStateReason")),
        alarm=_alarm_arn(text(look(message, "AlarmArn"))) or _alarm_of_notification(name, message, topic),
        at=moment(look(message, "StateChangeTime"), without_zone=UTC),
        details=_told(
            state=state,
            previous_state=text(look(message, "OldStateValue")),
            reason=text(look(message, "NewStateReason")),
            reason_data=_parsed(look(message, "NewStateReasonData")),
            actions_suppressed_by=text(look(message, "ActionsSuppressedBy")),
            actions_suppressed_reason=text(look(message, "ActionsSuppressedReason")),
            description=text(look(message, "AlarmDescription")),
            metrics=[_metric(each) for each in items(look(trigger, "Metrics"))] or _single_metric(trigger),
            threshold=number(look(trigger, "Threshold")),
            comparison=text(look(trigger, "ComparisonOperator")),
            alarm_rule=text(look(message, "AlarmRule")),
            triggering_alarms=_arns(look(message, "TriggeringChildren")),
            tags=mapping(look(message, "AlarmTags")),
        ),
    )


def _event(change: StateChange) -> Event:
    action, severity = ACTIONS[change.state]
    region = change.alarm.region or None
    metrics = change.details.get("metrics", [])
    page = console("cloudwatch", region, f"alarmsV2:alarm/{quote(change.name, safe='', errors='replace')}")
    return Event(
        action=action,
        dedup_key=str(change.alarm),  # unique across accounts and regions
        severity=severity,
        summary=f"{change.name}: {change.reason or change.state}"[:SUMMARY_MAX],
        source=change.name,
        source_type=SOURCE,
        component=_only(metric.get("namespace") for metric in metrics),
        class_=_subject(metrics),
        account=change.alarm.account or None,
        region=region,
        resource=str(change.alarm),
        timestamp=change.at,
        links=(Link(href=page, text="The alarm in CloudWatch"),) if page else (),
        custom_details=change.details,
    )


def _state(required: Required, path: str, *instead: str | None) -> str:
    state = required.text(path, *instead).upper()
    if state and state not in {*ACTIONS, TELLS_NOTHING}:
        required.fault(path, f"{state[:40]!r} is none of {', '.join(ACTIONS)}, {TELLS_NOTHING}")
    return state


def _alarm_arn(written: str | None) -> Arn | None:
    arn = parse_arn(written)
    return arn if arn and arn.resource.startswith("alarm:") else None


def _name(arn: Arn | None) -> str | None:
    return arn.resource.partition(":")[2] or None if arn else None


def _alarm(name: str, account: str | None, region: str | None) -> Arn:
    return Arn(partition(region or ""), SOURCE, region or "", account or "", f"alarm:{name}")


def _alarm_of_notification(name: str, message: Mapping[str, Any], topic: str | None) -> Arn:
    """Older notifications have no AlarmArn, and name the Region in words. An alarm's topics are in its Region."""
    actions = [text(each) for key in ("AlarmActions", "OKActions") for each in items(look(message, key))]
    neighbours = [arn for arn in map(parse_arn, [*actions, topic]) if arn]
    region = text(look(message, "Region"))
    account = text(look(message, "AWSAccountId")) or _first(arn.account for arn in neighbours)
    return _alarm(name, account, region_code(region) or _first(arn.region for arn in neighbours) or region)


def _metric(each: Any) -> dict[str, Any]:
    stat = look(each, "metricStat")
    metric = look(stat, "metric")
    return _told(
        namespace=text(look(metric, "namespace")),
        name=text(look(metric, "name")) or text(look(metric, "metricName")),
        dimensions=_dimensions(look(metric, "dimensions")),
        stat=text(look(stat, "stat")),
        period=number(look(stat, "period")) or number(look(each, "period")),
        expression=text(look(each, "expression")),
        label=text(look(each, "label")),
    )


def _single_metric(trigger: Mapping[str, Any]) -> list[dict[str, Any]]:
    metric = _told(
        namespace=text(look(trigger, "Namespace")),
        name=text(look(trigger, "MetricName")),
        dimensions=_dimensions(look(trigger, "Dimensions")),
        stat=text(look(trigger, "Statistic")) or text(look(trigger, "ExtendedStatistic")),
        period=number(look(trigger, "Period")),
    )
    return [metric] if "name" in metric else []


def _dimensions(written: Any) -> dict[str, str]:
    """EventBridge writes an object, SNS a list of names and values."""
    pairs = [*mapping(written).items(), *((look(each, "name"), look(each, "value")) for each in items(written))]
    return {str(name): said for name, value in pairs if name and (said := text(value))}


def _threshold(detail: Mapping[str, Any]) -> float | None:
    stated = number(look(detail, "configuration.threshold"))
    return stated if stated is not None else number(look(_parsed(look(detail, "state.reasonData")), "threshold"))


def _arns(alarms: Any) -> list[str]:
    return [arn for alarm in items(alarms) if (arn := text(look(alarm, "arn")))]


def _subject(metrics: list[dict[str, Any]]) -> str | None:
    """The metric; of several, what the expression over them is called."""
    return _only(metric.get("name") for metric in metrics) or _only(metric.get("label") for metric in metrics)


def _parsed(written: Any) -> Any:
    if not isinstance(written, str):
        return written
    try:
        return parse_json(written.encode("utf-8", "backslashreplace"))
    except MessageError:
        return None


def _told(**members: Any) -> dict[str, Any]:
    """Without what wasn't said."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def _only(values: Iterable[str | None]) -> str | None:
    distinct = set(filter(None, values))
    return distinct.pop() if len(distinct) == 1 else None


def _first(values: Iterable[str]) -> str | None:
    return next(filter(None, values), None)
