"""What becomes of a message at mail servers and carriers, as SES and SNS report it of their simulators' addresses.

- Mail to ``bounce@simulator.amazonses.com`` and its siblings, ``bounce+ada@…`` too: SES's event on the default bus.
- Texts to a number of the SMS simulator: SNS's log line, given to ``track`` as its log group's subscription gives it.
- Every other message arrives, and nothing is said of it.

https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
https://docs.aws.amazon.com/sms-voice/latest/userguide/test-phone-numbers.html
"""

import asyncio
import base64
import gzip
import json
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from local import injection
from local.account import ACCOUNT, REGION
from local.mailbox import Sent

SIMULATOR = "simulator.amazonses.com"
SET = "tocsin"  # the configuration set whose events come to the default bus
LATER = 1.0  # s after the message: SES and SNS take no less
TRACK = "tocsin-track"

DELIVERED, FAILED = (
    frozenset({"+14254147755", "+61455944038", "+43676800442031", "+32460213922", "+4525919410", "+33755512501"}),
    frozenset({"+14254147167", "+61455944039", "+43676800442032", "+32460213923", "+4525919215", "+33755512502"}),
)

Told = tuple[str, str, Mapping[str, Any]]  # detail type, event type, and what it says beside the mail

logger = logging.getLogger(__name__)


def report(sent: Sent) -> None:
    """Says after a moment what became of ``sent``. Call it in the event loop."""
    for act in (*_of_mail(sent), *_of_text(sent)):
        asyncio.get_running_loop().call_later(LATER, act)


def _of_mail(sent: Sent) -> list[Callable[[], None]]:
    local, _, domain = parseaddr(sent.to)[1].lower().partition("@")
    if sent.channel != "email" or domain != SIMULATOR or sent.headers.get("X-SES-CONFIGURATION-SET") != SET:
        return []
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = outcomes(local.partition("+")[0], parseaddr(sent.to)[1], now)
    return [lambda event=event: _put(event) for event in events(sent, told)]


def outcomes(name: str, address: str, at: str) -> Sequence[Told]:
    """What SES says of a mail to ``name@simulator.amazonses.com``."""
    recipient = {"emailAddress": address}
    delivered: Told = (
        "Email Delivered",
        "Delivery",
        {
            "delivery": {
                "timestamp": at,
                "processingTimeMillis": 612,
                "recipients": [address],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "a4-8.smtp-out.eu-west-1.amazonses.com",
            }
        },
    )

    def bounced(kind: str, sub: str, **said: str) -> Told:
        bounce = {
            "feedbackId": f"{uuid.uuid4()}-000000",
            "bounceType": kind,
            "bounceSubType": sub,
            "bouncedRecipients": [{**recipient, **said}],
            "timestamp": at,
        }
        return "Email Bounced", "Bounce", {"bounce": bounce}

    match name:
        case "bounce":
            no_such_user = "smtp; 550 5.1.1 user unknown"
            return [bounced("Permanent", "General", action="failed", status="5.1.1", diagnosticCode=no_such_user)]
        case "suppressionlist":
            suppressed = "Amazon SES has suppressed sending to this address because it has a recent history of bouncing"
            return [bounced("Permanent", "Suppressed", action="failed", status="5.1.1", diagnosticCode=suppressed)]
        case "ooto":  # it arrives, and a note of absence comes back, which SES takes for a bounce
            return [delivered, bounced("Transient", "General")]
        case "complaint":
            complaint = {
                "feedbackId": f"{uuid.uuid4()}-000000",
                "complaintSubType": None,
                "complainedRecipients": [recipient],
                "timestamp": at,
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": "abuse",
                "arrivalDate": at,
            }
            return [delivered, ("Email Complaint Received", "Complaint", {"complaint": complaint})]
        case _:
            return [delivered]


def events(sent: Sent, told: Sequence[Told]) -> Sequence[Mapping[str, Any]]:
    """Events of EventBridge about ``sent``."""
    headers = [{"name": name, "value": value} for name, value in sent.headers.items()]
    mail = {
        "timestamp": sent.at,
        "source": parseaddr(sent.headers.get("From", ""))[1],
        "sendingAccountId": ACCOUNT,
        "messageId": sent.headers["Message-ID"].strip("<>").partition("@")[0],
        "destination": [parseaddr(sent.to)[1]],
        "headersTruncated": False,
        "headers": headers,
        "commonHeaders": {"from": [sent.headers.get("From", "")], "to": [sent.to], "subject": sent.subject},
        "tags": {"ses:configuration-set": [SET]},
    }
    return [
        {
            "source": "aws.ses",
            "detail-type": detail_type,
            "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{SET}"],
            "detail": {"eventType": kind, **said, "mail": mail},
        }
        for detail_type, kind, said in told
    ]


def _put(event: Mapping[str, Any]) -> None:
    injection.put(injection.read_event(json.dumps(event).encode(), datetime.now(UTC)))


def _of_text(sent: Sent) -> list[Callable[[], None]]:
    if sent.channel != "sms" or sent.to not in DELIVERED | FAILED:
        return []
    return [lambda: _call_track(batch(sent))]


def batch(sent: Sent) -> Mapping[str, Any]:
    """One line of SNS's log about ``sent``, as a subscription hands it over."""
    failed = sent.to in FAILED
    said = "Phone is currently unreachable/unavailable" if failed else "Message has been accepted by phone carrier"
    line = {
        "notification": {"messageId": sent.headers["MessageId"], "timestamp": sent.at.replace("T", " ").rstrip("Z")},
        "delivery": {
            "destination": sent.to,
            "priceInUSD": 0.00645,
            "smsType": "Transactional",
            "providerResponse": said,
            "dwellTimeMs": 599,
            "dwellTimeMsUntilDeviceAck": 1344,
        },
        "status": "FAILURE" if failed else "SUCCESS",
    }
    told = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": f"sns/{REGION}/{ACCOUNT}/DirectPublishToPhoneNumber" + ("/Failure" if failed else ""),
        "logStream": str(uuid.uuid4()),
        "subscriptionFilters": ["tocsin"],
        "logEvents": [{"id": "0", "timestamp": 0, "message": json.dumps(line)}],
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()}}


def _call_track(request: Mapping[str, Any]) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    with request_scope(ACCOUNT, REGION):
        function, _, name = lambda_svc._get_func_record_for_ref(TRACK)
        if function is None:
            logger.warning("there is no function %s to be told of a text", name)
            return
        lambda_svc.invoke_async_with_retry(function, dict(request))
