"""What a text may say of an incident: the names that templates know, each with its value.

Laws: whatever comes from outside is one line without control characters, cut to its length; times are on the reader's
own clock. Nothing here is escaped for a medium: ``texts`` does that where a value is put into a text.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any, cast

from shared.channels.plain_text import shown
from shared.channels.wording import for_fallback, is_unproven, local, severity, unanswered, why_you
from shared.domain.answer import headline
from shared.domain.directory import Medium
from shared.flow.channel import Notice

SUMMARY_MAX = 1024  # as much as a summary may have
VALUE_MAX = 500
NAME_MAX = 60
TAGS_MAX = 20
ROWS_MAX, DEPTH_MAX = 30, 4  # of the alert's details; the dashboard has all
LINKS_MAX = 5

BY_TEXT = "Answer 4 ack, 6 resolve."
UNPROVEN = "Nobody has confirmed this address yet: a reply does."
BY_MAIL = "Reply with one line: ack, resolve or escalate; help says what else."

Row = tuple[str, str]
Clean = Callable[[str, int], str]  # text from outside, and its most characters → one line: ``shown`` or ``one_line``


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An absent text is empty, so that ``{% if priority %}`` asks for it. docs/texts.md explains each."""

    headline: str  # "TOCSIN 17 · CRITICAL · checkout"
    number: int
    service: str
    severity: str
    urgency: str
    summary: str
    status: str
    priority: str
    tags: tuple[str, ...]
    since: str  # "03:00"
    date: str  # "Mon 23 Nov 2026"
    zone: str  # "Europe/London"
    utc: str  # "03:00"
    name: str  # the reader's
    why_you: str
    nobody: str  # "nobody has answered", to the fallback contact alone
    how: str
    link: str
    account: str
    changes: tuple[Row, ...]
    rows: tuple[Row, ...]  # ``changes`` included


def facts(notice: Notice, clean: Clean = shown) -> Facts:
    """Everything that a page of ``notice`` may say. Pure."""
    incident = notice.incident
    here, zone = local(incident.triggered_at, notice)
    service, changes = clean(incident.service, NAME_MAX), tuple(_changes(notice, clean))
    return Facts(
        headline=headline(incident.number, severity(notice), service),
        number=incident.number,
        service=service,
        severity=severity(notice),
        urgency=incident.urgency,
        summary=clean(incident.title, SUMMARY_MAX),
        status=incident.status,
        priority=clean(incident.priority or "", NAME_MAX),
        tags=tuple(clean(tag, NAME_MAX) for tag in incident.tags[:TAGS_MAX]),
        since=f"{here:%H:%M}",
        date=f"{here:%a} {here.day} {here:%b %Y}",
        zone=zone,
        utc=f"{incident.triggered_at.astimezone(UTC):%H:%M}",
        name=clean(notice.user.full_name, NAME_MAX) if notice.user else "",
        why_you=clean(why_you(notice), SUMMARY_MAX),
        nobody=unanswered(notice) if for_fallback(notice) else "",
        how=_how(notice),
        link=notice.link or "",
        account=clean(notice.account, NAME_MAX),
        changes=changes,
        rows=(*changes, *_alert(notice, clean)),
    )


def _how(notice: Notice) -> str:
    """What works: a text to our number, else the page that the same person has by mail, or the link."""
    if notice.contact.medium is Medium.EMAIL:
        unproven = f" {UNPROVEN}" if is_unproven(notice) else ""
        return f"{BY_MAIL}{unproven}" if notice.reply_to else "Replies to this mail are not read."
    if notice.contact.medium is Medium.SMS and notice.answerable:
        return BY_TEXT
    if notice.user is not None and any(contact.medium is Medium.EMAIL for contact in notice.user.contacts):
        return "Answer by mail."
    return f"Answer: {notice.link}" if notice.link else ""


def _changes(notice: Notice, clean: Clean) -> Iterator[Row]:
    """What was changed just before: mostly the cause."""
    for made in notice.changes:
        here, _ = local(made.at, notice)
        source = f" ({clean(made.change.source, NAME_MAX)})" if made.change.source else ""
        yield f"Changed {here:%H:%M}", f"{clean(made.change.summary, VALUE_MAX)}{source}"


def _alert(notice: Notice, clean: Clean) -> Iterator[Row]:
    """What the alert says besides its summary."""
    if notice.alert is None:
        return
    event = notice.alert.event
    if event.summary != notice.incident.title:
        yield "Alert", clean(event.summary, SUMMARY_MAX)
    named = {
        "Source": event.source,
        "Component": event.component,
        "Group": event.group,
        "Class": event.class_,
        "Resource": event.resource,
        "Account": ", ".join(part for part in (event.account, event.region) if part),
        "Priority": notice.incident.priority,
        "Whole message": notice.alert.raw_at,  # where it was too large to travel
        "Sent by": " ".join(part for part in (event.client, event.client_url) if part),
    }
    yield from ((name, clean(value, VALUE_MAX)) for name, value in named.items() if value)
    for link in event.links[:LINKS_MAX]:
        yield clean(link.text or "Link", NAME_MAX), clean(link.href, VALUE_MAX)
    yield from _details(event.custom_details, clean)


def _details(details: Any, clean: Clean) -> Iterator[Row]:
    leaves = _leaves(details, "", 0)
    for name, value in islice(leaves, ROWS_MAX):
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        yield clean(name, NAME_MAX) or "Details", clean(written, VALUE_MAX)
    more = sum(1 for _ in leaves)
    if more:
        yield "…", f"and {more} more"


def _leaves(value: Any, name: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Each value within ``value`` by its path: ``state.reason``. What is empty is left out."""
    if isinstance(value, Mapping) and depth < DEPTH_MAX:
        for key, member in cast("Mapping[str, Any]", value).items():
            yield from _leaves(member, f"{name}.{key}" if name else str(key), depth + 1)
    elif value not in (None, "", [], {}):
        yield name, value
