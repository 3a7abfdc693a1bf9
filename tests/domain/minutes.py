"""An oracle for schedules: every minute of a stretch of time, one after the other, and who has it.

It shares no code with the product. Local times are compared minute by minute: a handover is the first minute at which
the wall clock shows its time or a later one, the end of a window the last at which it shows its time, if it does.
"""

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Minutes:
    """The minutes from ``since`` until ``until``, with a margin on either side for what begins or ends outside."""

    def __init__(self, zone: str, since: datetime, until: datetime, margin: timedelta) -> None:
        self.begin, self.zone = since - margin, ZoneInfo(zone)
        self.first, self.until = round(margin / MINUTE), round((until - self.begin) / MINUTE)
        number = round((until + margin - self.begin) / MINUTE)
        self.local = [(self.begin + n * MINUTE).astimezone(self.zone).replace(tzinfo=None) for n in range(number)]
        self.latest = list(accumulate(self.local, max))
        self.shown_last = {local: minute for minute, local in enumerate(self.local)}

    def when_first(self, local: datetime) -> int:
        return bisect_left(self.latest, local)

    def when_last(self, local: datetime) -> int:
        return self.shown_last.get(local, self.when_first(local))

    def who(self, schedule: dict[str, Any]) -> list[str | None]:
        """Who has each minute from ``since`` until ``until``. ``schedule`` is in the configuration's form."""
        found: list[str | None] = [None] * len(self.local)
        for layer in schedule["layers"]:
            for minute, user in enumerate(self._layer(layer)):
                found[minute] = user or found[minute]
        for override in schedule.get("overrides", []):
            begin, end = (datetime.fromisoformat(override[name]) for name in ("from", "to"))
            for minute in range(self.when_first(begin), self.when_last(end)):
                found[minute] = override["user"]
        return found[self.first : self.until]

    def _layer(self, layer: dict[str, Any]) -> list[str | None]:
        users, turn = layer["users"], _duration(layer["turn"])
        found: list[str | None] = [None] * len(self.local)
        handover, number = datetime.fromisoformat(layer["start"]), 0
        while handover <= self.local[-1]:
            for minute in range(self.when_first(handover), self.when_first(handover + turn)):
                found[minute] = users[number % len(users)]
            handover, number = handover + turn, number + 1
        if "until" in layer:
            end = self.when_last(datetime.fromisoformat(layer["until"]))
            found[end:] = [None] * (len(found) - end)
        if "only" in layer:
            open_ = [False] * len(found)
            for window in layer["only"]:
                self._open(window, open_)
            found = [user if inside else None for user, inside in zip(found, open_, strict=True)]
        return found

    def _open(self, window: dict[str, str], open_: list[bool]) -> None:
        day = datetime.combine(self.local[0].date(), datetime.min.time()) - timedelta(days=8)
        while day <= self.local[-1]:
            for begin, end in _on(window, day):
                for minute in range(self.when_first(begin), self.when_last(end)):
                    open_[minute] = True
            day += timedelta(days=1)


def _on(window: dict[str, str], day: datetime) -> list[tuple[datetime, datetime]]:
    """The window as it begins on ``day``, if it does."""
    if " " in window["from"]:
        (first, at), (last, to) = window["from"].split(), window["to"].split()
        begin, end = _at(day, at), _at(day, to)
        if DAYS[day.weekday()] != first:
            return []
        while DAYS[end.weekday()] != last or end <= begin:
            end += timedelta(days=1)
        return [(begin, end)]
    if DAYS[day.weekday()] not in window.get("days", "mon,tue,wed,thu,fri,sat,sun").split(","):
        return []
    begin, end = _at(day, window["from"]), _at(day, window["to"])
    return [(begin, end if end > begin else end + timedelta(days=1))]


def _at(day: datetime, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return day.replace(hour=int(hour), minute=int(minute))


def _duration(text: str) -> timedelta:
    return int(text[:-1]) * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[text[-1]]
