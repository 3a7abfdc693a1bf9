"""``tocsin apply``: puts a folder's configuration in force, all or nothing, by the change of one version."""

import getpass
import os
import secrets
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.configuration import read_folder
from cli.deployment import Deployment
from shared.config.build import build, mint
from shared.domain.directory import Directory
from shared.domain.instants import Instant, format_seconds, whole_second
from shared.domain.schedule import final_schedule

AHEAD = timedelta(weeks=4)  # over which the hours of people are compared
KINDS = ("users", "teams", "schedules", "escalation_policies", "services", "runbooks", "webhooks")
WHOLE = ("account", "event_rules", "maintenance", "unrouted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What changed. ``version`` None where nothing had to."""

    version: int | None
    changes: list[dict[str, str]]
    on_call: list[dict[str, Any]]
    routing_keys: Mapping[str, str]  # service → the key of its first integration that a sender speaks by
    topic_addresses: Mapping[str, str]  # topic of SNS → what it is to be subscribed with

    def as_json(self) -> dict[str, Any]:
        return {"version": self.version, "changes": self.changes, "on_call": self.on_call}


def apply(folder: Path, deployment: Deployment, by: str, now: Instant, *, dry_run: bool = False) -> Applied:
    """Raises Failed for a configuration that is at fault, Conflict where somebody else applied meanwhile."""
    loaded = read_folder(folder, now)
    store = deployment.directory()
    number, before = store.applied()
    document = mint(loaded.document, before, _new_key)
    changes = list(_changes(before or {}, document))
    directory = build(document, number + 1)
    on_call = _hours(build(before, number) if before else None, directory, now)
    version = None
    if not dry_run:
        deployment.make_reply_secret()
        if changes:
            version = store.put_version(document, expected=number, by=by, at=now)
    return Applied(
        version=version,
        changes=changes,
        on_call=on_call,
        routing_keys=routing_keys(directory),
        topic_addresses=topic_addresses(directory, deployment.facts["api_url"]),
    )


def author() -> str:
    """Who applies, for the record."""
    return os.environ.get("TOCSIN_AUTHOR") or getpass.getuser()


def routing_keys(directory: Directory) -> dict[str, str]:
    """Of each service the key of its first integration by name that a sender speaks by; a topic's is no sender's."""
    return {i.service: i.key for i in reversed(directory.integrations()) if i.key is not None and i.topic is None}


def topic_addresses(directory: Directory, api_url: str) -> dict[str, str]:
    return {i.topic: f"{api_url}/integrations/{i.source}/{i.key}" for i in directory.integrations() if i.topic}


def _new_key() -> str:
    """A routing key: R and 31 characters, 160 bits."""
    return "R" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(31))


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for kind in KINDS:
        was, becomes = before.get(kind, {}), after.get(kind, {})
        for name in sorted({*was, *becomes}):
            if was.get(name) != becomes.get(name):
                action = "change" if name in was and name in becomes else "add" if name in becomes else "remove"
                yield {"kind": kind, "name": name, "action": action}
    for kind in WHOLE:
        if before.get(kind) != after.get(kind):
            action = "change" if before.get(kind) and after.get(kind) else "add" if after.get(kind) else "remove"
            yield {"kind": kind, "name": kind, "action": action}


def _hours(before: Directory | None, after: Directory, now: Instant) -> list[dict[str, Any]]:
    """The on-call hours that each person gains or loses over the next four weeks."""
    since = whole_second(now)
    until = since + AHEAD
    found: list[dict[str, Any]] = []
    for schedule in sorted({*(before.schedules if before else ()), *after.schedules}):
        gained = _total(after, schedule, since, until)
        for user, hours in _total(before, schedule, since, until).items():
            gained[user] = gained.get(user, 0.0) - hours
        found += [
            {
                "schedule": schedule,
                "user": user,
                "from": format_seconds(since),
                "to": format_seconds(until),
                "hours": round(hours, 2),
            }
            for user, hours in sorted(gained.items())
            if round(hours, 2)
        ]
    return found


def _total(directory: Directory | None, schedule: str, since: Instant, until: Instant) -> dict[str, float]:
    found = directory.schedules.get(schedule) if directory else None
    hours: dict[str, float] = {}
    for shift in final_schedule(found, since, until) if found else []:
        hours[shift.user] = hours.get(shift.user, 0.0) + (shift.end - shift.start).total_seconds() / 3600
    return hours
