"""What a person's answer means: commands, a note, or nothing.

Laws: a command is a whole line of the grammar, whatever its case and a closing ``.`` or ``!``; the first such line
counts, every other line of the author's own is a note, a quoted line is neither. An answer that says nothing new does
nothing.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from shared.domain.command import Command, Order
from shared.domain.directory import Directory
from shared.domain.errors import Refused
from shared.domain.timeline import Author

TEXT_MAX = 20_000  # characters of an answer that are read; what is beyond is cut from the note
NOTE_MAX = 4_000  # characters: a timeline is read by people

# The first line of a page, by which a reply is told from the page that it quotes, however a client quotes it.
HEADLINE = re.compile(r"TOCSIN \d{1,9} · [A-Z]{3,8} · ")


def headline(number: int, severity: str, service: str) -> str:
    """``TOCSIN 17 · CRITICAL · checkout``."""
    return f"TOCSIN {number} · {severity.upper()} · {service}"


class Word(StrEnum):
    """The command as it is written."""

    ACK = "ack"
    RESOLVE = "resolve"
    ESCALATE = "escalate"
    SNOOZE = "snooze"
    REASSIGN = "reassign"
    NOTE = "note"
    STATUS = "status"
    HELP = "help"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``word`` None: nothing is to be done."""

    word: Word | None = None
    argument: str | None = None  # the words after the command, as written
    number: int | None = None  # the incident that the author names: ``ack 17``
    note: str | None = None  # everything to be noted, the argument of ``note`` included


NOTHING = Answer()

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = r"\d{1,6}\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
NUMBER = r"#?\d{1,9}"
CLOSE = r"[\s.!。！]*"
COMMANDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<word>ack|resolve|escalate|status)(?:\s+(?P<argument>{NUMBER}))?{CLOSE}",
        rf"(?P<word>help)(?P<argument>){CLOSE}",
        rf"(?P<word>snooze)(?:\s+(?P<argument>{DURATION}))?{CLOSE}",
        rf"(?P<word>reassign)(?:\s+(?P<argument>\S.{{0,199}}?))?{CLOSE}",
        r"(?P<word>note)(?:\s+(?P<argument>\S.*))?",
    )
)
NUMBERED = frozenset({Word.ACK, Word.RESOLVE, Word.ESCALATE, Word.STATUS})

# In a text: digits for the commands that a page offers, and a polite word or a picture behind them.
DIGITS = {"4": Word.ACK, "5": Word.ESCALATE, "6": Word.RESOLVE}
TEXT_COMMAND = re.compile(
    rf"(?P<word>ack|resolve|escalate|status|4|5|6)"
    rf"(?P<argument>(?:\s+{NUMBER})?(?:[\s,.!]+(?:please|pls|thanks|thank you|thx))?)(?:[^\w?？]|_)*",
    re.IGNORECASE,
)
LEFT_TO_THE_CARRIER: dict[str, str] = {  # and what each means to it
    **dict.fromkeys(("stop", "stopall", "unsubscribe", "cancel", "end", "quit"), "stop"),
    **dict.fromkeys(("start", "unstop"), "start"),
    **dict.fromkeys(("help", "info"), "help"),
}

QUOTED = re.compile(r"\s{0,3}[>＞]")
INVISIBLE = dict.fromkeys(
    map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufe0f\u034f\u00ad")
)
CLOSINGS = frozenset(  # what a letter ends with: a note beside a command ends there
    {
        "thanks", "thank you", "thx", "regards", "best", "best regards", "kind regards", "warm regards", "cheers",
        "sincerely", "gruß", "grüße", "viele grüße", "liebe grüße", "beste grüße", "mit freundlichen grüßen", "mfg",
        "lg", "vg", "danke", "merci", "cordialement", "bien cordialement", "saludos", "gracias", "un saludo",
        "obrigado", "obrigada", "atenciosamente", "abraços", "grazie", "saluti", "cordiali saluti", "groet", "groeten",
        "met vriendelijke groet", "bedankt", "pozdrawiam", "dziękuję", "спасибо", "с уважением",
    }
)  # fmt: skip


def read_answer(text: str) -> Answer:
    """What the new text of a mail means."""
    return _read(text, _command)


def read_text_message(text: str) -> Answer:
    """What a text message means: ``4``, ``ack``, ``ACK 17 please``. What carriers answer themselves is nothing here."""
    if said_to_carrier(text) is not None:
        return NOTHING
    return _read(text, lambda line: _text_command(line) or _command(line))


def said_to_carrier(text: str) -> str | None:
    """``stop``, ``start`` or ``help`` where a text is nothing but such a word; None where it is for us."""
    return LEFT_TO_THE_CARRIER.get(text.strip(" \r\n.!").casefold())


def commands_for(answer: Answer, by: Author, entry: int | None, directory: Directory) -> tuple[Command, ...]:
    """What the answer orders, in order; ``entry`` is the level entry that its author saw. Raises Refused.

    A note comes first, since what is resolved takes no more notes. ``status`` and ``help`` order nothing.
    """
    note = Command(order=Order.NOTE, by=by, text=answer.note) if answer.note else None
    order = _order(answer, by, entry, directory)
    return tuple(command for command in (note, order) if command)


def _read(text: str, command: Callable[[str], Answer | None]) -> Answer:
    lines = [line.translate(INVISIBLE).strip() for line in text[:TEXT_MAX].splitlines() if not QUOTED.match(line)]
    found = next(((place, read) for place, line in enumerate(lines) if (read := _in_any_width(command, line))), None)
    if found is None:
        note = _note(lines)
        return Answer(word=Word.NOTE, note=note) if note else NOTHING
    place, read = found
    noted = [read.argument] if read.word is Word.NOTE and read.argument else []
    return replace(read, note=_note(noted + lines[:place] + _up_to_the_closing(lines[place + 1 :])))


def _in_any_width(command: Callable[[str], Answer | None], line: str) -> Answer | None:
    """Keyboards of Japan and China write ``ａｃｋ　１７``."""
    return command(line) or (None if line.isascii() else command(unicodedata.normalize("NFKC", line).strip()))


def _command(line: str) -> Answer | None:
    match = next((found for command in COMMANDS if (found := command.fullmatch(line))), None)
    if match is None:
        return None
    word, argument = Word(match["word"].casefold()), match["argument"] or None
    number = int(argument.lstrip("#")) if argument and word in NUMBERED else None
    return Answer(word=word, argument=argument, number=number)


def _text_command(line: str) -> Answer | None:
    match = TEXT_COMMAND.fullmatch(line)
    if match is None:
        return None
    word, argument = match["word"].casefold(), match["argument"].strip(" \t,.!")
    number = re.search(r"\d+", argument)
    return Answer(
        word=DIGITS.get(word) or Word(word), argument=argument or None, number=int(number[0]) if number else None
    )


def _note(lines: list[str]) -> str | None:
    text = "\n".join(lines).strip()
    return re.sub(r"\n{3,}", "\n\n", text)[:NOTE_MAX] or None


def _up_to_the_closing(lines: list[str]) -> list[str]:
    end = next((place for place, line in enumerate(lines) if line.casefold().strip(" ,.!") in CLOSINGS), len(lines))
    return lines[:end]


def _order(answer: Answer, by: Author, entry: int | None, directory: Directory) -> Command | None:
    match answer.word:
        case Word.ACK:
            return Command(order=Order.ACKNOWLEDGE, by=by, entry=entry)
        case Word.RESOLVE:
            return Command(order=Order.RESOLVE, by=by, entry=entry)
        case Word.ESCALATE:
            return Command(order=Order.ESCALATE, by=by, entry=entry)
        case Word.SNOOZE:
            return Command(order=Order.SNOOZE, by=by, entry=entry, for_=_duration(answer.argument))
        case Word.REASSIGN:
            return _reassign(answer.argument or "", by, entry, directory)
        case _:  # a note stands by itself
            return None


def _duration(argument: str | None) -> timedelta | None:
    match = re.match(r"(\d+)\s*([a-z])", argument or "", re.IGNORECASE)
    return timedelta(**{UNITS[match[2].casefold()]: int(match[1])}) if match else None


def _reassign(argument: str, by: Author, entry: int | None, directory: Directory) -> Command:
    """To people by key, name or address, several with a comma or ``and``; or to a policy of that name."""
    asked = re.sub(r"(?i)^to\s+", "", argument.strip())
    if asked in directory.policies and asked not in directory.users:
        return Command(order=Order.REASSIGN, by=by, entry=entry, policy=asked)
    names = [name for name in re.split(r"(?i)\s*(?:,|&|\band\b)\s*", asked) if name]
    users = tuple(dict.fromkeys(_user(name, directory) for name in names))
    return Command(order=Order.REASSIGN, by=by, entry=entry, users=users)


def _user(name: str, directory: Directory) -> str:
    """The key of the user so called; the name itself where nobody is. Raises Refused where several are."""
    wanted = name.removeprefix("user:").removeprefix("@").casefold()
    exact = [
        user.name
        for user in directory.users.values()
        if wanted in (user.name.casefold(), user.full_name.casefold(), user.email.casefold())
    ]
    found = exact or [u.name for u in directory.users.values() if wanted in u.full_name.casefold().split()]
    if len(found) > 1:
        raise Refused(f"{len(found)} people are called {name}: say {' or '.join(sorted(found))}")
    return found[0] if found else name
