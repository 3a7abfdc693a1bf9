"""What became of one event rule when it was tried on an event: the timeline and `route` tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrace:
    """One rule that was tried on an event, and what came of it."""

    rule: str
    matched: bool
    because: str
