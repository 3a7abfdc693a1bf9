"""``reply``: mail that SES received and put into its bucket."""

from typing import Any

from shared import wiring
from shared.flow import reply
from shared.sources.answer_mail import verdicts_of_receipt

deps = wiring.deps()


def handler(request: dict[str, Any], context: object) -> None:
    """https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html"""
    for record in request["Records"]:
        mail, receipt = record["ses"]["mail"], record["ses"]["receipt"]
        reply.run(
            deps,
            reply.Receipt(
                at=f"inbound/{mail['messageId']}",
                verdicts=verdicts_of_receipt(receipt),
                recipients=tuple(receipt["recipients"]),
            ),
        )
