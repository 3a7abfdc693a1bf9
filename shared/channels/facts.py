"""What was changed before, and what the alert says besides its summary, for every channel that has room for it.

Laws: a name and a value a row, each one clean line of bounded length.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, cast

from shared.channels.plain_text import shown
from shared.channels.wording import local
from shared.flow.ports import Notice

SUMMARY_MAX = 1024  # as much as a summary may have
VALUE_MAX = 500
NAME_MAX = 60
ROWS_MAX, DEPTH_MAX = 30, 4  # of the alert's details; the dashboard has all
LINKS_MAX = 5

Row = tuple[str, str]


def rows(notice: Notice) -> Iterator[Row]:
    """What was changed before, and what the alert says besides its summary: name and value, each one clean line."""
    yield from _changes(notice)
    if notice.alert is None:
        return
    event = notice.alert.event
    if event.summary != notice.incident.title:
        yield "Alert", shown(event.summary, SUMMARY_MAX)
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
    yield from ((name, shown(value, VALUE_MAX)) for name, value in named.items() if value)
    for link in event.links[:LINKS_MAX]:
        yield shown(link.text or "Link", NAME_MAX), shown(link.href, VALUE_MAX)
    yield from _details(event.custom_details)


def _changes(notice: Notice) -> Iterator[Row]:
    """What was changed just before: mostly the cause."""
    for made in notice.changes:
        here, _ = local(made.at, notice)
        source = f" ({shown(made.change.source, NAME_MAX)})" if made.change.source else ""
        yield f"Changed {here:%H:%M}", f"{shown(made.change.summary, VALUE_MAX)}{source}"


def _details(details: Any) -> Iterator[Row]:
    leaves = _leaves(details, "", 0)
    for name, value in islice(leaves, ROWS_MAX):
        written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        yield shown(name, NAME_MAX) or "Details", shown(written, VALUE_MAX)
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
