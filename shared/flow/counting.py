"""Alerts that open an incident only once they came often enough: a rule's ``open_after``.

The first of a series is put aside with its reason, to be looked at; all of them count on the key's own item.
"""

from dataclasses import replace
from datetime import timedelta

from shared.domain.alert import Accepted, KeyState, KeyStatus
from shared.domain.directory import OpenAfter
from shared.domain.instants import format_duration
from shared.domain.tally import count
from shared.flow.opening import new_key
from shared.flow.ports import Deps

COUNTED_FOR = timedelta(days=31)  # after the key's last event: a rule's window has 30 days at most


def too_few(deps: Deps, rule: OpenAfter, accepted: Accepted, known: KeyState | None) -> KeyState | None:
    """The key once it counts ``accepted``; None where that makes enough of them to open an incident."""
    recent, number = count(known.recent if known else "", accepted.accepted_at, rule)
    if number >= rule.count:
        return None
    if number == 1:
        reason = f"an incident opens at event {rule.count} of its key within {format_duration(rule.within)}"
        deps.incidents.record_drop(deps.now(), accepted, reason, "suppressed")
    before = known.count if known is not None and known.state is KeyStatus.COUNTING else 0
    return replace(new_key(accepted, known, before), state=KeyStatus.COUNTING, recent=recent)


def keep(deps: Deps, known: KeyState | None, key: KeyState) -> None:
    """Writes a key that counts: one write. Raises Conflict where somebody wrote it meanwhile."""
    deps.incidents.remember(known, key, key.last_seen + COUNTED_FOR)
