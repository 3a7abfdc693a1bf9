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
