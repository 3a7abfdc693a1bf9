"""CodePipeline: a pipeline whose run failed, until a run of it succeeds.

The pipeline is the problem, whatever step of it failed: action, stage and run of one failure say so in turn, and are
one alert. A step that succeeds says nothing about the run, so only the run's success resolves.
"""

from typing import Any
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import Arn, console_page, partition
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import look, text, without_nulls

SOURCE = "codepipeline"
KINDS = tuple(f"CodePipeline {level} Execution State Change" for level in ("Pipeline", "Stage", "Action"))
FAILED, SUCCEEDED = "FAILED", "SUCCEEDED"  # started, resumed, canceled, superseded, stopped tell nothing


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html"""
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    if not message.is_one_of(*KINDS):
        return None
    arn = message.arn(SOURCE)
    required = message.required()
    pipeline = required.text("pipeline", arn.resource.rpartition(":")[2] if arn else None)
    state = required.text("state").upper()
    required.settle()
    stage, step = text(look(message.said, "stage")), text(look(message.said, "action"))
    if state == FAILED:
        return _event(message, arn, pipeline, Action.TRIGGER, f"{pipeline} failed{_where(stage, step)}{_why(message)}")
    if state == SUCCEEDED and not (stage or step):
        return _event(message, arn, pipeline, Action.RESOLVE, f"{pipeline} succeeded")
    return None


def _event(message: AwsMessage, arn: Arn | None, pipeline: str, action: Action, summary: str) -> Event:
    account, region = (arn and arn.account) or message.account, (arn and arn.region) or message.region
    arn = arn or Arn(partition(region or ""), SOURCE, region or "", account or "", pipeline)
    name = quote(pipeline, safe="", errors="replace")
    page = console_page(f"codesuite/codepipeline/pipelines/{name}/view", region)
    return Event(
        action=action,
        dedup_key=str(arn),
        severity=Severity.ERROR if action is Action.TRIGGER else Severity.INFO,
        summary=summary[:SUMMARY_MAX],
        source=pipeline,
        source_type=SOURCE,
        component=text(look(message.said, "stage")),
        group=text(look(message.said, "type.provider")),
        class_=text(look(message.said, "action")),
        account=account or None,
        region=region or None,
        resource=str(arn),
        timestamp=message.at,
        links=links((page, "The pipeline in CodePipeline")),
        custom_details=without_nulls(message.said),
    )


def _where(stage: str | None, step: str | None) -> str:
    if step:
        return f" at {step}" + (f" in {stage}" if stage else "")
    return f" in {stage}" if stage else ""


def _why(message: AwsMessage) -> str:
    """An action's own word for it, https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ErrorDetails.html"""
    paths = ("execution-result.error-message", "execution-result.external-execution-summary", "errorDetails.message")
    reason = next(filter(None, (text(look(message.said, path)) for path in paths)), None)
    return f": {reason}" if reason else ""
