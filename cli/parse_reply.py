"""``tocsin parse-reply``: what a person's answer means, by the code that reads it live."""

import sys
from pathlib import Path
from typing import Any

from shared.domain.answer import NOTHING, Answer, read_answer, read_text_message
from shared.sources.answer_mail import automatic
from shared.sources.mail.new_text import new_text
from shared.sources.mail.reading import read_message, text_of

MAIL_HEADERS = ("From", "Received", "Content-Type")  # a text message has none of them


def parse_reply(path: str) -> dict[str, Any]:
    """``path`` is a mail with its headers, or a text; ``-`` is standard input. Automatic mail orders nothing."""
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    message = read_message(raw)
    if not any(message.get(header) for header in MAIL_HEADERS):
        text = raw.decode("utf-8", "replace")
        return _meaning(read_text_message(text), text)
    text = new_text(text_of(message))
    return _meaning(NOTHING if automatic(message) else read_answer(text), text)


def _meaning(answer: Answer, text: str) -> dict[str, Any]:
    return {"command": answer.word, "argument": answer.argument, "text": text.strip()}
