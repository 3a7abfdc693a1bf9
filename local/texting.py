"""A text that somebody sends to Tocsin's number: as the function would get it, by the topic, from AWS's texting.

https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html,
https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from local.account import ACCOUNT, REGION

OUR_NUMBER = "+12025550100"  # of those that are nobody's; nothing is dialled here


def event(
    number: str, text: str, topic: str, at: datetime, *, to: str = OUR_NUMBER, answers: str = ""
) -> dict[str, Any]:
    """What the function is called with; ``answers`` is the id of the last text to ``number``."""
    message = {
        "originationNumber": number,
        "destinationNumber": to,
        "messageKeyword": f"KEYWORD_{ACCOUNT}",
        "messageBody": text,
        "inboundMessageId": str(uuid.uuid4()),
        "previousPublishedMessageId": answers,
    }
    told = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": topic,
        "Subject": None,
        "Message": json.dumps(message, ensure_ascii=False),
        "Timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": "1",
        "Signature": "local",
        "SigningCertUrl": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-local.pem",
        "UnsubscribeUrl": f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe",
        "MessageAttributes": {},
    }
    subscription = f"{topic}:{uuid.uuid4()}"
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription, "EventSource": "aws:sns", "Sns": told}
    return {"Records": [record]}
