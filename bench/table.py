"""What was counted and timed beside what it may be, as a table for people or JSON for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

HEADS = ("what", "measured", "at most", "", "seen elsewhere", "")
MARKS = {True: "ok", False: "OVER", None: "–"}
GREEN, RED, PLAIN = "\033[32m", "\033[31m", "\033[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``budget`` is the most, or (``at_least``) the least; ``measured`` is None where it couldn't be, for ``note``."""

    what: str
    measured: float | None
    unit: str
    budget: float | None
    at_least: bool = False
    elsewhere: str = ""
    note: str = ""

    @property
    def holds(self) -> bool | None:
        if self.measured is None or self.budget is None:
            return None
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget


def say(rows: Sequence[Row], *, as_json: bool) -> None:
    """On standard output; in colour where that is a terminal."""
    if as_json:
        print(json.dumps([{**asdict(row), "holds": row.holds} for row in rows], indent=2))
        return
    cells = [HEADS, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADS))]
    for row, line in zip([None, *rows], cells, strict=True):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        print(_coloured(text, row) if sys.stdout.isatty() else text)


def _cells(row: Row) -> tuple[str, ...]:
    least = "at least " if row.at_least else ""
    budget = "" if row.budget is None else f"{least}{_number(row.budget)} {row.unit}"
    measured = "" if row.measured is None else f"{_number(row.measured)} {row.unit}"
    return row.what, measured, budget, MARKS[row.holds], row.elsewhere, row.note


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _coloured(text: str, row: Row | None) -> str:
    if row is None or row.holds is None:
        return text
    return f"{GREEN if row.holds else RED}{text}{PLAIN}"
