"""A deployment under examination: what the checks of ``tocsin doctor`` look at, and what they find."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from cli.deployment import Deployment
from shared.domain.instants import Instant

LOCAL = "local"


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Patient:
    """The deployment, and what several checks look at."""

    deployment: Deployment
    now: Instant

    def client(self, service: str) -> Any:
        return self.deployment.client(service)

    @property
    def facts(self) -> Mapping[str, str]:
        return self.deployment.facts

    @cached_property
    def document(self) -> Mapping[str, Any] | None:
        """The configuration in force."""
        return self.deployment.directory().applied()[1]

    @property
    def is_local(self) -> bool:
        return self.deployment.name == LOCAL

    @property
    def redeploy(self) -> str:
        """The remedy for what is gone or otherwise than the stacks made it: a plain deployment would see no change."""
        return "tocsin down --delete, then tocsin up" if self.is_local else "cdk deploy --all --revert-drift"


Fault = tuple[Level, str, str]  # how bad, what is wrong and what comes of it, what to do
Check = Callable[[Patient], Iterator[Fault]]
