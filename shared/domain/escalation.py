"""One turn of an escalation: what to do about an incident now, and when to look again.

``decide`` is pure and total: for every state there is a next moment or a stated end. Whatever is due is carried out in
the order in which it fell due; a page due at the very moment when its level ends still goes out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.domain.directory import Assign, Contact, Directory, Level, Target, TargetKind, Urgency, User
from shared.domain.incident import Incident, Status, apply
from shared.domain.instants import Instant, format_seconds, whole_second
from shared.domain.notification import FALLBACK, Page, all_failed, methods
from shared.domain.schedule import on_call
from shared.domain.timeline import Kind, LogEntry, Why

LATE = timedelta(seconds=60)  # a level that begins later than this, after an outage, is given its whole time


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """``incident`` is the state after ``entries``; ``pages`` are due now; ``wake_at`` None is the end of the run."""

    why: Why
    incident: Incident
    entries: tuple[LogEntry, ...] = ()
    pages: tuple[Page, ...] = ()
    wake_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The next thing to come: ``kind`` at ``at``; kind None stands for pages of the present level."""

    at: Instant
    kind: Kind | None
    why: Why
    level: int | None = None


def decide(
    incident: Incident,
    pages: Sequence[Page],
    directory: Directory,
    paged_by: Directory,
    now: Instant,
    last_seen: Instant | None = None,
) -> Turn:
    """What is due at ``now``, in order, and the next moment.

    ``pages`` are the incident's so far, ``directory`` is in force, ``paged_by`` is the version by which the present
    level's people are paged, ``last_seen`` is when its alerts last spoke (needed for auto-resolve only).
    """
    course = _Course(incident, list(pages), directory, paged_by, now, last_seen)
    moment = course.next_moment()
    while moment is not None and moment.at <= now:
        course.carry_out(moment)
        moment = course.next_moment()
    return course.turn(moment)


def in_words(turn: Turn, now: Instant) -> str:
    """The incident's next moment as people say it: ``grace is paged in 3 min 10 s`` needs no clock at hand."""
    if turn.wake_at is None:
        return f"Nothing is to come: {turn.why}."
    seconds = max(int((turn.wake_at - now).total_seconds()), 0)
    return f"The next step is due in {seconds // 60} min {seconds % 60} s, at {format_seconds(turn.wake_at)}."


def people_on_call(level: Level, turn: int, directory: Directory, at: Instant) -> tuple[str, ...]:
    """Whom a level pages at ``at``, each once, in the order of its targets.

    Round robin takes one target, a further one with each new incident, and passes over those with nobody on call.
    """
    found = [_person(target, directory, at) for target in level.notify]
    if level.assign is Assign.ROUND_ROBIN:
        start = turn % len(found)
        first = next((person for person in found[start:] + found[:start] if person), None)
        return (first,) if first else ()
    return tuple(dict.fromkeys(person for person in found if person))


def _person(target: Target, directory: Directory, at: Instant) -> str | None:
    if target.kind is TargetKind.USER:
        return target.name if target.name in directory.users else None
    schedule = directory.schedules.get(target.name)
    person = on_call(schedule, at) if schedule else None
    return person if person in directory.users else None


def _end(incident: Incident) -> Why:
    if incident.status is Status.RESOLVED:
        return Why.IT_IS_RESOLVED
    if incident.status is Status.ACKNOWLEDGED:
        return Why.SOMEONE_HAS_IT
    return Why.EXHAUSTED if incident.exhausted else Why.NOTHING_LEFT


class _Course:
    """A turn in the making."""

    def __init__(
        self,
        incident: Incident,
        pages: list[Page],
        directory: Directory,
        paged_by: Directory,
        now: Instant,
        last_seen: Instant | None,
    ) -> None:
        self.incident, self.pages, self.directory, self.paged_by = incident, pages, directory, paged_by
        self.now, self.last_seen = now, last_seen
        self.entries: list[LogEntry] = []
        self.due: list[Page] = []
        self.why: Why | None = None

    def turn(self, moment: Moment | None) -> Turn:
        why = self.why or (Why.WAITING if moment else _end(self.incident))
        return Turn(
            why=why,
            incident=self.incident,
            entries=tuple(self.entries),
            pages=tuple(self.due),
            wake_at=moment.at if moment else None,
        )

    def next_moment(self) -> Moment | None:
        """The earliest thing to come; at one instant the first listed, so pages go before their level's end."""
        moments = [*self._pages_to_come(), *self._level_to_come(), *self._answers_to_come(), *self._rest_to_come()]
        return min(moments, key=lambda moment: moment.at, default=None)

    def carry_out(self, moment: Moment) -> None:
        self.why = moment.why
        if moment.kind is None:
            self._page_what_is_due(moment.at)
        elif moment.kind is Kind.LEVEL_ENTERED:
            self._enter(moment)
        else:
            self._log(LogEntry(kind=moment.kind, at=self.now, due=moment.at, why=moment.why))

    # what is to come

    def _pages_to_come(self) -> list[Moment]:
        return [Moment(at=page.due, kind=None, why=Why.LEVEL_DUE) for page in self._untried()]

    def _level_to_come(self) -> list[Moment]:
        incident = self.incident
        if incident.status is not Status.TRIGGERED:
            return []
        if incident.next_level is not None:
            at = incident.next_at or self.now
            return [Moment(at=at, kind=Kind.LEVEL_ENTERED, why=Why.LEVEL_DUE, level=incident.next_level)]
        if incident.exhausted or incident.entered_at is None:
            return []
        following = incident.level + 1
        if self._level_failed():
            why = Why.EVERY_METHOD_FAILED
            return [Moment(at=min(self.now, self._level_end()), kind=Kind.LEVEL_ENTERED, why=why, level=following)]
        if incident.urgency is Urgency.LOW:  # low urgency tells, and doesn't escalate by itself
            return []
        return [Moment(at=self._level_end(), kind=Kind.LEVEL_ENTERED, why=Why.UNANSWERED, level=following)]

    def _answers_to_come(self) -> list[Moment]:
        incident = self.incident
        if incident.status is not Status.ACKNOWLEDGED:
            return []
        if incident.snoozed_until is not None:  # the acknowledgement's timeout rests meanwhile
            return [Moment(at=incident.snoozed_until, kind=Kind.SNOOZE_ENDED, why=Why.LEVEL_DUE)]
        if incident.acknowledgement_timeout is None or incident.acknowledged_at is None:
            return []
        at = _ceil(incident.acknowledged_at + incident.acknowledgement_timeout)
        return [Moment(at=at, kind=Kind.ACKNOWLEDGEMENT_TIMED_OUT, why=Why.UNANSWERED)]

    def _rest_to_come(self) -> list[Moment]:
        return [*self._hours_to_come(), *self._quiet_to_come()]

    def _hours_to_come(self) -> list[Moment]:
        incident = self.incident
        if not incident.open or incident.urgency is Urgency.HIGH or incident.raises_at is None:
            return []
        return [Moment(at=incident.raises_at, kind=Kind.URGENCY_RAISED, why=Why.SUPPORT_HOURS)]

    def _quiet_to_come(self) -> list[Moment]:
        incident = self.incident
        if not incident.open or incident.auto_resolve is None or incident.touched or self.last_seen is None:
            return []
        at = _ceil(self.last_seen + incident.auto_resolve)
        return [Moment(at=at, kind=Kind.AUTO_RESOLVED, why=Why.NOTHING_LEFT)]

    # what is done

    def _enter(self, moment: Moment) -> None:
        """Enter the level, the next round's first where it lies past the last, or say why not."""
        incident, policy = self.incident, self.incident.policy
        at = whole_second(self.now if self.now - moment.at > LATE else moment.at)
        level, turn_of_policy = moment.level or 1, incident.round
        if level > len(policy.levels):
            if not incident.reached or incident.round >= policy.repeat:
                return self._exhaust(at)
            level, turn_of_policy = 1, incident.round + 1
        people = people_on_call(policy.levels[level - 1], incident.turn, self.directory, at)
        reachable = tuple(name for name in people if methods(self.directory.users[name], incident.urgency))
        entry = LogEntry(kind=Kind.LEVEL_SKIPPED, at=self.now, due=at, round=turn_of_policy, level=level)
        if not reachable:
            return self._log(replace(entry, why=Why.NO_CONTACT_METHOD if people else Why.NOBODY_ON_CALL))
        self.paged_by = self.directory
        return self._log(
            replace(
                entry,
                kind=Kind.LEVEL_ENTERED,
                why=moment.why,
                entry=incident.entry + 1,
                people=reachable,
                directory=self.directory.version,
            )
        )

    def _exhaust(self, at: Instant) -> None:
        incident = self.incident
        self.why = Why.EXHAUSTED if incident.reached else Why.NOBODY_REACHABLE
        self._log(LogEntry(kind=Kind.EXHAUSTED, at=self.now, due=at, entry=incident.entry + 1, why=self.why))
        self._page(fallback_pages(self.incident, self.directory, at))

    def _page_what_is_due(self, at: Instant) -> None:
        self._page([page for page in self._untried() if page.due <= at])

    def _page(self, pages: Sequence[Page]) -> None:
        self.due.extend(pages)
        self.pages.extend(pages)

    def _log(self, entry: LogEntry) -> None:
        self.incident = apply(self.incident, entry)
        self.entries.append(replace(entry, epoch=self.incident.epoch))

    # what is asked

    def _untried(self) -> list[Page]:
        """The present level's pages by rule that nobody has made due yet."""
        incident = self.incident
        if incident.status is not Status.TRIGGERED or incident.next_level is not None or incident.exhausted:
            return []
        known = {page.identity for page in self.pages}
        pages = [page for user in self._people() for page in pages_by_rule(incident, user)]
        return [page for page in pages if page.identity not in known]

    def _people(self) -> list[User]:
        users = self.paged_by.users
        return [users[name] for name in self.incident.people if name in users]

    def _level_end(self) -> Instant:
        incident = self.incident
        return (incident.entered_at or self.now) + incident.policy.levels[incident.level - 1].after

    def _level_failed(self) -> bool:
        present = [page for page in self.pages if page.entry == str(self.incident.entry)]
        return all(all_failed(user, self.incident.urgency, present) for user in self._people())


def pages_by_rule(incident: Incident, user: User) -> list[Page]:
    """The person's pages of the present level, each at its rule's delay."""
    begun = incident.entered_at or incident.triggered_at
    return [
        page_by(incident, user, place, begun + method.after)
        for place, method in enumerate(methods(user, incident.urgency))
        if method.after is not None
    ]


def page_by(incident: Incident, user: User, place: int, due: Instant) -> Page:
    """The page by the person's method at ``place``."""
    return _page_to(incident, user.name, place, methods(user, incident.urgency)[place].contact, due)


def still_due(incident: Incident, page: Page) -> bool:
    """What made the page due still holds: for the fallback an open incident, for a level's its status and epoch."""
    if page.user == FALLBACK:
        return incident.open
    return incident.status is Status.TRIGGERED and incident.epoch == page.epoch


def fallback_pages(incident: Incident, directory: Directory, at: Instant) -> list[Page]:
    """The fallback contact is told by all its methods at once."""
    contacts = enumerate(directory.account.fallback)
    return [_page_to(incident, FALLBACK, place, contact, at) for place, contact in contacts]


def _page_to(incident: Incident, user: str, place: int, contact: Contact, due: Instant) -> Page:
    """The page of the incident's present level entry to ``user`` by ``contact``."""
    return Page(
        incident=incident.id,
        entry=str(incident.entry),
        user=user,
        rule=place,
        level=incident.level,
        epoch=incident.epoch,
        method=contact.name,
        medium=contact.medium,
        address=contact.address,
        due=due,
    )


def _ceil(at: Instant) -> Instant:
    """What is due is due in whole seconds, and never early."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
