"""Pages and answers by mail, through SES.

Laws, whatever a template says: a page begins with the line by which a reply is told from the page that it quotes, so no
line below it can be taken for a command; a subject is one line; all mail of an incident is one thread; no header has
text from outside.
"""

import html
from dataclasses import dataclass
from email.utils import formataddr
from typing import TYPE_CHECKING

from shared.channels.facts import NAME_MAX, SUMMARY_MAX, VALUE_MAX
from shared.channels.plain_text import cut, one_line, shown
from shared.channels.sending import sending_by
from shared.channels.texts import Tell, text_of, unheard
from shared.channels.wording import severity
from shared.domain.answer import headline
from shared.domain.directory import Urgency
from shared.flow.channel import Can, Notice

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SUBJECT_MAX = 120  # characters; a phone shows 40, a list of mails about 100
HEADER_MAX = 870  # characters: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html

COLOURS = {"critical": "#b42318", "error": "#c4320a", "warning": "#a15c07", "info": "#344054"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    subject: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]


class MailChannel:
    """Sends by SES v2. ``client`` has retries switched off. ``reports`` is the configuration set by which SES says what
    became of each mail."""

    can = Can(answers=True, buttons=False, length=100_000)

    def __init__(self, client: "SESV2Client", from_address: str, tell: Tell, reports: str) -> None:
        self._client, self._tell, self._reports = client, tell, reports
        self._from = formataddr(("Tocsin", from_address))

    def send(self, notice: Notice) -> str:
        """Sends once; SES's message id. Raises SendFailed, OutcomeUnknown."""
        mail = render(notice, self._tell)
        with sending_by("SES"):
            answer = self._client.send_email(
                FromEmailAddress=self._from,
                ConfigurationSetName=self._reports,
                Destination={"ToAddresses": [notice.contact.address]},
                ReplyToAddresses=[notice.reply_to] if notice.reply_to else [],
                Content={
                    "Simple": {
                        "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                        "Body": {
                            "Text": {"Data": mail.text, "Charset": "UTF-8"},
                            "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        },
                        "Headers": [{"Name": name, "Value": value} for name, value in mail.headers],
                    }
                },
            )
        return answer["MessageId"]


def render(notice: Notice, tell: Tell = unheard) -> Mail:
    """The mail that tells ``notice``; ``tell`` hears of templates that failed."""
    if notice.subject is not None:
        return _aside(notice, notice.subject, notice.answer or "")
    if notice.answer is not None:
        return _answer(notice, notice.answer, tell)
    head = headline(notice.incident.number, severity(notice), shown(notice.incident.service, NAME_MAX))
    colour = COLOURS.get(severity(notice), COLOURS["info"])
    return Mail(
        subject=_subject(notice, tell),
        text=f"{head}\n{text_of('email.text', notice, tell)}\n",
        html=_page(
            f'<p style="margin:0;color:{colour}"><b>{html.escape(head)}</b></p>\n{text_of("email.html", notice, tell)}'
        ),
        headers=_headers(notice),
    )


def _subject(notice: Notice, tell: Tell) -> str:
    """The same for all pages of an incident, since mail programs join threads by it."""
    return one_line(text_of("email.subject", notice, tell), SUBJECT_MAX)


def _headers(notice: Notice) -> tuple[tuple[str, str], ...]:
    thread, answered = f"<{notice.incident.id}.incident@tocsin>", _printable(notice.in_reply_to)
    urgent = notice.answer is None and notice.incident.urgency is Urgency.HIGH
    headers = {
        # RFC 3834 §5: what we send is never answered by a machine, what answers is told from what begins.
        "Auto-Submitted": "auto-generated" if notice.answer is None else "auto-replied",
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
        # SES sets the Message-ID itself, so a thread hangs on an id that no mail has (RFC 5322 §3.6.4).
        "References": f"{thread} {answered}" if answered else thread,
        "In-Reply-To": answered or thread,
        "Importance": "high" if urgent else "normal",
    }
    return tuple(headers.items())


def _printable(message_id: str | None) -> str | None:
    """A message id as a header takes it, or none."""
    if message_id is None or len(message_id) > HEADER_MAX // 2:
        return None
    return message_id if all("!" <= character <= "~" for character in message_id) else None


def _aside(notice: Notice, subject: str, text: str) -> Mail:
    """What is about no incident, in no thread of one."""
    answered = _printable(notice.in_reply_to)
    headers = {
        "Auto-Submitted": "auto-replied" if answered else "auto-generated",
        "X-Auto-Response-Suppress": "All",
        **({"References": answered, "In-Reply-To": answered} if answered else {}),
    }
    said = [shown(line, SUMMARY_MAX) for line in text.splitlines()]
    lines = "".join(f'<p style="margin:0 0 8px">{html.escape(line)}</p>' for line in said)
    return Mail(
        subject=one_line(subject, SUBJECT_MAX),
        text="\n".join([*said, ""]),
        html=_page(lines),
        headers=tuple(headers.items()),
    )


def _answer(notice: Notice, answer: str, tell: Tell) -> Mail:
    """What became of a reply, in the thread of its incident."""
    incident = notice.incident
    said = [shown(line, SUMMARY_MAX) for line in answer.splitlines()]
    status = f"{incident.number} is {incident.status}: {shown(incident.title, VALUE_MAX)}"
    head = headline(incident.number, severity(notice), shown(incident.service, NAME_MAX))
    lines = "".join(f'<p style="margin:0 0 8px">{html.escape(line)}</p>' for line in said)
    return Mail(
        subject=cut(f"Re: {_subject(notice, tell)}", SUBJECT_MAX),
        text="\n".join([*said, "", head, status, ""]),
        html=_page(f"{lines}{_small(head)}{_small(status)}"),
        headers=_headers(notice),
    )


def _page(body: str) -> str:
    style = "font:15px/1.4 -apple-system,Segoe UI,Roboto,sans-serif;color:#101828"
    return f'<!doctype html><html lang="en"><body style="margin:0;padding:16px;{style}">{body}</body></html>\n'


def _small(line: str) -> str:
    return f'<p style="margin:12px 0 0;color:#667085;font-size:13px">{html.escape(line)}</p>'
