"""Alerts that wait for the end of a pause or of maintenance, and recoveries that have to last: ``sweep`` ends it."""

from dataclasses import replace

from shared.domain.alert import Accepted, KeyState, KeyStatus
from shared.domain.holding import Held, Hold, hold
from shared.domain.instants import Instant
from shared.domain.routing import Route
from shared.flow.opening import open_or_join, way_of
from shared.flow.ports import Deps
from shared.flow.recovering import recover
from shared.flow.stores import Change


def keep(deps: Deps, accepted: Accepted, under: Hold, known: KeyState | None, key: KeyState) -> None:
    """The alert waits, with its key, in one transaction. Raises Conflict where somebody wrote the key meanwhile."""
    held = Held(hash=key.hash, accepted=accepted, hold=under)
    deps.incidents.commit(Change(key=key, known=known, held=held))


def change_what_waits(deps: Deps, accepted: Accepted, known: KeyState, key: KeyState) -> None:
    """Suppressed, or held: what is held opens with the latest that it said. Raises Conflict."""
    held = deps.incidents.held(key.hash)
    if known.state is KeyStatus.HELD and held is not None:
        keep(deps, replace(accepted, accepted_at=held.accepted.accepted_at), held.hold, known, key)
    else:
        deps.incidents.remember(known, key, None)


def end_what_waits(deps: Deps, known: KeyState, key: KeyState, kept_until: Instant) -> None:
    """Suppressed, or held, and over before anybody was told: what was held is counted as a drop with its reason.

    Raises Conflict.
    """
    held = deps.incidents.held(key.hash)
    if known.state is KeyStatus.HELD and held is not None:
        reason = f"it was over before the {held.hold.reason} ended"
        deps.incidents.record_drop(deps.now(), held.accepted, reason, "suppressed")
        deps.incidents.commit(Change(key=key, known=known, released=key.hash))
    else:
        deps.incidents.remember(known, key, kept_until)


def hold_of(deps: Deps, way: Route, accepted: Accepted) -> Hold | None:
    """Why the alert may not open an incident yet; None where it may."""
    if way.service is None:
        return None
    return hold(deps.directory.current(), way.service, way.pause, accepted.accepted_at)


def release(deps: Deps, key_hash: str) -> None:
    """The time is over: an incident opens, unless maintenance lasts longer by now; or a recovery counts.

    Raises Conflict.
    """
    known, held, now = deps.incidents.key(key_hash), deps.incidents.held(key_hash), deps.now()
    if held is None or held.hold.until > now:
        return None
    if known is not None and known.state is KeyStatus.RECOVERING:
        return recover(deps, known, held)
    if known is None or known.state is not KeyStatus.HELD:  # while the key is so: another alert may begin to wait
        return deps.incidents.commit(Change(key=known, known=known, released=key_hash))
    way = way_of(deps, held.accepted, held.hold.until)
    if way.suppressed or way.dropped:
        return _let_go(deps, held, known, way)
    longer = hold(deps.directory.current(), way.service, None, held.hold.until) if way.service else None
    if longer is not None:
        return keep(deps, held.accepted, longer, known, known)
    open_or_join(deps, held.accepted, way, known, held.hold.until)
    return None


def _let_go(deps: Deps, held: Held, known: KeyState, way: Route) -> None:
    """The rules in force by now hold it back for good: counted with its reason."""
    state, kind = (KeyStatus.SUPPRESSED, "suppressed") if way.suppressed else (KeyStatus.CLOSED, "dropped")
    deps.incidents.record_drop(deps.now(), held.accepted, way.suppressed or way.dropped or "", kind)
    deps.incidents.commit(Change(key=replace(known, state=state), known=known, released=held.hash))
