"""What can go wrong in words: each message states the fault, its consequence and the remedy.

Everything else that is raised is a bug, and fails loudly.
"""

from collections.abc import Sequence


class TocsinError(Exception):
    """The root: an expected fault, told to whoever caused it."""


class MessageError(TocsinError):
    """A message from outside that can't be understood. ``errors`` lists every fault at once."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


class ConfigError(TocsinError):
    """A configuration that can't be read or referenced."""


class Refused(TocsinError):
    """A command that the incident's state doesn't allow; the text is its reason."""


class Conflict(TocsinError):
    """Somebody else wrote first: read again and decide again."""


class NotFound(TocsinError):
    """What was asked for is not there."""
