"""Pages by web push, to a browser that a person has subscribed with.

Laws: one call, ten seconds in all, no redirects, only to push services that are known. A subscription that is gone is
told by name, so that it is used no more. Nobody waits for a push service that is busy: the next method is due at once.
"""

import json
from urllib.parse import urlsplit

from shared.channels.outside import Answer, Outside
from shared.channels.plain_text import cut, one_line
from shared.channels.texts import Tell, text_of
from shared.channels.web_push import PLAINTEXT_MAX, Keys, authorization, encrypt, read_keys
from shared.domain.answer import Word
from shared.domain.directory import Urgency
from shared.domain.errors import Refused
from shared.domain.subscription import MORE_SERVICES, VAPID_KEY, refuse_unknown_service
from shared.flow.channel import Can, Gone, Notice, OutcomeUnknown, SendFailed
from shared.flow.ports import Clock, Parameters, Unavailable

PATIENCE = 10.0  # s in all; a function has thirty
REASON_MAX = 200
TITLE_MAX, BODY_MAX = 120, 500  # characters; of four bytes each they fit
KEPT_FOR = 3_600  # s that a push service keeps what it can't deliver: later, others have been paged
ACTIONS = ((Word.ACK, "Acknowledge"), (Word.RESOLVE, "Resolve"))
TEST_TITLE = "Tocsin"


class PushChannel:
    """Sends to the push service of each subscription. ``sender`` is the address that such a service may write to."""

    can = Can(answers=False, buttons=True, length=BODY_MAX)

    def __init__(self, parameters: Parameters, sender: str, outside: Outside, now: Clock, tell: Tell) -> None:
        self._parameters, self._sender, self._outside = parameters, sender, outside
        self._now, self._tell = now, tell

    def send(self, notice: Notice) -> str:
        """Sends once; the message's address at the push service. Raises SendFailed, Gone, OutcomeUnknown."""
        subscription = notice.state.subscription if notice.state else None
        if not subscription:
            raise SendFailed("no browser is subscribed as this contact: `tocsin push-link` gives the link")
        endpoint = subscription["endpoint"]
        try:
            refuse_unknown_service(endpoint, self._parameters.read(MORE_SERVICES))
            headers = {**_headers(notice), "Authorization": self._authorization(endpoint)}
            body = encrypt(render(notice, self._tell), subscription)
        except (Refused, Unavailable) as fault:
            raise SendFailed(str(fault)) from fault
        except ValueError as fault:
            raise SendFailed(f"its keys can't be used: {one_line(str(fault), REASON_MAX)}") from fault
        service = urlsplit(endpoint).hostname or ""
        try:
            answered = self._outside.post(endpoint, headers, body)
        except SendFailed as fault:
            raise SendFailed(f"{service}: {fault}") from fault
        except OutcomeUnknown as fault:
            raise OutcomeUnknown(f"{service}: {fault}") from fault
        return _settled(service, answered)

    def _authorization(self, endpoint: str) -> str:
        return authorization(endpoint, self._keys(), f"mailto:{self._sender}", self._now())

    def _keys(self) -> Keys:
        kept = self._parameters.read(VAPID_KEY)
        if kept is None:
            raise SendFailed(f"{VAPID_KEY} is missing, so nothing can be pushed: `tocsin apply`")
        return read_keys(kept)


def render(notice: Notice, tell: Tell) -> bytes:
    """What the service worker is told, in JSON."""
    incident = notice.incident
    if notice.answer is not None:
        title, body, link, actions = notice.subject or f"#{incident.number} {incident.service}", notice.answer, "", ()
    else:
        title, body = text_of("push.title", notice, tell), text_of("push.body", notice, tell)
        link, actions = notice.link or "", ACTIONS if notice.link else ()
    told = {
        "title": cut(one_line(title, TITLE_MAX), TITLE_MAX),
        "body": cut(one_line(body, BODY_MAX), BODY_MAX),
        "tag": incident.id,
        "link": link,
        "actions": [{"action": word.value, "title": name} for word, name in actions],
        "urgent": incident.urgency is Urgency.HIGH,
    }
    written = json.dumps(told, ensure_ascii=False).encode()
    if len(written) > PLAINTEXT_MAX:
        raise SendFailed(f"the message has {len(written)} bytes, and a push takes {PLAINTEXT_MAX}")
    return written


def _headers(notice: Notice) -> dict[str, str]:
    """RFC 8030 §5: of several pages of an incident that wait, a push service keeps the last."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(KEPT_FOR),
        "Urgency": "high" if notice.incident.urgency is Urgency.HIGH else "normal",
        "Topic": notice.incident.id,
    }


def _settled(service: str, answered: Answer) -> str:
    """What an answer comes to: RFC 8030 §5, §7.3, §8.4."""
    match answered.status:
        case 200 | 201 | 202:
            return answered.headers.get("location") or "accepted"
        case 404 | 410:
            raise Gone(f"{service} says that the browser is subscribed no more ({answered.status})")
        case 429:
            raise SendFailed(f"{service} is asked too often (429)")
        case status if status >= 500:
            raise OutcomeUnknown(f"{service} may have taken it: {_said(answered)}")
        case _:
            raise SendFailed(f"{service} refused: {_said(answered)}")


def _said(answered: Answer) -> str:
    return one_line(f"{answered.status} {answered.body.decode('utf-8', 'replace')}", REASON_MAX)
