"""What is known of contact methods, in memory: for tests and ``simulate``."""

from shared.domain.contact_state import ContactState, Texted, unknown
from shared.domain.directory import Contact
from shared.domain.errors import Conflict


class MemoryContacts:
    """``ContactStore`` in memory."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str, str], ContactState] = {}
        self._texted: dict[str, dict[int, Texted]] = {}

    def of(self, user: str, contact: Contact) -> ContactState:
        return self._states.get((user, contact.medium, contact.address)) or unknown(user, contact)

    def write(self, state: ContactState) -> ContactState:
        name, after = (state.user, state.medium.value, state.address), state.after_writing()
        if name in self._states and self._states[name].version != state.version:
            raise Conflict(f"somebody else wrote of {state.user}'s {state.medium} meanwhile")
        self._states[name] = after
        return after

    def note_texted(self, address: str, texted: Texted) -> None:
        self._texted.setdefault(address, {})[texted.number] = texted

    def texted(self, address: str) -> list[Texted]:
        found = self._texted.get(address, {})
        return [found[number] for number in sorted(found)]
