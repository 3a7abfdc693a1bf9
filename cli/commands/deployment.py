"""A running system: on this machine, or looked at where it is deployed."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from cli import console
from cli.app import AsJson, On, app, duration, instant
from cli.console import Failed

if TYPE_CHECKING:
    from cli.confirm import Outcome

Kind = Literal["dropped", "suppressed", "late", "meets_nothing", "unknown_key", "quarantine"]


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


@app.command
def doctor(*, deployment: On = None, json: AsJson = False) -> int:
    """What is wrong with a deployment, what comes of it, and what to do."""
    from cli.deployments import chosen
    from cli.doctor.examination import examine

    return examine(chosen(deployment), instant(None), as_json=json)


@app.command
def confirm(
    user: str | None = None,
    contact: str | None = None,
    /,
    *,
    all_: Annotated[
        bool, Parameter(name="--all", negative="", help="Everybody's methods that aren't confirmed.")
    ] = False,
    code: Annotated[str | None, Parameter(help="The code that was sent to CONTACT of USER.")] = None,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """Sends a code to contact methods that aren't confirmed yet; with --code confirms one."""
    from cli.confirm import check, send
    from cli.deployments import chosen

    if (user is None) is not all_ or (code is not None and contact is None):
        raise Failed("name a user, or say --all; with --code name the contact method, too", code=console.WRONG_USAGE)
    place = chosen(deployment)
    if code is not None and user is not None and contact is not None:
        return _tell([check(place, user, contact, code)], as_json=json)
    return _tell(send(place, user, contact), as_json=json, nothing="Nobody has a contact method that takes codes.")


@app.command
def page_me(
    user: str | None = None,
    /,
    *,
    by: Annotated[str | None, Parameter(help="One contact method alone, by its name.")] = None,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """A test page by a person's own methods: what was sent where, and what failed."""
    from cli.deployments import chosen
    from cli.page_me import page_me

    return _tell(page_me(chosen(deployment), user, by), as_json=json)


def _tell(outcomes: "Iterable[Outcome]", *, as_json: bool, nothing: str = "") -> int:
    """Each once it is there; 1 where any failed."""
    found: list[Outcome] = []
    for outcome in outcomes:
        found.append(outcome)
        if not as_json:
            outcome.say()
    if as_json:
        console.say_json([outcome.as_json() for outcome in found])
    elif not found and nothing:
        console.say(nothing)
    return console.AT_FAULT if any(outcome.failed for outcome in found) else console.HOLDS


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
def incident(number: str, /, *, deployment: On = None, json: AsJson = False) -> int:
    """An incident's history, by its number or its id: the log, and what became of each page."""
    from cli.deployments import chosen
    from cli.incident import history

    found = history(chosen(deployment), number)
    if json:
        console.say_json(found.as_json())
    else:
        for text, style in found.in_words():
            console.say(text.replace("\n", "\\x0a"), style)
    return console.HOLDS


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

    found = changes(chosen(deployment), service, duration(since, "--since"), instant(None), limit)
    if json:
        console.say_json([as_json(made) for made in found])
    else:
        for made in found:
            console.say(in_words(made))
        if not found:
            console.say("Nobody told of a change in all that time.")
    return console.HOLDS


@app.command
def drops(
    *,
    since: Annotated[str, Parameter(help="How far back: 45m, 2h, 30d. Most is kept a day, suppressed 30.")] = "1h",
    kind: Annotated[Kind | None, Parameter(help="Only these.")] = None,
    limit: Annotated[int, Parameter(help="How many at most.")] = 100,
    deployment: On = None,
    json: AsJson = False,
) -> int:
    """What took no effect, newest first, and why: dropped, suppressed, late, by an unknown key, in quarantine."""
    from cli.deployments import chosen
    from cli.drops import as_json, drops, in_words, known
    from shared.domain.put_aside import Cause

    if limit < 1:
        raise Failed("--limit: at least 1", code=console.WRONG_USAGE)
    far = duration(since, "--since")
    asked = chosen(deployment)
    found = drops(asked, Cause(kind) if kind else None, far, instant(None), limit)
    directory = known(asked) if found else None
    if json:
        console.say_json_lines([as_json(each, directory) for each in found])
        return console.HOLDS
    for each in found:
        console.say_line(in_words(each, directory))
    if not found:
        console.say("Nothing was put aside in all that time.")
    elif len(found) == limit:
        console.say(f"There may be more: these are the newest {limit}; --limit says how many.")
    return console.HOLDS


@app.command(name="push-link")
def push_link(user: str, contact: str, /, *, send: bool = False, deployment: On = None, json: AsJson = False) -> int:
    """The link by which a person's browser becomes that contact of theirs: to be opened on the device, within two days.

    Whoever opens it is paged as that person, so give it to nobody else; --send mails it to them instead of showing it.
    """
    from cli.deployments import chosen
    from cli.push_link import push_link, send_link

    if send:
        return _tell([send_link(chosen(deployment), user, contact, instant(None))], as_json=json)
    link = push_link(chosen(deployment), user, contact, instant(None))
    if json:
        console.say_json({"link": link})
    else:
        console.say_line(link)
    return console.HOLDS
