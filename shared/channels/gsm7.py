"""The alphabet of texts: what fits one part, and how many parts a text takes.

GSM 03.38 (3GPP TS 23.038 §6.2.1): 160 characters a part, 153 in each of several; those of the extension count twice.
One character from outside turns the whole text to UCS-2: 70, and 67 in each of several.
"""

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€")
ALPHABET = BASIC | EXTENSION

ALIKE = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "`": "'", "´": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"',
        "«": '"', "»": '"', "‹": "'", "›": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...",
        "→": "->", "←": "<-", "⇒": "=>", "≥": ">=", "≤": "<=", "≠": "!=", "×": "x", "÷": "/", "·": "-", "•": "-",
        "✓": "ok", "✗": "x", "°": " deg", "µ": "u", "μ": "u", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i",
        "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d",
    }
)  # fmt: skip
UNWRITABLE_MAX = 0.2  # of a text's letters: with more of them lost, it is sent in UCS-2, and read


def writable(text: str) -> bool:
    """Whether the text says the same in the alphabet of texts; Japanese doesn't."""
    letters = sum(character.isalpha() for character in text)
    left = sum(character.isalpha() for character in written(text))
    return letters - left <= UNWRITABLE_MAX * letters


def written(text: str) -> str:
    """``text`` in the alphabet of texts, as near as it comes."""
    return "".join(_alike(character) for character in text.translate(ALIKE))


def is_gsm(text: str) -> bool:
    return ALPHABET.issuperset(text)


def parts(text: str) -> int:
    """How many parts the text takes. A character that takes two places is never divided between parts."""
    gsm = is_gsm(text)
    one, each = (160, 153) if gsm else (70, 67)
    places = [_places(character, gsm) for character in text]
    if sum(places) <= one:
        return 1
    count, free = 1, each
    for place in places:
        if place > free:
            count, free = count + 1, each
        free -= place
    return count


def _places(character: str, gsm: bool) -> int:
    if gsm:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _alike(character: str) -> str:
    """The character, its letter without marks, or nothing: a picture says nothing that the words don't."""
    if character in ALPHABET:
        return character
    plain = unicodedata.normalize("NFKD", character)
    return "".join(c for c in plain if c in ALPHABET)
