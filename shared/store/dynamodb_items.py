"""Items of the table of incidents, and the objects they stand for.

Laws: what a sender wrote is kept as JSON text in ASCII, or as a text that DynamoDB takes, so that no character, depth
or number of theirs can spoil a write. Attributes of an index are there only while the item belongs in it. An item stays
under DynamoDB's 400 KB: what would be larger is cut, and says so.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from shared.domain.alert import Accepted, Alert, KeyState, KeyStatus, key_hash
from shared.domain.bundling import Line
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Medium
from shared.domain.event import TEXT_KEPT, cut, cut_to
from shared.domain.grouping import Group
from shared.domain.heartbeat import Heart
from shared.domain.holding import Held
from shared.domain.incident import Incident
from shared.domain.instants import Instant, format_instant, format_seconds, parse_instant
from shared.domain.notification import WAITING, Page, message_name, stale_at
from shared.domain.plain import from_plain, to_plain
from shared.domain.responder import waiting
from shared.domain.timeline import LogEntry
from shared.flow.stores import Overdue
from shared.store.dynamodb_calls import Item
from shared.store.dynamodb_forms import key, plain, plain_members, typed, typed_members

SHARDS = ("D0", "D1", "D2", "D3")  # of what is due: one partition takes 1,000 writes a second
STATE, KEY, LOG, ALERT, PAGE = "STATE", "KEY", "LOG#", "ALERT#", "PAGE#"
OPEN = "O"  # the one partition of the index of what is open
INCIDENT, WAIT, HEART, LINE = "INC#", "WAIT#", "HEART#", "LINE#"
DROPPED, QUARANTINE = "DROPPED#", "QUARANTINE"
KEY_OUTLIVES = timedelta(days=30)  # from the last event of a closed key
SENT_KEPT = timedelta(days=30)  # what a provider says of a message may come days after it
DROP_KEPT, SUPPRESSED_KEPT = timedelta(days=1), timedelta(days=30)
LINE_OUTLIVES = timedelta(days=1)  # its last send, which no window holds after three hours
LARGEST = 350_000  # bytes of free text in an item; an item may have 400 KB, names and keys included
LEGIBLE = 700  # bytes of an alert that are kept as they are: its item is under 1 KB then
NAME_KEPT = 200  # bytes of a sender's id in a sort key, which may have 1,024


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


# keys


def incident_key(incident: str, sk: str = STATE) -> Item:
    return key(INCIDENT + incident, sk)


def page_key(page: Page) -> Item:
    return incident_key(page.incident, PAGE + page.identity)


def alert_key_key(hash_: str) -> Item:
    """The key of an alert key's item."""
    return key(f"KEY#{hash_}", KEY)


def held_key(hash_: str) -> Item:
    """The key of what waits of an alert key."""
    return key(WAIT + hash_, "WAIT")


def group_key(hash_: str) -> Item:
    return key(f"GROUP#{hash_}", "GROUP")


def heart_key(integration: str) -> Item:
    return key(HEART + integration, "HEART")


def line_key(name: str) -> Item:
    return key(LINE + name, "LINE")


def counter_key(series: str) -> Item:
    return key(f"COUNTER#{_name(series)}", "COUNTER")


HEARTS_AS_OF = key("HEARTS", "AS_OF")  # the version of the directory whose heartbeats were set up


def incident_of(item: Item) -> str:
    return item["pk"]["S"].removeprefix(INCIDENT)


def _name(text: str) -> str:
    """A sender's id as a part of a key: itself where it is short ASCII, else its SHA-256."""
    return text if text.isascii() and len(text) <= NAME_KEPT else key_hash(text)


# what is due


def due(item: Item, due_at: Instant | None) -> Item:
    """``item`` in the index of what is due, in whole seconds; outside of it for None."""
    if due_at is None:
        return item
    place = zlib.crc32(f"{item['pk']['S']} {item['sk']['S']}".encode()) % len(SHARDS)
    return {**item, "due_shard": {"S": SHARDS[place]}, "due_at": {"S": format_seconds(due_at)}}


def overdue_from(item: Item) -> tuple[Overdue, int]:
    """The item's (key, due_at, tries) as something that waits, and how often it was postponed."""
    pk, sk, due_at = item["pk"]["S"], item["sk"]["S"], parse_instant(item["due_at"]["S"])
    tries = plain(item.get("tries", {"N": "0"}))
    if pk.startswith(WAIT):
        return Overdue(incident="", due_at=due_at, held=pk.removeprefix(WAIT)), tries
    if pk.startswith(HEART):
        return Overdue(incident="", due_at=due_at, heart=pk.removeprefix(HEART)), tries
    if pk.startswith(LINE):
        return Overdue(incident="", due_at=due_at, line=pk.removeprefix(LINE)), tries
    page = sk.removeprefix(PAGE) if sk.startswith(PAGE) else None
    return Overdue(incident=incident_of(item), due_at=due_at, page=page), tries


def postponed_item(overdue: Overdue, until: Instant, tries: int) -> Item:
    if overdue.held is not None:
        waits = held_key(overdue.held)
    elif overdue.heart is not None:
        waits = heart_key(overdue.heart)
    elif overdue.line is not None:
        waits = line_key(overdue.line)
    else:
        waits = incident_key(overdue.incident, STATE if overdue.page is None else PAGE + overdue.page)
    return {**due(waits, until), "tries": typed(tries)}


def due_of(item: Item) -> Instant | None:
    return parse_instant(item["due_at"]["S"]) if "due_at" in item else None


def _ttl(at: Instant) -> dict[str, str]:
    return {"N": str(int(at.timestamp()))}


# incidents


def incident_item(incident: Incident, due_at: Instant | None) -> Item:
    item: Item = {
        **incident_key(incident.id),
        **typed_members(to_plain(incident)),
        "service_id": {"S": incident.service},
        "at": {"S": format_instant(incident.triggered_at)},
    }
    if incident.open:
        item["open"] = {"S": OPEN}
    if asked := waiting(incident.responders):
        item["asked"] = {"SS": [responder.entry for responder in asked]}  # what a responder's page is claimed by
    return due(item, due_at)


def incident_from(item: Item) -> Incident:
    return from_plain(Incident, plain_members(item))


def log_item(incident: str, number: int, entry: LogEntry) -> Item:
    return {**incident_key(incident, f"{LOG}{number:06}"), **typed_members(to_plain(entry))}


def log_entry_from(item: Item) -> LogEntry:
    return from_plain(LogEntry, plain_members(item))


def log_entry_of_stream(image: Mapping[str, Any]) -> tuple[str, int, dict[str, Any]] | None:
    """A stream's new image → (incident, number, entry as plain JSON); None for what is no log entry."""
    pk, sk = image["pk"]["S"], image["sk"]["S"]
    if not pk.startswith(INCIDENT) or not sk.startswith(LOG):
        return None
    entry = {name: plain(value) for name, value in image.items() if name not in {"pk", "sk"}}
    return pk.removeprefix(INCIDENT), int(sk.removeprefix(LOG)), entry


def marker_item(incident: str, marker: tuple[str, str]) -> Item:
    """An answer that has counted."""
    channel, message_id = marker
    return incident_key(incident, f"ANSWER#{channel}#{key_hash(message_id)}")


# pages


def page_item(page: Page) -> Item:
    return due({**page_key(page), **typed_members(to_plain(page))}, page.due if page.state in WAITING else None)


def claimed_item(page: Page) -> Item:
    """Due again when the claim is stale, so that ``sweep`` finds one that was lost."""
    return due(page_item(page), stale_at(page))


def page_from(item: Item) -> Page:
    return from_plain(Page, plain_members(item))


def sent_key(medium: Medium, provider_id: str) -> Item:
    """Where the pages are that one message told. Whatever a provider's id is, its name is short."""
    return {"pk": {"S": f"SENT#{key_hash(f'{medium} {message_name(provider_id)}')}"}}


def sent_item(page: Page, provider_id: str, at: Instant) -> Item:
    return {
        **sent_key(page.medium, provider_id),
        "sk": {"S": f"{page.incident} {page.identity}"},
        "ttl": _ttl(at + SENT_KEPT),
    }


def sent_from(item: Item) -> tuple[str, str]:
    incident, _, identity = item["sk"]["S"].partition(" ")
    return incident, identity


# numbers


def line_item(line: Line) -> Item:
    """As the next version. Left to the TTL once nothing waits."""
    item = {**line_key(line.name), **typed_members(to_plain(replace(line, version=line.version + 1)))}
    if line.due_at is None and line.sent:
        item["ttl"] = _ttl(line.sent[-1] + LINE_OUTLIVES)
    return due(item, line.due_at)


def line_from(item: Item) -> Line:
    return from_plain(Line, plain_members(item))


# alerts and their keys


def key_item(state: KeyState, ttl: Instant | None) -> Item:
    """Under 1 KB: each repeat of an alert writes it."""
    item = {**alert_key_key(state.hash), **typed_members(to_plain(state))}
    del item["hash"]  # it is in the key
    return item if ttl is None else {**item, "ttl": _ttl(ttl)}


def key_from(item: Item) -> KeyState:
    return from_plain(KeyState, {**plain_members(item), "hash": item["pk"]["S"].removeprefix("KEY#")})


def key_ttl(state: KeyState) -> Instant | None:
    """A key outlives its alert by 30 days, and never goes while it is open."""
    return state.last_seen + KEY_OUTLIVES if state.state is KeyStatus.CLOSED else None


def alert_item(incident: str, alert: Alert) -> Item:
    return {
        **incident_key(incident, ALERT + alert.id),
        "key_hash": {"S": key_hash(alert.key)},
        "body": _packed(_json(_within(alert))),
    }


def alert_from(item: Item) -> Alert:
    return from_plain(Alert, json.loads(_unpacked(item["body"])))


def group_item(group: Group) -> Item:
    """Left to the TTL a day after nothing can join any more."""
    item = {**group_key(group.hash), **typed_members(to_plain(group)), "ttl": _ttl(group.until + DROP_KEPT)}
    del item["hash"]  # it is in the key
    return item


def group_from(item: Item) -> Group:
    return from_plain(Group, {**plain_members(item), "hash": item["pk"]["S"].removeprefix("GROUP#")})


def heart_item(heart: Heart) -> Item:
    return due({**heart_key(heart.integration), **typed_members(to_plain(heart))}, heart.due_at)


def heart_from(item: Item) -> Heart:
    return from_plain(Heart, plain_members(item))


def held_item(held: Held) -> Item:
    body = {**to_plain(held), "accepted": _or_without_raw(held.accepted)}
    return due({**held_key(held.hash), "body": _packed(_json(body))}, held.due_at)


def released_item(hash_: str, key: KeyState | None) -> Item:
    """What waits no more: left to the TTL, since nobody may delete in this table."""
    return {**held_key(hash_), "ttl": _ttl(key.last_seen + DROP_KEPT)} if key else held_key(hash_)


def held_from(item: Item) -> Held:
    return from_plain(Held, json.loads(_unpacked(item["body"])))


def _or_without_raw(accepted: Accepted) -> Any:
    """What waits may be as large as an item: first its raw message gives way, then its event's details."""
    whole = to_plain(accepted)
    if len(_json(whole)) <= LARGEST:
        return whole
    return to_plain(replace(accepted, raw=None, event=cut_to(accepted.event, LARGEST // 2)))


def _packed(text: str) -> dict[str, Any]:
    """Event and message say much the same twice: packed they mostly fit into 1 KB, and each costs two write units."""
    return {"S": text} if len(text) <= LEGIBLE else {"B": zlib.compress(text.encode())}


def _unpacked(body: Mapping[str, Any]) -> str | bytes:
    return body["S"] if "S" in body else zlib.decompress(body["B"])


def _within(alert: Alert) -> Any:
    """The alert as plain JSON. First its raw message gives way, then the details, then the length of its texts."""
    whole = to_plain(alert)
    if len(_json(whole)) <= LARGEST:
        return whole
    without_raw = replace(alert, raw=cut(alert.raw))
    if len(_json(to_plain(without_raw))) <= LARGEST:
        return to_plain(without_raw)
    return _shortened(to_plain(replace(without_raw, event=cut_to(alert.event, LARGEST // 2))))


def _or_cut(value: Any) -> Any:
    return value if len(_json(value)) <= LARGEST else cut(value)


def _first(text: str, size: int) -> str:
    """As many characters as ``size`` bytes hold."""
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= size else encoded[:size].decode("utf-8", "ignore")


def _shortened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _shortened(member) for name, member in cast("Mapping[str, Any]", value).items()}
    return value[:TEXT_KEPT] if isinstance(value, str) else value


# what was put aside


def drop_item(at: Instant, accepted: Accepted | AcceptedChange, reason: str, kind: str) -> Item:
    """Named by the event alone, so that an event that comes twice is kept once."""
    sent = accepted.accepted_at
    return {
        **key(DROPPED + sent.date().isoformat(), f"{format_instant(sent)}#{_name(accepted.event_id)}"),
        "at": {"S": format_instant(at)},
        "kind": typed(kind),
        "reason": typed(reason),
        "event": {"S": _json(_or_shorter(accepted))},
        "ttl": _ttl(at + (SUPPRESSED_KEPT if kind == "suppressed" else DROP_KEPT)),
    }


def _or_shorter(accepted: Accepted | AcceptedChange) -> Any:
    return _or_without_raw(accepted) if isinstance(accepted, Accepted) else _or_cut(to_plain(accepted))


def quarantine_item(at: Instant, message_id: str, body: str, reason: str) -> Item:
    return {
        **key(QUARANTINE, f"{format_instant(at)}#{_name(message_id)}"),
        "body": typed(_first(body, LARGEST)),
        "reason": typed(reason[:TEXT_KEPT]),
    }
