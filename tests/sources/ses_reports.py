"""What SES says on the default bus of a mail that bounced, in its exact form."""

from typing import Any


def bounce(
    kind: str,
    sub: str,
    to: str = "ada@acme.example",
    message_id: str = "0102019a-1",
    at: str = "2026-11-23T03:00:10Z",
    **recipient: str,
) -> dict[str, Any]:
    """``kind`` and ``sub`` are SES's types; ``recipient`` is what the other server said: action, status, …"""
    return {
        "source": "aws.ses",
        "detail-type": "Email Bounced",
        "detail": {
            "eventType": "Bounce",
            "bounce": {
                "bounceType": kind,
                "bounceSubType": sub,
                "bouncedRecipients": [{"emailAddress": to, **recipient}],
                "timestamp": at,
            },
            "mail": {"messageId": message_id, "timestamp": at, "destination": [to]},
        },
    }
