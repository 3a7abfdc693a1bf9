"""A fault at one AWS call: what a port does is counted, and at a chosen count something happens before or after it.

``Crash`` is the end of a function in the middle of its work: no handler of ours may hold it up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shared.domain.directory import Medium
from shared.flow.channel import Channel, Notice, OutcomeUnknown, SendFailed
from shared.flow.ports import Deps, Unavailable

PORTS = (
    "incidents",
    "changes",
    "directory",
    "events",
    "pages",
    "executions",
    "mail",
    "raw",
    "alarms",
    "replies",
    "contacts",
)


class Crash(BaseException):
    """The function's time is over, or its host is gone."""


class Mode(StrEnum):
    """What goes wrong with a call."""

    DIES_BEFORE = "dies before"
    DIES_AFTER = "dies after"
    IS_REFUSED = "is refused"  # it took no effect, and says so
    LOSES_ITS_ANSWER = "loses its answer"  # it took effect, and nobody hears of it


@dataclass(slots=True)
class Calls:
    """Every call of a port, by its name; ``meet`` is asked before and after each."""

    made: list[str] = field(default_factory=list[str])
    meet: "Callable[[int, str, Callable[[], Any]], Any] | None" = None

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.made.append(name)
        return self.meet(len(self.made), name, call) if self.meet else call()


class Watched:
    """A port whose calls are counted."""

    def __init__(self, name: str, port: Any, calls: Calls) -> None:
        self._name, self._port, self._calls = name, port, calls

    def __getattr__(self, method: str) -> Any:
        return lambda *given, **named: self._calls(
            f"{self._name}.{method}", lambda: getattr(self._port, method)(*given, **named)
        )


class WatchedChannel:
    """A channel whose sends are counted."""

    def __init__(self, medium: Medium, channel: Channel, calls: Calls) -> None:
        self._medium, self._channel, self._calls = medium, channel, calls
        self.can = channel.can

    def send(self, notice: Notice) -> str:
        return self._calls(f"{self._medium}.send", lambda: self._channel.send(notice))


def watched(deps: Deps, calls: Calls) -> Deps:
    """``deps`` with every call that would go to AWS counted."""
    channels: Mapping[Medium, Any] = {m: WatchedChannel(m, c, calls) for m, c in deps.channels.items()}
    ports = {name: Watched(name, getattr(deps, name), calls) for name in PORTS}
    return replace(deps, channels=channels, **ports)  # type: ignore[arg-type]


def at(number: int, mode: Mode) -> "Callable[[int, str, Callable[[], Any]], Any]":
    """Call ``number`` goes wrong in that way; all others go well."""
    return at_each({number: mode})


def at_each(modes: Mapping[int, Mode]) -> "Callable[[int, str, Callable[[], Any]], Any]":
    """The calls of those numbers go wrong in those ways."""

    def meet(count: int, name: str, call: Callable[[], Any]) -> Any:
        return wrong(modes[count], name, call) if count in modes else call()

    return meet


def wrong(mode: Mode, name: str, call: Callable[[], Any]) -> Any:
    """``call``, gone wrong: a send whose answer is lost is an unknown outcome, any other call a service that's away."""
    if mode is Mode.DIES_BEFORE:
        raise Crash(name)
    if mode in (Mode.DIES_AFTER, Mode.LOSES_ITS_ANSWER):
        call()
    if mode is Mode.DIES_AFTER:
        raise Crash(name)
    if not name.endswith(".send"):
        raise Unavailable(f"{name} {mode}")
    raise (SendFailed if mode is Mode.IS_REFUSED else OutcomeUnknown)(f"{name} {mode}")
