"""``tocsin apply``: puts a folder's configuration in force, all or nothing, by the change of one version."""

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.configuration import read_folder
from cli.console import Failed
from cli.deployment import Deployment
from cli.templates import template_findings
from shared.config.build import build, mint
from shared.config.inspection import errors
from shared.config.lint import lint
from shared.config.plan import Plan, plan
from shared.domain import heartbeat
from shared.domain.directory import Directory
from shared.domain.errors import Conflict
from shared.domain.instants import Instant, format_seconds
from shared.sources import events_v2
from shared.store.dynamodb_directory import DynamoDbDirectory


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What changed. ``version`` None where nothing had to, or nothing was to."""

    version: int | None
    plan: Plan
    routing_keys: Mapping[str, str]  # service → the key that a sender of the Events API speaks by
    heartbeat_paths: Mapping[str, str]  # service/name → the path, below the API, that its job calls
    topic_paths: Mapping[str, str]  # topic of SNS → the path, below the API, to subscribe it with

    def as_json(self) -> dict[str, Any]:
        return {"version": self.version, **self.plan.as_json()}


def apply(folder: Path, deployment: Deployment, now: Instant, *, dry_run: bool = False, force: bool = False) -> Applied:
    """Raises Failed for a configuration that is at fault, Conflict where somebody else applied meanwhile.

    ``force`` puts in force also what leaves an escalation policy, or the account, without anybody who can be reached.
    """
    loaded = read_folder(folder)
    grave = errors([*lint(loaded, now), *template_findings(loaded)])
    if grave and not force:
        raise Failed(
            *(str(fault) for fault in grave), "Nothing was applied. Mend it, or say --force if it is meant so."
        )
    store = deployment.directory()
    number, before = store.applied()
    document = mint(loaded.document, before, _new_key)
    planned, version = plan(before, document, now), None
    if not dry_run:
        deployment.make_secrets()
        if planned.changes:
            version = _put(store, document, number, deployment.author(), now)
    directory = build(document, version or number)
    return Applied(
        version=version,
        plan=planned,
        routing_keys=routing_keys(directory),
        heartbeat_paths=heartbeat_paths(directory),
        topic_paths=topic_paths(directory),
    )


def _put(store: DynamoDbDirectory, document: Mapping[str, Any], number: int, by: str, now: Instant) -> int:
    try:
        return store.put_version(document, expected=number, by=by, at=now)
    except Conflict as fault:
        theirs = next((version for version in reversed(store.history()) if version.number > number), None)
        if theirs is None:
            raise
        told = (
            f"{theirs.by} applied version {theirs.number} at {format_seconds(theirs.at)}, while this was being written"
        )
        raise Conflict(f"{told}. Nothing of yours was applied") from fault


def routing_keys(directory: Directory) -> dict[str, str]:
    """Of each service the key that a sender of the Events API speaks by: of its first such integration, by name."""
    return {i.service: i.key for i in reversed(directory.integrations()) if i.key and i.source == events_v2.SOURCE}


def heartbeat_paths(directory: Directory) -> dict[str, str]:
    """Of each heartbeat, ``service/name``, the path below the API that its job calls."""
    beats = [i for i in directory.integrations() if i.source == heartbeat.SOURCE]
    return {f"{i.service}/{i.name}": f"/heartbeats/{i.key}" for i in beats}


def topic_paths(directory: Directory) -> dict[str, str]:
    return {i.topic: f"/integrations/{i.source}/{i.key}" for i in directory.integrations() if i.topic}


def _new_key() -> str:
    """A routing key: R and 31 characters, 160 bits."""
    return "R" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(31))
