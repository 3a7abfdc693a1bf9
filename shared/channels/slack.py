"""Pages in Slack: one message for an incident and place, updated in place; its thread is the timeline.

Laws: one call is one attempt, but for one short wait that Slack itself asks for; refused → SendFailed with what is to
be done, perhaps posted → OutcomeUnknown. Whoever is told again is mentioned in the thread, so that the phone rings
again. ``slack_sdk`` is imported on first use.
"""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from ssl import SSLCertVerificationError
from typing import Any, cast
from urllib.error import URLError
from urllib.parse import urlsplit

from shared.channels.plain_text import one_line
from shared.channels.slack_message import again, escaped_lines, render
from shared.channels.texts import Tell, unheard
from shared.flow.channel import Can, Notice, OutcomeUnknown, SendFailed, TooMany
from shared.flow.ports import Parameters, Unavailable

Ask = Callable[[str, Mapping[str, Any]], Any]  # a method of Slack's Web API and its arguments → what it answers

TOKEN = "/tocsin/slack/token"  # parameters of SSM
API_URL = "/tocsin/slack/api-url"  # of another Slack than slack.com: GovSlack's is https://slack-gov.com/api/
WORLDS = "https://slack.com/api/"

PATIENCE = 8  # s: two calls end within page's own time-out
SHORT = 2.0  # s: so long is waited where Slack asks for it; beyond, the next method is quicker
LONGEST = 86_400.0  # s: an answer that asks for more is none that anybody can mean
REASON_MAX = 300
QUIET = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}

ITS_OWN = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
WORD = re.compile(r"[a-z0-9_]+")  # what is none comes of an answer that can't be read
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
TOO_MANY = frozenset({"ratelimited", "rate_limited"})
SET_UP = "put the bot token of an installed app into the parameter " + TOKEN
REMEDIES: Mapping[str, str] = {  # https://docs.slack.dev/reference/methods/chat.postMessage
    **dict.fromkeys(
        ("not_authed", "invalid_auth", "token_revoked", "token_expired", "account_inactive", "team_access_not_granted"),
        f"install the app anew and {SET_UP}",
    ),
    "channel_not_found": "no such channel or member, or a private channel: write its id, and invite the app",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "the channel is archived: name another in the contact",
    "user_not_found": "no such member: write the member id of their profile",
    "user_disabled": "the member has left: remove the contact",
    "messages_tab_disabled": "switch on the messages tab of the app's home",
    "missing_scope": "give the app the scopes chat:write and im:write, and install it anew",
    "restricted_action": "the workspace lets this app post nothing there",
    "msg_too_long": "the message is too long for Slack: please report it",
    "msg_blocks_too_long": "the message is too long for Slack: please report it",
    "invalid_blocks": "Slack refuses the message's form: please report it",
}


class SlackChannel:
    """``client`` gives a way to ask by the token of that moment; ``wait`` sleeps for seconds.

    ``tell`` hears of templates that failed.
    """

    can = Can(answers=True, buttons=True, length=3000)

    def __init__(self, client: Callable[[], Ask], wait: Callable[[float], None], tell: Tell = unheard) -> None:
        self._client, self._wait, self._tell = client, wait, tell

    def send(self, notice: Notice) -> str:
        """The message's place, ``<channel>:<ts>``. Raises SendFailed, OutcomeUnknown."""
        ask = self._client()
        if notice.posted is not None and self._shown(ask, notice, notice.posted):
            self._post(ask, *_place(notice.posted), text=again(notice), reply_broadcast=True)
            return notice.posted
        message = render(notice, self._tell)
        return self._post(ask, notice.contact.address, None, text=message.text, blocks=[*message.blocks])

    def update(self, notice: Notice) -> bool:
        """Shows the incident as it is now where it was ``posted``; False where that message isn't there any more.

        Raises SendFailed, OutcomeUnknown.
        """
        return notice.posted is not None and self._shown(self._client(), notice, notice.posted)

    def add(self, posted: str, text: str) -> None:
        """A line of its thread. Raises SendFailed, OutcomeUnknown."""
        self._post(self._client(), *_place(posted), text=escaped_lines(text))

    def whisper(self, posted: str, member: str, text: str) -> None:
        """To one member alone, beside what was posted. Raises SendFailed, OutcomeUnknown."""
        told = {"channel": _place(posted)[0], "user": member, "text": escaped_lines(text), "parse": "none"}
        self._call(self._client(), "chat.postEphemeral", told)

    def _shown(self, ask: Ask, notice: Notice, posted: str) -> bool:
        """False where the message isn't there any more."""
        (channel, at), message = _place(posted), render(notice, self._tell)
        told = {"channel": channel, "ts": at, "text": message.text, "blocks": [*message.blocks], "parse": "none"}
        try:
            self._call(ask, "chat.update", told)
        except _Gone:
            return False
        return True

    def _post(self, ask: Ask, channel: str, thread: str | None, **told: Any) -> str:
        threaded = {"thread_ts": thread} if thread else {}
        said = self._call(ask, "chat.postMessage", {"channel": channel, **threaded, **QUIET, **told})
        return f"{said['channel']}:{said['ts']}"

    def _call(self, ask: Ask, method: str, told: Mapping[str, Any]) -> Any:
        """Twice where Slack took nothing and asks for a short wait."""
        try:
            with _sending():
                return ask(method, told)
        except TooMany as asked:
            if asked.seconds > SHORT:
                raise
            self._wait(asked.seconds)
        with _sending():
            return ask(method, told)


class _Gone(SendFailed):
    """What was to be changed isn't there."""


def client_by(parameters: Parameters, patience: int = PATIENCE) -> Callable[[], Ask]:
    """A client by the token that is set. Raises SendFailed where Slack isn't set up."""

    def make() -> Ask:
        try:
            token, url = parameters.read(TOKEN), parameters.read(API_URL) or WORLDS
        except Unavailable as fault:
            raise SendFailed(f"Slack's token can't be read: {fault}") from fault
        if not token:
            raise SendFailed(f"Slack isn't set up: {SET_UP}")
        if not _safe(url):
            raise SendFailed(f"Slack isn't set up: {API_URL} must begin with https://, as the token travels there")
        from slack_sdk import WebClient

        client: Any = WebClient(token=token, base_url=url, timeout=patience, retry_handlers=[])
        return lambda method, told: client.api_call(method, json=dict(told))

    return make


def _safe(url: str) -> bool:
    """https, or this very machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "127.0.0.1")


def _place(posted: str) -> tuple[str, str]:
    channel, _, at = posted.partition(":")
    return channel, at


@contextmanager
def _sending() -> Generator[None]:
    from slack_sdk.errors import SlackApiError, SlackClientError

    try:
        yield
    except SlackApiError as fault:
        raise _refused(fault.response) from fault
    except SlackClientError as fault:
        raise SendFailed(f"Slack wasn't asked: {one_line(str(fault), REASON_MAX)}") from fault
    except URLError as fault:
        reason = one_line(str(fault.reason), REASON_MAX)
        if isinstance(fault.reason, (ConnectionResetError, BrokenPipeError)):
            raise OutcomeUnknown(f"Slack may have posted it: {reason}") from fault
        raise SendFailed(f"Slack was not reached: {reason}") from fault
    except SSLCertVerificationError as fault:
        raise SendFailed(f"Slack was not reached: {one_line(str(fault), REASON_MAX)}") from fault
    except (OSError, HTTPException, ValueError) as fault:  # a read time-out, a closed connection, no JSON
        reason = one_line(f"{type(fault).__name__}: {fault}", REASON_MAX)
        raise OutcomeUnknown(f"Slack may have posted it: {reason}") from fault


def _refused(response: Any) -> SendFailed | OutcomeUnknown:
    status, data = response.status_code, response.data
    said = cast("dict[str, Any]", data) if isinstance(data, dict) else {"error": "no JSON"}
    error = one_line(str(said.get("error", "no reason")), REASON_MAX)
    if status == 429 or error in TOO_MANY:
        seconds = _seconds(response.headers)
        return TooMany(f"Slack takes no more messages for {seconds:g} s", seconds)
    if status >= 500 or error in ITS_OWN or not WORD.fullmatch(error):
        return OutcomeUnknown(f"Slack may have posted it: {status} {error}")
    if error in GONE:
        return _Gone(f"Slack refused: {error}")
    remedy = REMEDIES.get(error)
    return SendFailed(f"Slack refused: {error}{f': {remedy}' if remedy else ''}")


def _seconds(headers: Mapping[str, Any]) -> float:
    """https://docs.slack.dev/apis/web-api/rate-limits; a minute where Slack doesn't say, a day at most."""
    asked = next((value for name, value in headers.items() if name.lower() == "retry-after"), None)
    said = str(asked).strip("[]'")  # a list of one, in some versions of the library
    return min(float(said), LONGEST) if said.isdecimal() else 60.0
