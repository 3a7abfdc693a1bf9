"""``tocsin parse-reply``: what a person's answer means, by the code that reads it live."""

import codecs
import json
import re
import sys
from email.message import Message
from pathlib import Path
from typing import Any

from shared.domain.answer import NOTHING, Answer, read_answer, read_text_message
from shared.sources.mail.automatic import automatic
from shared.sources.mail.html_text import html_text
from shared.sources.mail.new_text import new_text, written
from shared.sources.mail.reading import read_message

MAIL_HEADERS = (  # a text message has none of them
    *("From", "Received", "Return-Path", "Delivered-To", "Message-ID", "MIME-Version", "Content-Type", "Subject"),
)
QUOTED_HEADERS = ("Sent",)  # no mail has them: a text that begins with what Outlook quotes
MAILBOX_LINE = re.compile(rb"\s*(?=[!-9;-~]{1,76}[ \t]*:|From )")
PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body|div|meta|p|table)\b", re.IGNORECASE)


def parse_reply(path: str) -> dict[str, Any]:
    """``path`` is a mail with its headers, or a text; ``-`` is standard input. Automatic mail orders nothing."""
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    raw = raw.removeprefix(codecs.BOM_UTF8)
    message = read_message(MAILBOX_LINE.sub(b"", raw, count=1) if MAILBOX_LINE.match(raw) else raw)
    if not _is_mail(message):
        text = _text_message(raw.decode("utf-8", "replace"))
        text = new_text(html_text(text) if PAGE.match(text) else text)
        return _meaning(read_text_message(text), text)
    text = written(message)
    return _meaning(NOTHING if automatic(message) else read_answer(text), text)


def _is_mail(message: "Message[str, str]") -> bool:
    known = any(message.get(name) for name in MAIL_HEADERS) and not any(message.get(name) for name in QUOTED_HEADERS)
    return known and (len(message) > 1 or bool(message.get_payload()))


def _text_message(text: str) -> str:
    """The words of a text, also inside of what AWS delivers one in (two-way SMS), and of SNS's envelope around that."""
    for key in ("Message", "messageBody"):
        try:
            said = json.loads(text).get(key) if text.lstrip().startswith("{") else None
        except (ValueError, RecursionError):
            return text
        text = said if isinstance(said, str) else text
    return text


def _meaning(answer: Answer, text: str) -> dict[str, Any]:
    return {"command": answer.word, "argument": answer.argument, "text": text.strip()}
