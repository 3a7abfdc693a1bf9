"""Pages and answers by text message, through SNS.

Laws: a text leads with number, service, severity and summary; it is written in the alphabet of texts wherever it can
be, takes one part where that holds enough of the summary, and never more than two.
"""

from bisect import bisect_right
from typing import TYPE_CHECKING

from shared.channels.gsm7 import parts, writable, written
from shared.channels.plain_text import cut, one_line
from shared.channels.sending import sending_by
from shared.channels.wording import for_fallback, local, severity, unanswered
from shared.domain.directory import Medium
from shared.flow.ports import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PARTS_MAX = 2
ROOM = 60  # characters of a summary that say what it is about; a second part is paid for no less
SERVICE_MAX = 30
SUMMARY_MAX = 320  # characters that are looked at; two parts hold 306


class SmsChannel:
    """Sends by SNS. ``client`` has retries switched off."""

    def __init__(self, client: "SNSClient") -> None:
        self._client = client

    def send(self, notice: Notice) -> str:
        """Sends once; SNS's message id. Raises SendFailed, OutcomeUnknown."""
        with sending_by("SNS"):
            answer = self._client.publish(
                PhoneNumber=notice.contact.address,
                Message=render(notice),
                MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            )
        return answer["MessageId"]


def render(notice: Notice) -> str:
    """The text that tells ``notice``. Pure."""
    if notice.bundle is not None:
        return notice.bundle.text
    if notice.answer is not None:
        return _fit("", notice.answer, "", enough=SUMMARY_MAX)
    incident = notice.incident
    nobody = f"{unanswered(notice)}. " if for_fallback(notice) else ""
    lead = f"TOCSIN {incident.number} {one_line(incident.service, SERVICE_MAX)} {severity(notice).upper()}: {nobody}"
    return _fit(lead, incident.title, f" Since {_clock(notice)}.{_how(notice)}", enough=ROOM)


def _clock(notice: Notice) -> str:
    here, zone = local(notice.incident.triggered_at, notice)
    return f"{here:%H:%M} UTC" if zone == "UTC" else f"{here:%H:%M}"


def _how(notice: Notice) -> str:
    """What works: the page that the same person has by mail can be answered."""
    by_mail = notice.user is not None and any(contact.medium is Medium.EMAIL for contact in notice.user.contacts)
    return " Answer by mail." if by_mail else ""


def _fit(lead: str, text: str, tail: str, enough: int) -> str:
    """``text`` between the two: in one part where that holds all of it, or ``enough`` characters; else in two."""
    said, end = one_line(text, SUMMARY_MAX), "…"
    if writable(f"{lead}{said}{tail}"):
        lead, said, tail, end = written(lead), " ".join(written(said).split()), written(tail), "..."

    def cut_to(length: int) -> str:
        return f"{lead}{cut(said, length, end)}{tail}"

    def longest(most: int) -> int:
        return bisect_right(range(len(said) + 1), most, key=lambda length: parts(cut_to(length))) - 1

    length = longest(1)
    return cut_to(length if length >= min(enough, len(said)) else longest(PARTS_MAX))
