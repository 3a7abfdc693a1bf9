"""What SES and SNS say of a message that lies in the mailbox, in their exact form."""

import base64
import gzip
import json
from typing import Any


def bounced(mail: dict[str, Any], kind: str = "Permanent", sub: str = "General") -> dict[str, Any]:
    """``mail`` is a message of the mailbox; its Message-ID is SES's id, in brackets and with a domain."""
    return {
        "source": "aws.ses",
        "detail-type": "Email Bounced",
        "detail": {
            "eventType": "Bounce",
            "bounce": {
                "bounceType": kind,
                "bounceSubType": sub,
                "bouncedRecipients": [
                    {
                        "emailAddress": mail["to"],
                        "action": "failed",
                        "status": "5.1.1",
                        "diagnosticCode": "smtp; 550 5.1.1",
                    }
                ],
            },
            "mail": {"messageId": mail["headers"]["Message-ID"].strip("<>").partition("@")[0], "timestamp": mail["at"]},
        },
    }


def opted_out(text: dict[str, Any]) -> dict[str, Any]:
    """A batch of log lines, as the subscription of a log group hands it over."""
    line = {
        "notification": {"messageId": text["headers"]["MessageId"], "timestamp": text["at"]},
        "delivery": {"destination": text["to"], "providerResponse": "Phone number is opted out"},
        "status": "FAILURE",
    }
    batch = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logEvents": [{"message": json.dumps(line)}]}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()}}
