"""``tocsin drops``: what took no effect, newest first, each with its reason."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from cli.deployment import Deployment
from shared.domain.directory import Directory
from shared.domain.instants import Instant, format_instant, format_seconds
from shared.domain.put_aside import Cause, PutAside
from shared.flow.ports import NothingApplied


def drops(deployment: Deployment, cause: Cause | None, since: timedelta, now: Instant, limit: int) -> list[PutAside]:
    """What came in the last ``since``: of every cause, where none is named."""
    found = deployment.deps().incidents.put_aside(now - since, now)
    return list(islice((each for each in found if cause in (None, each.cause)), limit))


def known(deployment: Deployment) -> Directory | None:
    """The directory that says whose an integration is; None before the first ``apply``."""
    try:
        return deployment.deps().directory.current()
    except NothingApplied:
        return None


def as_json(each: PutAside, directory: Directory | None) -> dict[str, Any]:
    """All there is to say; null for what nobody knows."""
    service, integration = _sender(each, directory)
    return {
        "at": format_instant(each.at),
        "kind": each.cause,
        "reason": each.reason,
        "id": each.id,
        "service": service,
        "integration": integration,
        "key": each.key,
        "severity": each.severity,
        "summary": each.summary,
        "body": each.body,
    }


def in_words(each: PutAside, directory: Directory | None) -> str:
    """One line; what is in quarantine and can't be read is shown as it begins."""
    said = each.summary or (each.body or "")[:120] or each.id
    return "  ".join([format_seconds(each.at), each.cause, *_by(each, directory), f"{said} ({each.reason})"])


def _by(each: PutAside, directory: Directory | None) -> Iterator[str]:
    service, integration = _sender(each, directory)
    if service or integration:
        yield "/".join(name for name in (service, integration) if name)


def _sender(each: PutAside, directory: Directory | None) -> tuple[str | None, str | None]:
    """The names of service and integration; an integration that isn't configured any more has its id alone."""
    integration = directory.integration(each.integration) if directory else None
    return (integration.service, integration.name) if integration else (None, each.integration)
