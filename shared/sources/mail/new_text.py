"""What the author of a reply wrote, apart from what it quotes and from signatures.

Laws: what stands above the quoted message counts; among marked (``>``) quotes, what lies between two, and below the
last where nothing but a greeting is above. What may be somebody else's is nobody's: below an unmarked quotation nothing
counts. The work is bounded: so many characters and lines, ``JOINED_MAX`` lines for an attribution.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from shared.domain.answer import HEADLINE
from shared.sources.mail.phrases import (
    DEVICES,
    FROM_LABELS,
    GREETING,
    INTRODUCTIONS,
    ORIGINAL_MESSAGE,
    SENT_FROM,
    TO_LABELS,
    WHEN_OR_WHAT_LABELS,
    WROTE,
)

TEXT_MAX, LINES_MAX = 100_000, 2_000  # characters, lines: people write less, and what is new stands at the top
JOINED_MAX = 4  # lines that mail programs break an attribution into
HEADERS_MAX = 8  # lines of a quoted message's headers that are looked at
ATTRIBUTION_MAX = 600  # characters of those together
WRAPPED = 60  # characters of a quoted line that a mail program may have broken

QUOTED = re.compile(r"\s{0,3}>")
MARKS = re.compile(r"(?:\s{0,3}[>|])*\s*")
ADDRESS = re.compile(r"(?:<|&lt;|\[mailto:|mailto:|\s|^)[^\s<>@]{1,100}@[^\s<>@]{1,200}", re.IGNORECASE)
DATE = re.compile(r"\b(?:19|20)\d\d\b|(?:19|20)\d\d年|\d{1,2}[:.h]\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
BEGINS_WITH_DATE = re.compile(
    r"""\W{0,4}(?:
        \d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b        # 2026-11-23, 23.11.2026, 11/23/26
        |\d{4}\s?[年년]                          # 2026年11月23日
        |\d{1,2}[:.]\d{2}\s?(?:[AP]M)?\W         # 11:00 AM, November 17
        |\d{1,2}\.?\s+[^\W\d]{3,12}\.?,?\s+\d{4}  # 23 November 2026, 20 окт. 2016
        |[^\W\d]{2,14}\.?,?\s+\d{1,2}\.?\s       # Monday, 23 November; pe 20. lokakuuta
        |[^\W\d]{2,14}\.?,?\s+[^\W\d]{3,12}\.?\s+\d{1,2}\b  # Monday, November 23
    )""",
    re.VERBOSE | re.IGNORECASE,
)
BEGINS_WITH_NAME = re.compile(r"[^<>@:]{1,60}(?:<|&lt;)[^\s<>@]{1,100}@[^\s<>@]{1,200}")
OLD_GMAIL = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2}(?: GMT[+-]\d{1,2}:\d{2})?)?,? \S.{0,100}")
LABEL = re.compile(r"[*_]{0,2}([^\W\d_][^:：*\n]{0,29}?)[*_]{0,2}\s?[:：]")
RULE = re.compile(r"\s*[*_]?[-_=—]{5,}[*_]?\s*")
UNDERSCORES = re.compile(r"\s*_{10,}\s*")  # above a list's footer, or Outlook's quotation
SIGNATURE = re.compile(r"\s{0,2}(?:-- ?|—)\s*")


UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\xad")) | {
    0xA0: " "
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Where a quotation begins, its first line after what introduces it, and whether its lines are marked."""

    start: int
    below: int
    marked: bool


def new_text(text: str) -> str:
    """The words that are the author's own; empty where nothing is new."""
    lines = text[:TEXT_MAX].replace("\r\n", "\n").replace("\r", "\n").translate(UNSEEN).split("\n")[:LINES_MAX]
    found = _quotation(lines)
    if found is None:
        return _own(_without_last_quote(lines))
    above = _own(_without_last_quote(lines[: found.start]))
    if not found.marked:
        return above
    between, below = _among_quotes(lines[found.below :])
    parts = [above, *(_own(part) for part in between)]
    if not above or GREETING.fullmatch(above):
        parts.append(_own(below))
    return "\n\n".join(part for part in parts if part)


def _quotation(lines: Sequence[str]) -> Quotation | None:
    """The first thing that introduces a quoted message."""
    found = (_introduced_at(lines, place) for place in range(len(lines)))
    return next((quotation for quotation in found if quotation), None)


def _introduced_at(lines: Sequence[str], place: int) -> Quotation | None:
    line = lines[place]
    bare, marked = _bare(line), bool(QUOTED.match(line))
    if not bare:
        return None
    if HEADLINE.match(bare):
        return Quotation(start=place, below=place, marked=marked)
    if ORIGINAL_MESSAGE.fullmatch(bare) or UNDERSCORES.fullmatch(line):
        return Quotation(start=place, below=place + 1, marked=marked)
    if _heads(lines, place):
        return Quotation(start=_with_rule(lines, place), below=place + 1, marked=marked)
    below = _below_attribution(lines, place, min(place + JOINED_MAX, len(lines)))
    if below is None:
        return None
    following = next((after for after in islice(lines, below, None) if after.strip()), "")
    return Quotation(start=place, below=below, marked=marked or bool(QUOTED.match(following)))


def _bare(line: str) -> str:
    """The line without quotation marks."""
    return MARKS.sub("", line, count=1).strip() if line[:1] in "> |\t" else line.strip()


# an attribution: On Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:


def _below_attribution(lines: Sequence[str], place: int, end: int) -> int | None:
    """The line after the attribution that begins at ``place``; None where none does, or a shorter one further down."""
    if not _may_begin(_bare(lines[place])):
        return None
    joined = ""
    for last in range(place, end):
        bare = _bare(lines[last])
        if not bare or (last > place and _below_attribution(lines, last, end)):
            return None
        joined = f"{joined} {bare}".strip()
        if len(joined) > ATTRIBUTION_MAX:
            return None
        if _attributes(joined):
            return last + 1
    return None


def _may_begin(bare: str) -> bool:
    line = bare.lstrip("-* ")
    introduced = INTRODUCTIONS.match(line) and any(character.isdigit() for character in line)
    return bool(introduced or BEGINS_WITH_DATE.match(line) or BEGINS_WITH_NAME.match(line))


def _attributes(joined: str) -> bool:
    """Somebody wrote at some time: in words, or by address, date and colon."""
    line = joined.strip("-* ")
    closed = line.endswith((":", "："))
    address, date, verb = ADDRESS.search(line), DATE.search(line), WROTE.search(line)
    if verb and (closed or verb.end() == len(line)):
        return bool(address or date)
    if closed and address and date:
        return True
    return bool(OLD_GMAIL.fullmatch(line) and ("GMT" in line or line.endswith(">")))


# a block of headers: From:, Sent:, To:, Subject:


def _heads(lines: Sequence[str], place: int) -> bool:
    """Whether a quoted message's headers begin at ``place``: who wrote, and when or what about."""
    first = _label(lines[place])
    if first not in FROM_LABELS and first not in WHEN_OR_WHAT_LABELS and first not in TO_LABELS:
        return False
    block = {_label(line) for line in takewhile(_bare, lines[place : place + HEADERS_MAX])}
    when_or_what = block & WHEN_OR_WHAT_LABELS
    if first in FROM_LABELS:
        return bool(when_or_what - {first})
    return bool(block & FROM_LABELS) and len(when_or_what | block & TO_LABELS) > 1


def _label(line: str) -> str:
    match = LABEL.match(_bare(line))
    return match[1].strip().casefold() if match else ""


def _with_rule(lines: Sequence[str], place: int) -> int:
    """The line drawn above the headers belongs to them."""
    above = next((p for p in range(place - 1, max(place - 4, -1), -1) if lines[p].strip()), None)
    return above if above is not None and RULE.fullmatch(lines[above]) else place


# the author's own lines


def _without_last_quote(lines: Sequence[str]) -> list[str]:
    """Marked lines at the end are the quoted message; those between somebody's words are part of what they say."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or QUOTED.match(lines[end - 1])):
        end -= 1
    return list(lines[:end])


def _among_quotes(lines: Sequence[str]) -> tuple[list[list[str]], list[str]]:
    """What isn't marked, between the marked quotes and below the last; without what a program broke out of a quote."""
    between: list[list[str]] = []
    own: list[str] = []
    before = ""
    for place, line in enumerate(lines):
        if QUOTED.match(line):
            between, own = ([*between, own] if own else between), []
        elif _introduced_at(lines, place):
            break
        elif line.strip() and QUOTED.match(before) and len(before) >= WRAPPED:
            continue
        else:
            own.append(line)
        before = line
    return between, own


def _own(lines: Sequence[str]) -> str:
    """Without signatures: everything from ``-- `` on, and what a device or program says of itself."""
    kept: list[str] = []
    for line in lines:
        if SIGNATURE.fullmatch(line):
            break
        if DEVICES.match(line.strip()):
            if any(k.strip() for k in kept):
                break
            continue
        kept.append(line.rstrip())
    while kept and (not kept[-1] or RULE.fullmatch(kept[-1]) or _last_word_of_a_device(kept)):
        kept.pop()
    while kept and not kept[0]:
        kept.pop(0)
    return "\n".join(kept)


def _last_word_of_a_device(lines: Sequence[str]) -> bool:
    return len(lines) > 1 and not lines[-2] and SENT_FROM.match(lines[-1]) is not None
