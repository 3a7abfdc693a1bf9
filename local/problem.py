"""What can go wrong on this machine, in words: the fault, its consequence, the remedy."""

from pathlib import Path

from shared.domain.errors import TocsinError

LAST_LINES = 15  # of a log: enough to hold the cause, few enough to be read


class LocalError(TocsinError):
    """The local system can't do what was asked; the message is all there is to say."""


def with_log(message: str, log: Path) -> LocalError:
    """``message`` with the last lines of ``log``, and where the rest is."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").rstrip().splitlines()[-LAST_LINES:]
    except FileNotFoundError:
        lines = []
    said = "".join(f"\n    {line}" for line in lines)
    return LocalError(f"{message}{said}\n  All of it: {log}")
