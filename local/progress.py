"""How long work tells where it is."""

from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    def step(self, what: str, /) -> AbstractContextManager[None]:
        """Held while ``what`` is being done. One step at a time."""
        ...
