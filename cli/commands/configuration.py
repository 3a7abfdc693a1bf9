"""What a team keeps as files: written, checked, compared, put in force; and who is on call by it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli import console
from cli.app import AsJson, At, On, app, instant, option
from cli.console import Failed
from shared.domain.instants import parse_instant


@app.command
def init(
    folder: Path = Path("tocsin"),
    /,
    *,
    template: Annotated[str, Parameter(help="small-team, two-tiers, follow-the-sun or security.")] = "small-team",
    json: AsJson = False,
) -> int:
    """Writes a first configuration to edit, with comments. Overwrites nothing."""
    from cli.init import init

    written = [str(path) for path in init(folder, template)]
    if json:
        console.say_json({"files": written})
    else:
        console.say_lines((path, "green") for path in written)
        console.say(f"Change names, addresses and numbers, then: tocsin lint {folder}")
    return console.HOLDS


@app.command
def lint(folder: Path, /, *, at: At = None, deployment: On = None, json: AsJson = False) -> int:
    """Checks a folder of configuration: references, unknown keys, coverage, people who can't be reached.

    With --deployment also what is known there of contact methods: unconfirmed, broken.
    """
    from cli.lint import lint, of_contacts

    findings = lint(folder, instant(at))
    if deployment is not None and not any(finding.level == "error" for finding in findings):
        from cli.deployments import chosen

        findings += of_contacts(folder, chosen(deployment))
    if json:
        console.say_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            console.err.print(str(finding), style="red" if finding.level == "error" else "yellow", markup=False)
        console.say(_counted(len(findings), "finding") if findings else "Nothing to find fault with.")
    return console.AT_FAULT if any(finding.level == "error" for finding in findings) else console.HOLDS


@app.command
def schema() -> int:
    """The configuration's form as a JSON Schema, for editors."""
    from shared.config.json_schema import json_schema

    console.say_json(json_schema())
    return console.HOLDS


@app.command
def schedule(
    folder: Path,
    name: str,
    /,
    *,
    since: Annotated[str, Parameter(help="An instant, 2026-01-05T09:00Z.")],
    until: Annotated[str, Parameter(help="An instant after it.")],
    json: AsJson = False,
) -> int:
    """The final schedule: who holds the pager when."""
    from cli.configuration import directory_of
    from cli.schedule import final, in_words

    begin, end = option(parse_instant, since, "--since"), option(parse_instant, until, "--until")
    directory = directory_of(folder)
    shifts = final(directory, name, begin, end)
    if json:
        console.say_json(shifts)
    else:
        for line in in_words(shifts, directory.schedules[name]):
            console.say(line)
        if not shifts:
            console.say("Nobody is on call in all that time.", "yellow")
    return console.HOLDS


@app.command
def oncall(folder: Path, /, *, at: At = None, json: AsJson = False) -> int:
    """Who is on call, for every schedule and every level of every policy."""
    from cli.configuration import directory_of
    from cli.schedule import on_call, on_call_in_words

    moment = instant(at)
    found = on_call(directory_of(folder), moment)
    if json:
        console.say_json(found)
    else:
        for line in on_call_in_words(found):
            console.say(line)
    return console.HOLDS


@app.command
def plan(
    folder: Path,
    /,
    *,
    at: At = None,
    against: Annotated[Path | None, Parameter(help="Another folder, in the place of a deployment.")] = None,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """What `apply` would change, in objects and in people's hours over the next four weeks."""
    from cli.configuration import read_folder
    from cli.deployments import chosen
    from cli.plan import as_if_deployed, deployed, in_words, plan

    before = deployed(chosen(deployment)) if against is None else as_if_deployed(against)
    planned = plan(folder, before, instant(at))
    if json:
        console.say_json(planned.as_json())
    else:
        console.say_lines(in_words(planned, read_folder(folder).document["account"].get("time_zone", "UTC")))
    return console.HOLDS


@app.command
def apply(
    folder: Path,
    /,
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would change, and change nothing.")] = False,
    force: Annotated[
        bool, Parameter(negative="", help="Also where a policy, or the account, would be left without anybody.")
    ] = False,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """Puts a folder of configuration in force: all of it, or nothing."""
    from cli.apply import apply
    from cli.configuration import read_folder
    from cli.deployments import chosen
    from cli.plan import in_words

    target = chosen(deployment)
    applied = apply(folder, target, instant(None), dry_run=dry_run, force=force)
    if json:
        console.say_json(applied.as_json())
        return console.HOLDS
    console.say_lines(in_words(applied.plan, read_folder(folder).document["account"].get("time_zone", "UTC")))
    if applied.version is not None:
        console.say(f"\nVersion {applied.version} is in force.", "green")
        for service, key in applied.routing_keys.items():
            console.say(f"routing key of {service}: {key}")
        for beat, path in applied.heartbeat_paths.items():
            console.say(f"{beat} beats at {target.address()}{path}")
        for topic, path in applied.topic_paths.items():
            console.say(f"subscribe {topic} with {target.address()}{path}")
    elif dry_run:
        console.say("\nNothing was changed.")
    return console.HOLDS


@app.command
def history(
    schedule: str | None = None,
    /,
    *,
    since: Annotated[str | None, Parameter(help="With a schedule: an instant, 2026-01-05T09:00Z.")] = None,
    until: Annotated[str | None, Parameter(help="An instant after it; now, if left out.")] = None,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """Which versions were in force, and who was on call: by what was in force then, whatever was edited since."""
    from cli.deployments import chosen
    from cli.history import on_call, versions

    if (schedule is None) is not (since is None):
        raise Failed("name a schedule and say --since, or neither", code=console.WRONG_USAGE)
    if schedule is None or since is None:
        found = versions(chosen(deployment))
        words = [f"{v['version']:>5}  {v['at']}  {v['by']}" for v in found] or ["Nothing was applied yet."]
    else:
        end = instant(None) if until is None else option(parse_instant, until, "--until")
        found = on_call(chosen(deployment), schedule, option(parse_instant, since, "--since"), end)
        words = [f"{s['start']}  {s['end']}  {s['user']}" for s in found] or ["Nobody was on call in all that time."]
    console.say_json(found) if json else console.say_lines((line, None) for line in words)
    return console.HOLDS


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
