"""Texts that are equal but for their case, as EventBridge sees it.

Laws: each character of the pattern may be written in its lower or its upper case, which may be longer than it (``ß``,
``SS``); nothing else is folded, so the relation isn't symmetric. The time is linear in the text.

https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/input/EqualsIgnoreCaseParser.java
"""

from collections.abc import Callable, Sequence

Spellings = Sequence[tuple[str, ...]]
Test = Callable[[str], bool]


def equals(wanted: str) -> Test:
    if wanted.isascii():
        folded = wanted.lower()
        return lambda text: len(text) == len(folded) and text.isascii() and text.lower() == folded
    spelt = _spellings(wanted)
    return lambda text: len(text) in _reached(text, spelt)


def begins(wanted: str) -> Test:
    if wanted.isascii():
        plain, size = equals(wanted), len(wanted)
        return lambda text: plain(text[:size])
    spelt = _spellings(wanted)
    return lambda text: bool(_reached(text, spelt))


def ends(wanted: str) -> Test:
    if wanted.isascii():
        plain, size = equals(wanted), len(wanted)
        return lambda text: plain(text[max(len(text) - size, 0) :])
    backwards = [tuple(one[::-1] for one in each) for each in reversed(_spellings(wanted))]
    return lambda text: bool(_reached(text[::-1], backwards))


def _spellings(wanted: str) -> Spellings:
    return [tuple(dict.fromkeys((char.lower(), char.upper()))) for char in wanted]


def _reached(text: str, spelt: Spellings) -> set[int]:
    """Where in ``text`` the spellings may have come to an end."""
    places = {0}
    for each in spelt:
        places = {place + len(one) for place in places for one in each if text.startswith(one, place)}
        if not places:
            break
    return places
