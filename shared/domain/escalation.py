"""One turn of an escalation: what to do about an incident now, and when to look again.

``decide`` is pure and total: for every state there is a next moment or a stated end. Whatever is due is carried out in
the order in which it fell due; a page due at the very moment when its level ends still goes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.assignment import people_on_call
from shared.domain.directory import Urgency, Versions
from shared.domain.incident import Incident, Status, apply
from shared.domain.instants import Instant, next_whole_second, whole_second
from shared.domain.notification import LOST, Page, methods
from shared.domain.paging import Recipient, fallback_pages, of_level, of_responder, of_responders
from shared.domain.responder import waiting
from shared.domain.timeline import Kind, LogEntry, Why

LATE = timedelta(seconds=60)  # a level that begins later than this, after an outage, is given its whole time


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The next thing to come: ``kind`` at ``at``; kind None stands for ``pages``."""

    at: Instant
    kind: Kind | None
    why: Why
    level: int | None = None
    responder: int | None = None
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``incident`` is the state after ``entries``; ``pages`` are due now; ``next`` None is the end of the run."""

    why: Why
    incident: Incident
    entries: tuple[LogEntry, ...] = ()
    pages: tuple[Page, ...] = ()
    next: Moment | None = None

    @property
    def wake_at(self) -> Instant | None:
        return self.next.at if self.next else None


def decide(
    incident: Incident,
    pages: Sequence[Page],
    versions: Versions,
    now: Instant,
    last_seen: Instant | None = None,
) -> Turn:
    """What is due at ``now``, in order, and the next moment.

    ``pages`` are the incident's so far, ``last_seen`` is when its alerts last spoke (needed for auto-resolve only).
    """
    course = _Course(incident, list(pages), versions, now, last_seen)
    moment = course.next_moment()
    while moment is not None and moment.at <= now:
        course.carry_out(moment)
        moment = course.next_moment()
    return course.turn(moment)


def _end(incident: Incident) -> Why:
    if incident.status is Status.RESOLVED:
        return Why.IT_IS_RESOLVED
    if incident.status is Status.ACKNOWLEDGED:
        return Why.SOMEONE_HAS_IT
    return Why.EXHAUSTED if incident.exhausted else Why.NOTHING_LEFT


class _Course:
    """A turn in the making."""

    def __init__(
        self, incident: Incident, pages: list[Page], versions: Versions, now: Instant, last_seen: Instant | None
    ) -> None:
        self.incident, self.pages, self.versions = incident, pages, versions
        self.now, self.last_seen = now, last_seen
        self.entries: list[LogEntry] = []
        self.due: list[Page] = []
        self.why: Why | None = None

    def turn(self, moment: Moment | None) -> Turn:
        why = self.why or (Why.WAITING if moment else _end(self.incident))
        return Turn(why=why, incident=self.incident, entries=tuple(self.entries), pages=tuple(self.due), next=moment)

    def next_moment(self) -> Moment | None:
        """The earliest thing to come; at one instant the first listed, so pages go before their level's end."""
        moments = [
            *self._pages_to_come(),
            *self._responders_to_come(),
            *self._level_to_come(),
            *self._answers_to_come(),
            *self._hours_to_come(),
            *self._quiet_to_come(),
        ]
        return min(moments, key=lambda moment: moment.at, default=None)

    def carry_out(self, moment: Moment) -> None:
        self.why = moment.why
        if moment.kind is None:
            self._page(moment.pages)
        elif moment.kind is Kind.LEVEL_ENTERED:
            self._enter(moment)
        else:
            self._log(
                LogEntry(kind=moment.kind, at=self.now, due=moment.at, why=moment.why, responder=moment.responder)
            )

    # what is to come

    def _pages_to_come(self) -> list[Moment]:
        """Those of one instant are one moment: the level's first, then the responders'."""
        untried = [*self._untried(of_level(self.incident, self.versions))]
        asked = self._untried(of_responders(self.incident, self.versions))
        at = min((page.due for page in (*untried, *asked)), default=None)
        if at is None:
            return []
        pages = tuple(page for page in (*untried, *asked) if page.due == at)
        return [Moment(at=at, kind=None, why=_why_paged(pages), pages=pages)]

    def _responders_to_come(self) -> list[Moment]:
        """Whom nothing reached is said to be so, and the rest goes on."""
        asked = waiting(self.incident.responders) if self.incident.open else ()
        return [
            Moment(
                at=self._lost_at(responder.entry) or responder.added_at,
                kind=Kind.RESPONDER_UNREACHED,
                why=Why.RESPONDER_UNREACHED,
                responder=responder.number,
            )
            for responder in asked
            if (found := of_responder(responder, self.versions)) is None or found.all_failed(self.pages)
        ]

    def _level_to_come(self) -> list[Moment]:
        incident = self.incident
        if incident.status is not Status.TRIGGERED:
            return []
        if incident.next_level is not None:
            at = incident.next_at or self.now
            return [Moment(at=at, kind=Kind.LEVEL_ENTERED, why=Why.LEVEL_DUE, level=incident.next_level)]
        if incident.exhausted or incident.entered_at is None:
            return []
        following, end = incident.level + 1, self._level_end()
        if self._level_failed():
            at = min(self._lost_at(str(incident.entry)) or self.now, end)
            return [Moment(at=at, kind=Kind.LEVEL_ENTERED, why=Why.EVERY_METHOD_FAILED, level=following)]
        if incident.urgency is Urgency.LOW:  # low urgency tells, and doesn't escalate by itself
            return []
        return [Moment(at=end, kind=Kind.LEVEL_ENTERED, why=Why.UNANSWERED, level=following)]

    def _answers_to_come(self) -> list[Moment]:
        incident = self.incident
        if incident.status is not Status.ACKNOWLEDGED:
            return []
        if incident.snoozed_until is not None:  # the acknowledgement's timeout rests meanwhile
            return [Moment(at=incident.snoozed_until, kind=Kind.SNOOZE_ENDED, why=Why.LEVEL_DUE)]
        if incident.acknowledgement_timeout is None or incident.acknowledged_at is None:
            return []
        at = next_whole_second(incident.acknowledged_at + incident.acknowledgement_timeout)
        return [Moment(at=at, kind=Kind.ACKNOWLEDGEMENT_TIMED_OUT, why=Why.UNANSWERED)]

    def _hours_to_come(self) -> list[Moment]:
        incident = self.incident
        if not incident.open or incident.urgency is Urgency.HIGH or incident.raises_at is None:
            return []
        return [Moment(at=incident.raises_at, kind=Kind.URGENCY_RAISED, why=Why.SUPPORT_HOURS)]

    def _quiet_to_come(self) -> list[Moment]:
        incident = self.incident
        if not incident.open or incident.auto_resolve is None or incident.touched or self.last_seen is None:
            return []
        at = next_whole_second(self.last_seen + incident.auto_resolve)
        return [Moment(at=at, kind=Kind.AUTO_RESOLVED, why=Why.ALERTS_SILENT)]

    # what is done

    def _enter(self, moment: Moment) -> None:
        """Enter the level, the next round's first where it lies past the last, or say why not."""
        incident, policy, directory = self.incident, self.incident.policy, self.versions.in_force
        at = whole_second(self.now if self.now - moment.at > LATE else moment.at)
        level, turn_of_policy = moment.level or 1, incident.round
        if level > len(policy.levels):
            if not incident.reached or incident.round >= policy.repeat:
                return self._exhaust(at)
            level, turn_of_policy = 1, incident.round + 1
        people = people_on_call(policy.levels[level - 1], incident.turn, directory, at)
        reachable = tuple(name for name in people if methods(directory.users[name], incident.urgency))
        entry = LogEntry(kind=Kind.LEVEL_SKIPPED, at=self.now, due=at, round=turn_of_policy, level=level)
        if not reachable:
            return self._log(replace(entry, why=Why.NO_CONTACT_METHOD if people else Why.NOBODY_ON_CALL))
        return self._log(
            replace(
                entry,
                kind=Kind.LEVEL_ENTERED,
                why=moment.why,
                entry=incident.entry + 1,
                people=reachable,
                directory=directory.version,
            )
        )

    def _exhaust(self, at: Instant) -> None:
        incident = self.incident
        self.why = Why.EXHAUSTED if incident.reached else Why.NOBODY_REACHABLE
        self._log(LogEntry(kind=Kind.EXHAUSTED, at=self.now, due=at, entry=incident.entry + 1, why=self.why))
        self._page(fallback_pages(self.incident, self.versions.in_force, at))

    def _page(self, pages: Sequence[Page]) -> None:
        self.due.extend(pages)
        self.pages.extend(pages)

    def _log(self, entry: LogEntry) -> None:
        self.incident = apply(self.incident, entry)
        self.entries.append(replace(entry, epoch=self.incident.epoch))

    # what is asked

    def _untried(self, recipients: Sequence[Recipient]) -> list[Page]:
        """Their pages by rule that nobody has made due yet."""
        known = {page.identity for page in self.pages}
        pages = [page for recipient in recipients for page in recipient.pages(self.incident)]
        return [page for page in pages if page.identity not in known]

    def _level_end(self) -> Instant:
        incident = self.incident
        return (incident.entered_at or self.now) + incident.policy.levels[incident.level - 1].after

    def _level_failed(self) -> bool:
        """Of a person whom the directory has lost, whatever was sent may still be answered."""
        recipients = of_level(self.incident, self.versions)
        names, entry = {recipient.user.name for recipient in recipients}, str(self.incident.entry)
        others = [page for page in self.pages if page.entry == entry and page.user not in names]
        return all(recipient.all_failed(self.pages) for recipient in recipients) and all(
            page.state in LOST for page in others
        )

    def _lost_at(self, entry: str) -> Instant | None:
        """When the last of the entry's pages that failed was due: what follows from it is due at once."""
        return max((page.due for page in self.pages if page.entry == entry and page.state in LOST), default=None)


def _why_paged(pages: Sequence[Page]) -> Why:
    return Why.RESPONDER_DUE if all(page.of_responder for page in pages) else Why.LEVEL_DUE
