"""The mailbox as a page, and as JSON: a phone and an inbox for people who don't exist, and a box for their answers.

- What was sent is text from anywhere, and is shown as text: escaped, under a policy that runs nothing and fetches
  nothing. A mail's HTML has a page of its own, in a sandbox.
- An answer is a form of this page's own: a browser says where a form comes from, and a program says that it speaks
  JSON, which no other site's form can.
- News are told by a little frame that looks again by itself, so that nobody's half-written answer is lost.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import parse_qs

from local.answering import LONGEST, Answering, CannotAnswer, answer_to, can_be_answered, read_answer
from local.asgi import App, Gone, Receive, Scope, Send, TooLong, answer, answer_json, header, read_body
from local.mailbox import Mailbox

LARGEST = 8 * LONGEST  # bytes of an answer, however it is encoded
LOOKS_AGAIN = 3  # s

STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem }
p.none, header, dl { color: var(--soft) }
article { border: 1px solid var(--line); border-radius: .75rem; padding: .75rem 1rem; margin: 1rem 0 }
article header { display: flex; gap: .75rem; flex-wrap: wrap; font-size: .85rem }
article header b { color: CanvasText; font-weight: 600 }
time { margin-left: auto; font-variant-numeric: tabular-nums }
h2 { font-size: 1.05rem; margin: .4rem 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .4rem 0 }
.sms pre { background: color-mix(in srgb, Highlight 14%, transparent); border-radius: 1rem; padding: .5rem .9rem; width: fit-content; max-width: 100% }
summary { font-size: .85rem; color: var(--soft); cursor: pointer }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .75rem; font-size: .85rem; overflow-wrap: anywhere; margin: .4rem 0 }
dd { margin: 0 }
form { display: flex; gap: .5rem; align-items: end; margin: .6rem 0 .2rem }
textarea { flex: 1; font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: .5rem; resize: vertical; min-height: 1.5em; background: Canvas; color: CanvasText }
button { font: inherit; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: .5rem; background: color-mix(in srgb, Highlight 22%, Canvas); color: CanvasText; cursor: pointer }
:is(textarea, button, a, summary):focus-visible { outline: 2px solid Highlight; outline-offset: 2px }
iframe { border: 0; width: 100%; height: 2rem; position: sticky; top: 0; background: Canvas }
body.news { margin: 0; padding: .25rem 0; font-size: .9rem; color: var(--soft); max-width: none }
"""  # noqa: E501 - a style sheet reads by rules, not by lines

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
NEWS_POLICY = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"

HTML = {
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with none at all a browser doesn't say where a form comes from
    "cache-control": "no-store",
}


def page(mailbox: Mailbox, answering: Answering) -> App:
    async def show(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        messages = mailbox.messages()
        if scope["method"] == "POST" and path == "/reply":
            await _take(scope, receive, send, mailbox, answering)
        elif scope["method"] not in ("GET", "HEAD"):
            await answer_json(send, 405, {"message": "The mailbox is read; POST /reply answers."})
        elif path == "/messages.json":
            body = json.dumps(messages, ensure_ascii=False).encode()
            await answer(send, 200, body, {"content-type": "application/json", "cache-control": "no-store"})
        elif path == "/":
            body = _index(messages).encode()
            await answer(send, 200, body, {**HTML, "content-security-policy": POLICY})
        elif path == "/news":
            body = _news(scope, len(messages)).encode()
            await answer(send, 200, body, {**HTML, "content-security-policy": NEWS_POLICY})
        elif (mail := _mail_of(path, messages)) is not None:
            await answer(send, 200, mail.encode(), {**HTML, "content-security-policy": MAIL_POLICY})
        else:
            await answer_json(send, 404, {"message": "Not Found: there are /, /messages.json and /reply"})

    return show


async def _take(scope: Scope, receive: Receive, send: Send, mailbox: Mailbox, answering: Answering) -> None:
    """An answer: of the page's form, which is shown the mailbox then, or as JSON."""
    kind = header(scope, "content-type").partition(";")[0].strip().lower()
    is_json = kind == "application/json"
    if not is_json and (kind != "application/x-www-form-urlencoded" or not header(scope, "origin")):
        await answer_json(send, 415, {"message": "Say application/json, or use the form of this page."})
        return
    try:
        body = await read_body(receive, LARGEST)
        messages = mailbox.messages()
        await answering.say(
            read_answer(json.loads(body), messages) if is_json else _of_form(body, messages),
        )
    except TooLong:
        await answer_json(send, 413, {"message": f"An answer has at most {LONGEST} characters."})
    except (CannotAnswer, ValueError) as fault:
        await answer_json(send, 400, {"message": f"Nothing was sent: {fault}"})
    except Gone:
        return
    else:
        if is_json:
            await answer_json(send, 202, {"message": "Sent. What Tocsin says to it is in /messages.json."})
        else:
            await answer(send, 303, b"", {"location": "/", "cache-control": "no-store"})


def _of_form(body: bytes, messages: Sequence[Mapping[str, Any]]) -> Any:
    form = {name: values[0] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}
    number, text = form.get("message", ""), form.get("text", "").strip()
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= len(messages)):
        raise CannotAnswer("there is no such message")
    if not text:
        raise CannotAnswer("say something: ack, resolve, escalate, help")
    return answer_to(messages[int(number) - 1], text)


def _news(scope: Scope, count: int) -> str:
    """How many came since the page was shown; nothing around it moves."""
    seen = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("seen", [""])[0]
    new = count - int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    told = f"<a href='/' target=_top>{new} new: show</a>" if new > 0 else "Nothing new yet."
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<meta http-equiv=refresh content={LOOKS_AGAIN}><title>News</title><style>{STYLE}</style>"
        f"<body class=news>{told}</body></html>"
    )


def _mail_of(path: str, messages: Sequence[Mapping[str, Any]]) -> str | None:
    """``/3.html``: the HTML of the third message."""
    number = path.removeprefix("/").removesuffix(".html")
    if not (path.endswith(".html") and number.isascii() and number.isdecimal() and 1 <= int(number) <= len(messages)):
        return None
    return messages[int(number) - 1]["html"]


def _index(messages: Sequence[Mapping[str, Any]]) -> str:
    shown = [_article(number, message) for number, message in enumerate(messages, start=1)]
    body = "".join(reversed(shown)) or "<p class=none>Nothing was sent yet.</p>"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>Tocsin: {len(messages)} sent</title><style>{STYLE}</style>"
        f"<h1>What Tocsin sent</h1><p class=none>{len(messages)} messages, newest first. None left this machine. "
        "Answer as the person who got it: ack, resolve, escalate, help.</p>"
        f"<iframe src='/news?seen={len(messages)}' title='News'></iframe>{body}</html>"
    )


def _article(number: int, message: Mapping[str, Any]) -> str:
    subject = f"<h2>{escape(message['subject'])}</h2>" if message["subject"] else ""
    text = f"<pre>{escape(message['text'])}</pre>" if message["text"] else ""
    html = f"<p><a href='/{number}.html'>As HTML</a></p>" if message["html"] else ""
    headers = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in message["headers"].items())
    return (
        f"<article class='{escape(message['channel'])}'>"
        f"<header><b>{escape(message['channel'])}</b> <span>to {escape(message['to'])}</span>"
        f"<time>{escape(message['at'])}</time></header>"
        f"{subject}{text}{html}{_box(number, message)}"
        f"<details><summary>Headers</summary><dl>{headers}</dl></details></article>"
    )


def _box(number: int, message: Mapping[str, Any]) -> str:
    if not can_be_answered(message):
        return ""
    label = f"Answer as {escape(message['to'])}"
    return (
        f"<form method=post action='/reply'><input type=hidden name=message value={number}>"
        f"<textarea name=text rows=1 required maxlength={LONGEST} placeholder=Answer aria-label='{label}'>"
        "</textarea>"
        "<button>Send</button></form>"
    )
