"""A mail's bytes → its headers and its text, whatever a mail program did to them.

Laws: any bytes can be read, and what can't be decoded is replaced, never raised; attached mails and files are not the
text. The work is bounded: by ``RAW_MAX`` of what isn't in a file, by the length of a header, by the depth of parts.
"""

import codecs
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from itertools import islice
from typing import cast

from shared.sources.mail.html_text import html_text

RAW_MAX = 1_000_000  # bytes; people write less
LINES_OF_PARTS_MAX = 1_000  # lines with which a part may begin or end
PARTS_MAX = 100  # in one multipart
BOUNDARIES_MAX = 30  # multiparts in each other; the parser holds each line against all that are open
HEADER_LINES_MAX = 5_000
EMPTY_LINES_MAX = 20_000  # the parser makes a message of what stands between two of them in a delivery report
HEADER_MAX = 4_000  # characters of a header that are read

FILE = re.compile(rb"(?:^|\n)content-type[ \t]*:[ \t\r\n]*(?:image|audio|video|application|font|model)/", re.IGNORECASE)
PART_HEADERS = re.compile(rb"(?im)^(content-[a-z-]{1,30}[ \t]*:(?:[^\n]|\n[ \t]){0,2000})(?:[^\n]+|\n[ \t])*")
BLANK_BEFORE_COLON = re.compile(rb"(?im)^(from|to|cc|subject|date|message-id|reply-to|sender|return-path)[ \t]+:")
EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
BEFORE_EMPTY_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?=[\r\n])")  # by whatever ends a line for the parser
BOUNDARY = re.compile(rb"\bboundary[*\d]*[ \t]*=", re.IGNORECASE)

CHARSETS = {  # what programs mean by a name; each can do all that the name says, and more
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "utf8mb4": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "cp950",
    "x-x-big5": "cp950",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
}
SEVEN_BITS = frozenset({"iso2022_jp", "iso2022_jp_ext", "iso2022_kr", "hz"})
NOT_OF_MAIL = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})
META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([\w.:-]{2,40})", re.IGNORECASE)
META_WITHIN = 4_000  # bytes of an HTML part in which its charset may be named


def read_message(raw: bytes) -> "Message[str, str]":
    """The parsed mail; of one that is nested or numbered beyond measure, its headers."""
    bounded = _bounded(raw)
    try:
        return message_from_bytes(bounded)
    except (RecursionError, ValueError):  # ValueError: a parameter's number with more digits than Python reads
        return BytesHeaderParser().parsebytes(bounded)


def _bounded(raw: bytes) -> bytes:
    """What is read of a mail: no files, no headers without an end, and no more than ``RAW_MAX``."""
    parts = raw.split(b"\n--", LINES_OF_PARTS_MAX)[:LINES_OF_PARTS_MAX]
    raw = b"\n--".join([parts[0], *map(_without_file, parts[1:])])[:RAW_MAX]
    raw = PART_HEADERS.sub(rb"\1", raw)
    end = EMPTY_LINE.search(raw)
    head = raw[: end.start()] if end else raw
    lines = head.split(b"\n", HEADER_LINES_MAX)[:HEADER_LINES_MAX]
    raw = BLANK_BEFORE_COLON.sub(rb"\1:", b"\n".join(lines)) + raw[len(head) :]
    return _up_to(_up_to(raw, BOUNDARY, BOUNDARIES_MAX), BEFORE_EMPTY_LINE, EMPTY_LINES_MAX)


def _up_to(raw: bytes, mark: re.Pattern[bytes], limit: int) -> bytes:
    """What stands before the mark that is one too many."""
    places = islice(mark.finditer(raw), limit, limit + 1)
    return raw[: next((place.start() for place in places), len(raw))]


def _without_file(part: bytes) -> bytes:
    end = EMPTY_LINE.search(part)
    return part[: end.end()] if end and FILE.search(part, 0, end.start()) else part


def header(message: "Message[str, str]", name: str) -> str:
    """The first header of that name on one line, decoded; empty where there is none."""
    wanted = name.casefold()
    raw = next((str(value) for field, value in message.raw_items() if field.casefold() == wanted), "")
    return decoded(_eight_bit(raw))


def _eight_bit(value: str) -> str:
    """A header that was written without encoded words: UTF-8 (RFC 6532), else as old programs write it."""
    octets = value[:HEADER_MAX].encode("utf-8", "surrogateescape")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def decoded(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded as far as they can be."""
    value = value[:HEADER_MAX]
    try:
        value = str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        value = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join(value.split())


def senders_of(message: "Message[str, str]") -> list[str]:
    """All addresses of all From headers."""
    written = [str(value)[:HEADER_MAX] for value in islice(message.get_all("From", []), PARTS_MAX)]
    try:
        return [address for _, address in getaddresses(written) if address]
    except RecursionError:  # comments within comments
        return []


def text_of(message: "Message[str, str]", *, as_shown: bool = False) -> str:
    """The mail's text, by its plain parts where these say something, or ``as_shown`` by its HTML."""
    kind, disposition = message.get_content_type(), message.get_content_disposition()
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        texts = [(part.get_content_type(), text_of(part, as_shown=as_shown)) for part in _members(message)]
        said = [(kind, text) for kind, text in texts if text.strip()]
        return _one_of(said, as_shown=as_shown) if kind == "multipart/alternative" else _all_of(said)
    if disposition == "attachment" or kind not in ("text/plain", "text/html"):
        return ""
    text = _decoded(message)
    return html_text(text) if kind == "text/html" else _unfolded(message, text)


def _one_of(said: list[tuple[str, str]], *, as_shown: bool) -> str:
    plain = [text for kind, text in said if kind == "text/plain"]
    other = [text for kind, text in said if kind != "text/plain"]
    preferred = other[-1:] + plain if as_shown else plain[:1] + other
    return preferred[0] if preferred else ""


def _all_of(said: list[tuple[str, str]]) -> str:
    """One after the other; not again what stands there already, as HTML behind plain text does."""
    kept: list[str] = []
    for kind, text in said:
        words = " ".join(text.split())
        again = kind == "text/html" and kept and words.startswith(" ".join(kept[0].split())[:200])
        if not again:
            kept.append(text)
    return "\n".join(kept)


def has_part(message: "Message[str, str]", kinds: frozenset[str]) -> bool:
    """Whether one of its parts is of such a content type; attached mails are one part."""
    if message.get_content_type() in kinds:
        return True
    within = message.get_content_maintype() == "multipart" and message.is_multipart()
    return within and any(has_part(part, kinds) for part in _members(message))


def _members(part: "Message[str, str]") -> Iterator["Message[str, str]"]:
    members = cast("list[Message[str, str]]", part.get_payload())
    return islice(members, PARTS_MAX)


def parameter(part: "Message[str, str]", name: str, of: str = "content-type") -> str:
    """A parameter of a header; empty where it is missing or can't be read."""
    try:
        value = cast("str | tuple[str, str, str]", part.get_param(name, "", of))
    except ValueError:
        return ""
    return str(value[2] if isinstance(value, tuple) else value).strip("'\" ")


def _unfolded(part: "Message[str, str]", text: str) -> str:
    """Lines that were broken for the way only are one again (``format=flowed``, RFC 3676)."""
    if parameter(part, "format").casefold() != "flowed":
        return text
    end = -1 if parameter(part, "delsp").casefold() == "yes" else None
    whole: list[str] = []
    open_depth: int | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        marks = line[: len(line) - len(line.lstrip(">"))]
        content = line[len(marks) :].removeprefix(" ") if not marks else line[len(marks) :]
        soft = line.endswith(" ") and content not in ("-- ", " -- ", " ") and bool(content.strip())
        said = content[:end] if soft else content
        if open_depth == len(marks):
            whole[-1] += said.removeprefix(" ") if marks else said
        else:
            whole.append(marks + said)
        open_depth = len(marks) if soft else None
    return "\n".join(whole)


def _decoded(part: "Message[str, str]") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    tried = _charsets(part, payload)
    for charset in tried:
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return payload.decode(tried[-1], "replace")


def _charsets(part: "Message[str, str]", payload: bytes) -> tuple[str, ...]:
    """The codecs to try, in order; the last also where it can't read everything."""
    named = parameter(part, "charset")
    if not named and part.get_content_type() == "text/html" and (meta := META_CHARSET.search(payload[:META_WITHIN])):
        named = meta[1].decode("ascii", "replace")
    if not named and b"\x1b$" in payload:
        named = "iso-2022-jp"
    codec = _codec(named)
    if codec in SEVEN_BITS:  # what they can't read has the form of ASCII
        return (codec,)
    return (codec, "utf-8", codec) if codec and codec != "utf-8" else ("utf-8", "utf-8" if codec else "cp1252")


def _codec(named: str) -> str | None:
    """Python's name for it; None for one that nobody knows, or that isn't of mail."""
    if not named:
        return None
    try:
        codec = codecs.lookup(CHARSETS.get(named.casefold(), named))
    except (LookupError, UnicodeError, ValueError):
        return None
    known = codec.name.replace("-", "_") not in NOT_OF_MAIL and getattr(codec, "_is_text_encoding", False)
    return codec.name if known else None
