"""``tocsin parse-reply``: a mail, or a text, and what it orders."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.parse_reply import parse_reply


def meaning(folder: Path, content: str | bytes) -> dict[str, Any]:
    file = folder / "answer"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return parse_reply(str(file))


MAIL = "From: Grace <grace@acme.example>\nTo: reply+k3v@in.acme.example\nSubject: Re: TOCSIN 17\n"


@pytest.mark.parametrize(
    ("text", "command", "argument", "own"),
    [
        ("4", "ack", None, "4"),
        ("6", "resolve", None, "6"),
        ("5", "escalate", None, "5"),
        ("ack 17", "ack", "17", "ack 17"),
        ("Ack.", "ack", None, "Ack."),
        ("ACK 17 please", "ack", "17 please", "ACK 17 please"),
        ("ack 👍", "ack", None, "ack 👍"),
        ("ａｃｋ　１７", "ack", "17", "ａｃｋ　１７"),
        ("resolve?", "note", None, "resolve?"),
        ("I can't ack this", "note", None, "I can't ack this"),
        ("snooze 2h", "snooze", "2h", "snooze 2h"),
        ("reassign Grace Ng", "reassign", "Grace Ng", "reassign Grace Ng"),
        ("STOP", None, None, "STOP"),
        ("help", None, None, "help"),
        ("", None, None, ""),
        ("resolve\n\nSent from my iPhone\n", "resolve", None, "resolve"),
        ("resolve\n\nOn Mon, 23 Nov 2026 at 04:15, T <t@x.example> wrote:\n> ack\n", "resolve", None, "resolve"),
        ("From: T <t@x.example>\nSent: Monday\nTo: G\nSubject: W\n\nresolve\n", None, None, ""),  # quoted, no mail
        ("Received: on it", "note", None, "Received: on it"),
        ('{"messageKeyword": "X", "messageBody": "ack 17"}', "ack", "17", "ack 17"),
        ('{"Type": "Notification", "Message": "{\\"messageBody\\": \\"6\\"}"}', "resolve", None, "6"),
        ('{"error": 5}', "note", None, '{"error": 5}'),
        ("[" * 9, "note", None, "[" * 9),
        ("<html><body><p>resolve</p><blockquote>ack</blockquote></body></html>", "resolve", None, "resolve"),
    ],
)
def test_a_text(tmp_path: Path, text: str, command: str | None, argument: str | None, own: str) -> None:
    assert meaning(tmp_path, text) == {"command": command, "argument": argument, "text": own}


@pytest.mark.parametrize(
    ("body", "command", "argument", "own"),
    [
        ("Snooze 2h!\n\n-- \nGrace\n", "snooze", "2h", "Snooze 2h!"),
        ("4\n", "note", None, "4"),  # a digit is for texts
        ("Found it.\n\nresolve\nack\n", "resolve", None, "Found it.\n\nresolve\nack"),
        ("note It was the cache.\n", "note", "It was the cache.", "note It was the cache."),
        ("help\n", "help", None, "help"),
        ("> ack\n", None, None, ""),
        ("> ack\n\nresolve\n", "resolve", None, "resolve"),
        ("", None, None, ""),
    ],
)
def test_a_mail(tmp_path: Path, body: str, command: str | None, argument: str | None, own: str) -> None:
    assert meaning(tmp_path, f"{MAIL}\n{body}") == {"command": command, "argument": argument, "text": own}


@pytest.mark.parametrize(
    "raw",
    [
        f"{MAIL}\nack\n",
        f"\n\n{MAIL}\nack\n",
        f"\ufeff{MAIL}\nack\n",
        f"From grace@acme.example Mon Nov 23 04:15:00 2026\n{MAIL}\nack\n",
        f"{MAIL}\nack\n".replace("\n", "\r\n"),
        "from: grace@acme.example\nsubject: x\n\nack\n",
        "From  : grace@acme.example\nSubject     : x\n\nack\n",
        "Subject: x\n\nack\n",
        "MIME-Version: 1.0\nContent-Type: text/html\n\n<b>ack</b>\n",
    ],
)
def test_a_file_with_mail_headers_is_a_mail(tmp_path: Path, raw: str) -> None:
    assert meaning(tmp_path, raw) == {"command": "ack", "argument": None, "text": "ack"}


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "Return-Path: <>", "List-Id: <ops.acme.example>"])
def test_automatic_mail_orders_nothing_and_says_what_it_said(tmp_path: Path, header: str) -> None:
    assert meaning(tmp_path, f"{header}\n{MAIL}\nresolve\n") == {"command": None, "argument": None, "text": "resolve"}


def test_published_replies_of_eight_programs(fixtures_folder: Path) -> None:
    paths = sorted((fixtures_folder / "events" / "email-reply-eml").glob("*.eml"))
    said = {path.name: parse_reply(str(path))["text"] for path in paths}
    assert said.pop("talon-reply-quotations-share-block.eml").endswith("Joe XXX")
    assert set(said.values()) == {"Hello"}


def test_published_pairs_of_text_and_answer(fixtures_folder: Path) -> None:
    folder = fixtures_folder / "events" / "email-reply-text" / "discourse"
    others = [
        path.name
        for path in sorted(folder.glob("*.txt"))
        if parse_reply(str(path))["text"].split() != (folder / "expected" / path.name).read_text("utf-8").split()
    ]
    # below an unmarked quotation; a mail sent on without a word: both may be somebody else's words
    assert others == ["embedded_email_18.txt", "forwarded_message.txt"]


def test_what_it_says_is_json(tmp_path: Path) -> None:
    json.dumps(meaning(tmp_path, b"From: a@b.example\n\n\xff\xfe\x00 ack"))
