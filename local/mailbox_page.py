"""The mailbox as a page, and as JSON: a phone and an inbox for people who don't exist.

- What was sent is text from anywhere, and is shown as text: escaped, under a policy that runs nothing and fetches
  nothing. A mail's HTML has a page of its own, in a sandbox.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from local.asgi import App, Receive, Scope, Send, answer, answer_json
from local.mailbox import Mailbox

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
"""  # noqa: E501 - a style sheet reads by rules, not by lines

_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"

HTML = {
    "content-type": "text/html; charset=utf-8",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def page(mailbox: Mailbox) -> App:
    async def show(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        messages = mailbox.messages()
        if scope["method"] not in ("GET", "HEAD"):
            await answer_json(send, 405, {"message": "The mailbox is only read."})
        elif path == "/messages.json":
            body = json.dumps(messages, ensure_ascii=False).encode()
            await answer(send, 200, body, {"content-type": "application/json", "cache-control": "no-store"})
        elif path == "/":
            body = _index(messages).encode()
            await answer(send, 200, body, {**HTML, "content-security-policy": POLICY})
        elif (mail := _mail_of(path, messages)) is not None:
            await answer(send, 200, mail.encode(), {**HTML, "content-security-policy": MAIL_POLICY})
        else:
            await answer_json(send, 404, {"message": "Not Found: there are / and /messages.json"})

    return show


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
        f"<h1>What Tocsin sent</h1><p class=none>{len(messages)} messages, newest first. None left this machine.</p>"
        f"{body}</html>"
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
        f"{subject}{text}{html}<details><summary>Headers</summary><dl>{headers}</dl></details></article>"
    )
