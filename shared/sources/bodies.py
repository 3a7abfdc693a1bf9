"""Bytes from anyone become JSON that is harmless, in bounded time and memory, or are refused with a reason.

Laws: nothing is parsed before its size, its depth and its number of values are known to be small. What comes out can
be written again, as JSON and as UTF-8: no NaN, no infinity, no lone surrogate, no number longer than a table holds.
Of a key that occurs twice the last counts.
"""

import json
import re
import zlib
from array import array
from itertools import accumulate
from math import isfinite
from typing import Any, cast

from shared.domain.errors import MessageError

MAX_BODY = 524_288  # bytes, as received and inflated: the Events API's limit of 512 KB
MAX_DEPTH = 64  # no sender is known to nest deeper than 20
MAX_VALUES = 10_000  # in 512 KB; keeps the parser under 5 ms
MAX_DIGITS = 38  # of a number: DynamoDB's precision

NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
STEPS = bytes.maketrans(b"[]{}", b"\x01\xff\x01\xff")  # one deeper, one back: +1 and -1 as signed bytes
ODD_NUMBER = re.compile(rb"\d{%d}|\d[eE]" % (MAX_DIGITS + 1))  # perhaps too long, or without end
NOT_JSON = "JSON parse error"


class TooLarge(MessageError):
    """More bytes than a body may have: 413."""


class Unrecognized(MessageError):
    """Not a JSON object: ``Unrecognized object`` in the Events API's words."""


def parse_json(body: bytes, content_encoding: str | None = None, *, largest: int = MAX_BODY) -> Any:
    """The value that ``body`` holds, of at most ``largest`` bytes. Raises TooLarge or Unrecognized."""
    plain = _inflated(body, (content_encoding or "").strip().lower(), largest)
    if len(plain) > largest:
        raise TooLarge([f"The body is larger than {largest} bytes"])
    outline = _checked_outline(plain, MAX_VALUES * largest // MAX_BODY)
    numbers: dict[str, Any] = {"parse_int": _int, "parse_float": _float} if ODD_NUMBER.search(outline) else {}
    try:
        value = json.loads(plain.decode("utf-8-sig"), strict=False, parse_constant=str, **numbers)
    except UnicodeDecodeError as fault:
        raise Unrecognized([f"{NOT_JSON}: not UTF-8"]) from fault
    except ValueError as fault:
        raise Unrecognized([NOT_JSON]) from fault
    has_surrogates = b"\\ud" in plain or b"\\uD" in plain
    return writable(value) if has_surrogates else value


def _inflated(body: bytes, encoding: str, largest: int) -> bytes:
    if encoding in {"", "identity"} or len(body) > largest:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise Unrecognized([f"{NOT_JSON}: the content encoding {encoding[:40]!r} is unknown, send gzip or none"])
    stream = zlib.decompressobj(wbits=31)  # gzip alone, not zlib's own header
    try:
        plain = stream.decompress(body, largest + 1)
    except zlib.error as fault:
        raise Unrecognized([f"{NOT_JSON}: not gzip"]) from fault
    if not stream.eof and len(plain) <= largest:
        raise Unrecognized([f"{NOT_JSON}: the gzip stream ends early"])
    return plain


def _checked_outline(plain: bytes, most: int) -> bytes:
    """What lies outside of strings. Brackets and commas are counted in it, unparsed: the parser itself is recursive."""
    unescaped = plain.replace(b"\\\\", b"").replace(b'\\"', b"")
    if unescaped.count(b'"') <= 4 * most:  # a key and a value each
        outline = b"".join(unescaped.split(b'"')[::2])
        brackets = outline.translate(None, NOT_BRACKETS)
        if outline.count(b",") + len(brackets) // 2 <= most:
            _check_depth(brackets)
            return outline
    raise Unrecognized([f"{NOT_JSON}: more than {most} values"])


def _check_depth(brackets: bytes) -> None:
    if max(accumulate(array("b", brackets.translate(STEPS))), default=0) > MAX_DEPTH:
        raise Unrecognized([f"{NOT_JSON}: nested deeper than {MAX_DEPTH}"])


def _int(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def _float(written: str) -> float | str:
    value = float(written)
    return value if isfinite(value) else written


def writable(value: Any) -> Any:
    """Lone surrogates as the escapes they were sent as, so that two keys that differ stay two."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [writable(element) for element in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {writable(key): writable(member) for key, member in cast("dict[str, Any]", value).items()}
    return value
