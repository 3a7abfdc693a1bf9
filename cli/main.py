"""The ``tocsin`` command: what there is, and how faults are told."""

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

from cyclopts import App, CycloptsError, Parameter

from cli import console
from cli.console import Failed
from shared.domain.errors import Conflict, MessageError, NotFound, TocsinError
from shared.domain.instants import Instant, parse_duration, parse_instant

T = TypeVar("T")

app = App(
    name="tocsin",
    help="On-call and incident response in your own AWS account.",
    version_flags=[],
    result_action="return_value",
)

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="JSON on stdout, and nothing else.")]
At = Annotated[str | None, Parameter(help="An instant, 2026-01-05T09:00Z; now, if left out.")]
Source = Annotated[
    str | None, Parameter(help="Who speaks: EVENT is that vendor's message; else an Events API v2 body.")
]
File = Annotated[str, Parameter(allow_leading_hyphen=True, help="A file; - is standard input.")]
On = Annotated[str | None, Parameter(name="--deployment", help="`local`, or an AWS PROFILE:REGION.")]


@app.command
def lint(folder: Path, /, *, at: At = None, json: AsJson = False) -> int:
    """Checks a folder of configuration: references, unknown keys, coverage, people who can't be reached."""
    from cli.lint import lint

    findings = lint(folder, _at(at))
    if json:
        console.say_json([finding.as_json() for finding in findings])
    else:
        for finding in findings:
            console.err.print(str(finding), style="red" if finding.level == "error" else "yellow", markup=False)
        console.say(_counted(len(findings), "finding") if findings else "Nothing to find fault with.")
    return console.AT_FAULT if any(finding.level == "error" for finding in findings) else console.HOLDS


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
def schema() -> int:
    """The configuration's form as a JSON Schema, for editors."""
    from shared.config.json_schema import json_schema

    console.say_json(json_schema())
    return console.HOLDS


@app.command
def translate(
    source: str,
    file: File,
    /,
    *,
    header: Annotated[list[str] | None, Parameter(negative="", help="A header it came with: 'Name: value'.")] = None,
    json: AsJson = False,
) -> int:
    """A vendor's message as normalised events."""
    from cli.translate import translate

    events = translate(source, file, header or [])
    if json:
        console.say_json(events)
    else:
        for event in events:
            console.say(_members(event))
        if not events:
            console.say("It tells nothing about a problem.")
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

    begin, end = _read(parse_instant, since, "--since"), _read(parse_instant, until, "--until")
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

    moment = _at(at)
    found = on_call(directory_of(folder), moment)
    if json:
        console.say_json(found)
    else:
        for line in on_call_in_words(found):
            console.say(line)
    return console.HOLDS


@app.command
def route(folder: Path, event: File, /, *, source: Source = None, at: At = None, json: AsJson = False) -> int:
    """Where an event goes and why: by which integration it comes, and every rule that was tried, in order."""
    from cli.configuration import directory_of
    from cli.event_file import read_event
    from cli.route import routes

    moment = _at(at)
    routed = routes(directory_of(folder), *read_event(event, source), moment)
    if json:
        ways = [each.as_json() for each in routed]
        console.say_json(ways[0] if len(ways) == 1 else ways)
    else:
        for line in (line for each in routed for line in each.in_words()):
            console.say_line(line)
        if not routed:
            console.say("It tells nothing about a problem.")
    return console.HOLDS


@app.command
def simulate(
    folder: Path,
    event: File,
    /,
    *,
    source: Source = None,
    at: At = None,
    until: Annotated[str, Parameter(help="How long to look ahead.")] = "24h",
    ack: Annotated[str | None, Parameter(help="Who is paged first acknowledges so long after.")] = None,
    fail: Annotated[list[str] | None, Parameter(negative="", help="A channel by which every attempt fails.")] = None,
    json: AsJson = False,
) -> int:
    """Fires an event at an instant, and prints who would be told what, when: by the code that runs live."""
    from cli.configuration import directory_of
    from cli.event_file import read_event
    from cli.simulate import Night, in_words, simulate

    begin = _at(at)
    night = Night(
        at=begin,
        until=_duration(until, "--until"),
        acknowledged_after=None if ack is None else _duration(ack, "--ack"),
        fails=_media(fail or []),
    )
    lines = simulate(directory_of(folder), *read_event(event, source), night)
    if json:
        console.say_json_lines(lines)
    else:
        for line in lines:
            console.say_line("  ".join(word for word in in_words(line) if word))
        if not lines:
            console.say("Nobody would be told: it tells of no problem, or of the end of one that isn't open.")
    return console.HOLDS


@app.command
def parse_reply(file: File, /, *, json: AsJson = False) -> int:
    """What an e-mail, or a text, means."""
    from cli.parse_reply import parse_reply

    meaning = parse_reply(file)
    console.say_json(meaning) if json else console.say(_members(meaning))
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
    planned = plan(folder, before, _at(at))
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
    applied = apply(folder, target, _at(None), dry_run=dry_run, force=force)
    if json:
        console.say_json(applied.as_json())
        return console.HOLDS
    console.say_lines(in_words(applied.plan, read_folder(folder).document["account"].get("time_zone", "UTC")))
    if applied.version is not None:
        console.say(f"\nVersion {applied.version} is in force.", "green")
        for service, key in applied.routing_keys.items():
            console.say(f"routing key of {service}: {key}")
        for topic, path in applied.topic_paths.items():
            console.say(f"subscribe {topic} with {target.facts['api_url']}{path}")
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
        end = _at(None) if until is None else _read(parse_instant, until, "--until")
        found = on_call(chosen(deployment), schedule, _read(parse_instant, since, "--since"), end)
        words = [f"{s['start']}  {s['end']}  {s['user']}" for s in found] or ["Nobody was on call in all that time."]
    console.say_json(found) if json else console.say_lines((line, None) for line in words)
    return console.HOLDS


@app.command
def replay(
    incident: str | None = None,
    /,
    *,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="Every incident there is.")] = False,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """An incident folded anew from its timeline, compared with the stored one."""
    from cli.deployments import chosen
    from cli.replay import replay

    if (incident is None) is not all_:
        raise Failed("name an incident by its id, or say --all", code=console.WRONG_USAGE)
    same = True
    for replayed in replay(chosen(deployment), incident):
        same = same and replayed.same
        if json:
            console.say_json_lines([replayed.as_json()]) if all_ else console.say_json(replayed.as_json())
        else:
            for line in replayed.in_words():
                console.say(line, None if replayed.same else "red")
    return console.HOLDS if same else console.AT_FAULT


@app.command
def changes(
    service: str,
    /,
    *,
    since: Annotated[str, Parameter(help="How far back: 45m, 2h, 30d; changes are kept 90 days.")] = "7d",
    limit: Annotated[int, Parameter(help="How many at most.")] = 100,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """What was changed on a service, newest first: deployments, flags, migrations that senders told of."""
    from cli.changes import as_json, changes, in_words
    from cli.deployments import chosen

    found = changes(chosen(deployment), service, _duration(since, "--since"), _at(None), limit)
    if json:
        console.say_json([as_json(made) for made in found])
    else:
        for made in found:
            console.say(in_words(made))
        if not found:
            console.say("Nobody told of a change in all that time.")
    return console.HOLDS


@app.command
def doctor(*, deployment: On = None, json: AsJson = False) -> int:
    """What is wrong with a deployment, what comes of it, and what to do."""
    from cli.deployments import chosen
    from cli.doctor.examination import examine

    return examine(chosen(deployment), _at(None), as_json=json)


@app.command
def up(*, configuration: Path | None = None, json: AsJson = False) -> int:
    """The whole system on this machine, left running."""
    from cli.local_system import up

    return up(configuration, as_json=json)


@app.command
def down(
    *, delete: Annotated[bool, Parameter(negative="", help="Leave no process and no file behind.")] = False
) -> int:
    """Stops the system on this machine, and keeps its state for the next ``up``."""
    from cli.local_system import down

    return down(delete=delete)


@app.command
def demo() -> int:
    """A real alarm on this machine, from CloudWatch to the acknowledgement by mail and the resolution."""
    from cli.demo import demo

    return demo()


def main() -> int:
    """Runs what the command line says; the exit code."""
    return run(sys.argv[1:])


def run(arguments: list[str]) -> int:
    try:
        code = int(app(arguments, exit_on_error=False, print_error=True) or 0)
        sys.stdout.flush()  # or a reader that is gone is noticed only after the exit code
        return code
    except CycloptsError:
        return console.WRONG_USAGE
    except Failed as fault:
        return _fail(fault.lines, fault.code)
    except MessageError as fault:
        return _fail(fault.errors)
    except Conflict as fault:
        return _fail([f"{fault}: look at what is in force now, and apply again"])
    except NotFound as fault:
        return _fail([str(fault)], console.WRONG_USAGE)
    except TocsinError as fault:
        return _fail([str(fault)])
    except BrokenPipeError:  # who reads has seen enough; what is still to be flushed goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return console.HOLDS
    except OSError as fault:
        return _fail([f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)])
    except KeyboardInterrupt:
        return _fail(["interrupted"], 130)


def _fail(lines: Any, code: int = console.AT_FAULT) -> int:
    for line in lines:
        console.complain(line)
    return code


def _at(text: str | None) -> Instant:
    from shared.wiring import now

    return now() if text is None else _read(parse_instant, text, "--at")


def _duration(text: str, option: str) -> timedelta:
    return _read(parse_duration, text, option)


def _media(names: list[str]) -> list[Any]:
    from shared.domain.directory import Medium

    known = [medium.value for medium in Medium]
    for name in names:
        if name not in known:
            raise Failed(f"--fail: {name!r} is no channel: choose of {', '.join(known)}", code=console.WRONG_USAGE)
    return [Medium(name) for name in names]


def _read(read: Callable[[str], T], text: str, option: str) -> T:
    try:
        return read(text)
    except ValueError as fault:
        raise Failed(f"{option}: {fault}", code=console.WRONG_USAGE) from None


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _members(value: dict[str, Any]) -> str:
    return "\n".join(
        f"{name}: {member if isinstance(member, str) else json.dumps(member)}" for name, member in value.items()
    )


if __name__ == "__main__":
    sys.exit(main())
