"""Alerts that wait for the end of a pause or of maintenance; ``sweep`` releases those that are still open then."""

from dataclasses import replace

from shared.domain.alert import Accepted, KeyState, KeyStatus
from shared.domain.holding import Held, Hold, hold
from shared.domain.routing import Route
from shared.flow.opening import open_or_join, way_of
from shared.flow.ports import Change, Deps


def keep(deps: Deps, accepted: Accepted, under: Hold, known: KeyState | None, key: KeyState) -> None:
    """The alert waits, with its key, in one transaction. Raises Conflict where somebody wrote the key meanwhile."""
    held = Held(hash=key.hash, accepted=accepted, hold=under)
    deps.incidents.commit(Change(key=key, known=known, held=held))


def hold_of(deps: Deps, way: Route, accepted: Accepted) -> Hold | None:
    """Why the alert may not open an incident yet; None where it may."""
    if way.service is None:
        return None
    return hold(deps.directory.current(), way.service, way.pause, accepted.accepted_at)


def release(deps: Deps, key_hash: str) -> None:
    """The time is over: an incident opens, unless maintenance lasts longer by now. Raises Conflict."""
    known, held, now = deps.incidents.key(key_hash), deps.incidents.held(key_hash), deps.now()
    if held is None or held.hold.until > now:
        return None
    if known is None or known.state is not KeyStatus.HELD:
        return deps.incidents.commit(Change(released=key_hash))
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
