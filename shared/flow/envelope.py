"""What travels in the queue of events: an accepted event or change, and how the queue hands it over.

The queue gives the order: ``sequence`` counts within one ``generation``, which is the queue itself.
"""

import json
from dataclasses import dataclass
from typing import Any

from shared.domain.alert import Accepted
from shared.domain.change_event import AcceptedChange
from shared.domain.instants import Instant
from shared.domain.plain import from_plain, to_plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message as the queue handed it over. ``sequence`` orders messages within one ``generation`` of the queue;
    ``sent_at`` is when it came into it; ``receipt`` stands for this time, the ``times``-th, that it was handed over."""

    message_id: str
    group: str
    body: str
    generation: str
    sequence: str
    sent_at: Instant
    receipt: str = ""
    times: int = 1


def read(delivery: Delivery) -> Accepted:
    """What the door wrote, with the queue's order. Raises ValueError or KeyError: then it is quarantined."""
    message: dict[str, Any] = json.loads(delivery.body)
    return from_plain(
        Accepted, message, generation=delivery.generation, sequence=delivery.sequence, sent_at=delivery.sent_at
    )


def read_change(delivery: Delivery) -> AcceptedChange:
    """What the door wrote, of a group of changes. Raises ValueError or KeyError: then it is quarantined."""
    return from_plain(AcceptedChange, json.loads(delivery.body))


def written(accepted: Accepted | AcceptedChange) -> str:
    """The body of the queue's message: TRACE's form, in ASCII, so that no character of a sender can spoil it."""
    return json.dumps({"v": 1, **to_plain(accepted)}, separators=(",", ":"))
