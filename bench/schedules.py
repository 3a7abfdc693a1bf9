"""Schedules of ours beside libraries that know recurrences: a year, and this moment.

The libraries are asked for less: when each person's turns are. They don't lay one layer over the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import recurring_ical_events
from dateutil.rrule import DAILY, rrule
from icalendar import Calendar, Event

from bench.timing import best
from shared.domain.schedule import Layer, Override, Schedule, Window, final_schedule, on_call

ZONE = ZoneInfo("Europe/Berlin")
PEOPLE = tuple(f"person{n}" for n in range(10))
SINCE = datetime(2026, 1, 5, 8, tzinfo=UTC)  # a Monday
START = SINCE.astimezone(ZONE).replace(tzinfo=None)
YEAR, NOW = SINCE + timedelta(days=365), SINCE + timedelta(days=200, hours=3)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
HOUR = 3600  # s
OFFICE = Window(days=frozenset(range(5)), begin=9 * HOUR, end=17 * HOUR)

LAYERS = (
    Layer(name="weekly", start=START, turn=WEEK, users=PEOPLE),
    Layer(name="daily", start=START, turn=DAY, users=PEOPLE[:3], only=(OFFICE,)),
    Layer(name="fortnightly", start=START + 20 * WEEK, turn=2 * WEEK, users=PEOPLE[3:], until=START + 30 * WEEK),
)
OVERRIDES = tuple(
    Override(user=PEOPLE[n % 10], begin=SINCE + (9 * n + 1) * DAY, end=SINCE + (9 * n + 1) * DAY + timedelta(hours=9))
    for n in range(40)
)
SCHEDULE = Schedule(name="checkout", time_zone=ZONE.key, layers=LAYERS, overrides=OVERRIDES)
ONE_LAYER = Schedule(name="one", time_zone=ZONE.key, layers=LAYERS[:1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Seconds."""

    ours: float
    recurring_ical_events: float
    dateutil: float


def a_year() -> Beside:
    """Three layers of ten people, forty overrides."""
    assert len(final_schedule(SCHEDULE, SINCE, YEAR)) > 300
    events, rules = _events(SCHEDULE), _rules(SCHEDULE)
    return Beside(
        ours=best(lambda: final_schedule(SCHEDULE, SINCE, YEAR), times=20),
        recurring_ical_events=best(lambda: events.between(SINCE, YEAR)),
        dateutil=best(lambda: [rule.between(_local(SINCE), _local(YEAR)) for rule in rules]),
    )


def on_call_now() -> Beside:
    """One layer of ten people."""
    assert on_call(ONE_LAYER, NOW) in PEOPLE
    events, rules = _events(ONE_LAYER), _rules(ONE_LAYER)
    return Beside(
        ours=best(lambda: on_call(ONE_LAYER, NOW), times=10_000),
        recurring_ical_events=best(lambda: events.at(NOW), times=10),
        dateutil=best(lambda: max((r.before(_local(NOW)) or START) for r in rules), times=10),
    )


def _local(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(tzinfo=None)


def _turns(schedule: Schedule) -> Iterator[tuple[Layer, str, datetime]]:
    """Each person's first turn in each layer; it comes again after everybody had theirs."""
    for layer in schedule.layers:
        for place, user in enumerate(layer.users):
            yield layer, user, layer.start + place * layer.turn


def _events(schedule: Schedule) -> "recurring_ical_events.CalendarQuery":
    calendar = Calendar()
    for layer, user, first in _turns(schedule):
        event = Event()
        event.add("summary", user)
        event.add("dtstart", first.replace(tzinfo=ZONE))
        event.add("dtend", (first + layer.turn).replace(tzinfo=ZONE))
        end = {"until": layer.until.replace(tzinfo=ZONE).astimezone(UTC)} if layer.until else {}
        event.add("rrule", {"freq": "daily", "interval": layer.turn.days * len(layer.users), **end})
        calendar.add_component(event)
    for override in schedule.overrides:
        event = Event()
        event.add("summary", override.user)
        event.add("dtstart", override.begin)
        event.add("dtend", override.end)
        calendar.add_component(event)
    return recurring_ical_events.of(calendar)


def _rules(schedule: Schedule) -> list[rrule]:
    return [
        rrule(DAILY, dtstart=first, interval=layer.turn.days * len(layer.users), until=layer.until)
        for layer, _, first in _turns(schedule)
    ]
