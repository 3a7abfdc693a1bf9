"""Announcements to webhooks, in memory: for tests and ``simulate``."""

from shared.domain.announcement import Announcement, is_due
from shared.domain.errors import Conflict
from shared.domain.instants import Instant


class MemoryAnnouncements:
    """``AnnouncementStore`` in memory."""

    def __init__(self) -> None:
        self._known: dict[str, Announcement] = {}

    def all(self) -> list[Announcement]:
        """In the order in which they began."""
        return list(self._known.values())

    def get(self, name: str) -> Announcement | None:
        return self._known.get(name)

    def write(self, known: Announcement | None, announcement: Announcement) -> None:
        held = self._known.get(announcement.id)
        if _attempt(held) != _attempt(known):
            raise Conflict(f"the announcement {announcement.id} was written meanwhile")
        self._known[announcement.id] = announcement

    def due(self, before: Instant, limit: int) -> list[str]:
        late = sorted((str(a.due_at), a.id) for a in self._known.values() if is_due(a, before))
        return [name for _, name in late][:limit]


def _attempt(announcement: Announcement | None) -> tuple[int, Instant | None] | None:
    return (announcement.tries, announcement.due_at) if announcement else None
