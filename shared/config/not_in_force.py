"""What is read, checked and kept, and doesn't act in this version: each key, and what happens instead."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from shared.config.inspection import Body, Inspection, body
from shared.domain.directory import DELIVERED
from shared.domain.sources import AWS_SOURCES, HEARD, MAPPED

NOT_IN_FORCE: Mapping[str, str] = {
    "services.*.sla": "no report measures it in this version",
    "services.*.runbooks": "runbooks aren't shown by this version",
    "event_rules[*].then.runbook": "it is kept on the incident's timeline, but this version shows no runbooks",
    "event_rules[*].then.ticket": "it is kept on the incident's timeline, but this version opens no tickets",
    "runbooks": "runbooks aren't shown by this version",
}


def not_in_force(check: Inspection) -> None:
    for path, message in NOT_IN_FORCE.items():
        for found in _found(check.document, path.replace("[*]", ".*").split("."), ""):
            check.warn(found, "not_in_force", message)
    for name, service in check.of("services"):
        if body(service, "grouping").get("by") == "similarity":
            message = "alerts aren't grouped by similarity by this version: each opens an incident of its own"
            check.warn(f"services.{name}.grouping.by", "not_in_force", message)
    for path, integration in check.integrations():
        if integration["source"] not in HEARD:
            message = f"{integration['source']} isn't heard by this version; what is heard: {', '.join(HEARD)}"
            check.warn(f"{path}.source", "not_in_force", message)
        _beside_its_source(check, path, integration)
    _not_delivered(check)


def _not_delivered(check: Inspection) -> None:
    for medium in body(check.document, "templates"):
        if medium not in DELIVERED:
            check.warn(f"templates.{medium}", "not_in_force", f"{medium} isn't delivered by this version")
    for name, user in check.of("users"):
        for contact in body(user, "contacts"):
            for medium in body(body(user, "contacts"), contact):
                if medium not in DELIVERED:
                    message = (
                        f"{medium} isn't delivered by this version: such a page counts as failed, "
                        "and the next method is used at once"
                    )
                    check.warn(f"users.{name}.contacts.{contact}", "not_in_force", message)


def _beside_its_source(check: Inspection, path: str, integration: Body) -> None:
    """Keys that belong to other sources than the one that is named."""
    source = integration["source"]
    if integration.get("topic") and source not in AWS_SOURCES:
        check.warn(
            f"{path}.topic", "not_in_force", f"{source} doesn't speak by topics of SNS: it isn't heard by this one"
        )
    for key in ("map", "dedup_key"):
        if integration.get(key) and source not in MAPPED:
            message = f"{source} has its own fields and identity; {' and '.join(MAPPED)} can be mapped"
            check.warn(f"{path}.{key}", "not_in_force", message)


def _found(value: Any, steps: list[str], path: str) -> Iterator[str]:
    """The paths in ``value`` that ``steps`` name; ``*`` is every name or place."""
    if not steps:
        yield path
    elif steps[0] == "*" and isinstance(value, list):
        for place, member in enumerate(cast("list[Any]", value)):
            yield from _found(member, steps[1:], f"{path}[{place}]")
    elif isinstance(value, Mapping):
        here = cast("Body", value)
        for name in here if steps[0] == "*" else [steps[0]] if here.get(steps[0]) else []:
            yield from _found(here[name], steps[1:], f"{path}.{name}" if path else name)
