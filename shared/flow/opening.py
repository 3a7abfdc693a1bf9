"""An alert opens: the way that it takes, and the incident, its key and its first log entry in one transaction."""

import json
from dataclasses import replace
from typing import Any

from shared.domain.alert import Accepted, Alert, KeyState, KeyStatus, key_hash, said
from shared.domain.directory import Policy
from shared.domain.errors import TocsinError
from shared.domain.event import Action
from shared.domain.ids import incident_id, object_id
from shared.domain.incident import Author, Incident, Kind, LogEntry, Opening, begin
from shared.domain.instants import Instant, whole_second
from shared.domain.routing import Route, compiled, route, tried
from shared.flow.escalate import begin_run, next_moment
from shared.flow.ports import Change, Deps


def way_of(deps: Deps, accepted: Accepted, at: Instant) -> Route:
    """Where the event would go at ``at``, by the rules in force."""
    directory = deps.directory.current()
    raw = _laid_down(deps, accepted)
    return route(directory, accepted.event, directory.integration(accepted.integration), at, raw)


def open_incident(
    deps: Deps, accepted: Accepted, way: Route, known: KeyState | None, due: Instant
) -> tuple[KeyState, Incident]:
    """Opens it as of ``due``, and begins its escalation: the key and the incident as they are then.

    Raises Conflict where somebody wrote the key meanwhile.
    """
    name = incident_id(accepted.key, accepted.generation, accepted.sequence)
    alert = _alert(name, accepted, way)
    entry = replace(_triggered(deps, accepted, way, due), alert=alert.id)
    incident = begin(name, entry)
    waited = known if known is not None and known.state is KeyStatus.HELD else None
    counted = known.count if known is not None and known.state is KeyStatus.COUNTING else 0
    key = replace(waited or new_key(accepted, counted), state=KeyStatus.OPEN, incident=incident.id, alert=alert.id)
    due_at = next_moment(deps, incident)
    deps.incidents.commit(
        Change(
            incident=incident,
            entries=(entry,),
            due_at=due_at,
            key=key,
            known=known,
            alert=alert,
            released=key.hash if waited else None,
        )
    )
    begin_run(deps, incident, due_at)
    return key, incident


def new_key(accepted: Accepted, before: int = 0) -> KeyState:
    """The key of an alert that begins with ``accepted``; ``before`` it came so often without opening an incident."""
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


def _triggered(deps: Deps, accepted: Accepted, way: Route, due: Instant) -> LogEntry:
    service, directory = way.service, deps.directory.current()
    if service is None:
        raise TocsinError("no rule, no integration and no `unrouted` takes this event: name a service in `unrouted`")
    policy = directory.policies[service.policy]
    opening = Opening(
        number=deps.incidents.next_number("incident"),
        service=service.name,
        title=way.summary,
        urgency=way.urgency,
        priority=way.priority,
        tags=way.tags,
        policy=policy,
        turn=_turn(deps, policy),
        raises_at=way.raises_at,
        acknowledgement_timeout=service.acknowledgement_timeout,
        auto_resolve=service.auto_resolve,
        runbook=way.runbook,
        ticket=way.ticket,
    )
    return LogEntry(
        kind=Kind.TRIGGERED,
        at=deps.now(),
        due=whole_second(due),
        by=author_of(accepted),
        epoch=1,
        opening=opening,
        severity=way.severity,
        rules=tried(directory, accepted.event, _laid_down(deps, accepted)),
    )


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


def _turn(deps: Deps, policy: Policy) -> int:
    """The incident's place among those of its policy, from 0; counted only where a level takes turns."""
    if not any(level.assign == "round_robin" for level in policy.levels):
        return 0
    return deps.incidents.next_number(f"policy {policy.name}") - 1
