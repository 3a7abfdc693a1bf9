"""A Slack that is as strict as its published reference: tokens, members, limits of blocks, and its bad days.

https://docs.slack.dev/reference/methods/chat.postMessage, …/reference/block-kit/blocks
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "xoxb-of-a-workspace"
MEMBERS = {"U0ADA00001": "D0ADA00001", "U0GRACE001": "D0GRACE001"}  # and the channel of messages to them
CHANNELS = {"#on-call": "C0ONCALL01", "C0ONCALL01": "C0ONCALL01"}
TOTAL = 13_000  # characters of all blocks: https://github.com/slackapi/bolt-js/issues/2509

Answer = tuple[int, dict[str, str], Any]


@dataclass
class Slack:
    """``messages`` by place; ``asked`` is every call; ``bad`` are answers that come first, each once."""

    messages: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict[tuple[str, str], dict[str, Any]])
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    bad: list[Answer | Callable[[], Answer]] = field(default_factory=list[Any])
    token: str = TOKEN
    url: str = ""

    def posted(self) -> list[dict[str, Any]]:
        return [told for method, told in self.asked if method == "chat.postMessage"]

    def roots(self) -> list[dict[str, Any]]:
        return [message for message in self.messages.values() if "thread_ts" not in message]

    def thread(self) -> list[str]:
        return [message["text"] for message in self.messages.values() if "thread_ts" in message]

    def answer(self, method: str, token: str | None, told: dict[str, Any]) -> Answer:
        self.asked.append((method, told))
        if self.bad:
            bad = self.bad.pop(0)
            return bad() if callable(bad) else bad
        if token != self.token:
            return refused("invalid_auth" if token else "not_authed")
        if (fault := _fault(told)) is not None:
            return refused(fault)
        if method == "chat.postMessage":
            return self._post(told)
        if method == "chat.update":
            return self._update(told)
        if method == "chat.postEphemeral":
            known = told.get("user") in MEMBERS and told.get("channel") in {*MEMBERS.values(), *CHANNELS.values()}
            return (200, {}, {"ok": True, "message_ts": "1.1"}) if known else refused("user_not_in_channel")
        return refused("unknown_method")

    def _post(self, told: dict[str, Any]) -> Answer:
        asked = told.get("channel", "")
        channel = MEMBERS.get(asked) or CHANNELS.get(asked) or (asked if asked in MEMBERS.values() else None)
        if channel is None:
            return refused("channel_not_found")
        thread = told.get("thread_ts")
        if thread is not None and (channel, thread) not in self.messages:
            return refused("thread_not_found")
        at = f"1764126000.{len(self.messages):06d}"
        self.messages[channel, at] = {key: value for key, value in told.items() if key != "channel"}
        return 200, {}, {"ok": True, "channel": channel, "ts": at, "message": told}

    def _update(self, told: dict[str, Any]) -> Answer:
        place = told.get("channel"), told.get("ts")
        if place[0] not in {*MEMBERS.values(), *CHANNELS.values()}:  # an id, never a name
            return refused("channel_not_found")
        if place not in self.messages:
            return refused("message_not_found")
        self.messages[place].update(text=told.get("text"), blocks=told.get("blocks"))  # type: ignore[index]
        return 200, {}, {"ok": True, "channel": place[0], "ts": place[1]}


def refused(error: str) -> Answer:
    return 200, {}, {"ok": False, "error": error}


def _fault(told: Mapping[str, Any]) -> str | None:
    if not told.get("text") and not told.get("blocks"):
        return "no_text"
    if len(told.get("text") or "") > 40_000:
        return "msg_too_long"
    blocks = told.get("blocks") or []
    if len(blocks) > 50 or not all(_block(block) for block in blocks):
        return "invalid_blocks"
    if len(json.dumps(blocks, ensure_ascii=False)) > TOTAL:
        return "msg_blocks_too_long"
    ids = [element["action_id"] for block in blocks if block["type"] == "actions" for element in block["elements"]]
    return "invalid_blocks" if len(set(ids)) != len(ids) else None


def _block(block: Mapping[str, Any]) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            return _text(text, 150)
        case {"type": "section", "fields": list(fields)} if "text" not in block:
            return 1 <= len(fields) <= 10 and all(_text(one, 2000) for one in fields)
        case {"type": "section", "text": text}:
            return _text(text, 3000)
        case {"type": "context", "elements": list(elements)}:
            return 1 <= len(elements) <= 10 and all(_text(one, 3000) for one in elements)
        case {"type": "actions", "elements": list(elements)}:
            return 1 <= len(elements) <= 25 and all(_button(one) for one in elements)
        case _:
            return False


def _text(text: Mapping[str, Any], most: int) -> bool:
    known = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
    allowed = known.get(text.get("type", ""))
    return allowed is not None and set(text) <= allowed and 1 <= len(text["text"]) <= most


def _button(button: Mapping[str, Any]) -> bool:
    return (
        set(button) <= {"type", "action_id", "text", "value", "style", "url", "confirm"}
        and button["type"] == "button"
        and button["text"]["type"] == "plain_text"
        and _text(button["text"], 75)
        and 1 <= len(button["action_id"]) <= 255
        and len(button.get("value", "")) <= 2000
        and button.get("style", "primary") in ("primary", "danger")
    )


def calls_somebody(text: str) -> bool:
    """Whether Slack would read a mention or a link in ``text``: ``<!channel>``, ``<@U…>``, ``<https://…>``."""
    return re.search(r"<[!@#]|<https?:", text) is not None


@contextmanager
def slack() -> Iterator[Slack]:
    double = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"].startswith("application/json")
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            status, headers, said = double.answer(self.path.rpartition("/")[2], token, json.loads(body))
            if status == 0:  # it hangs up
                self.close_connection = True
                return
            told = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            with suppress(BrokenPipeError):  # whoever asked has given up
                self.end_headers()
                self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_address[1]}/api/"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def late(seconds: float) -> Callable[[], Answer]:
    def answer() -> Answer:
        time.sleep(seconds)
        return 200, {}, {"ok": True, "channel": "C0ONCALL01", "ts": "1.1"}

    return answer
