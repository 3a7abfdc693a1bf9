"""The deliveries of one alert key, in order: what each does to the alert, to the incident, and how it is written.

Consecutive repeats are one write; each change of state is its own transaction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from shared.domain.alert import (
    Accepted,
    Effect,
    KeyState,
    KeyStatus,
    effect,
    key_hash,
    said,
)
from shared.domain.command import Command, Order, carry_out
from shared.domain.errors import Conflict, TocsinError
from shared.domain.event import Action
from shared.domain.holding import Hold
from shared.domain.incident import TIMELINE_MAX, Incident
from shared.domain.instants import Instant
from shared.domain.timeline import Kind, LogEntry
from shared.flow import counting
from shared.flow.advance import advance, followed
from shared.flow.envelope import Delivery, read
from shared.flow.held import change_what_waits, end_what_waits, hold_of, keep
from shared.flow.opening import author_of, new_key, open_or_join, raised, state_at, way_of
from shared.flow.ports import Deps, Unavailable
from shared.flow.quarantine import quarantine
from shared.flow.recovering import ended, hold_of_recovery, keep_recovery, relapsed
from shared.flow.stores import Change
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
                if outcome not in (Effect.REPEATS, Effect.COUNTS):
                    self._write_repeats()
                self.tally[self._take(outcome, accepted, delivery) or outcome.name.lower()] += 1
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
        self.incident = followed(self.deps, self.known.incident if self.known else None)

    def _forget(self) -> None:
        self.known = self.incident = self.counted = None

    def _take(self, outcome: Effect, accepted: Accepted, delivery: Delivery) -> str | None:
        """As what it is counted, where its effect alone doesn't say it."""
        match outcome:
            case Effect.DUPLICATE:
                pass
            case Effect.REPEATS:
                self.counted = self._key_after(self.counted or self._must_know(), accepted)
                self.unsettled.append(delivery)
            case Effect.OPENS | Effect.COUNTS:
                return self._open(accepted, delivery)
            case Effect.CHANGES:
                return self._change(accepted)
            case Effect.ACKNOWLEDGES:
                self._acknowledge(accepted)
            case Effect.RELAPSES:
                self._relapse(accepted)
            case Effect.RESOLVES:
                return self._resolve(accepted)
            case Effect.REMEMBERED:
                self._remember(accepted)
            case Effect.LATE | Effect.MEETS_NOTHING:
                self.deps.incidents.record_drop(self.deps.now(), accepted, outcome.value, outcome.name.lower())
        return None

    def _write_repeats(self) -> None:
        """All repeats so far in one write. Where somebody wrote meanwhile they are settled one by one, afresh."""
        if self.counted is None:
            return
        try:
            if self.counted.state is KeyStatus.COUNTING:
                counting.keep(self.deps, self._must_know(), self.counted)
            else:
                self.deps.incidents.count_repeats(self._must_know(), self.counted)
            self.known, self.counted, self.unsettled = self.counted, None, []
        except Conflict:
            again, self.unsettled = self.unsettled, []
            self._forget()
            for delivery in again:
                self._settle(delivery)
            self._write_repeats()

    # what an event does

    def _open(self, accepted: Accepted, delivery: Delivery) -> str | None:
        """Opens it, or holds it back: as what that is counted."""
        deps = self.deps
        way = way_of(deps, accepted, accepted.accepted_at)
        if way.open_after and not (way.dropped or way.suppressed):
            key = counting.too_few(deps, way.open_after, accepted, self.counted or self.known)
            if key is not None:
                return self._count(key, delivery)
        self._write_repeats()
        if way.dropped:
            deps.incidents.record_drop(deps.now(), accepted, way.dropped, "dropped")
            return "dropped"
        if way.suppressed:
            self._suppress(accepted, way.suppressed)
            return "suppressed"
        under = hold_of(deps, way, accepted)
        if under is not None:
            self._hold(accepted, under)
            return "held"
        self.known, self.incident = open_or_join(deps, accepted, way, self.known, accepted.accepted_at)
        return None

    def _count(self, key: KeyState, delivery: Delivery) -> str:
        """Too few of its kind came to open an incident: several in a batch are one write."""
        if self.known is not None and self.known.state is KeyStatus.COUNTING:
            self.counted = key
            self.unsettled.append(delivery)
        else:
            counting.keep(self.deps, self.known, key)
            self.known, self.incident = key, None
        return "too_few"

    def _hold(self, accepted: Accepted, under: Hold) -> None:
        """No incident yet: the alert waits until the pause or the maintenance is over."""
        key = replace(new_key(accepted, self.known), state=KeyStatus.HELD)
        keep(self.deps, accepted, under, self.known, key)
        self.known, self.incident = key, None

    def _suppress(self, accepted: Accepted, reason: str) -> None:
        key = replace(new_key(accepted, self.known), state=KeyStatus.SUPPRESSED)
        self.deps.incidents.record_drop(self.deps.now(), accepted, reason, "suppressed")
        self.deps.incidents.remember(self.known, key, None)
        self.known, self.incident = key, None

    def _change(self, accepted: Accepted) -> str | None:
        """Severity or summary changed: said on the timeline; urgency may rise by it, never fall."""
        known = self._must_know()
        key = self._key_after(known, accepted)
        if self.incident is None:
            change_what_waits(self.deps, accepted, known, key)
            self.known = key
            return None
        entries = self._changes(self.incident, accepted)
        if not entries:
            self.deps.incidents.count_repeats(known, key)
            self.known = key
            return "timeline_full"
        self._commit(entries, key)
        return None

    def _changes(self, incident: Incident, accepted: Accepted) -> list[LogEntry]:
        """Nothing once the timeline is long enough, unless the urgency rises."""
        rise, event = self._urgency(accepted), accepted.event
        if incident.version >= TIMELINE_MAX and not rise:
            return []
        changed = LogEntry(
            kind=Kind.ALERT_CHANGED,
            at=self.deps.now(),
            by=author_of(accepted),
            alert=self._must_know().alert,
            severity=event.severity,
            summary=event.summary,
        )
        return [changed, *rise]

    def _relapse(self, accepted: Accepted) -> None:
        """It came back before its recovery counted: a repeat, or a change, of the incident that stayed open."""
        known = self._must_know()
        key = relapsed(accepted, self._key_after(known, accepted))
        changed = known.said != key.said
        entries = self._changes(self.incident, accepted) if changed and self.incident is not None else []
        if entries:
            return self._commit(entries, key, released=key.hash)
        self.deps.incidents.commit(Change(key=key, known=known, released=key.hash))
        self.known = key
        return None

    def _urgency(self, accepted: Accepted) -> list[LogEntry]:
        """What worsened raises the incident's urgency, where it would be high if it came now."""
        if self.incident is None or not accepted.event.severity.worse_than(self._must_know().severity):
            return []
        severity = way_of(self.deps, accepted, accepted.accepted_at).severity
        return raised(self.deps, self.incident, severity, accepted)

    def _acknowledge(self, accepted: Accepted) -> None:
        key = self._key_after(self._must_know(), accepted)
        if self.incident is None:
            return self.deps.incidents.remember(self.known, key, None)
        command = Command(order=Order.ACKNOWLEDGE, by=author_of(accepted))
        entries = carry_out(self.incident, command, self.deps.directory.current(), self.deps.now())
        return self._commit(entries, key)

    def _resolve(self, accepted: Accepted) -> str | None:
        """The key is closed; the incident resolves when all its alerts have. Where it flaps, that has to last."""
        known = self._must_know()
        key = replace(self._key_after(known, accepted), state=KeyStatus.CLOSED, state_at=state_at(accepted))
        if self.incident is None:
            end_what_waits(self.deps, known, key, self._kept_until(key))
            self.known = key
            return None
        under = hold_of_recovery(self.deps, self.incident, known, accepted)
        if under is not None:
            self.known = keep_recovery(self.deps, accepted, under, known, key)
            return "recovery_held"
        waited = key.hash if known.state is KeyStatus.RECOVERING else None  # under a rule that is gone
        self._commit([ended(self.deps, self.incident, accepted, known)], key, released=waited)
        return None

    def _remember(self, accepted: Accepted) -> None:
        """A resolve that meets nothing: kept for an hour, so that an older trigger doesn't open what is over."""
        key = replace(new_key(accepted, self.known), state=KeyStatus.CLOSED, count=0)
        self.deps.incidents.remember(self.known, key, self._kept_until(key))
        self.known, self.incident = key, None

    def _kept_until(self, key: KeyState) -> Instant:
        """A key without an incident, and longer where it counts something."""
        return self.deps.now() + (counting.COUNTED_FOR if key.recent or key.openings else REMEMBERED_FOR)

    # how it is written

    def _commit(self, entries: list[LogEntry], key: KeyState, released: str | None = None) -> None:
        """Incident and key in one transaction."""
        if self.incident is None:
            raise TocsinError("an open alert without its incident")
        also = Change(key=key, known=self._must_know(), released=released)
        self.incident = advance(self.deps, self.incident, entries, also)
        self.known = key

    def _key_after(self, known: KeyState, accepted: Accepted) -> KeyState:
        event, triggers = accepted.event, accepted.event.action is Action.TRIGGER
        return replace(
            known,
            incident=self.incident.id if self.incident else known.incident,
            count=known.count + triggers,
            last_seen=accepted.accepted_at,
            accepted_at=max(accepted.accepted_at, known.accepted_at),
            generation=accepted.generation,
            last_seq=accepted.sequence,
            said=said(event) if triggers else known.said,
            severity=event.severity if triggers else known.severity,
        )

    def _must_know(self) -> KeyState:
        if self.known is None:
            raise TocsinError("an effect on an alert key that was never read")
        return self.known
