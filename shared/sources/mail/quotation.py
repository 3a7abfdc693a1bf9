"""Where the quoted message begins in the lines of a mail, whatever program quoted it, in whatever language.

Laws: it is introduced by who wrote when (an attribution), by the quoted message's headers, by a line that announces it,
or by the first line of our own page. A form that no list of words knows counts where marked (``>``) lines follow. A few
lines are looked at for each: the work is bounded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from shared.domain.answer import HEADLINE
from shared.sources.mail.phrases import (
    BETWEEN_DASHES,
    FROM_LABELS,
    INTRODUCTIONS,
    ORIGINAL,
    ORIGINAL_MESSAGE,
    QUOTING,
    SAID,
    TO_LABELS,
    WHEN_OR_WHAT_LABELS,
    WROTE,
)

JOINED_MAX = 5  # lines that mail programs break an attribution into
HEADERS_MAX = 10  # lines of a quoted message's headers that are looked at
ATTRIBUTION_MAX = 600  # characters of those together
SHORT = 60  # characters of an attribution that has neither address nor date: Tocsin wrote:

QUOTED = re.compile(r"\s{0,3}[>＞]")
MARKS = re.compile(r"(?:\s{0,3}[>＞|])*\s*")
ADDRESS = re.compile(r"(?:<|&lt;|\[mailto:|mailto:|\s|^)[^\s<>@]{1,100}@[^\s<>@]{1,200}", re.IGNORECASE)
DATE = re.compile(r"\b(?:19|20)\d\d\b|(?:19|20)\d\d年|\d{1,2}[:.h]\d{2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
BEGINS_WITH_DATE = re.compile(
    r"""\W{0,4}(?:
        \d{1,4}[./-]\s?\d{1,2}[./-]\s?\d{1,4}\b  # 2026-11-23, 23.11.2026, 11/23/26, 2026. 11. 23., 23. 11. 2026
        |(?:[^\W\d]{2,14}\.?,?\s+)?\d{4}\s?[年년]  # 2026年11月23日; 星期一, 2026年11月23日
        # 2026. nov. 23.; pirmd., 2026. g. 23. nov.
        |(?:[^\W\d]{2,14}\.?,?\s+)?\d{4}\.\s+(?:[^\W\d]{1,3}\.\s+\d{1,2}\.|[^\W\d]{3,14}\.?\s+\d{1,2}\b)
        |\d{1,2}[:.]\d{2}\s?(?:[AP]M)?\W         # 11:00 AM, November 17
        |\d{1,2}\.?\s+[^\W\d]{3,12}\.?,?\s+\d{4}  # 23 November 2026, 20 окт. 2016
        |[^\W\d]{2,14}\.?,?\s+\d{1,2}\.?\s       # Monday, 23 November; pe 20. lokakuuta
        |[^\W\d]{2,14}\.?,?\s+[^\W\d]{3,12}\.?\s+\d{1,2}\b  # Monday, November 23
        |[^\W\d]{3,12}\.?\s+\d{1,2},\s+\d{4}\b  # Nov 23, 2026, 04:15 by …
    )""",
    re.VERBOSE | re.IGNORECASE,
)
BEGINS_WITH_TIME = re.compile(r"\W{0,2}\d{1,2}[:.]\d{2}\b")
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)")
TIME = re.compile(r"(?<!\d)\d{1,2}[:.h∶]\s?\d{2}(?!\d)")
WROTE_THEN = re.compile(rf"[^.!?:]{{1,40}}?{WROTE.pattern}(?=.{{0,40}}$)", re.IGNORECASE)
BETWEEN_LONG_DASHES = re.compile(r"-{2,}\s*\S.{5,300}\S\s*-{2,}")
BEGINS_WITH_NAME = re.compile(r"[^<>@:]{0,60}(?:<|&lt;)[^\s<>@]{1,100}@[^\s<>@]{1,200}")
EMPHASIS = "*_# "  # what programs make of bold letters and of a heading
BRACKETED = re.compile(r"<[^\s<>@]{1,100}@[^\s<>@]{1,200}>")
OLD_GMAIL = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2}(?: GMT[+-]\d{1,2}:\d{2})?)?,? \S.{0,100}")
GROUPWISE = re.compile(r"\s{0,3}>>>\s.{1,200}\s>>>\s*")
LABEL = re.compile(r"[*_]{0,2}([^\W\d_][^:：*|\n]{0,29}?)[*_]{0,2}\s{0,3}[:：|]")
HEADERS_WITHOUT_WORDS = 4  # lines of labels, with an address and a time, are headers in any language
RULE = re.compile(r"\s*[*_]?[-_=—]{3,}[*_]?\s*")
UNDERSCORES = re.compile(r"\s*_{10,}\s*")  # above a list's footer, or Outlook's quotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Where a quotation begins, its first line after what introduces it, and whether its lines are marked."""

    start: int
    below: int
    marked: bool


def quotation(lines: Sequence[str]) -> Quotation | None:
    """The first thing that introduces a quoted message."""
    found = (introduced_at(lines, place) for place in range(len(lines)))
    return next((first for first in found if first), None)


def introduced_at(lines: Sequence[str], place: int) -> Quotation | None:
    line = lines[place]
    bare, marked = _bare(line), bool(QUOTED.match(line))
    if not bare:
        return None
    if HEADLINE.match(bare.lstrip(EMPHASIS)):
        return Quotation(start=_with_words_above(lines, place), below=place, marked=marked)
    if GROUPWISE.fullmatch(line):
        return Quotation(start=place, below=place + 1, marked=False)
    if _announced(bare) or UNDERSCORES.fullmatch(line):
        return Quotation(start=place, below=place + 1, marked=marked)
    if BETWEEN_DASHES.fullmatch(bare) and _announces(lines, place):
        return Quotation(start=place, below=place + 1, marked=marked)
    if _heads(lines, place):
        return Quotation(start=_with_rule(lines, place), below=place + 1, marked=marked)
    below = _below_attribution(lines, place, min(place + JOINED_MAX, len(lines)))
    if below is None:
        return None
    return Quotation(
        start=_with_name(lines, place), below=below, marked=marked or bool(QUOTED.match(_following(lines, below)))
    )


def _announced(bare: str) -> bool:
    """By ``-------- Original message --------``, also where the headers follow on the same line."""
    line = ORIGINAL_MESSAGE.match(bare)
    return line is not None and (line.end() == len(bare) or _label(bare[line.end() :]) in FROM_LABELS)


def _announces(lines: Sequence[str], place: int) -> bool:
    return bool(_label(_following(lines, place + 1))) and any("@" in line for line in lines[place : place + JOINED_MAX])


def _following(lines: Sequence[str], place: int) -> str:
    """The next line that isn't empty."""
    return next((after for after in islice(lines, place, place + 6) if after.strip()), "")


def _with_words_above(lines: Sequence[str], place: int) -> int:
    """What stands right above our own page and ends with a colon says who wrote it, in whatever language."""
    above = next((p for p in range(place - 1, max(place - 4, -1), -1) if lines[p].strip()), None)
    if above is None or not _closed(_bare(lines[above])):
        return place
    says_who_or_when = any(words.search(lines[above]) for words in (ADDRESS, DATE, WROTE))
    return above if says_who_or_when else place


def _bare(line: str) -> str:
    """The line without quotation marks."""
    return MARKS.sub("", line, count=1).strip() if line[:1] in ">＞ |\t" else line.strip()


# an attribution: On Mon, 23 Nov 2026 at 04:15, Tocsin <tocsin@acme.example> wrote:


def _below_attribution(lines: Sequence[str], place: int, end: int) -> int | None:
    """The line after the attribution that begins at ``place``; None where none does, or a shorter one further down."""
    first = _bare(lines[place])
    introduced, told = _may_begin(first), WROTE_THEN.match(first.lstrip("-* "))
    if not introduced and not _tells_of_somebody(first):
        return None
    joined = ""
    for last in range(place, end):
        bare = _bare(lines[last])
        joined = f"{joined} {bare}".strip()
        if not bare or len(joined) > ATTRIBUTION_MAX:
            return None
        wholly = introduced or (told and YEAR.search(joined) and TIME.search(joined))
        if (wholly and _attributes(joined)) or _attributes_what_follows(lines, last + 1, joined):
            later = (after for after in range(place + 1, last + 1) if _begins_anew(lines, place, after))
            shorter = any(_attributes(" ".join(map(_bare, lines[after : last + 1]))) for after in later)
            return None if shorter else last + 1
    return None


def _with_name(lines: Sequence[str], place: int) -> int:
    """An attribution that begins with an address was broken behind the name, which has a line to itself then."""
    if place > 1 and BRACKETED.fullmatch(_bare(lines[place - 1])):
        place -= 1
    broken = _bare(lines[place]).startswith("<") and place > 0 and _bare(lines[place - 1])
    return place - 1 if broken and (place == 1 or not _bare(lines[place - 2])) else place


def _begins(bare: str) -> bool:
    """With a word or a date as attributions do."""
    line = bare.lstrip("-* ")
    introduced = INTRODUCTIONS.match(line) and any(character.isdigit() for character in line)
    return bool(introduced or BEGINS_WITH_DATE.match(line))


def _begins_anew(lines: Sequence[str], place: int, after: int) -> bool:
    """What goes on in a new line goes on in small letters, ``at 10:18,``, with the time, or with the only date."""
    bare = _bare(lines[after])
    if not _begins(bare) or bare[0].islower() or BEGINS_WITH_TIME.match(bare):
        return False
    above = " ".join(map(_bare, lines[place:after]))
    return not bare[0].isdigit() or DATE.search(above) is not None


def _tells_of_somebody(bare: str) -> bool:
    """As the first line of an attribution does that begins with no known word: who, when, or that they wrote."""
    return any(words.search(bare) for words in (ADDRESS, YEAR, WROTE, SAID))


def _may_begin(bare: str) -> bool:
    line = bare.lstrip("-* ")
    named = BEGINS_WITH_NAME.match(line) or (QUOTING.match(line) and ADDRESS.search(line))
    return _begins(bare) or bool(named or (bare.startswith("--") and WROTE.search(line)))


def _attributes(joined: str) -> bool:
    """Somebody wrote at some time: in words, or by address, date and colon."""
    line = joined.strip("-* ")
    between_dashes = bool(BETWEEN_DASHES.fullmatch(joined) or BETWEEN_LONG_DASHES.fullmatch(joined))
    closed = _closed(line) or between_dashes
    address, date, verb = ADDRESS.search(line), DATE.search(line), WROTE.search(line)
    if verb and (closed or verb.end() == len(line)):
        says_on = re.match(r"\s?[:：]\s*\S", line[verb.end() :])
        return bool(address or date or between_dashes) and not says_on
    if closed and address and (date or QUOTING.match(line)):
        return True
    return bool(OLD_GMAIL.fullmatch(line) and ("GMT" in line or line.endswith(">")))


def _attributes_what_follows(lines: Sequence[str], below: int, bare: str) -> bool:
    """In a form, or a language, that nothing else knows; it counts where marked lines, or our page, follow."""
    if not _closed(bare) or len(bare) > ATTRIBUTION_MAX // 2:
        return False
    verb = WROTE.search(bare) or SAID.search(bare)
    says_who = (ADDRESS.search(bare) and DATE.search(bare)) or (verb and (DATE.search(bare) or len(bare) <= SHORT))
    following = _following(lines, below)
    return bool(says_who and (QUOTED.match(following) or HEADLINE.match(_bare(following).lstrip(EMPHASIS))))


def _closed(line: str) -> bool:
    return line.endswith((":", "："))


# a block of headers: From:, Sent:, To:, Subject:


def _heads(lines: Sequence[str], place: int) -> bool:
    """Whether a quoted message's headers begin at ``place``: who wrote, and when or what about."""
    first = _label(lines[place])
    if not first:
        return False
    block = list(takewhile(_bare, lines[place : place + HEADERS_MAX]))
    labels = {_label(line) for line in block}
    if first not in FROM_LABELS and first not in WHEN_OR_WHAT_LABELS and first not in TO_LABELS:
        return _headers_without_words(block)
    when_or_what = labels & WHEN_OR_WHAT_LABELS
    if first in FROM_LABELS:
        return bool(when_or_what - {first}) or _headers_without_words(block)
    known = len(when_or_what | labels & TO_LABELS) > 1
    return known and (bool(labels & FROM_LABELS) or _headers_without_words(block) or _attributes(_bare(block[-1])))


def _headers_without_words(block: Sequence[str]) -> bool:
    """The same in a language that isn't known here: labels only, an address early, a time."""
    head = list(takewhile(_label, block))
    return (
        len(head) >= HEADERS_WITHOUT_WORDS
        and any(ADDRESS.search(line) for line in head[:2])
        and any(DATE.search(line) for line in head[:3])
    )


def _label(line: str) -> str:
    match = LABEL.match(_bare(line))
    return match[1].strip().replace("\u3000", "").casefold() if match else ""


def _with_rule(lines: Sequence[str], place: int) -> int:
    """The line drawn above the headers belongs to them, and what only says that an original message follows."""
    above = next((p for p in range(place - 1, max(place - 4, -1), -1) if lines[p].strip()), None)
    announced = above is not None and (RULE.fullmatch(lines[above]) or ORIGINAL.fullmatch(_bare(lines[above])))
    return above if above is not None and announced else place
