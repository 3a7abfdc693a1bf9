"""``tocsin page-me``: a test page by a person's own methods, through the channels that pages take."""

import getpass
from collections.abc import Iterator

from cli.confirm import Outcome, chosen
from cli.console import Failed
from cli.contacts import because
from cli.deployment import Deployment
from shared.domain.directory import Directory
from shared.flow.aside import trial_page
from shared.flow.channel import OutcomeUnknown, SendFailed


def page_me(deployment: Deployment, user: str | None, contact: str | None) -> Iterator[Outcome]:
    """Each attempt once it is made, in the order of the file. Opens no incident. Raises Failed."""
    deps = deployment.deps()
    directory = deps.directory.current()
    for person, way in chosen(directory, user or _me(directory), contact):
        channel = deps.channels.get(way.medium)
        try:
            if channel is None:
                raise SendFailed(f"{way.medium} isn't delivered by this version")
            trial = trial_page(deps, person, way)
            said = f"sent, {channel.send(trial)}"
            if trial.state is not None and trial.state.broken:
                said += f"; it is known as broken ({because(trial.state)}), until something arrives by it"
        except (SendFailed, OutcomeUnknown) as fault:
            yield Outcome(user=person.name, contact=way, said=str(fault), failed=True)
        else:
            yield Outcome(user=person.name, contact=way, said=said)


def _me(directory: Directory) -> str:
    """Whoever is signed in here, if the configuration calls somebody so. Raises Failed."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        name = ""
    if name not in directory.users:
        raise Failed(f"say who you are: tocsin page-me USER; there are {', '.join(directory.users)}")
    return name
