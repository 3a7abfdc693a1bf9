"""``tocsin replay``: an incident folded anew from its timeline, compared with the stored one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployment import Deployment
from shared.domain.errors import NotFound
from shared.domain.plain import to_plain
from shared.domain.replay import Difference, differences


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    incident: str
    entries: int
    differences: Sequence[Difference]

    @property
    def same(self) -> bool:
        return not self.differences

    def as_json(self) -> dict[str, Any]:
        told = [
            {"member": d.member, "stored": to_plain(d.stored), "folded": to_plain(d.folded)} for d in self.differences
        ]
        return {"incident": self.incident, "same": self.same, "differences": told}

    def in_words(self) -> Iterator[str]:
        if self.same:
            yield f"{self.incident} is what its timeline of {self.entries} entries tells."
            return
        yield f"{self.incident} is not what its timeline of {self.entries} entries tells:"
        for d in self.differences:
            yield f"  {d.member}: stored {to_plain(d.stored)}, the timeline tells {to_plain(d.folded)}"


def replay(deployment: Deployment, incident: str | None) -> Iterator[Replayed]:
    """The incident of that id; every one there is where it is None. Raises NotFound."""
    store = deployment.deps().incidents
    for name in store.names() if incident is None else [incident]:
        state = store.state(name)
        if state is None:
            raise NotFound(f"there is no incident {name} in {deployment.name}: name it by its id, Q and 13 characters")
        log = store.timeline(name)
        yield Replayed(incident=name, entries=len(log), differences=differences(state, log))
