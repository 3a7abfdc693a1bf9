"""A mail's bytes → its headers and its text, whatever a mail program did to them.

Laws: any bytes can be read, and what can't be decoded is replaced, never raised; attached mails and files are not the
text. The work is bounded by ``RAW_MAX``: what is new stands in the first part.
"""

import codecs
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any, cast

from shared.sources.mail.html_text import html_text

RAW_MAX = 1_000_000  # bytes; a reply with more has pictures behind its text
PARTS_MAX = 100

CHARSETS = {  # what programs mean by a name; each can do all that the name says, and more
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
}
NOT_OF_MAIL = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf_7"})


def read_message(raw: bytes) -> "Message[str, str]":
    """The parsed mail; of one nested beyond measure, its headers."""
    try:
        return message_from_bytes(raw[:RAW_MAX])
    except RecursionError:
        return BytesHeaderParser().parsebytes(raw[:RAW_MAX])


def header(message: "Message[str, str]", name: str) -> str:
    """The first header of that name on one line, decoded; empty where there is none."""
    return decoded(str(message.get(name, "")))


def decoded(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded as far as they can be."""
    try:
        value = str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        value = value.encode("utf-8", "replace").decode("utf-8")
    return " ".join(value.split())


def text_of(message: "Message[str, str]") -> str:
    """The mail's text: its plain parts; where these say nothing, its HTML as text."""
    parts = list(_parts(message))
    plain = "\n".join(_decoded(part) for part in parts if part.get_content_type() == "text/plain")
    if plain.strip():
        return plain
    return "\n".join(html_text(_decoded(part)) for part in parts if part.get_content_type() == "text/html")


def _parts(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """The text parts, in order; not those of attached mails, and no attachments."""
    waiting: list[Message[str, str]] = [message]
    for _ in range(PARTS_MAX):
        if not waiting:
            return
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting[:0] = _members(part)
        elif part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment":
            yield part


def _members(part: "Message[str, str]") -> "list[Message[str, str]]":
    payload = cast("Any", part.get_payload())
    return [member for member in payload if isinstance(member, Message)]


def _decoded(part: "Message[str, str]") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    for charset in (_charset(part), "utf-8"):
        try:
            return payload.decode(charset)
        except (LookupError, UnicodeError):
            continue
    return payload.decode(_charset(part), "replace")


def _charset(part: "Message[str, str]") -> str:
    """The codec for the charset that the part names; of one that nobody knows, the most forgiving."""
    try:
        named = (part.get_content_charset() or "utf-8").strip("'\" ")
        codec = codecs.lookup(CHARSETS.get(named, named))
    except (LookupError, UnicodeError, ValueError):
        return "cp1252"
    known = codec.name.replace("-", "_") not in NOT_OF_MAIL and getattr(codec, "_is_text_encoding", False)
    return codec.name if known else "cp1252"
