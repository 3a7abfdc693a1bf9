"""Incidents in DynamoDB. One transaction a change: all of it is written, or nothing.

The base table is read consistently; only ``overdue`` asks an index, and looks each answer up in the base table.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.domain.alert import Accepted, Alert, KeyState
from shared.domain.bundling import Line
from shared.domain.change_event import AcceptedChange
from shared.domain.directory import Medium
from shared.domain.errors import Conflict, TocsinError
from shared.domain.grouping import Group
from shared.domain.heartbeat import Heart
from shared.domain.holding import Held
from shared.domain.incident import Incident, Status
from shared.domain.instants import Instant, format_seconds
from shared.domain.notification import AFTER, FALLBACK, UNSETTLED, Page, PageState, stale_at
from shared.domain.put_aside import PutAside
from shared.domain.timeline import LogEntry
from shared.flow.stores import Admission, AlreadyCounted, Change, Loaded, Overdue
from shared.store import dynamodb_items as items
from shared.store.dynamodb_aside import put_aside
from shared.store.dynamodb_calls import (
    NEVER_WRITTEN,
    WRITTEN,
    Condition,
    Item,
    Step,
    as_read,
    asking,
    compare,
    item_found,
    key_of,
    one_of,
    query,
    read_all,
    scan,
    setting,
    transact,
    write,
)
from shared.store.dynamodb_forms import plain, typed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY_WRITTEN = "somebody wrote this alert key meanwhile"
KEY_AS_READ = ("last_seq", "generation", "count", "state", "last_seen")


class DynamoDbIncidents:
    """``IncidentStore`` on one table; its keys are docs/tables.md's."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    # reading

    def key(self, key_hash: str) -> KeyState | None:
        item = self._get(items.alert_key_key(key_hash))
        return items.key_from(item) if item else None

    def load(self, incident: str) -> Loaded | None:
        found = list(self._between(incident, items.PAGE, items.STATE))
        if not found or found[-1]["sk"]["S"] != items.STATE:
            return None
        *pages, state = found
        return Loaded(
            incident=items.incident_from(state),
            due_at=items.due_of(state),
            pages=tuple(items.page_from(page) for page in pages),
        )

    def state(self, incident: str) -> Incident | None:
        item = self._get(items.incident_key(incident))
        return items.incident_from(item) if item else None

    def names(self) -> Iterator[str]:
        states = scan(
            self._client,
            TableName=self._table,
            FilterExpression="sk = :state",
            ExpressionAttributeValues={":state": {"S": items.STATE}},
            ProjectionExpression="pk",
            ConsistentRead=True,
        )
        return (state["pk"]["S"].removeprefix(items.INCIDENT) for state in states)

    def open_incidents(self) -> Iterator[str]:
        found = query(
            self._client,
            TableName=self._table,
            IndexName="open",
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":open": {"S": items.OPEN}},
        )
        return (each["pk"]["S"].removeprefix(items.INCIDENT) for each in found)

    def held(self, key_hash: str) -> Held | None:
        item = self._get(items.held_key(key_hash))
        return items.held_from(item) if item and "body" in item else None

    def group(self, group_hash: str) -> Group | None:
        item = self._get(items.group_key(group_hash))
        return items.group_from(item) if item else None

    def heart(self, integration: str) -> Heart | None:
        item = self._get(items.heart_key(integration))
        return items.heart_from(item) if item else None

    def hearts_as_of(self) -> int:
        item = self._get(items.HEARTS_AS_OF)
        return plain(item["version"]) if item else 0

    def line(self, name: str) -> Line | None:
        item = self._get(items.line_key(name))
        return items.line_from(item) if item else None

    def timeline(self, incident: str) -> list[LogEntry]:
        return [items.log_entry_from(item) for item in self._beginning(incident, items.LOG)]

    def latest(self, incident: str, limit: int) -> list[LogEntry]:
        newest = self._beginning(incident, items.LOG, ScanIndexForward=False, Limit=limit)
        return [items.log_entry_from(item) for item in islice(newest, limit)]

    def alerts(self, incident: str, limit: int = 1000) -> list[Alert]:
        """Its own first, then those of the incidents that were merged into it."""
        return [items.alert_from(item) for item in islice(self._alerts(incident, limit), limit)]

    def last_seen(self, incident: str) -> Instant | None:
        alerts = self._beginning(incident, items.ALERT, ProjectionExpression="key_hash")
        keys = [items.alert_key_key(alert["key_hash"]["S"]) for alert in alerts]
        states = [items.key_from(item) for item in read_all(self._client, self._table, keys)]
        spoke = (s.last_seen for s in states if s.incident == incident and s.in_incident)
        return max(spoke, default=None)

    def overdue(self, before: Instant, limit: int) -> list[tuple[Overdue, int]]:
        until = format_seconds(before)
        late = [item for shard in items.SHARDS for item in self._late_in(shard, until, limit)]
        oldest = [key_of(item) for item in sorted(late, key=_due_at)[:limit]]
        found = read_all(self._client, self._table, oldest, ("pk", "sk", "due_at", "tries"))
        still = [item for item in found if "due_at" in item and _due_at(item) <= until]  # the index may be behind
        return [items.overdue_from(item) for item in sorted(still, key=_due_at)]

    def _alerts(self, incident: str, limit: int) -> Iterator[Item]:
        yield from self._beginning(incident, items.ALERT, Limit=limit)
        state = self.state(incident)
        for merged in state.merged if state else ():
            yield from self._beginning(merged, items.ALERT, Limit=limit)

    def put_aside(self, since: Instant, until: Instant) -> Iterator[PutAside]:
        return put_aside(self._client, self._table, since, until)

    # writing

    def next_number(self, series: str) -> int:
        answer = write(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=items.counter_key(series),
                UpdateExpression="ADD #last :one",
                ExpressionAttributeNames={"#last": "last"},
                ExpressionAttributeValues={":one": {"N": "1"}},
                ReturnValues="UPDATED_NEW",
            )
        )
        return plain(answer["Attributes"]["last"])

    def commit(self, change: Change) -> None:
        transact(self._client, list(self._steps(change)))

    def count_repeats(self, known: KeyState, key: KeyState) -> None:
        update = setting(items.key_item(key, None), _as_known(known))
        write(lambda: self._client.update_item(TableName=self._table, **update), KEY_WRITTEN)

    def remember(self, known: KeyState | None, key: KeyState, ttl: Instant | None) -> None:
        item, as_known = items.key_item(key, ttl), _as_known(known).arguments()
        write(lambda: self._client.put_item(TableName=self._table, Item=item, **as_known), KEY_WRITTEN)

    def write_heart(self, known: Heart | None, heart: Heart) -> None:
        as_known = as_read(items.heart_item(known), "since", "silent_at", "pulse") if known else NEVER_WRITTEN
        item, condition = items.heart_item(heart), as_known.arguments()
        broken = f"the heartbeat {heart.integration} was written meanwhile"
        write(lambda: self._client.put_item(TableName=self._table, Item=item, **condition), broken)

    def note_hearts(self, version: int) -> None:
        self._put({**items.HEARTS_AS_OF, "version": typed(version)})

    def write_line(self, line: Line) -> None:
        step = self._write_line(line)
        write(lambda: self._client.put_item(**step.write["Put"]), str(step.broken))

    def claim(self, page: Page, now: Instant, attempt: str, admission: Admission | None = None) -> Page | None:
        claimed = _claimed(page, now, attempt)
        if claimed is None:
            return None
        if claimed == page:  # one's own already, and counted
            admission = None
        if admission is not None and admission.bundled:
            claimed = replace(page, state=PageState.BUNDLED, attempt=attempt, claimed_at=None)
        unchanged = as_read(items.page_item(page), "state", "attempts", "attempt")
        over = Conflict(f"what made the page {page.identity} of {page.incident} due is over")
        taken = Conflict(f"another attempt has the page {page.identity} of {page.incident}")
        try:
            transact(
                self._client,
                (
                    self._check(items.incident_key(page.incident), _makes_due(page), over),
                    self._take(claimed, unchanged, taken),
                    *self._steps_of_admission(admission),
                ),
            )
        except Conflict as broken:
            if broken not in (over, taken):
                raise
            held = item_found(broken, 1) if broken is taken else None
            return _if_own(items.page_from(held), attempt) if held else None
        return claimed

    def settle(self, page: Page) -> None:
        step = self._settled(page)
        if page.state is PageState.SENT and page.provider_id and page.sent_at:
            self._put(
                items.sent_item(page, page.provider_id, page.sent_at)
            )  # first: what is sent is always found by it
        write(lambda: self._client.put_item(**step.write["Put"]), str(step.broken))

    def sent(self, medium: Medium, provider_id: str) -> list[tuple[str, str]]:
        found = query(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": items.sent_key(medium, provider_id)["pk"]},
            ConsistentRead=True,
        )
        return [items.sent_from(item) for item in found]

    def postpone(self, overdue: Overdue, until: Instant, tries: int) -> None:
        still_waits = WRITTEN & Condition("attribute_exists(#due_at)", {"#due_at": "due_at"}, {})
        update = setting(items.postponed_item(overdue, until, tries), still_waits)
        try:
            write(lambda: self._client.update_item(TableName=self._table, **update))
        except Conflict:
            return  # it was carried out meanwhile

    def record_drop(self, at: Instant, accepted: Accepted | AcceptedChange, reason: str, kind: str) -> None:
        self._put(items.drop_item(at, accepted, reason, kind))

    def quarantine(self, at: Instant, message_id: str, body: str, reason: str) -> None:
        self._put(items.quarantine_item(at, message_id, body, reason))

    # how a change is written

    def _steps(self, change: Change) -> Iterator[Step]:
        """Each item with its condition. The marker is first, as it says more than a conflict."""
        yield from self._steps_of_one(change)
        if change.along is not None:
            yield from self._steps_of_one(change.along)

    def _steps_of_one(self, change: Change) -> Iterator[Step]:
        incident = change.incident
        if incident is not None:
            if change.marker is not None:
                counted = AlreadyCounted(f"the answer {change.marker} took effect before")
                yield self._create(items.marker_item(incident.id, change.marker), counted)
            yield self._write_state(incident, change)
            for number, entry in enumerate(change.entries, start=change.before + 1):
                taken = Conflict(f"{incident.id} has an entry {number} already")
                yield self._create(items.log_item(incident.id, number, entry), taken)
            if change.alert is not None:
                yield Step({"Put": {"TableName": self._table, "Item": items.alert_item(incident.id, change.alert)}})
        if change.key is not None:
            yield self._write_key(change.known, change.key)
        if change.group is not None:
            yield self._write_group(change.known_group, change.group)
        for page in change.pages:
            yield self._create_page(page)
        if change.settled is not None:
            yield self._settled(change.settled)
        if change.held is not None:
            yield Step({"Put": {"TableName": self._table, "Item": items.held_item(change.held)}})
        if change.released is not None:
            over = items.released_item(change.released, change.key)
            yield Step({"Put": {"TableName": self._table, "Item": over}})

    def _write_state(self, incident: Incident, change: Change) -> Step:
        item = items.incident_item(incident, change.due_at)
        moved_on = Conflict(f"{incident.id} isn't at version {change.before} any more")
        if change.before == 0:
            return self._create(item, moved_on)
        return self._replace(item, compare("version", "=", typed(change.before)), moved_on)

    def _write_key(self, known: KeyState | None, key: KeyState) -> Step:
        item = items.key_item(key, items.key_ttl(key))
        return self._replace(item, _as_known(known), Conflict(KEY_WRITTEN))

    def _write_group(self, known: Group | None, group: Group) -> Step:
        as_known = as_read(items.group_item(known), "incident", "until") if known else NEVER_WRITTEN
        return self._replace(items.group_item(group), as_known, Conflict("another alert of this group came meanwhile"))

    def _steps_of_admission(self, admission: Admission | None) -> Iterator[Step]:
        if admission is not None:
            yield self._write_line(admission.line)
            if admission.instead is not None:
                yield self._create_page(admission.instead)

    def _write_line(self, line: Line) -> Step:
        as_read = compare("version", "=", typed(line.version)) if line.version else NEVER_WRITTEN
        return self._replace(items.line_item(line), as_read, Conflict("another page of this number came meanwhile"))

    def _take(self, page: Page, condition: Condition, broken: TocsinError) -> Step:
        """What is listed in a bundle isn't due by itself any more; such an item is written anew."""
        if page.state is PageState.CLAIMED:
            return self._update(items.claimed_item(page), condition, broken)
        step = self._replace(items.page_item(page), condition, broken)
        step.write["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return step

    def _create_page(self, page: Page) -> Step:
        return self._create(
            items.page_item(page), Conflict(f"the page {page.identity} of {page.incident} exists already")
        )

    def _settled(self, page: Page) -> Step:
        item = items.page_item(page)
        held = Conflict(f"another attempt holds the page {page.identity} of {page.incident}")
        before = AFTER.get(page.state, UNSETTLED)
        follows = one_of("state", [typed(state.value) for state in sorted(before)])
        return self._replace(item, WRITTEN & as_read(item, "attempt") & follows, held)

    def _create(self, item: Item, broken: TocsinError) -> Step:
        return self._replace(item, NEVER_WRITTEN, broken)

    def _replace(self, item: Item, condition: Condition, broken: TocsinError) -> Step:
        return Step({"Put": {"TableName": self._table, "Item": item, **condition.arguments()}}, broken)

    def _update(self, item: Item, condition: Condition, broken: TocsinError) -> Step:
        update = {
            "TableName": self._table,
            **setting(item, condition),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return Step({"Update": update}, broken)

    def _check(self, key: Item, condition: Condition, broken: TocsinError) -> Step:
        return Step({"ConditionCheck": {"TableName": self._table, "Key": key, **condition.arguments()}}, broken)

    # single calls

    def _get(self, key: Item) -> Item | None:
        with asking():
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _put(self, item: Item) -> None:
        write(lambda: self._client.put_item(TableName=self._table, Item=item))

    def _between(self, incident: str, first: str, last: str) -> Iterator[Item]:
        return self._query(incident, "pk = :pk AND sk BETWEEN :first AND :last", {":first": first, ":last": last})

    def _beginning(self, incident: str, prefix: str, **more: Any) -> Iterator[Item]:
        return self._query(incident, "pk = :pk AND begins_with(sk, :prefix)", {":prefix": prefix}, **more)

    def _query(self, incident: str, where: str, values: dict[str, str], **more: Any) -> Iterator[Item]:
        return query(
            self._client,
            TableName=self._table,
            KeyConditionExpression=where,
            ExpressionAttributeValues={
                ":pk": items.incident_key(incident)["pk"],
                **{name: {"S": value} for name, value in values.items()},
            },
            ConsistentRead=True,
            **more,
        )

    def _late_in(self, shard: str, until: str, limit: int) -> Iterator[Item]:
        found = query(
            self._client,
            TableName=self._table,
            IndexName="due",
            KeyConditionExpression="due_shard = :shard AND due_at <= :until",
            ExpressionAttributeValues={":shard": {"S": shard}, ":until": {"S": until}},
            Limit=limit,
        )
        return islice(found, limit)


def _due_at(item: Item) -> str:
    return item["due_at"]["S"]


def _as_known(known: KeyState | None) -> Condition:
    """The alert key is as it was read; also one whose time has passed is there until DynamoDB takes it away."""
    return as_read(items.key_item(known, None), *KEY_AS_READ) if known else NEVER_WRITTEN


def _makes_due(page: Page) -> Condition:
    """What ``still_due`` says, as a condition on the incident's item."""
    unresolved = WRITTEN & compare("status", "<>", typed(Status.RESOLVED.value))
    if page.user == FALLBACK:
        return unresolved
    if page.of_responder:
        return unresolved & Condition("contains(#asked, :entry)", {"#asked": "asked"}, {":entry": {"S": page.entry}})
    triggered = compare("status", "=", typed(Status.TRIGGERED.value))
    return triggered & compare("epoch", "=", typed(page.epoch))


def _claimed(page: Page, now: Instant, attempt: str) -> Page | None:
    """``page`` once ``attempt`` has it; None where it isn't free."""
    if _if_own(page, attempt):
        return page
    if page.state is PageState.DUE or (page.state is PageState.CLAIMED and stale_at(page) <= now):
        return replace(page, state=PageState.CLAIMED, attempt=attempt, attempts=page.attempts + 1, claimed_at=now)
    return None


def _if_own(page: Page, attempt: str) -> Page | None:
    return page if page.state in (PageState.CLAIMED, PageState.BUNDLED) and page.attempt == attempt else None
