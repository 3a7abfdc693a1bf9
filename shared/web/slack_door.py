"""``/slack/interactions``, ``/slack/commands`` and ``/slack/events``: what a member does in Slack.

Laws: what isn't signed by Slack, or is older than five minutes, is refused, counted, and named in the log. Slack waits
three seconds: the answer is 200 at once, and what goes wrong is said to the member, who may try again.
"""

from collections.abc import Callable, Mapping
from html import escape

from shared.domain.errors import Refused
from shared.flow import reply_slack
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import ignored
from shared.flow.reply_slack import Told
from shared.sources import slack_request
from shared.sources.slack_request import Challenge, Ordered, Pressed, Said, Written
from shared.web.answering import Asked, Shown, as_json, nothing_there

LARGEST = 512 * 1024  # bytes: an interaction carries the whole message
LATER = "Nothing was done: it can't be read just now. Try again in a moment."

READERS: Mapping[str, Callable[[bytes], Said | None]] = {
    "interactions": slack_request.read_interaction,
    "commands": slack_request.read_command,
    "events": slack_request.read_event,
}


def door(deps: Deps, asked: Asked) -> Shown:
    read = READERS.get(asked.token)
    if read is None:
        return nothing_there(deps, asked)
    try:
        _verify(deps, asked)
    except Refused as fault:
        ignored(deps, str(fault), "slack")
        return as_json(401, {"status": "refused", "message": str(fault)})
    except Unavailable as fault:
        deps.journal.fault("reply", f"Slack's signing secret can't be read: {fault}")
        return as_json(503, {"status": "unavailable", "message": LATER})
    try:
        said = read(asked.body)
        return _answered(deps, said) if said else as_json(200, {})
    except Refused as fault:
        ignored(deps, str(fault), "slack")
        return as_json(400, {"status": "refused", "message": str(fault)})


def _verify(deps: Deps, asked: Asked) -> None:
    """Raises Refused, Unavailable."""
    if len(asked.body) > LARGEST:
        raise Refused("a request of over 512 KB")
    secret = deps.parameters.read(reply_slack.SIGNING_SECRET)
    if not secret:
        raise Refused(f"Slack isn't set up: there is no parameter {reply_slack.SIGNING_SECRET}")
    slack_request.verify(asked.headers, asked.body, secret, deps.now())


def _answered(deps: Deps, said: Said) -> Shown:
    match said:
        case Challenge():
            return as_json(200, {"challenge": said.text})
        case Ordered():
            return _whispered(_or_later(deps, lambda: reply_slack.order(deps, said)).text)
        case Pressed():
            told = _or_later(deps, lambda: reply_slack.press(deps, said))
            reply_slack.tell(deps, said.place, said.member, told)
            return as_json(200, {})
        case Written():
            return _written(deps, said)


def _written(deps: Deps, written: Written) -> Shown:
    """What can't be read now is asked again by Slack itself."""
    try:
        told = reply_slack.write(deps, written)
    except Unavailable as fault:
        deps.journal.fault("reply", str(fault))
        return as_json(503, {"status": "unavailable", "message": LATER})
    if told:
        reply_slack.tell(deps, written.place, written.member, told)
    return as_json(200, {})


def _or_later(deps: Deps, answer: Callable[[], Told]) -> Told:
    try:
        return answer()
    except Unavailable as fault:
        deps.journal.fault("reply", str(fault))
        return Told(text=LATER)


def _whispered(text: str) -> Shown:
    """To whoever asked alone; in plain text, ``&``, ``<`` and ``>`` escaped."""
    return as_json(200, {"response_type": "ephemeral", "text": escape(text, quote=False)})
