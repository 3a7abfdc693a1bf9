"""Every source by its name in the configuration. A new one is one file, one golden pair, one line in the docs."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from shared.domain.event import Event
from shared.sources import (
    any_event,
    cloudwatch,
    codebuild,
    codepipeline,
    config,
    ecs,
    events_v2,
    guardduty,
    health,
    inspector,
    securityhub,
    waf,
)
from shared.sources.aws_message import folded
from shared.sources.fields import look, text

CLOUDTRAIL = "AWS API Call via CloudTrail"
# EventBridge's source → ours, and of which detail-types; whatever else is said on the bus is ``eventbridge``'s.
ON_THE_BUS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "aws.cloudwatch": (cloudwatch.SOURCE, (cloudwatch.STATE_CHANGE,)),
        "aws.guardduty": (guardduty.SOURCE, (guardduty.FINDING, CLOUDTRAIL)),
        "aws.securityhub": (securityhub.SOURCE, securityhub.KINDS),
        "aws.inspector2": (inspector.SOURCE, (inspector.KIND,)),
        "aws.health": (health.SOURCE, health.KINDS),
        "aws.config": (config.SOURCE, (config.KIND,)),
        "aws.codepipeline": (codepipeline.SOURCE, codepipeline.KINDS),
        "aws.codebuild": (codebuild.SOURCE, (codebuild.KIND,)),
        "aws.ecs": (ecs.SOURCE, (ecs.DEPLOYMENT, ecs.SERVICE)),
    }
)

# A vendor's message → what it says about problems, [] where it tells nothing. Raises MessageError, all faults at once.
Source = Callable[[Any], list[Event]]

SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        cloudwatch.SOURCE: cloudwatch.translate,
        events_v2.SOURCE: events_v2.translate,
        guardduty.SOURCE: guardduty.translate,
        securityhub.SOURCE: securityhub.translate,
        inspector.SOURCE: inspector.translate,
        health.SOURCE: health.translate,
        config.SOURCE: config.translate,
        codepipeline.SOURCE: codepipeline.translate,
        codebuild.SOURCE: codebuild.translate,
        ecs.SOURCE: ecs.translate,
        waf.SOURCE: waf.translate,
        any_event.SOURCE: any_event.translate,
    }
)


def source_of(message: Mapping[str, Any]) -> str:
    """Whose an event of the bus is, or a batch of log lines."""
    if look(message, "awslogs") is not None:
        return waf.SOURCE
    source, kinds = ON_THE_BUS.get(text(look(message, "source")) or "", (any_event.SOURCE, ()))
    kind = text(look(message, "detail-type"))
    return source if kind is None or folded(kind) in map(folded, kinds) else any_event.SOURCE
