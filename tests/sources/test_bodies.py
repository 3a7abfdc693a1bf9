"""Bytes from anyone: refused with a reason, or made harmless, and never slow."""

import gzip
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import MessageError
from shared.sources.bodies import MAX_BODY, MAX_DEPTH, MAX_VALUES, TooLarge, Unrecognized, parse_json

YARDSTICK = json.dumps({str(number): 1 for number in range(10_000)})
BUDGET = 3.0  # DESIGN's 5 ms, where the yardstick takes 1.7; the bench has the time itself
NOT_JSON = "JSON parse error"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def of_size(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def many_keys(count: int) -> bytes:
    return b"{" + b",".join(b'"%d":1' % n for n in range(count)) + b"}"


HARMLESS: dict[str, tuple[bytes, Any]] = {
    "at the limit": (of_size(MAX_BODY), {"a": "x" * (MAX_BODY - 8)}),
    "as deep as may be": (nested(MAX_DEPTH), json.loads(nested(MAX_DEPTH))),
    "brackets in text": (b'{"a":"' + b"[{" * 5000 + b'"}', {"a": "[{" * 5000}),
    "escaped quotes": (b'{"a":"\\\\\\"[","b":"\\\\"}', {"a": '\\"[', "b": "\\"}),
    "many keys": (many_keys(MAX_VALUES), {str(n): 1 for n in range(MAX_VALUES)}),
    "a number of 4,300 digits": (b'{"a":' + b"9" * 4300 + b"}", {"a": "9" * 4300}),
    "a number of half a million digits": (b'{"a":' + b"9" * 500_000 + b"}", {"a": "9" * 500_000}),
    "a number beyond a double": (b'{"a":[1e999,-1e999,1.5]}', {"a": ["1e999", "-1e999", 1.5]}),
    "not a number": (b'{"a":[NaN,Infinity,-Infinity]}', {"a": ["NaN", "Infinity", "-Infinity"]}),
    "a key twice": (b'{"a":1,"a":2}', {"a": 2}),
    "a lone surrogate": (b'{"\\ud800":"\\udc00x"}', {"\\ud800": "\\udc00x"}),
    "a pair of surrogates": (b'{"a":"\\ud83d\\uDE00"}', {"a": "😀"}),
    "lone surrogates only": (b'{"a":"' + b"\\ud800" * 80_000 + b'"}', {"a": "\\ud800" * 80_000}),
    "control characters": (b'{"a":"\x00\x01\n\t"}', {"a": "\x00\x01\n\t"}),
    "an escaped slash": (b'{"a":"\\/"}', {"a": "/"}),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
    "JSON in a string": (json.dumps('{"a":1}').encode(), '{"a":1}'),
    "unicode": ('{"k/ä 1":"☃"}'.encode(), {"k/ä 1": "☃"}),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", NOT_JSON),
    "text": (b"hello", NOT_JSON),
    "half an object": (b'{"a":', NOT_JSON),
    "nested one deeper than may be": (nested(MAX_DEPTH + 1), f"nested deeper than {MAX_DEPTH}"),
    "nested objects": (b'{"a":' * 500 + b"1" + b"}" * 500, f"nested deeper than {MAX_DEPTH}"),
    "nested a quarter of a million times": (nested(MAX_BODY // 2), f"more than {MAX_VALUES} values"),
    "only opened": (b"[" * 100_000, f"more than {MAX_VALUES} values"),
    "only closed": (b"]" * MAX_BODY, f"more than {MAX_VALUES} values"),
    "quotes only": (b'"' * MAX_BODY, f"more than {MAX_VALUES} values"),
    "backslashes only": (b"\\" * MAX_BODY, NOT_JSON),
    "50,000 keys": (many_keys(50_000), f"more than {MAX_VALUES} values"),
    "a quarter of a million numbers": (b"[" + b"1," * 260_000 + b"1]", f"more than {MAX_VALUES} values"),
    "empty texts": (b"[" + b'"",' * 170_000 + b"1]", f"more than {MAX_VALUES} values"),
    "empty lists": (b"[" + b"[]," * 170_000 + b"1]", f"more than {MAX_VALUES} values"),
    "Latin-1": ('{"a":"ü"}'.encode("latin-1"), "not UTF-8"),
    "a surrogate in UTF-8": (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "not UTF-8"),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_it_becomes_harmless(case: str) -> None:
    body, value = HARMLESS[case]
    assert parse_json(body) == value


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_a_reason(case: str) -> None:
    body, reason = REFUSED[case]
    with pytest.raises(Unrecognized) as refused:
        parse_json(body)
    assert refused.value.errors == (NOT_JSON if reason == NOT_JSON else f"{NOT_JSON}: {reason}",)


@pytest.mark.parametrize("size", [MAX_BODY + 1, 6_000_000])
def test_a_body_over_the_limit_is_too_large(size: int) -> None:
    with pytest.raises(TooLarge):
        parse_json(of_size(size))


@pytest.mark.parametrize("encoding", ["gzip", " GZIP ", "x-gzip"])
def test_gzip_is_inflated(encoding: str) -> None:
    assert parse_json(gzip.compress(b'{"a":1}'), encoding) == {"a": 1}


@pytest.mark.parametrize("encoding", [None, "", "identity"])
def test_no_encoding_is_none(encoding: str | None) -> None:
    assert parse_json(b'{"a":1}', encoding) == {"a": 1}


def test_gzip_inflates_to_the_limit_and_no_further() -> None:
    assert parse_json(gzip.compress(of_size(MAX_BODY)), "gzip")
    with pytest.raises(TooLarge):
        parse_json(gzip.compress(of_size(MAX_BODY + 1)), "gzip")


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b'{"a":1}', "gzip", "not gzip"),
        (gzip.compress(b'{"a":1}')[:-9], "gzip", "the gzip stream ends early"),
        (b'{"a":1}', "br", "the content encoding 'br' is unknown, send gzip or none"),
    ],
    ids=["not gzip", "cut short", "unknown encoding"],
)
def test_what_cannot_be_inflated_is_refused(body: bytes, encoding: str, reason: str) -> None:
    with pytest.raises(Unrecognized, match=reason):
        parse_json(body, encoding)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return gzip.compress(b" " * 100_000_000)


def test_a_gzip_bomb_is_refused_in_time(bomb: bytes) -> None:
    assert len(bomb) < MAX_BODY
    assert quickest(bomb, "gzip") <= BUDGET


@pytest.mark.parametrize("case", [*HARMLESS, *REFUSED])
def test_no_body_takes_long(case: str) -> None:
    body, _ = (HARMLESS | REFUSED)[case]
    assert quickest(body) <= BUDGET


def quickest(body: bytes, encoding: str | None = None) -> float:
    """The least of several runs, as a multiple of what plain JSON of ten thousand keys takes in the same moments: what
    else the machine does slows both.
    """
    ours, plain = [], []
    for _ in range(7):
        plain.append(_took(lambda: json.loads(YARDSTICK)))
        ours.append(_took(lambda: parse_json(body, encoding)))
    return min(ours) / min(plain)


def _took(read: Callable[[], Any]) -> float:
    started = time.thread_time()
    with suppress(MessageError):
        read()
    return time.thread_time() - started


@given(body=st.binary(max_size=200) | st.text('[]{}",:\\u d8c0e1\x00', max_size=60).map(str.encode))
def test_whatever_comes_out_can_be_written_again(body: bytes) -> None:
    with suppress(MessageError):
        json.dumps(parse_json(body), ensure_ascii=False, allow_nan=False).encode("utf-8")
