"""Recoveries of alerts that flap: held, taken back by the next trigger, carried out by ``sweep`` if they last."""

from dataclasses import replace

from shared.domain.alert import Accepted, KeyState, KeyStatus
from shared.domain.flapping import recovery
from shared.domain.holding import Held, Hold
from shared.domain.incident import Incident
from shared.domain.timeline import Kind, LogEntry
from shared.flow.advance import advance, followed
from shared.flow.opening import author_of, state_at
from shared.flow.ports import Deps
from shared.flow.stores import Change


def hold_of_recovery(deps: Deps, incident: Incident, known: KeyState, accepted: Accepted) -> Hold | None:
    """Until when the recovery waits; None where it counts at once."""
    service = deps.directory.current().services.get(incident.service)
    return recovery(known.openings, service.flapping if service else None, accepted.accepted_at)


def keep_recovery(deps: Deps, accepted: Accepted, under: Hold, known: KeyState, key: KeyState) -> KeyState:
    """The recovery waits, with its key; the key as it is then. Said again, it waits no longer.

    Raises Conflict.
    """
    if known.state is KeyStatus.RECOVERING:
        again = replace(key, state=known.state, state_at=known.state_at)
        deps.incidents.count_repeats(known, again)
        return again
    waits = replace(key, state=KeyStatus.RECOVERING)
    held = Held(hash=key.hash, accepted=accepted, hold=under)
    deps.incidents.commit(Change(key=waits, known=known, held=held))
    return waits


def relapsed(accepted: Accepted, key: KeyState) -> KeyState:
    """The key once its alert has come back before its recovery counted."""
    return replace(key, state=KeyStatus.OPEN, state_at=state_at(accepted))


def recover(deps: Deps, known: KeyState, held: Held) -> None:
    """The recovery has lasted: it counts now, where a person hasn't ended the incident meanwhile. Raises Conflict."""
    over = Change(key=replace(known, state=KeyStatus.CLOSED), known=known, released=held.hash)
    incident = followed(deps, known.incident)
    if incident is None or not incident.open:
        return deps.incidents.commit(over)
    entry = ended(deps, incident, held.accepted, known, held.hold.because)
    advance(deps, incident, [entry], over)
    return None


def ended(deps: Deps, incident: Incident, accepted: Accepted, known: KeyState, because: str | None = None) -> LogEntry:
    """An alert of ``incident`` is over, and with the last of them the incident."""
    kind = Kind.RESOLVED if incident.open_alerts <= 1 else Kind.ALERT_RESOLVED
    return LogEntry(kind=kind, at=deps.now(), by=author_of(accepted), alert=known.alert, text=because)
