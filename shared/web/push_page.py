"""``/push/<token>``: a page on which a browser subscribes, and what it needs: a script, a worker, a manifest.

Laws: these files are the same for everybody, and hold no secret. Whoever subscribes has the link, from our own page.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from shared.domain.errors import Refused
from shared.flow.channel import SendFailed
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import ignored
from shared.flow.subscribing import AGAIN, open_subscribing, public_key, subscribe
from shared.web.answer_page import LOOKING, refused_page, shown
from shared.web.answering import SAFE, Asked, Shown, as_json
from shared.web.form import Unreadable, refuse_strangers
from shared.web.rendering import page

FOLDER = Path(__file__).parent / "static"
FILES: Mapping[str, str] = {  # name → type; a worker below /push/ has that as its scope
    "worker.js": "text/javascript; charset=utf-8",
    "subscribe.js": "text/javascript; charset=utf-8",
    "app.webmanifest": "application/manifest+json",
}
CHANNEL = "push"


def door(deps: Deps, asked: Asked) -> Shown:
    token = asked.token
    if asked.method == "POST":
        return _subscribe(deps, asked, token)
    if asked.method not in LOOKING:
        return refused_page(405, "Only a browser's own GET and POST are answered here.")
    return _file(token) if token in FILES else shown(deps, CHANNEL, lambda: _look(deps, token))


def _look(deps: Deps, token: str) -> Shown:
    """Raises Refused, Unavailable."""
    user, contact = open_subscribing(deps, token)
    return page(
        200,
        "push.html",
        scripts=True,
        title="Pages on this device",
        reader=user.full_name,
        device=contact.address,
        key=public_key(deps),
    )


def _subscribe(deps: Deps, asked: Asked, token: str) -> Shown:
    try:
        refuse_strangers(asked)
        return as_json(200, {"status": "done", "message": subscribe(deps, token, _read(asked.body))})
    except (Refused, SendFailed) as fault:
        ignored(deps, str(fault), CHANNEL)
        status = fault.status if isinstance(fault, Unreadable) else 403 if isinstance(fault, Refused) else 502
        return as_json(status, {"status": "refused", "message": str(fault)})
    except Unavailable as fault:
        deps.journal.fault("reply", str(fault))
        return as_json(503, {"status": "refused", "message": f"{AGAIN} in a moment."})


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable(400, "this is no subscription of a browser") from None


@cache
def _file(name: str) -> Shown:
    headers = {**SAFE, "cache-control": "no-cache", "content-type": FILES[name]}
    return Shown(status=200, headers=headers, body=(FOLDER / name).read_text(encoding="utf-8"))
