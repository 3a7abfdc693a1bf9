"""The command's own frame: the application, and the options that several commands have."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, TypeVar

from cyclopts import App, Parameter

from cli import console
from cli.console import Failed
from shared.domain.instants import Instant, parse_duration, parse_instant

T = TypeVar("T")

app = App(
    name="tocsin",
    help="On-call and incident response in your own AWS account.",
    version_flags=[],
    result_action="return_value",
)

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="JSON on stdout, and nothing else.")]
At = Annotated[str | None, Parameter(help="An instant, 2026-01-05T09:00Z; now, if left out.")]
Source = Annotated[
    str | None, Parameter(help="Who speaks: EVENT is that vendor's message; else an Events API v2 body.")
]
File = Annotated[str, Parameter(allow_leading_hyphen=True, help="A file; - is standard input.")]
On = Annotated[str | None, Parameter(name="--deployment", help="`local`, or an AWS PROFILE:REGION.")]


def instant(text: str | None) -> Instant:
    """What ``--at`` says; now, if it was left out. Raises Failed."""
    from shared.wiring import now

    return now() if text is None else option(parse_instant, text, "--at")


def duration(text: str, name: str) -> timedelta:
    """Raises Failed, naming the option."""
    return option(parse_duration, text, name)


def option(read: Callable[[str], T], text: str, name: str) -> T:
    """What ``read`` makes of an option. Raises Failed, naming it."""
    try:
        return read(text)
    except ValueError as fault:
        raise Failed(f"{name}: {fault}", code=console.WRONG_USAGE) from None
