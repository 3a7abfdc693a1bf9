"""What comes in, tried before it does: a message as events, their way, the night that follows; what an answer means."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from cli import console
from cli.app import AsJson, At, File, Source, app, duration, instant
from cli.console import Failed


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
def route(folder: Path, event: File, /, *, source: Source = None, at: At = None, json: AsJson = False) -> int:
    """Where an event goes and why: by which integration it comes, and every rule that was tried, in order."""
    from cli.configuration import directory_of
    from cli.event_file import read_event
    from cli.route import routes

    moment = instant(at)
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

    begin = instant(at)
    night = Night(
        at=begin,
        until=duration(until, "--until"),
        acknowledged_after=None if ack is None else duration(ack, "--ack"),
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


def _media(names: list[str]) -> list[Any]:
    from shared.domain.directory import Medium

    known = [medium.value for medium in Medium]
    for name in names:
        if name not in known:
            raise Failed(f"--fail: {name!r} is no channel: choose of {', '.join(known)}", code=console.WRONG_USAGE)
    return [Medium(name) for name in names]


def _members(value: dict[str, Any]) -> str:
    return "\n".join(
        f"{name}: {member if isinstance(member, str) else json.dumps(member)}" for name, member in value.items()
    )
