"""CodeBuild: a project whose build failed, until a build of it succeeds.

Each build has an id of its own, so the project is what a recovery shares with its failure. A build that a person
stopped tells nothing, nor does a phase.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from shared.domain.event import SUMMARY_MAX, Action, Event, Severity
from shared.sources.aws import Arn, console_page, parse_arn, partition
from shared.sources.aws_message import AwsMessage, each, links, messages
from shared.sources.fields import items, look, text, without_nulls

SOURCE = "codebuild"
KIND = "CodeBuild Build State Change"
# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html: a build that runs out of time, or that
# CodeBuild itself can't carry out, has failed as much as one whose commands fail.
STATES: Mapping[str, Action] = {
    "FAILED": Action.TRIGGER,
    "TIMED_OUT": Action.TRIGGER,
    "FAULT": Action.TRIGGER,
    "SUCCEEDED": Action.RESOLVE,
}


def translate(message: Any) -> list[Event]:
    """https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html"""
    return each(messages(SOURCE, message), _read)


def _read(message: AwsMessage) -> Event | None:
    if not message.is_one_of(KIND) or look(message.said, "completed-phase") is not None:
        return None
    build = parse_arn(text(look(message.said, "build-id"))) or message.arn(SOURCE, "build")
    required = message.required()
    project = required.text("project-name", build.resource.partition("/")[2].partition(":")[0] if build else None)
    status = required.text("build-status").upper().replace(" ", "_")
    required.settle()
    action = STATES.get(status)
    return None if action is None else _event(message, build, project, action, status)


def _event(message: AwsMessage, build: Arn | None, project: str, action: Action, status: str) -> Event:
    account, region = (build and build.account) or message.account, (build and build.region) or message.region
    arn = Arn(partition(region or ""), SOURCE, region or "", account or "", f"project/{project}")
    more = "additional-information"
    name = quote(project, safe="", errors="replace")
    return Event(
        action=action,
        dedup_key=str(arn),
        severity=Severity.ERROR if action is Action.TRIGGER else Severity.INFO,
        summary=f"The build of {project} {_in_words(status)}{_phase(message)}"[:SUMMARY_MAX],
        source=project,
        source_type=SOURCE,
        component=text(look(message.said, f"{more}.source.location")),
        group=text(look(message.said, f"{more}.initiator")),
        account=account or None,
        region=region or None,
        resource=str(arn),
        timestamp=message.at,
        links=links(
            (text(look(message.said, f"{more}.logs.deep-link")), "The log of the build"),
            (console_page(f"codesuite/codebuild/projects/{name}/history", region), "The project in CodeBuild"),
        ),
        custom_details=without_nulls(message.said),
    )


def _in_words(status: str) -> str:
    return {"FAULT": "could not be carried out"}.get(status, status.replace("_", " ").lower())


def _phase(message: AwsMessage) -> str:
    """Which phase failed first, and its own word for it."""
    for phase in items(look(message.said, "additional-information.phases")):
        if (text(look(phase, "phase-status")) or "").upper() in {"FAILED", "FAULT", "TIMED_OUT", "CLIENT_ERROR"}:
            why = [said for line in items(look(phase, "phase-context")) if (said := text(line)) and said != ":"]
            return f" in {text(look(phase, 'phase-type')) or 'a phase'}" + (f": {why[0]}" if why else "")
    return ""
