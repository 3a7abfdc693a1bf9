"""``tocsin up`` and ``tocsin down``: the whole system on this machine."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from cli import console
from cli.deployment import LOCAL, Deployment
from local import system
from local.folder import Folder
from local.system import Local

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Folder(ROOT / ".tocsin")
EXAMPLE = ROOT / "examples" / "acme"


def up(configuration: Path | None, *, as_json: bool) -> int:
    """Brings it up with ``configuration`` in force: by default what was last applied, at first the example."""
    steps = console.Steps(console.err if as_json else console.out)
    local = system.up(ROOT, FOLDER, steps, configure_by(configuration))
    if as_json:
        console.say_json(local.description.as_json())
        return console.HOLDS
    console.say("Tocsin is up.", "green")
    for name, address in local.description.as_json().items():
        if isinstance(address, str) and name != "api_token":
            console.say(f"  {name:<14} {address}")
    for service, key in local.description.routing_keys.items():
        console.say(f"  routing key of {service}: {key}")
    console.say(f"All of it is in {FOLDER.description_file.relative_to(ROOT)}. `tocsin down` stops it.")
    return console.HOLDS


def down(*, delete: bool) -> int:
    """Stops what is up, and says what is left of it."""
    was_up = system.down(FOLDER, delete=delete)
    left = "its state is kept for the next `tocsin up`" if FOLDER.path.exists() else "nothing of it is left"
    console.say(f"{'Stopped' if was_up else 'It was not up'}; {left}.")
    return console.HOLDS


def local_deployment() -> Deployment | None:
    """The system that is up, if one is."""
    found = system.find(FOLDER)
    return deployment_of(found) if found else None


def deployment_of(local: Local) -> Deployment:
    return Deployment(LOCAL, cache(local.client))


def configure_by(configuration: Path | None) -> Callable[[Local], Mapping[str, str]]:
    """What ``up`` does with a system that was deployed: applies a folder, as `tocsin apply` does."""
    from cli.apply import apply, routing_keys
    from shared.wiring import now

    def configure(local: Local) -> Mapping[str, str]:
        deployment = deployment_of(local)
        deployment.name_address(local.description.events_url)
        version, _ = deployment.directory().applied()
        if configuration is None and version:
            return routing_keys(deployment.directory().current())
        return apply(configuration or EXAMPLE, deployment, now()).routing_keys

    return configure
