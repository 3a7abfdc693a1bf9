"""Text from outside, made safe to read: nothing in it starts a line, turns the direction of writing or hides.

Laws: what these give is one line without control characters, at most as long as asked; ``one_line`` drops what can't be
seen (subjects, texts), ``shown`` makes it visible as ``\\u202e`` (bodies), so that a reader sees that it was there.
"""

import re
import unicodedata
from collections.abc import Callable

TERMINAL = re.compile(  # what colours and moves in a terminal, whole: https://ecma-international.org/publications-and-standards/standards/ecma-48/
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)"
)
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters and a pattern that show nothing
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, format (bidi, zero width), lone surrogates, separators
WORK = 8  # characters looked at for each one shown


def one_line(text: str, limit: int) -> str:
    """``text`` without what can't be seen, cut to ``limit`` characters."""
    return _line(TERMINAL.sub("", text[: limit * WORK]), limit, lambda _: "")


def shown(text: str, limit: int) -> str:
    """``text`` with what can't be seen written out, cut to ``limit`` characters."""
    return _line(text[: limit * WORK], limit, _escape)


def cut(text: str, limit: int, end: str = "…") -> str:
    """``text``, or as much of it as fits with ``end`` behind it."""
    return text if len(text) <= limit else text[: max(limit - len(end), 0)].rstrip() + end


def _line(text: str, limit: int, unseen: Callable[[str], str]) -> str:
    """Line breaks, tabs and blank letters become spaces; other unseen characters what ``unseen`` makes of them."""
    seen = "".join(_character(character, unseen) for character in text)
    return cut(" ".join(seen.split()), limit)


def _character(character: str, unseen: Callable[[str], str]) -> str:
    if character.isspace() or character in BLANK_LETTERS:
        return " "
    return unseen(character) if unicodedata.category(character) in UNSEEN else character


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
