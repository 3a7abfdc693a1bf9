"""An alert opens: the way that it takes, and the incident, its key and its first log entry in one transaction."""

import json
from dataclasses import replace
from typing import Any

from shared.domain.alert import Accepted, Alert, KeyState, KeyStatus, key_hash, said
from shared.domain.directory import Policy, Service, Urgency
from shared.domain.errors import TocsinError
from shared.domain.event import Action, Severity
from shared.domain.flapping import opened, recognised
from shared.domain.grouping import group_after, group_hash, takes
from shared.domain.ids import incident_id, object_id
from shared.domain.incident import Incident, begin
from shared.domain.instants import Instant, whole_second
from shared.domain.routing import Route, compiled, route, tried
from shared.domain.timeline import Author, Kind, LogEntry, Opening
from shared.flow.advance import advance, followed
from shared.flow.escalate import begin_run, next_moment
from shared.flow.ports import Deps
from shared.flow.stores import Change

WAITS = frozenset({KeyStatus.HELD, KeyStatus.RECOVERING})  # something of the alert is released later


def way_of(deps: Deps, accepted: Accepted, at: Instant) -> Route:
    """Where the event would go at ``at``, by the rules in force."""
    directory = deps.directory.current()
    raw = _laid_down(deps, accepted)
    return route(directory, accepted.event, directory.integration(accepted.integration), at, raw)


def open_or_join(
    deps: Deps, accepted: Accepted, way: Route, known: KeyState | None, due: Instant
) -> tuple[KeyState, Incident]:
    """Opens an incident as of ``due``, or joins the open one of alerts alike: key and incident as they are then.

    Raises Conflict where somebody wrote the key, the group or the incident meanwhile.
    """
    service = way.service
    if service is None:
        raise TocsinError("no rule, no integration and no `unrouted` takes this event: name a service in `unrouted`")
    alike = group_hash(service, accepted.event)
    group = deps.incidents.group(alike) if alike else None
    present = followed(deps, group.incident if group else None)
    same = present is not None and present.service == service.name  # not where it was merged into another's
    joins = present if group and same and takes(group, present, due) else None
    name = joins.id if joins else incident_id(accepted.key, accepted.generation, accepted.sequence)
    alert = _alert(name, accepted, way)
    waited = known if known is not None and known.state is KeyStatus.HELD else None
    counted = known.count if known is not None and known.state is KeyStatus.COUNTING else 0
    openings = opened(known.openings if known else "", due, service.flapping)
    key = replace(
        waited or new_key(accepted, known, counted),
        state=KeyStatus.OPEN,
        incident=name,
        alert=alert.id,
        openings=openings,
    )
    also = Change(
        key=key,
        known=known,
        alert=alert,
        group=group_after(service, alike, name, due, group) if alike else None,
        known_group=group,
        released=key.hash if known is not None and known.state in WAITS else None,
    )
    entry = replace(_of_alert(deps, accepted, way), alert=alert.id, text=recognised(openings, service.flapping))
    if joins is not None:
        return key, _join(deps, accepted, joins, entry, also)
    return key, _open(deps, name, _triggered(deps, accepted, way, service, entry, due), also)


def _open(deps: Deps, name: str, entry: LogEntry, also: Change) -> Incident:
    """The incident and its first log entry; then its escalation begins."""
    incident = begin(name, entry)
    due_at = next_moment(deps, incident)
    deps.incidents.commit(replace(also, incident=incident, entries=(entry,), due_at=due_at))
    begin_run(deps, incident, due_at)
    return incident


def _join(deps: Deps, accepted: Accepted, incident: Incident, entry: LogEntry, also: Change) -> Incident:
    """One more alert of an open incident: nobody is paged, unless its urgency rises by it."""
    joined = replace(entry, kind=Kind.ALERT_JOINED, summary=accepted.event.summary)
    rise = raised(deps, incident, entry.severity or accepted.event.severity, accepted)
    return advance(deps, incident, [joined, *rise], also)


def raised(deps: Deps, incident: Incident, severity: Severity, accepted: Accepted) -> list[LogEntry]:
    """The rise of a low incident's urgency by an alert of ``severity``; none where it stays as it is."""
    service = deps.directory.current().services.get(incident.service)
    if incident.urgency is Urgency.HIGH or service is None:
        return []
    if service.urgency_of(severity, accepted.accepted_at) is not Urgency.HIGH:
        return []
    now = deps.now()
    return [LogEntry(kind=Kind.URGENCY_RAISED, at=now, due=whole_second(now), by=author_of(accepted))]


def new_key(accepted: Accepted, known: KeyState | None, before: int = 0) -> KeyState:
    """The key of an alert that begins with ``accepted``; ``before`` it came so often without opening an incident.

    Of what was known it keeps when its alerts opened.
    """
    return KeyState(
        hash=key_hash(accepted.key),
        state=KeyStatus.OPEN,
        state_at=state_at(accepted),
        count=before + int(accepted.event.action is Action.TRIGGER),
        last_seen=accepted.accepted_at,
        accepted_at=accepted.accepted_at,
        generation=accepted.generation,
        last_seq=accepted.sequence,
        said=said(accepted.event),
        severity=accepted.event.severity,
        openings=known.openings if known else "",
    )


def author_of(accepted: Accepted) -> Author:
    return Author(integration=accepted.integration or accepted.event.source_type)


def state_at(accepted: Accepted) -> Instant:
    """When what it tells happened: the vendor's time, where it gave one.

    Never later than it was accepted: after a recovery by a clock that is ahead, every alert would seem to be older.
    """
    return min(accepted.event.timestamp or accepted.accepted_at, accepted.accepted_at)


def _laid_down(deps: Deps, accepted: Accepted) -> Any:
    """The message as it arrived; one that was too large to travel is read only where a rule asks for it."""
    if accepted.raw_at is None or not compiled(deps.directory.current()).ask_for_raw:
        return accepted.raw
    return json.loads(deps.raw.read(accepted.raw_at))


def _of_alert(deps: Deps, accepted: Accepted, way: Route) -> LogEntry:
    """What an alert that opens an incident leaves on the timeline, with every rule that was tried on it."""
    return LogEntry(
        kind=Kind.TRIGGERED,
        at=deps.now(),
        by=author_of(accepted),
        severity=way.severity,
        rules=tried(deps.directory.current(), accepted.event, _laid_down(deps, accepted)),
    )


def _triggered(deps: Deps, accepted: Accepted, way: Route, service: Service, entry: LogEntry, due: Instant) -> LogEntry:
    policy = deps.directory.current().policies[service.policy]
    opening = Opening(
        number=deps.incidents.next_number("incident"),
        service=service.name,
        title=way.summary,
        urgency=way.urgency,
        priority=way.priority,
        tags=way.tags,
        policy=policy,
        turn=turn_of(deps, policy),
        raises_at=way.raises_at,
        acknowledgement_timeout=service.acknowledgement_timeout,
        auto_resolve=service.auto_resolve,
        runbook=way.runbook,
        ticket=way.ticket,
    )
    return replace(entry, due=whole_second(due), epoch=1, opening=opening)


def _alert(incident: str, accepted: Accepted, way: Route) -> Alert:
    """As people read of it: a rule may have set its severity."""
    return Alert(
        id=object_id("alert", incident, accepted.key),
        key=accepted.key,
        event_id=accepted.event_id,
        event=replace(accepted.event, severity=way.severity),
        raw=accepted.raw,
        raw_at=accepted.raw_at,
    )


def turn_of(deps: Deps, policy: Policy) -> int:
    """The incident's place among those of its policy, from 0; counted only where a level takes turns."""
    if not any(level.assign == "round_robin" for level in policy.levels):
        return 0
    return deps.incidents.next_number(f"policy {policy.name}") - 1
