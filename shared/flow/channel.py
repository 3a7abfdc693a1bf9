"""By what people are reached, and what may come of it. ``shared/channels`` has a file for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from shared.domain.errors import TocsinError

if TYPE_CHECKING:  # a port names what passes it; only who handles it pays for its import
    from shared.domain.alert import Alert
    from shared.domain.announcement import Announcement
    from shared.domain.change_event import ServiceChange
    from shared.domain.contact_state import ContactState
    from shared.domain.directory import Contact, User, Webhook
    from shared.domain.incident import Incident
    from shared.domain.instants import Instant
    from shared.domain.notification import Page


class SendFailed(TocsinError):
    """The provider refused: the next method is due at once."""


class Gone(SendFailed):
    """The provider refused, since there is no such address, number or subscription any more: the method is broken."""


class TooMany(SendFailed):
    """The provider takes nothing more for so many ``seconds``."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class OutcomeUnknown(TocsinError):
    """The provider didn't answer in time: it may have sent, or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One message that stands for several pages to one number."""

    text: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a channel tells one person: everything that a message is rendered from."""

    incident: Incident
    contact: Contact
    user: User | None  # None: the fallback contact
    page: Page | None  # None: an answer to a reply, or a bundle
    alert: Alert | None
    reply_to: str | None
    answerable: bool = False  # the message itself can be answered in words
    link: str | None = None  # to the page on which its reader answers
    posted: str | None = None  # where this incident is shown at the same address already, in its channel's own words
    state: ContactState | None = None  # of the contact, where its channel or its wording depends on it
    answer: str | None = None  # the text of an answer: "You have it. …"
    subject: str | None = None  # of a mail beside any incident: ``answer`` is all that it says
    bundle: Bundle | None = None  # of pages to this contact; ``incident`` is the first one's
    in_reply_to: str | None = None  # the message id that is answered
    account: str = ""
    changes: tuple[ServiceChange, ...] = ()  # on the service in the hour before, newest first
    templates: Mapping[str, str] = field(default_factory=dict[str, str])  # the account's own texts: ``sms`` → template


@dataclass(frozen=True, slots=True, kw_only=True)
class Can:
    """What a channel's messages can do."""

    answers: bool  # whoever gets one can answer it in words
    buttons: bool  # and by a tap
    length: int  # characters that its reader sees of a page


class Channel(Protocol):
    can: Can

    def send(self, notice: Notice) -> str:
        """Sends once, without retries; the provider's id. Raises SendFailed, OutcomeUnknown."""
        ...


class Board(Protocol):
    """A channel whose messages stay where they were posted, and can be changed. Raises SendFailed, OutcomeUnknown."""

    def update(self, notice: Notice) -> bool:
        """Shows the incident as it is now where it was ``posted``; False where that message isn't there any more."""
        ...

    def add(self, posted: str, text: str) -> None:
        """A line below what was posted, for whoever looks there: nobody is called."""
        ...

    def whisper(self, posted: str, member: str, text: str) -> None:
        """To one member alone, beside what was posted."""
        ...


class Listeners(Protocol):
    """Who is told what happens to incidents."""

    def tell(self, webhook: Webhook, announcement: Announcement, now: Instant) -> None:
        """Once, without retries. Raises SendFailed, Gone, OutcomeUnknown."""
        ...
