"""``reply``: what people answer, by whatever way it comes in."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from shared import wiring
from shared.flow import reply_mail, reply_text
from shared.flow.ports import Deps
from shared.sources.answer_mail import verdicts_of_receipt
from shared.web import answer_page, overview_page, push_page, slack_door
from shared.web.answering import Asked, Shown, nothing_there

Door = Callable[[Deps, Asked], Shown]

deps = wiring.deps()
DOORS: Mapping[str, Door] = {  # by the first part of the path
    "answer": answer_page.door,
    "open": overview_page.door,
    "push": push_page.door,
    "slack": slack_door.door,
}


def handler(request: dict[str, Any], context: object) -> dict[str, Any] | None:
    """A request of the HTTP API (payload format 2.0) is answered; what others hand over is not."""
    if "requestContext" in request:
        return respond(deps, request)
    for record in request["Records"]:
        if "Sns" in record:
            reply_text.run(deps, record["Sns"], wiring.texts_topic())
        else:
            _mail(record["ses"])
    return None


def respond(deps: Deps, request: Mapping[str, Any]) -> dict[str, Any]:
    asked = _asked(request)
    shown = DOORS.get(asked.path[0], nothing_there)(deps, asked)
    return {
        "statusCode": shown.status,
        "headers": dict(shown.headers),
        "body": "" if asked.method == "HEAD" else shown.body,
    }


def _asked(request: Mapping[str, Any]) -> Asked:
    http, body = request["requestContext"]["http"], request.get("body") or ""
    plain = base64.b64decode(body) if request.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
    return Asked(
        method=http["method"],
        path=tuple(request["rawPath"].strip("/").split("/")),
        headers={name.lower(): value for name, value in request.get("headers", {}).items()},
        body=plain,
    )


def _mail(ses: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html"""
    mail, receipt = ses["mail"], ses["receipt"]
    reply_mail.run(
        deps,
        reply_mail.Receipt(
            at=f"inbound/{mail['messageId']}",
            verdicts=verdicts_of_receipt(receipt),
            recipients=tuple(receipt["recipients"]),
        ),
    )
