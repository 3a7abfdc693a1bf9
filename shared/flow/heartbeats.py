"""Heartbeats: a beat is written down, silence becomes an event like any other, and so does the beat that ends it."""

from dataclasses import replace

from shared.domain.alert import Accepted, routed_key
from shared.domain.directory import Directory, Integration
from shared.domain.errors import Conflict
from shared.domain.event import Event
from shared.domain.heartbeat import SOURCE, Pulse, beat, beats_again, set_up, silence
from shared.flow.ports import Deps, Unavailable

TRIES = 8


def take_beat(deps: Deps, integration: Integration) -> None:
    """A beat; it is durable when this returns. Raises Unavailable.

    What ends a silence is in the queue before the beat is written down: a crash in between costs a second one.
    """
    for _ in range(TRIES):
        known, now = deps.incidents.heart(integration.id), deps.now()
        if known is not None and known.pulse is not Pulse.BEATS:
            _tell(deps, integration, beats_again(integration, now))
        try:
            deps.incidents.write_heart(known, beat(integration, now))
        except Conflict:
            continue  # another beat, or sweep
        return
    raise Unavailable(f"the heartbeat {integration.name} is being written to without pause")


def raise_silence(deps: Deps, name: str) -> None:
    """The heart ``name`` is overdue. Raises Conflict where a beat came at this moment."""
    heart, directory = deps.incidents.heart(name), deps.directory.current()
    if heart is None or heart.due_at is None or heart.silent_at > deps.now():
        return None
    integration = _heartbeats(directory).get(name)
    if integration is None:  # it was taken out of the configuration
        return deps.incidents.write_heart(heart, replace(heart, pulse=Pulse.TOLD))
    silent = replace(heart, pulse=Pulse.SILENT)
    if heart != silent:
        deps.incidents.write_heart(heart, silent)
    _tell(deps, integration, silence(integration, silent))
    return deps.incidents.write_heart(silent, replace(silent, pulse=Pulse.TOLD))


def set_up_hearts(deps: Deps) -> None:
    """Every heartbeat of a newly applied configuration, so that one which never beats is told of, too."""
    directory = deps.directory.current()
    if deps.incidents.hearts_as_of() == directory.version:
        return
    for integration in _heartbeats(directory).values():
        known = deps.incidents.heart(integration.id)
        heart = set_up(integration, deps.now(), known)
        if heart != known:
            deps.incidents.write_heart(known, heart)
    deps.incidents.note_hearts(directory.version)


def _heartbeats(directory: Directory) -> dict[str, Integration]:
    return {i.id: i for i in directory.integrations() if i.source == SOURCE and i.every is not None}


def _tell(deps: Deps, integration: Integration, event: Event) -> None:
    """Into the queue, as what the door accepts."""
    name = f"{event.action}-{integration.id}-{event.timestamp}"
    accepted = Accepted(
        event_id=name,
        accepted_at=deps.now(),
        integration=integration.id,
        key=routed_key(integration.id, event.dedup_key),
        event=event,
    )
    deps.events.put(accepted, deduplication=name)
