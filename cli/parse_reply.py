"""``tocsin parse-reply``: what a person's answer means, by the code that reads it live."""

import sys
from pathlib import Path
from typing import Any

from shared.domain.answer import read_answer, read_text_message
from shared.sources.mail.new_text import new_text
from shared.sources.mail.reading import read_message, text_of


def parse_reply(path: str) -> dict[str, Any]:
    """``path`` is a mail with its headers, or a text; ``-`` is standard input."""
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    message = read_message(raw)
    is_mail = bool(message.get("From") or message.get("Received") or message.get("Content-Type"))
    text = new_text(text_of(message)) if is_mail else raw.decode("utf-8", "replace")
    answer = read_answer(text) if is_mail else read_text_message(text)
    return {"command": answer.word, "argument": answer.argument, "text": text.strip()}
