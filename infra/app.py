"""What ``cdk deploy --all`` puts into an account: four stacks, in the order in which they need each other."""

import sys
from itertools import pairwise
from pathlib import Path

from aws_cdk import App, Stack, Validations
from cdk_nag import AwsSolutionsChecks

from infra import settings as choices
from infra.constructs.bundle import Build, BundleError, make_bundle
from infra.doors import Doors
from infra.flow import Flow
from infra.settings import Settings, SettingsError
from infra.state import State
from infra.targets import Target
from infra.watch import Watch

ROOT = Path(__file__).parents[1]


def build(app: App, root: Path, settings: Settings, target: Target) -> list[Stack]:
    """Adds the stacks to ``app``; ``root`` is the project whose functions they run."""
    bundle = make_bundle(root, Build(python=settings.python, wheels=target.wheels) if target.wheels else Build.here())
    stacks: list[Stack] = [
        State(app, "tocsin-state", settings=settings, target=target),
        Flow(app, "tocsin-flow", settings=settings, target=target, bundle=bundle),
        Doors(app, "tocsin-doors", settings=settings, target=target),
        Watch(app, "tocsin-watch", settings=settings, target=target),
    ]
    for before, after in pairwise(stacks):
        after.add_stack_dependency(before)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return stacks


def main() -> None:
    app = App()
    try:
        target = choices.target()
        build(app, ROOT, choices.load(ROOT, app.node.get_all_context(), target), target)
    except (SettingsError, BundleError) as error:
        sys.exit(str(error))  # the message says all there is; a trace would hide it
    app.synth()


if __name__ == "__main__":
    main()
