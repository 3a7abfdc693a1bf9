"""What can't be carried out, whatever one does: kept aside, counted and told of, so that it holds up no other."""

from shared.domain.alert import Accepted
from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.flow.envelope import Delivery
from shared.flow.ports import Deps

QUARANTINE_KEY = "tocsin|quarantine"


def quarantine(deps: Deps, delivery: Delivery, fault: Exception) -> None:
    """Kept for people to look at, counted, and told of by an alert on ``unrouted``. Raises Unavailable."""
    reason = f"{type(fault).__name__}: {fault}"
    deps.incidents.quarantine(deps.now(), delivery.message_id, delivery.body, reason)
    deps.journal.fault("triage", reason, id=delivery.message_id)
    deps.journal.count("Quarantined")
    if QUARANTINE_KEY not in delivery.body:  # word of it that fails itself has the alarm, and no further word
        deps.events.put(_word_of_quarantine(deps, delivery, reason), deduplication=f"quarantine-{delivery.message_id}")


def _word_of_quarantine(deps: Deps, delivery: Delivery, reason: str) -> Accepted:
    event = Event(
        action=Action.TRIGGER,
        dedup_key=delivery.message_id,
        severity=Severity.ERROR,
        summary=f"An event is in quarantine, and nobody was told of it: {reason}"[:SUMMARY_MAX],
        source="tocsin",
        source_type="tocsin",
        custom_details={"message_id": delivery.message_id, "group": delivery.group},
    )
    return Accepted(
        event_id=f"quarantine-{delivery.message_id}",
        accepted_at=deps.now(),
        integration=None,
        key=f"{QUARANTINE_KEY}|{delivery.group}",
        event=event,
    )
