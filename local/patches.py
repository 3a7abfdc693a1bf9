"""Where the emulator's own code is replaced, each time with the reason. Its exact version is pinned for this.

``apply`` refuses a version in which a name is missing or takes other arguments: a patch that no longer fits would be a
system that pages nobody, and says nothing.
"""

import inspect
import json
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from local import alarms, unpacking
from local.alarms import Datapoint
from local.checked import Record
from local.mailbox import Mailbox
from local.problem import LocalError

PROCESSES = 4  # of one function: each takes 60–130 MB, and two cores are busy with fewer
LATE = 2  # periods by which data may come late and still count

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html knows no batches
BATCHES = ("sqs:SendMessageBatch", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch", "sns:PublishBatch")

FITS: Mapping[str, str] = {  # what is replaced or relied on, and how it is called
    "core.iam_actions.extract_iam_action": (
        "(service: str, method: str, path: str, headers: dict, body: bytes, query_params: dict) -> str | None"
    ),
    "core.iam_evaluator.enforce": (
        "(access_key_id: str, iam_action: str, service: str, region: str, resource_arn: str = '*', "
        "service_context: dict[str, typing.Any] | None = None) -> "
        "ministack.core.iam_evaluator.EvalResult | ministack.core.iam_evaluator.AuthError | None"
    ),
    "core.iam_evaluator.resolve_caller_identity": "(access_key_id: str) -> dict | None",
    "core.lambda_runtime.reset": "()",
    "core.responses.request_scope": "(account_id: str, region: str)",
    "services.cloudwatch._calc_stats": "(points)",
    "services.cloudwatch._dims_from_list": "(dimensions: list[dict]) -> dict",
    "services.cloudwatch._dims_key": "(dims: dict) -> str",
    "services.cloudwatch._dispatch_alarm_actions": "(alarm, old_state, new_state, reason)",
    "services.cloudwatch._evaluate_alarm": "(alarm)",
    "services.cloudwatch._evaluate_parent_alarms": "(child, seen=frozenset())",
    "services.cloudwatch._put_metric_alarm": "(params, cbor_data, is_cbor, is_json=False)",
    "services.cloudwatch._record_history": (
        "(alarm_name, old_state, new_state, reason, alarm_type='MetricAlarm', reason_data=None)"
    ),
    "services.cloudwatch._stat_value": "(stats, stat_name, points=None)",
    "services.eventbridge._archive_event": "(event, view=None)",
    "services.eventbridge._dispatch_event": "(event, view=None)",
    "services.eventbridge._dispatch_to_lambda": "(arn, payload)",
    "services.eventbridge._events_log_list": "() -> list",
    "services.eventbridge._pattern_event_view": "(event)",
    "services.eventbridge._put_events": "(data, allow_aws_source=False)",
    "services.lambda_svc._execute_function_dispatch": (
        "(func: dict, config: dict, event: dict, request_id: str, started: float) -> dict"
    ),
    "services.lambda_svc._get_func_record_for_ref": "(function_ref: str) -> tuple[dict | None, dict | None, str]",
    "services.lambda_svc.invoke_async_with_retry": "(func: dict, event: dict) -> None",
    "services.sns._fanout": (
        "(topic_arn: str, msg_id: str, message: str, subject: str, message_structure: str = '', "
        "message_attributes: dict | None = None, message_group_id: str = '', message_dedup_id: str = '')"
    ),
    "services.sns._resolve_message_for_protocol": "(message: str, message_structure: str, protocol: str) -> str",
    "services.sns._topic_by_arn_any_scope": "(topic_arn: str) -> dict | None",
}

logger = logging.getLogger(__name__)


def apply(mailbox: Mailbox, checked: Record | None) -> alarms.Memory:
    """Every patch; the memory of alarms must still ``learn`` those that the emulator restores.

    ``checked`` is where the rights are written down that are asked for; None where none are enforced.
    """
    if faults := misfits():
        raise LocalError("local/patches.py fits another MiniStack:\n" + "\n".join(faults))
    memory = alarms.Memory()
    put_alarm_changes_on_the_bus(memory)
    keep_expressions()
    judge_by_dimensions()
    unpack_once()
    bound_processes()
    keep_failed_stream_batches()
    retry_rule_targets()
    allow_batches_of_what_is_allowed()
    show_topics(mailbox)
    if checked is not None:
        write_down_what_is_checked(checked)
    return memory


def misfits(fits: Mapping[str, str] = FITS) -> list[str]:
    found = {name: _signature(name) for name in fits}
    return [f"{name}{found[name]}, expected {fits[name]}" for name in fits if found[name] != fits[name]]


def _signature(name: str) -> str:
    module, _, function = name.rpartition(".")
    try:
        return str(inspect.signature(getattr(_module(module), function)))
    except (ImportError, AttributeError):
        return " is missing"


def _module(name: str) -> Any:
    return import_module(f"ministack.{name}")


def put_alarm_changes_on_the_bus(memory: alarms.Memory) -> None:
    """The emulator tells an alarm's SNS actions of a change, and nobody else: EventBridge never hears of it."""
    cloudwatch, eventbridge = _module("services.cloudwatch"), _module("services.eventbridge")
    original = cloudwatch._dispatch_alarm_actions

    def dispatch(alarm: alarms.Alarm, old_state: str, new_state: str, reason: str) -> None:
        original(alarm, old_state, new_state, reason)
        before, after = memory.move(alarm, old_state, time.time())
        eventbridge._put_events({"Entries": [alarms.event(alarm, before, after)]}, allow_aws_source=True)

    cloudwatch._dispatch_alarm_actions = dispatch


def keep_expressions() -> None:
    """The emulator's record of an alarm on metric math lacks the ``Metrics``, which its event tells."""
    cloudwatch = _module("services.cloudwatch")
    original = cloudwatch._put_metric_alarm

    def put(params: Any, cbor_data: Any, is_cbor: bool, is_json: bool = False) -> Any:
        answer = original(params, cbor_data, is_cbor, is_json)
        record = cloudwatch._alarms.get(cbor_data.get("AlarmName")) if cbor_data else None
        if record is not None and cbor_data.get("Metrics"):
            record["Metrics"] = cbor_data["Metrics"]
        return answer

    cloudwatch._put_metric_alarm = put


def judge_by_dimensions() -> None:
    """The emulator judges an alarm by all data of its metric's name, as one period, and in words of its own."""
    cloudwatch = _module("services.cloudwatch")

    def evaluate(alarm: dict[str, Any]) -> None:
        now = time.time()
        state = alarms.judge(alarm, _datapoints(cloudwatch, alarm, now), now)
        old = alarm["StateValue"]
        if state is None or state.value == old:
            return
        alarm.update(StateValue=state.value, StateReason=state.reason, StateReasonData=state.reason_data)
        alarm["StateUpdatedTimestamp"] = int(now)
        data = json.loads(state.reason_data or "null")
        cloudwatch._record_history(alarm["AlarmName"], old, state.value, state.reason, reason_data=data)
        cloudwatch._dispatch_alarm_actions(alarm, old, state.value, state.reason)
        cloudwatch._evaluate_parent_alarms(alarm)

    cloudwatch._evaluate_alarm = evaluate


def _datapoints(cloudwatch: Any, alarm: Mapping[str, Any], now: float) -> list[Datapoint]:
    """The statistic of each of the alarm's latest periods that have data, oldest first."""
    if not alarm.get("MetricName"):
        return []
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    points = cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or []
    period = int(alarm["Period"])
    since = now - period * (int(alarm["EvaluationPeriods"]) + LATE)
    periods: dict[float, list[Any]] = {}
    for point in points:
        if since < point["Timestamp"] <= now + period:
            periods.setdefault(point["Timestamp"] // period * period, []).append(point)
    return [found for start in sorted(periods) if (found := _statistic(cloudwatch, alarm, start, periods[start]))]


def _statistic(cloudwatch: Any, alarm: Mapping[str, Any], start: float, points: Sequence[Any]) -> Datapoint | None:
    statistics = cloudwatch._calc_stats(points)
    value = cloudwatch._stat_value(statistics, alarms.statistic(alarm), points)
    return None if value is None else Datapoint(start, float(value), float(statistics["SampleCount"]))


def unpack_once() -> None:
    """See ``unpacking``: the difference between 1 s and 10 s until all functions are warm."""
    _module("core.lambda_runtime").zipfile = unpacking


def bound_processes(most: int = PROCESSES) -> None:
    """A burst would start a process for each request. Whoever comes too many waits here, and isn't turned away: the
    emulator's own limit answers 429, and a message from a queue then stays hidden for minutes."""
    lambdas = _module("services.lambda_svc")
    original = lambdas._execute_function_dispatch
    gates: dict[str, threading.Semaphore] = {}

    def dispatch(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        with gates.setdefault(config.get("FunctionArn", ""), threading.Semaphore(most)):
            return original(func, config, event, request_id, started)

    lambdas._execute_function_dispatch = dispatch


def keep_failed_stream_batches() -> None:
    """The emulator takes a stream's batch for done although ``batchItemFailures`` says which part isn't. Taken for
    failed, the whole of it comes again, which AWS may do at any time."""
    lambdas = _module("services.lambda_svc")
    original = lambdas._execute_function_dispatch

    def dispatch(func: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        result = original(func, config, event, request_id, started)
        if _is_stream(event) and _failures(result):
            return {**result, "error": True, "function_error": "Unhandled"}
        return result

    lambdas._execute_function_dispatch = dispatch


def read_streams_anew() -> None:
    """Call it once the state is restored: the emulator keeps how far each function has read in a table's stream, and
    not the stream, which begins anew. The function then hears nothing until as much was written as before the stop."""
    _module("services.lambda_svc")._dynamodb_stream_positions.clear()


def _is_stream(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records) and records[0].get("eventSource") == "aws:dynamodb"


def _failures(result: Mapping[str, Any]) -> Any:
    body = result.get("body")
    return body.get("batchItemFailures") if isinstance(body, dict) else None


def retry_rule_targets() -> None:
    """A rule calls its function asynchronously: with retries, and a destination for what failed. The emulator does so
    for every other asynchronous call, and calls once for a rule."""
    eventbridge, lambdas = _module("services.eventbridge"), _module("services.lambda_svc")

    def dispatch(arn: str, payload: str) -> None:
        function, _, name = lambdas._get_func_record_for_ref(arn)
        if function is None:
            logger.warning("a rule's target is no function: %s", name)
            return
        lambdas.invoke_async_with_retry(function, json.loads(payload))

    eventbridge._dispatch_to_lambda = dispatch


def allow_batches_of_what_is_allowed() -> None:
    """Whoever may send one message may send a batch in AWS; the emulator, where it enforces IAM, asks for a right that
    doesn't exist."""
    actions = _module("core.iam_actions")
    original = actions.extract_iam_action

    def extract(*request: Any) -> str | None:
        action = original(*request)
        return action.removesuffix("Batch") if action in BATCHES else action

    actions.extract_iam_action = extract


def write_down_what_is_checked(record: Record) -> None:
    """The emulator denies by the rights of a function's role, and doesn't say which of them are ever used."""
    evaluator = _module("core.iam_evaluator")
    evaluator.enforce = record.around(evaluator.enforce, evaluator.resolve_caller_identity)


def show_topics(mailbox: Mailbox) -> None:
    """What a topic tells by e-mail or text is shown in the mailbox, confirmed or not: the emulator only logs it, and
    nobody is there to confirm."""
    sns = _module("services.sns")
    original = sns._fanout

    def fanout(
        topic_arn: str, msg_id: str, message: str, subject: str, message_structure: str = "", *more: Any, **named: Any
    ) -> None:
        original(topic_arn, msg_id, message, subject, message_structure, *more, **named)
        for subscription in (sns._topic_by_arn_any_scope(topic_arn) or {}).get("subscriptions", ()):
            protocol = subscription.get("protocol", "")
            if protocol in ("email", "email-json", "sms"):
                text = sns._resolve_message_for_protocol(message, message_structure, protocol)
                mailbox.told_by_topic(topic_arn, subscription["endpoint"], subject, text)

    sns._fanout = fanout
