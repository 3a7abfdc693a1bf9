"""What the author of a reply wrote, apart from what it quotes and from signatures.

Laws: what stands above the quoted message counts; among marked (``>``) quotes, what lies between two, and below the
last where nothing but a greeting is above, or where a command is there. What may be somebody else's is nobody's: below
an unmarked quotation nothing counts. The work is bounded: so many characters, so many lines.
"""

import re
from collections.abc import Sequence
from email.message import Message

from shared.domain.answer import Word, read_answer
from shared.sources.mail.phrases import GREETING
from shared.sources.mail.quotation import QUOTED, RULE, introduced_at, quotation
from shared.sources.mail.reading import text_of
from shared.sources.mail.signatures import SENT_FROM, of_a_device

TEXT_MAX, LINES_MAX = 100_000, 2_000  # characters, lines: people write less, and what is new stands at the top
WRAPPED = 60  # characters of a quoted line that a mail program may have broken
SIGNATURE = re.compile(r"\s{0,2}(?:-- ?|—|–)\s*")
PGP = re.compile(r"-{5}BEGIN PGP SIGNED MESSAGE-{5}\s*\n(?:[\w-]{1,20}: .{0,100}\n){0,9}\s*\n")
PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
UNSEEN = dict.fromkeys(
    map(
        ord,
        "\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u180e\u034f\xad",
    )
) | {0xA0: " "}


def written(message: "Message[str, str]") -> str:
    """What the author of a mail wrote.

    By its plain text; where that shows no quotation, and the HTML, which marks one in any language, has only the
    beginning of the same, by the HTML.
    """
    plain = text_of(message)
    new = new_text(plain)
    if quotes(plain) or not message.is_multipart():
        return _without_marked(new)
    shown = _without_marked(new_text(text_of(message, as_shown=True)))
    words = shown.split()
    return shown if words and new.split()[: len(words)] == words else new


def _without_marked(text: str) -> str:
    """In a reply, marked lines between somebody's words are the message's that it answers."""
    kept = "\n".join(line for line in text.split("\n") if not QUOTED.match(line))
    return re.sub(r"\n{3,}", "\n\n", kept).strip("\n") if len(kept) < len(text) else text


def new_text(text: str) -> str:
    """The words that are the author's own; empty where nothing is new."""
    lines = _lines(text)
    found = quotation(lines)
    if found is None:
        return _own(_without_last_quote(lines))
    above = _own(_without_last_quote(lines[: found.start]))
    if not found.marked:
        return above
    between, below = _among_quotes(lines[found.below :])
    answered = [own for part in between if (own := _own(part))]
    parts = [above, *answered]
    last = _own(below)
    if not above or answered or GREETING.fullmatch(above) or read_answer(last).word not in (None, Word.NOTE):
        parts.append(last)
    return "\n\n".join(part for part in parts if part)


def quotes(text: str) -> bool:
    """Whether it shows that it quotes a message."""
    lines = _lines(text)
    return any(QUOTED.match(line) for line in lines) or quotation(lines) is not None


def _lines(text: str) -> list[str]:
    text = text[:TEXT_MAX].replace("\r\n", "\n").replace("\r", "\n").translate(UNSEEN)
    return PGP.sub("", text, count=1).split("\n")[:LINES_MAX]


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
        elif introduced_at(lines, place):
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
        if SIGNATURE.fullmatch(line) or line.startswith(PGP_SIGNATURE):
            break
        if of_a_device(line):
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
