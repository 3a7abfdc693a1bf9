"""What SES and SNS say of a message that lies in the mailbox, in their exact form."""

import base64
import gzip
import json
from typing import Any

from tests.sources.ses_reports import bounce


def bounced(mail: dict[str, Any], kind: str = "Permanent", sub: str = "General") -> dict[str, Any]:
    """``mail`` is a message of the mailbox; its Message-ID is SES's id, in brackets and with a domain."""
    message_id = mail["headers"]["Message-ID"].strip("<>").partition("@")[0]
    said = {"action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1"}
    return bounce(kind, sub, mail["to"], message_id, mail["at"], **said)


def opted_out(text: dict[str, Any]) -> dict[str, Any]:
    """A batch of log lines, as the subscription of a log group hands it over."""
    line = {
        "notification": {"messageId": text["headers"]["MessageId"], "timestamp": text["at"]},
        "delivery": {"destination": text["to"], "providerResponse": "Phone number is opted out"},
        "status": "FAILURE",
    }
    batch = {"messageType": "DATA_MESSAGE", "owner": "111122223333", "logEvents": [{"message": json.dumps(line)}]}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()}}
