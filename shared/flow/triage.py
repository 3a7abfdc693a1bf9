"""``triage``: the events of one alert key, in order → alert → routing → incident; then its escalation begins.

A message that can't be carried out is quarantined here, with an alert on ``unrouted``, so that it holds up no other.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from shared.flow import changes
from shared.flow.envelope import Delivery
from shared.flow.ports import Deps
from shared.flow.redelivery import Handle, come_again
from shared.flow.strand import Strand


def run(deps: Deps, deliveries: Sequence[Delivery]) -> list[str]:
    """The ids of the messages that must come again: of a key the first that can't be settled now, and all behind it."""
    tally: Counter[str] = Counter()
    again: list[str] = []
    for group, of_one_key in groupby(sorted(deliveries, key=lambda d: d.group), key=lambda d: d.group):
        if changes.are_changes(group):
            again += changes.run(deps, tally, list(of_one_key))
        else:
            again += Strand(deps, tally).run(list(of_one_key))
    deps.journal.summary("triage", messages=len(deliveries), again=len(again), **tally)
    handles = [Handle(message_id=d.message_id, receipt=d.receipt, times=d.times) for d in deliveries]
    return come_again(deps, deps.events, [handle for handle in handles if handle.message_id in again])
