"""What providers report of messages that were sent: SES's events, SNS's and End User Messaging's delivery status.

Laws: what a report is about is the provider's id of the message. ``hard`` says that the address or number itself
doesn't work, so that the next message would fail as well. What tells nothing of arrival (sent, opened, queued) is no
report.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.domain.directory import Medium
from shared.domain.instants import Instant
from shared.sources.fields import Required, flag, items, look, mapping, text
from shared.sources.log_batches import lines
from shared.sources.timestamps import UTC, moment

SOURCE = "delivery"
REASON_MAX = 300  # characters of a provider's own words


class Outcome(StrEnum):
    DELIVERED = "delivered"  # its mail server has it, its carrier has
    FAILED = "failed"
    DELAYED = "delayed"  # it may still arrive
    COMPLAINED = "complained"  # it arrived, and its reader called it spam


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    medium: Medium
    provider_id: str
    outcome: Outcome
    recipient: str  # as the provider writes it
    hard: bool = False
    reason: str | None = None
    at: Instant | None = None  # of the report, by the provider's clock
    sent_at: Instant | None = None  # of the message, by the provider's clock


def translate(message: Any) -> list[Report]:
    """An event of EventBridge, a notification of SNS, a batch of log lines. Raises MessageError."""
    return [report for line in lines(SOURCE, message) for report in _reports(line.record)]


def _reports(record: Mapping[str, Any]) -> Iterator[Report]:
    detail = look(record, "detail")
    told = mapping(detail) if detail is not None else record
    kind = text(look(told, "eventType")) or text(look(told, "notificationType")) or ""
    if look(told, "mail") is not None:
        yield from _of_mail(told, kind)
    elif kind.startswith("TEXT_"):
        yield from _of_messaging(told, kind)
    elif look(told, "notification") is not None and look(told, "delivery") is not None:
        yield _of_sns(told)


# SES

# https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html#bounce-types; an undetermined bounce may be both
HARD_BOUNCE = "permanent"
AUTOMATIC = ("transient", "general")  # an absence note counts as one: the mail has arrived


def _of_mail(told: Mapping[str, Any], kind: str) -> Iterator[Report]:
    """https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html"""
    read = OF_MAIL.get(kind.replace(" ", "").lower())
    if read is None:
        return
    required = Required(SOURCE, told)
    provider_id = required.text("mail.messageId")
    required.settle()
    for recipient, outcome, hard, reason, at in read(told):
        yield Report(
            medium=Medium.EMAIL,
            provider_id=provider_id,
            outcome=outcome,
            recipient=recipient,
            hard=hard,
            reason=reason and reason[:REASON_MAX],
            at=moment(at, without_zone=UTC),
            sent_at=moment(look(told, "mail.timestamp"), without_zone=UTC),
        )


Heard = tuple[str, Outcome, bool, str | None, Any]


def _bounce(told: Mapping[str, Any]) -> Iterator[Heard]:
    bounce = mapping(look(told, "bounce"))
    kind, sub = text(look(bounce, "bounceType")) or "", text(look(bounce, "bounceSubType")) or ""
    if (kind.lower(), sub.lower()) == AUTOMATIC and not _refused(bounce):
        return
    for bounced in items(look(bounce, "bouncedRecipients")) or _destinations(told):
        said = text(look(bounced, "diagnosticCode")) or text(look(bounced, "status"))
        reason = f"{kind} bounce, {sub}" + (f": {said}" if said else "")
        yield _address(bounced), Outcome.FAILED, kind.lower() == HARD_BOUNCE, reason, look(bounce, "timestamp")


def _refused(bounce: Mapping[str, Any]) -> bool:
    """A mail server said so; an absence note has no delivery status of its own."""
    return any(
        text(look(bounced, "action")) == "failed" or text(look(bounced, "diagnosticCode"))
        for bounced in items(look(bounce, "bouncedRecipients"))
    )


def _complaint(told: Mapping[str, Any]) -> Iterator[Heard]:
    """A complaint that SES itself has on its list of the suppressed was never sent."""
    complaint = mapping(look(told, "complaint"))
    for complained in items(look(complaint, "complainedRecipients")) or _destinations(told):
        said = text(look(complaint, "complaintFeedbackType"))
        reason = "its reader called a page spam" + (f" ({said})" if said else "")
        if sub := text(look(complaint, "complaintSubType")):
            yield _address(complained), Outcome.FAILED, True, f"{sub}: an earlier complaint", _at(complaint)
        else:
            yield _address(complained), Outcome.COMPLAINED, True, reason, _at(complaint)


def _delivery(told: Mapping[str, Any]) -> Iterator[Heard]:
    delivery = mapping(look(told, "delivery"))
    for address in items(look(delivery, "recipients")) or _destinations(told):
        yield _address(address), Outcome.DELIVERED, False, None, _at(delivery)


def _delay(told: Mapping[str, Any]) -> Iterator[Heard]:
    delay = mapping(look(told, "deliveryDelay"))
    for delayed in items(look(delay, "delayedRecipients")) or _destinations(told):
        said = text(look(delayed, "diagnosticCode"))
        reason = f"delayed, {text(look(delay, 'delayType')) or 'Undetermined'}" + (f": {said}" if said else "")
        yield _address(delayed), Outcome.DELAYED, False, reason, _at(delay)


def _reject(told: Mapping[str, Any]) -> Iterator[Heard]:
    """SES refuses the content: the address may be well."""
    reason = f"SES rejected it: {text(look(told, 'reject.reason')) or 'no reason'}"
    for address in _destinations(told):
        yield _address(address), Outcome.FAILED, False, reason, look(told, "mail.timestamp")


def _rendering(told: Mapping[str, Any]) -> Iterator[Heard]:
    reason = f"SES couldn't render it: {text(look(told, 'failure.errorMessage')) or 'no reason'}"
    for address in _destinations(told):
        yield _address(address), Outcome.FAILED, False, reason, look(told, "mail.timestamp")


OF_MAIL: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Heard]]] = {
    "bounce": _bounce,
    "complaint": _complaint,
    "delivery": _delivery,
    "deliverydelay": _delay,
    "reject": _reject,
    "renderingfailure": _rendering,
}


def _destinations(told: Mapping[str, Any]) -> Any:
    return items(look(told, "mail.destination")) or ("",)


def _address(recipient: Any) -> str:
    return (text(look(recipient, "emailAddress")) if isinstance(recipient, Mapping) else text(recipient)) or ""


def _at(told: Mapping[str, Any]) -> Any:
    return look(told, "timestamp")


# SNS

# https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html: reasons that the next text would meet as well
HARD_TEXT = (
    "invalid phone number",
    "opted out",
    "phone has blocked sms",
    "phone is on a blocked list",
    "destination is on a blocked list",
)


def _of_sns(told: Mapping[str, Any]) -> Report:
    """A line of ``sns/<region>/<account>/DirectPublishToPhoneNumber``, or of the group ``…/Failure`` beside it."""
    required = Required(SOURCE, told)
    provider_id, status = required.text("notification.messageId"), required.text("status")
    required.settle()
    reason = text(look(told, "delivery.providerResponse"))
    failed = status.upper() != "SUCCESS"
    return Report(
        medium=Medium.SMS,
        provider_id=provider_id,
        outcome=Outcome.FAILED if failed else Outcome.DELIVERED,
        recipient=text(look(told, "delivery.destination")) or "",
        hard=failed and any(said in (reason or "").lower() for said in HARD_TEXT),
        reason=(reason or "the carrier didn't take it")[:REASON_MAX] if failed else None,
        at=None,  # the line says when the text was published, not when its status was known
        sent_at=moment(look(told, "notification.timestamp"), without_zone=UTC),
    )


# End User Messaging

# https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html
OF_MESSAGING: Mapping[str, tuple[Outcome, bool]] = {  # and whether it is hard
    "TEXT_DELIVERED": (Outcome.DELIVERED, False),
    "TEXT_SUCCESSFUL": (Outcome.DELIVERED, False),  # the carrier's word, where it has no better one
    "TEXT_INVALID": (Outcome.FAILED, True),
    "TEXT_BLOCKED": (Outcome.FAILED, True),  # the phone takes no texts from us
    "TEXT_UNREACHABLE": (Outcome.FAILED, False),
    "TEXT_CARRIER_UNREACHABLE": (Outcome.FAILED, False),
    "TEXT_CARRIER_BLOCKED": (Outcome.FAILED, False),
    "TEXT_INVALID_MESSAGE": (Outcome.FAILED, False),
    "TEXT_PROTECT_BLOCKED": (Outcome.FAILED, False),  # by a configuration of the account's own
    "TEXT_SPAM": (Outcome.FAILED, False),
    "TEXT_TTL_EXPIRED": (Outcome.FAILED, False),
}


def _of_messaging(told: Mapping[str, Any], kind: str) -> Iterator[Report]:
    """Not the statuses on the way, nor ``TEXT_UNKNOWN``, which says after 72 h that nobody knows."""
    if kind not in OF_MESSAGING or (look(told, "isFinal") is not None and not flag(look(told, "isFinal"))):
        return
    outcome, hard = OF_MESSAGING[kind]
    required = Required(SOURCE, told)
    provider_id = required.text("messageId")
    required.settle()
    said = text(look(told, "messageStatusDescription"))
    yield Report(
        medium=Medium.SMS,
        provider_id=provider_id,
        outcome=outcome,
        recipient=text(look(told, "destinationPhoneNumber")) or "",
        hard=hard,
        reason=None if outcome is Outcome.DELIVERED else f"{kind}: {said or 'no reason'}"[:REASON_MAX],
        at=moment(look(told, "eventTimestamp")),
        sent_at=moment(look(told, "messageRequestTimestamp")),
    )
