"""The proof that a timeline is the truth: the incident folded anew from it, compared with the stored one."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from shared.domain.errors import Refused
from shared.domain.incident import Incident, fold
from shared.domain.timeline import LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A member of the incident that isn't what its timeline tells."""

    member: str
    stored: Any
    folded: Any


def differences(stored: Incident, log: Sequence[LogEntry]) -> list[Difference]:
    """Empty where the stored incident is the fold of ``log``."""
    try:
        folded = fold(stored.id, log)
    except (Refused, ValueError) as fault:
        return [Difference(member="timeline", stored=f"{len(log)} entries", folded=f"can't be folded: {fault}")]
    pairs = ((f.name, getattr(stored, f.name), getattr(folded, f.name)) for f in fields(Incident))
    return [Difference(member=name, stored=there, folded=told) for name, there, told in pairs if there != told]
