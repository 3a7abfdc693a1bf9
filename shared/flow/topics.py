"""Messages of SNS topics by HTTPS, ``POST /integrations/<source>/<routing key>``: SNS's own, and of the expected topic.

What a topic brings is the same alert as by the bus. A subscription is confirmed for the topic that the integration
names and for no other. That somebody ended it is told to the operators: what the topic brings isn't heard any more.
"""

from collections.abc import Mapping
from typing import Any

from shared.domain.directory import Integration
from shared.domain.errors import MessageError
from shared.flow.heard import Told, put
from shared.flow.ingest import TRY_AGAIN, Answer
from shared.flow.ports import Deps, Unavailable
from shared.flow.verification import by_key
from shared.sources import bodies
from shared.sources.fields import look, text
from shared.sources.mapped import remapped
from shared.sources.registry import SOURCES
from shared.sources.sns import unwrap
from shared.sources.sns_signature import (
    CONFIRMATION,
    NOTIFICATION,
    Unsigned,
    certificate_address,
    check,
    confirmation_address,
)


def deliver(deps: Deps, source: str, routing_key: str, body: bytes) -> Answer:
    """SNS tries again what isn't answered by 2xx, https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    try:
        message = bodies.parse_json(body)
        integration = by_key(deps, routing_key, source)
        if integration is None or integration.topic is None:
            return _refused(deps, source, 404, "no integration with a topic has this source and routing key")
        check(message, integration.topic, deps.sns.read(certificate_address(message)), deps.now())
        return _taken(deps, integration, integration.topic, message)
    except bodies.TooLarge as fault:
        return _refused(deps, source, 413, str(fault))
    except MessageError as fault:
        return _refused(deps, source, 400, str(fault))
    except Unsigned as fault:
        return _refused(deps, source, 401, str(fault))
    except Unavailable as fault:
        deps.journal.fault("ingest", str(fault))
        return Answer(status=503, body={"message": str(fault)}, headers={"retry-after": str(TRY_AGAIN)})


def _taken(deps: Deps, integration: Integration, topic: str, message: Mapping[str, Any]) -> Answer:
    kind = text(look(message, "Type"))
    if kind == CONFIRMATION:
        deps.sns.read(confirmation_address(message, topic))
        return Answer(status=200, body={"message": f"subscribed to {topic}"})
    if kind != NOTIFICATION:
        deps.journal.fault("ingest", f"{topic} is unsubscribed: what it brings to {integration.name} isn't heard")
        return Answer(status=200, body={"message": f"unsubscribed from {topic}"})
    put(deps, message, lambda _, notification: _told(integration, notification), str(look(message, "MessageId")))
    return Answer(status=202, body={"message": "accepted"})


def _told(integration: Integration, notification: Mapping[str, Any]) -> Told:
    """By the integration that the address names. A mapping's paths lead into the event inside of the notification."""
    translate = SOURCES[integration.source]
    if not (integration.map or integration.dedup_key):
        return [(event, integration) for event in translate(notification)]
    return [
        (remapped(event, inside.message, integration.map, integration.dedup_key), integration)
        for inside in unwrap(integration.source, notification)
        for event in translate(inside.message)
    ]


def _refused(deps: Deps, source: str, status: int, reason: str) -> Answer:
    deps.journal.fault("ingest", f"a message for {source} is refused: {reason}")
    deps.journal.count("Refused")
    return Answer(status=status, body={"message": reason})
