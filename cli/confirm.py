"""``tocsin confirm``: contact methods prove that they are their person's, by a code that is sent to each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cli import console
from cli.console import Failed
from cli.deployment import Deployment
from shared.domain.contact_state import guess, with_code
from shared.domain.directory import Contact, Directory, User
from shared.flow.channel import OutcomeUnknown, SendFailed
from shared.flow.confirming import PROVABLE, new_code, send_code
from shared.flow.methods import change
from shared.flow.ports import Deps


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one contact method."""

    user: str
    contact: Contact
    said: str
    failed: bool = False

    def as_json(self) -> dict[str, Any]:
        told = {"user": self.user, "contact": self.contact.name, "medium": self.contact.medium.value}
        return {**told, "address": self.contact.address, "said": self.said, "failed": self.failed}

    def say(self) -> None:
        where = f"{self.user} {self.contact.name} ({self.contact.medium} {self.contact.address})"
        console.say(f"{'✗' if self.failed else '✓'} {where}: {self.said}", "red" if self.failed else "green")


def send(deployment: Deployment, user: str | None, contact: str | None) -> Iterator[Outcome]:
    """A code to each method that isn't confirmed: of everybody, of one person, or one of theirs. Raises Failed."""
    deps = deployment.deps()
    for person, way in chosen(deps.directory.current(), user, contact):
        if way.medium not in PROVABLE:
            if contact is not None:
                yield Outcome(user=person.name, contact=way, said=f"{way.medium} takes no codes", failed=True)
            continue
        if deps.contacts.of(person.name, way).confirmed:
            yield Outcome(user=person.name, contact=way, said="is confirmed already")
            continue
        yield _sent(deps, person, way, deployment.facts["mail_domain"])


def check(deployment: Deployment, user: str, contact: str, code: str) -> Outcome:
    """What somebody read off their phone. Raises Failed."""
    deps = deployment.deps()
    ((person, way),) = chosen(deps.directory.current(), user, contact)
    if deps.contacts.of(person.name, way).confirmed:
        return Outcome(user=person.name, contact=way, said="is confirmed already, so the code was not looked at")
    digits = "".join(character for character in code if character.isdigit())
    after = change(deps, person.name, way, lambda state: guess(state, digits, deps.now()))
    if after.confirmed:
        return Outcome(user=person.name, contact=way, said="is confirmed")
    return Outcome(
        user=person.name,
        contact=way,
        said=f"that isn't the code, or it is too old: `tocsin confirm {person.name} {way.name}` sends another one",
        failed=True,
    )


def chosen(directory: Directory, user: str | None, contact: str | None) -> Sequence[tuple[User, Contact]]:
    """People and their contact methods, in the order of the file. Raises Failed for a name that nobody has."""
    if user is not None and user not in directory.users:
        raise Failed(f"there is no user {user}; there are {', '.join(directory.users)}")
    people = [directory.users[user]] if user is not None else [*directory.users.values()]
    found = [(person, way) for person in people for way in person.contacts if contact in (None, way.name)]
    if user is not None and not found:
        names = ", ".join(way.name for way in people[0].contacts) or "none"
        raise Failed(f"{user} has no contact method {contact or 'at all'}; there are: {names}")
    return found


def _sent(deps: Deps, person: User, way: Contact, mail_domain: str) -> Outcome:
    code = new_code()
    change(deps, person.name, way, lambda state: with_code(state, code, deps.now()))
    try:
        provider_id = send_code(deps, person, way, code, mail_domain)
    except (SendFailed, OutcomeUnknown) as fault:
        return Outcome(user=person.name, contact=way, said=str(fault), failed=True)
    how = f"answer it, or: tocsin confirm {person.name} {way.name} --code …"
    return Outcome(user=person.name, contact=way, said=f"a code is on its way ({provider_id}); {how}")
