"""What is known of a contact method beside what the file says: whether it is proven, whether it works.

Laws: it belongs to one address of one person, so a changed address has to be proven anew. A code works once, for an
hour, for five guesses. What is answered from a method that isn't confirmed doesn't count; it is paged all the same.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.domain.directory import Contact, Medium
from shared.domain.instants import Instant

CODE_DIGITS = 6
CODE_LASTS = timedelta(hours=1)
GUESSES = 5  # of one in a million: then a new code has to be asked for
SAID_CODE = re.compile(r"(\d{3})[ -]?(\d{3})[\s.!]*")
OPTED_OUT = "its owner said STOP"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactState:
    """``version`` is the number of its last write, 0 before the first. ``subscription`` is what a browser gave for
    web push: its endpoint and keys."""

    user: str
    medium: Medium
    address: str
    confirmed_at: Instant | None = None
    code: str | None = None  # the SHA-256 of the code that was sent
    code_until: Instant | None = None
    guesses: int = 0
    asked: str | None = None  # what its owner wanted done before it was confirmed: ``ack 17``
    broken_at: Instant | None = None
    broken_because: str | None = None
    worked_at: Instant | None = None  # when something arrived by it after it had been broken
    told_at: Instant | None = None  # when its person heard, by another method, that it is broken
    subscription: Mapping[str, str] = field(default_factory=dict[str, str])
    version: int = 0

    @property
    def confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def broken(self) -> bool:
        return self.broken_at is not None

    def after_writing(self) -> "ContactState":
        return replace(self, version=self.version + 1)


Change = Callable[[ContactState], ContactState]


def unknown(user: str, contact: Contact) -> ContactState:
    """Of a method that nothing is written of."""
    return ContactState(user=user, medium=contact.medium, address=contact.address)


def with_code(state: ContactState, code: str, now: Instant) -> ContactState:
    """``state`` once ``code`` is sent; an older code works no more."""
    return replace(state, code=_hash(state, code), code_until=now + CODE_LASTS, guesses=0, asked=None)


def code_by_request(state: ContactState, code: str, asked: str | None, now: Instant) -> ContactState:
    """``state`` once ``code`` is sent because a message came from it: whoever forges its sender has no more guesses by
    asking again."""
    spent = state.guesses + 1 if code_lives(state, now) else 0
    return replace(with_code(state, code, now), guesses=spent, asked=asked)


def code_lives(state: ContactState, now: Instant) -> bool:
    """A code is out, and may still be said."""
    return state.code is not None and state.code_until is not None and now < state.code_until


def is_spent(state: ContactState, now: Instant) -> bool:
    """A code is out, and all guesses are used up."""
    return code_lives(state, now) and state.guesses >= GUESSES


def said_code(text: str) -> str | None:
    """The six digits of the first line that is nothing but a code: ``482913``, ``482 913.``"""
    matches = (SAID_CODE.fullmatch(line.strip()) for line in text.splitlines())
    return next((match[1] + match[2] for match in matches if match), None)


def guess(state: ContactState, code: str, now: Instant) -> ContactState:
    """``state`` after somebody said ``code``: confirmed, or one guess poorer."""
    if state.code is None or not code_lives(state, now) or state.guesses >= GUESSES:
        return state
    if hmac.compare_digest(state.code, _hash(state, code)):
        return confirmed(state, now)
    return replace(state, guesses=state.guesses + 1)


def confirmed(state: ContactState, now: Instant) -> ContactState:
    """It is its person's, and it works. What was asked before is for whoever takes the code to do."""
    return replace(working(state), confirmed_at=now, code=None, code_until=None, guesses=0, asked=None)


def broken(state: ContactState, because: str, at: Instant) -> ContactState:
    """It doesn't work any more: since the first time that this was heard; old news where it worked after ``at``.

    A browser that took a push no more has to subscribe anew.
    """
    worked = [since for since in (state.worked_at, state.confirmed_at) if since is not None]
    if state.broken or any(since > at for since in worked):
        return state
    return replace(state, broken_at=at, broken_because=because, told_at=None, subscription={})


def told(state: ContactState, now: Instant) -> ContactState:
    return replace(state, told_at=now) if state.broken and state.told_at is None else state


def worked(state: ContactState, at: Instant) -> ContactState:
    """``state`` once something arrived by it, or came from it, at ``at``. Written down only where it was broken."""
    if state.broken_at is None or at < state.broken_at:
        return state
    return replace(working(state), worked_at=at)


def working(state: ContactState) -> ContactState:
    """It works again: what was heard of it before is over."""
    return replace(state, broken_at=None, broken_because=None, told_at=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Texted:
    """One incident of which a number was texted, and the last time."""

    number: int
    incident: str
    user: str
    at: Instant


def _hash(state: ContactState, code: str) -> str:
    return hashlib.sha256(f"{state.user}\0{state.medium}\0{state.address}\0{code}".encode()).hexdigest()
