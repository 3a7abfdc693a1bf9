"""How commands speak: colour on a terminal, plain when piped, JSON when asked; faults on stderr.

Exit codes: 0 what was asked holds, 1 the configuration or the input is at fault, 2 wrong usage.
"""

import json
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

HOLDS, AT_FAULT, WRONG_USAGE = 0, 1, 2


class Failed(Exception):
    """A command that ends with ``code``; ``lines`` are what is wrong, one finding a line."""

    def __init__(self, *lines: str, code: int = AT_FAULT) -> None:
        super().__init__("\n".join(lines))
        self.lines, self.code = lines, code


def say_json(document: Any) -> None:
    """One document on stdout, and nothing else."""
    print(json.dumps(document, indent=2, ensure_ascii=True))


def say_json_lines(objects: Sequence[Any]) -> None:
    for each in objects:
        print(json.dumps(each))


def printable(text: str) -> str:
    """Text from outside, harmless on a terminal: control characters are shown, not obeyed."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def say_line(text: str) -> None:
    """One line whatever is in it: a line break of theirs can't forge a line of ours."""
    say(text.replace("\n", "\\x0a"))


def say(text: str, style: str | None = None) -> None:
    out.print(escape(printable(text)), style=style)


def say_lines(lines: Iterable[tuple[str, str | None]]) -> None:
    for text, style in lines:
        say(text, style)


def complain(text: str) -> None:
    err.print(escape(printable(text)), style="red")


class Steps:
    """Long work, step by step: what is being done, and how long it took."""

    def __init__(self, console: Console = out) -> None:
        self._console = console

    @contextmanager
    def step(self, what: str) -> Generator[None]:
        began = time.monotonic()
        if self._console.is_terminal:
            with self._console.status(escape(what)):
                yield
        else:
            yield
        took = time.monotonic() - began
        self._console.print(f"[green]✓[/] {escape(what)} [dim]{took:.1f} s[/]")
