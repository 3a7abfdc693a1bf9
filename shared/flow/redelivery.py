"""What can't be carried out now comes again in seconds. The queue's own time-out is for functions that die: minutes.

The pause doubles each time, so that an outage of hours costs neither calls nor a message its tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.flow.ports import Deps, EventQueue, PageQueue, Unavailable

SOONEST, LATEST = 5, 120  # s


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A message as the queue handed it over, for the ``times``-th time."""

    message_id: str
    receipt: str
    times: int


def come_again(deps: Deps, queue: EventQueue | PageQueue, handles: Sequence[Handle]) -> list[str]:
    """The ids of messages that come again, soon; with the queue's time-out where it can't be told so."""
    if handles:
        try:
            queue.come_again([(handle.receipt, pause(handle.times)) for handle in handles])
        except Unavailable as fault:
            deps.journal.fault(
                "redelivery", f"{fault}; they come again with the queue's time-out", messages=len(handles)
            )
    return [handle.message_id for handle in handles]


def pause(times: int) -> int:
    """Seconds until a message that was handed over so often comes again."""
    return min(SOONEST * 2 ** min(times - 1, 10), LATEST)
