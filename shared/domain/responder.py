"""Somebody who was asked to help with an incident, beside the people of its level.

Laws: a responder is paged by their rules as they were when they were added, until they say anything at all on the
incident, until it is resolved, or until none of their methods works. Whoever they are, the incident's status stays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from shared.domain.directory import Urgency
from shared.domain.instants import Instant

RESPONDERS_MAX = 50  # of one incident: each is a part of its item, which every change writes


class ResponderState(StrEnum):
    WAITING = "waiting"  # for their answer
    ANSWERED = "answered"
    UNREACHED = "unreached"  # every method of theirs failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    number: int  # from 1
    user: str
    added_at: Instant  # their rules' delays count from here
    urgency: Urgency  # whose rules they are paged by
    directory: int  # the version of the directory that has these rules
    state: ResponderState = ResponderState.WAITING

    @property
    def entry(self) -> str:
        """What stands for the level entry in their pages."""
        return f"R{self.number}"

    @property
    def waiting(self) -> bool:
        return self.state is ResponderState.WAITING


def answered(responders: Iterable[Responder], user: str | None) -> tuple[Responder, ...]:
    """``responders`` once ``user`` has been heard of."""
    return tuple(replace(r, state=ResponderState.ANSWERED) if r.user == user and r.waiting else r for r in responders)


def unreached(responders: Iterable[Responder], number: int | None) -> tuple[Responder, ...]:
    return tuple(replace(r, state=ResponderState.UNREACHED) if r.number == number else r for r in responders)


def waiting(responders: Iterable[Responder]) -> tuple[Responder, ...]:
    return tuple(responder for responder in responders if responder.waiting)
