"""The deliveries of one alert key, in order: what each does to the alert, to the incident, and how it is written.

Consecutive repeats are one write; each change of state is its own transaction.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.domain.alert import (
    Accepted,
    Alert,
    Effect,
    KeyState,
    KeyStatus,
    effect,
    key_hash,
    said,
)
from shared.domain.command import Command, Order, carry_out
from shared.domain.directory import Directory, Policy, Urgency
from shared.domain.errors import Conflict, TocsinError
from shared.domain.event import Action
from shared.domain.ids import incident_id, object_id
from shared.domain.incident import Author, Incident, Kind, LogEntry, Opening, apply, begin
from shared.domain.instants import Instant, whole_second
from shared.domain.routing import Route, compiled, route, tried
from shared.flow.envelope import Delivery, read
from shared.flow.escalate import begin_run, next_moment
from shared.flow.ports import Change, Deps, Unavailable
from shared.flow.quarantine import quarantine
from shared.flow.verification import verified

REMEMBERED_FOR = timedelta(hours=1)  # a resolve that met nothing
TRIES = 8


class Strand:
    """The deliveries of one key, in order. ``known`` and ``incident`` are as read or as last written here."""

    def __init__(self, deps: Deps, tally: Counter[str]) -> None:
        self.deps, self.tally = deps, tally
        self.known: KeyState | None = None
        self.incident: Incident | None = None
        self.counted: KeyState | None = None  # the key with repeats that are not written yet
        self.unsettled: list[Delivery] = []  # those repeats, and what is being worked on

    def run(self, deliveries: Sequence[Delivery]) -> list[str]:
        for place, delivery in enumerate(deliveries):
            try:
                self._settle(delivery)
            except Unavailable as fault:
                self.deps.journal.fault("triage", str(fault))
                return [d.message_id for d in (*self.unsettled, *deliveries[place:])]
        try:
            self._write_repeats()
        except Unavailable as fault:
            self.deps.journal.fault("triage", str(fault))
            return [d.message_id for d in self.unsettled]
        return []

    def _settle(self, delivery: Delivery) -> None:
        try:
            self._carry_out(delivery)
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, it would be the same next time: people look at it
            quarantine(self.deps, delivery, fault)
            self.tally["quarantined"] += 1

    def _carry_out(self, delivery: Delivery) -> None:
        accepted = verified(self.deps, read(delivery))
        if accepted is None:
            self.tally["unknown_key"] += 1
            return
        for _ in range(TRIES):
            try:
                outcome = self._effect(accepted)
                if outcome is not Effect.REPEATS:
                    self._write_repeats()
                self._take(outcome, accepted, delivery)
                self.tally[outcome.name.lower()] += 1
                return
            except Conflict:
                self._forget()
        raise Unavailable(f"the key of {accepted.event_id} is being written to without pause; it comes again")

    def _effect(self, accepted: Accepted) -> Effect:
        if self.known is None:
            self._read(accepted.key)
        return effect(self.counted or self.known, self.incident is not None and self.incident.open, accepted)

    def _read(self, key: str) -> None:
        self.known = self.deps.incidents.key(key_hash(key))
        named = self.known.incident if self.known else None
        self.incident = self.deps.incidents.state(named) if named else None

    def _forget(self) -> None:
        self.known = self.incident = self.counted = None

    def _take(self, outcome: Effect, accepted: Accepted, delivery: Delivery) -> None:
        match outcome:
            case Effect.DUPLICATE:
                pass
            case Effect.REPEATS:
                self.counted = self._key_after(self.counted or self._must_know(), accepted)
                self.unsettled.append(delivery)
            case Effect.OPENS:
                self._open(accepted)
            case Effect.CHANGES:
                self._change(accepted)
            case Effect.ACKNOWLEDGES:
                self._acknowledge(accepted)
            case Effect.RESOLVES:
                self._resolve(accepted)
            case Effect.REMEMBERED:
                self._remember(accepted)
            case Effect.LATE | Effect.MEETS_NOTHING:
                self.deps.incidents.record_drop(self.deps.now(), accepted, outcome.value, outcome.name.lower())

    def _write_repeats(self) -> None:
        """All repeats so far in one write. Where somebody wrote meanwhile they are settled one by one, afresh."""
        if self.counted is None:
            return
        try:
            self.deps.incidents.count_repeats(self._must_know(), self.counted)
            self.known, self.counted, self.unsettled = self.counted, None, []
        except Conflict:
            again, self.unsettled = self.unsettled, []
            self._forget()
            for delivery in again:
                self._settle(delivery)
            self._write_repeats()

    # what an event does

    def _open(self, accepted: Accepted) -> None:
        deps, directory = self.deps, self.deps.directory.current()
        raw = self._laid_down(accepted, directory)
        way = self._way(accepted, raw)
        if way.dropped:
            return deps.incidents.record_drop(deps.now(), accepted, way.dropped, "dropped")
        if way.suppressed:
            return self._suppress(accepted, way.suppressed)
        name = incident_id(accepted.key, accepted.generation, accepted.sequence)
        alert = _alert(name, accepted)
        entry = replace(self._opening(accepted, raw, way, directory), alert=alert.id)
        incident = begin(name, entry)
        key = self._key_after(None, accepted, incident=incident.id, alert=alert.id)
        due_at = next_moment(deps, incident)
        change = Change(incident=incident, entries=(entry,), due_at=due_at, key=key, known=self.known, alert=alert)
        deps.incidents.commit(change)
        self.known, self.incident = key, incident
        begin_run(deps, incident, due_at)
        return None

    def _laid_down(self, accepted: Accepted, directory: Directory) -> Any:
        """The message as it arrived; one that was too large to travel is read only where a rule asks for it."""
        if accepted.raw_at is None or not compiled(directory).ask_for_raw:
            return accepted.raw
        return json.loads(self.deps.raw.read(accepted.raw_at))

    def _opening(self, accepted: Accepted, raw: Any, way: Route, directory: Directory) -> LogEntry:
        deps, service = self.deps, way.service
        if service is None:
            raise TocsinError(
                "no rule, no integration and no `unrouted` takes this event: name a service in `unrouted`"
            )
        policy = directory.policies[service.policy]
        opening = Opening(
            number=deps.incidents.next_number("incident"),
            service=service.name,
            title=accepted.event.summary,
            urgency=way.urgency,
            priority=way.priority,
            tags=way.tags,
            policy=policy,
            turn=_turn(deps, policy),
            raises_at=way.raises_at,
            acknowledgement_timeout=service.acknowledgement_timeout,
            auto_resolve=service.auto_resolve,
        )
        return LogEntry(
            kind=Kind.TRIGGERED,
            at=deps.now(),
            due=whole_second(accepted.accepted_at),
            by=_author(accepted),
            epoch=1,
            opening=opening,
            severity=way.severity,
            rules=tried(directory, accepted.event, raw),
        )

    def _suppress(self, accepted: Accepted, reason: str) -> None:
        key = replace(self._key_after(None, accepted), state=KeyStatus.SUPPRESSED)
        self.deps.incidents.record_drop(self.deps.now(), accepted, reason, "suppressed")
        self.deps.incidents.remember(self.known, key, None)
        self.known, self.incident = key, None

    def _change(self, accepted: Accepted) -> None:
        """Severity or summary changed: said on the timeline; urgency may rise by it, never fall."""
        known, event = self._must_know(), accepted.event
        key = self._key_after(known, accepted)
        if self.incident is None:
            self.deps.incidents.remember(known, key, None)
            self.known = key
            return
        entries = [
            LogEntry(
                kind=Kind.ALERT_CHANGED,
                at=self.deps.now(),
                by=_author(accepted),
                alert=known.alert,
                severity=event.severity,
                summary=event.summary,
            )
        ]
        if self._raises_urgency(accepted):
            now = self.deps.now()
            entries.append(LogEntry(kind=Kind.URGENCY_RAISED, at=now, due=whole_second(now), by=_author(accepted)))
        self._commit(entries, key)

    def _raises_urgency(self, accepted: Accepted) -> bool:
        """What worsened would be of high urgency in the incident's service, if it came now."""
        incident, known = self.incident, self._must_know()
        if (
            incident is None
            or incident.urgency is Urgency.HIGH
            or not accepted.event.severity.worse_than(known.severity)
        ):
            return False
        service = self.deps.directory.current().services.get(incident.service)
        severity = self._way(accepted, accepted.raw).severity
        return service is not None and service.urgency_of(severity, accepted.accepted_at) is Urgency.HIGH

    def _way(self, accepted: Accepted, raw: Any) -> Route:
        directory = self.deps.directory.current()
        integration = directory.integration(accepted.integration)
        return route(directory, accepted.event, integration, accepted.accepted_at, raw)

    def _acknowledge(self, accepted: Accepted) -> None:
        key = self._key_after(self._must_know(), accepted)
        if self.incident is None:
            return self.deps.incidents.remember(self.known, key, None)
        command = Command(order=Order.ACKNOWLEDGE, by=_author(accepted))
        entries = carry_out(self.incident, command, self.deps.directory.current(), self.deps.now())
        return self._commit(entries, key)

    def _resolve(self, accepted: Accepted) -> None:
        """The key is closed; the incident resolves when all its alerts have."""
        known = self._must_know()
        key = replace(self._key_after(known, accepted), state=KeyStatus.CLOSED, state_at=_state_at(accepted))
        if self.incident is None:
            self.deps.incidents.remember(known, key, self.deps.now() + REMEMBERED_FOR)
            self.known = key
            return
        kind = Kind.RESOLVED if self.incident.open_alerts <= 1 else Kind.ALERT_RESOLVED
        self._commit([LogEntry(kind=kind, at=self.deps.now(), by=_author(accepted), alert=known.alert)], key)

    def _remember(self, accepted: Accepted) -> None:
        """A resolve that meets nothing: kept for an hour, so that an older trigger doesn't open what is over."""
        key = replace(self._key_after(None, accepted), state=KeyStatus.CLOSED, state_at=_state_at(accepted), count=0)
        self.deps.incidents.remember(self.known, key, self.deps.now() + REMEMBERED_FOR)
        self.known, self.incident = key, None

    # how it is written

    def _commit(self, entries: list[LogEntry], key: KeyState) -> None:
        """Incident and key in one transaction; then a run, where a level is to be paged or time runs."""
        deps, before = self.deps, self.incident
        if before is None:
            raise TocsinError("an open alert without its incident")
        after, numbered = before, list[LogEntry]()
        for entry in entries:
            after = apply(after, entry)
            numbered.append(replace(entry, epoch=after.epoch))
        moved = after.epoch != before.epoch
        due_at = next_moment(deps, after) if moved else self._due_at(after.id)
        change = Change(
            incident=after,
            before=before.version,
            entries=tuple(numbered),
            due_at=due_at,
            key=key,
            known=self._must_know(),
        )
        deps.incidents.commit(change)
        self.known, self.incident = key, after
        if moved:
            begin_run(deps, after, due_at)

    def _due_at(self, incident: str) -> Instant | None:
        """When its next step is due, which a change that pages nobody leaves as it is."""
        loaded = self.deps.incidents.load(incident)
        return loaded.due_at if loaded else None

    def _key_after(
        self, known: KeyState | None, accepted: Accepted, incident: str | None = None, alert: str | None = None
    ) -> KeyState:
        event = accepted.event
        return KeyState(
            hash=key_hash(accepted.key),
            state=known.state if known else KeyStatus.OPEN,
            state_at=known.state_at if known else _state_at(accepted),
            alert=known.alert if known else alert,
            incident=known.incident if known else incident,
            count=(known.count if known else 0) + (event.action is Action.TRIGGER),
            last_seen=accepted.accepted_at,
            accepted_at=max(accepted.accepted_at, known.accepted_at) if known else accepted.accepted_at,
            generation=accepted.generation,
            last_seq=accepted.sequence,
            said=said(event) if event.action is Action.TRIGGER or known is None else known.said,
            severity=event.severity if event.action is Action.TRIGGER or known is None else known.severity,
        )

    def _must_know(self) -> KeyState:
        if self.known is None:
            raise TocsinError("an effect on an alert key that was never read")
        return self.known


def _alert(incident: str, accepted: Accepted) -> Alert:
    return Alert(
        id=object_id("alert", incident, accepted.key),
        key=accepted.key,
        event_id=accepted.event_id,
        event=accepted.event,
        raw=accepted.raw,
        raw_at=accepted.raw_at,
    )


def _author(accepted: Accepted) -> Author:
    return Author(integration=accepted.integration or accepted.event.source_type)


def _state_at(accepted: Accepted) -> Instant:
    return accepted.event.timestamp or accepted.accepted_at


def _turn(deps: Deps, policy: Policy) -> int:
    """The incident's place among those of its policy, from 0; counted only where a level takes turns."""
    if not any(level.assign == "round_robin" for level in policy.levels):
        return 0
    return deps.incidents.next_number(f"policy {policy.name}") - 1
