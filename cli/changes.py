"""``tocsin changes``: what was changed on a service, newest first."""

from datetime import timedelta
from typing import Any

from cli.deployment import Deployment
from shared.domain.change_event import ServiceChange
from shared.domain.errors import NotFound
from shared.domain.instants import Instant, format_seconds
from shared.domain.plain import to_plain


def changes(deployment: Deployment, service: str, since: timedelta, now: Instant, limit: int) -> list[ServiceChange]:
    """Those of the last ``since``. Raises NotFound for a service that isn't configured."""
    deps = deployment.deps()
    known = deps.directory.current().services
    if service not in known:
        raise NotFound(f"there is no service {service!r} in {deployment.name}: there are {', '.join(sorted(known))}")
    return deps.changes.of(service, now - since, now, limit)


def as_json(made: ServiceChange) -> dict[str, Any]:
    return to_plain(made)


def in_words(made: ServiceChange) -> str:
    source = f" ({made.change.source})" if made.change.source else ""
    links = "".join(f"\n    {link.href}" for link in made.change.links)
    return f"{format_seconds(made.at)}  {made.change.summary}{source}{links}"
