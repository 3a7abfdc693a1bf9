"""Pages and answers by text message: through SNS, or End User Messaging where a number of ours can be answered.

Laws, whatever a template says: a text is one line, written in the alphabet of texts wherever it can be; it takes one
part where that holds enough of the summary, and never more than two. What is too long is cut from the summary, so that
what stands around it stays.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from shared.channels.facts import facts
from shared.channels.gsm7 import parts, writable, written
from shared.channels.plain_text import cut, one_line
from shared.channels.sending import sending_by
from shared.channels.texts import Tell, unheard, write
from shared.flow.channel import Can, Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PARTS_MAX = 2
ROOM = 60  # characters of a summary that say what it is about; a second part is paid for no less
SUMMARY_MAX = 320  # characters that are looked at; two parts hold 306
TEXT_MAX = 2_000


class SmsChannel:
    """Sends by SNS. ``client`` has retries switched off."""

    def __init__(self, client: "SNSClient", tell: Tell, *, answers: bool = False) -> None:
        self._client, self._tell = client, tell
        self.can = can(answers=answers)

    def send(self, notice: Notice) -> str:
        """Sends once; SNS's message id. Raises SendFailed, OutcomeUnknown."""
        with sending_by("SNS"):
            answer = self._client.publish(
                PhoneNumber=notice.contact.address,
                Message=render(notice, self._tell),
                MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
            )
        return answer["MessageId"]


class EndUserMessaging(Protocol):
    """What is used of the client of ``pinpoint-sms-voice-v2``."""

    def send_text_message(self, **asked: str) -> Mapping[str, Any]: ...


class TwoWaySmsChannel:
    """Sends by AWS End User Messaging from a number that people answer to. ``client`` has retries switched off.

    Who has said STOP to that number is refused, and the person's next method is due at once.
    https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html
    """

    def __init__(self, client: EndUserMessaging, number: str, tell: Tell) -> None:
        self._client, self._number, self._tell = client, number, tell
        self.can = can(answers=True)

    def send(self, notice: Notice) -> str:
        """Sends once; the message's id. Raises SendFailed, OutcomeUnknown."""
        with sending_by("End User Messaging"):
            answer = self._client.send_text_message(
                DestinationPhoneNumber=notice.contact.address,
                OriginationIdentity=self._number,
                MessageBody=render(notice, self._tell),
                MessageType="TRANSACTIONAL",
            )
        return answer["MessageId"]


def can(*, answers: bool) -> Can:
    return Can(answers=answers, buttons=False, length=306)  # two parts


def render(notice: Notice, tell: Tell = unheard) -> str:
    """The text that tells ``notice``; ``tell`` hears of a template that failed."""
    if notice.bundle is not None:
        return notice.bundle.text
    if notice.answer is not None:
        return _fit(notice.answer, lambda said: said, enough=SUMMARY_MAX)
    told, faults = facts(notice, one_line), list[str]()

    def around(summary: str) -> str:
        return write("sms", replace(told, summary=summary), notice.templates, faults.append)

    text = _fit(told.summary, around, enough=ROOM)
    for fault in dict.fromkeys(faults):  # the same for each length that was tried
        tell(fault)
    return text


def _fit(summary: str, around: Callable[[str], str], enough: int) -> str:
    """What ``around`` says of as much of ``summary`` as fits: one part where that holds all of it, or ``enough``
    characters; else two. What is too long without any summary is cut itself.
    """
    said = one_line(summary, SUMMARY_MAX)
    gsm = writable(around(said))
    said, end = (" ".join(written(said).split()), "...") if gsm else (said, "…")

    def cut_to(length: int) -> str:
        text = around(cut(said, length, end))
        return one_line(written(text) if gsm else text, TEXT_MAX)

    def longest(most: int) -> int:
        return bisect_right(range(len(said) + 1), most, key=lambda length: parts(cut_to(length))) - 1

    length = longest(1)
    if length < min(enough, len(said)):
        length = longest(PARTS_MAX)
    return cut_to(length) if length >= 0 else _shortened(cut_to(0), end)


def _shortened(text: str, end: str) -> str:
    most = bisect_right(range(len(text) + 1), PARTS_MAX, key=lambda length: parts(cut(text, length, end))) - 1
    return cut(text, most, end)
