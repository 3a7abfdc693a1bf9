"""The language of templates: as much of Jinja2 as texts need, and nothing that could hang, grow or reach out.

Laws: what isn't named here is refused before anything is compiled or folded. No calls, no arithmetic, no assignments,
no attributes but a loop's, no markup that is taken for safe; a loop goes over one of the lists of facts, and never
inside of another loop. So the work is bounded by the template's own length. Jinja2's sandbox is the second wall.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from html import escape
from types import CodeType
from typing import Any, get_origin
from urllib.parse import urlsplit

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.channels.facts import Facts, Row
from shared.channels.plain_text import cut
from shared.domain.errors import TocsinError

TEMPLATE_MAX = 8_192  # characters
OUTPUT_MAX = 200_000  # characters: the longest default, in which every character is escaped, has 140,000
DEPTH_MAX = 24  # of parts inside one another: Python compiles no more than 100 blocks
WIDTH_MAX = 40  # of a column of names: one long name doesn't push all values off a phone
CUT_MAX = 2_000
ENDS = ".!?…:;,。！？"  # what a summary may end with before another sentence
SEPARATOR_MAX = 20
KNOWN_MAX = 12  # words that an error lists

NAMES = tuple(field.name for field in fields(Facts))
LISTS = tuple(field.name for field in fields(Facts) if get_origin(field.type) is tuple)
OF_LOOP = ("first", "last", "index")
WORDS: Mapping[type[nodes.Node], str] = {  # what is refused, as its author wrote it
    nodes.Assign: "set", nodes.AssignBlock: "set", nodes.Block: "block", nodes.Call: "a call",
    nodes.CallBlock: "call", nodes.Extends: "extends", nodes.FilterBlock: "filter", nodes.FromImport: "import",
    nodes.Getitem: "[…]", nodes.Import: "import", nodes.Include: "include", nodes.Macro: "macro", nodes.With: "with",
    nodes.Dict: "{…}",
}  # fmt: skip
ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.Tuple),
    *(nodes.List, nodes.Concat, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Filter, nodes.Test, nodes.Getattr),
)


class TemplateFault(TocsinError):
    """A template that can't be used. ``faults`` are all that was found: line (from 1) and message."""

    def __init__(self, faults: Sequence[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {message}" for line, message in faults))
        self.faults = tuple(faults)


class Markup(StrEnum):
    """What a text's medium reads between the letters: values are escaped for it."""

    NONE = "none"
    HTML = "html"
    SLACK = "slack"  # as ``plain_text``: https://docs.slack.dev/messaging/formatting-message-text/#escaping
    MARKDOWN = "markdown"  # of a ``TextBlock`` in an Adaptive Card


def compiled(text: str, markup: Markup) -> Template:
    """Raises TemplateFault."""
    return Template.from_code(_environment(markup), _code(text, markup), {})


def filled(template: Template, facts: Facts) -> str:
    """The text. Raises TemplateFault where it grows beyond any message, and whatever its expressions raise."""
    size, pieces = 0, list[str]()
    for piece in template.generate({name: getattr(facts, name) for name in NAMES}):
        size += len(piece)
        if size > OUTPUT_MAX:
            raise TemplateFault([(1, f"what it gives has more than {OUTPUT_MAX:,} characters")])
        pieces.append(piece)
    return "".join(pieces)


def _code(text: str, markup: Markup) -> CodeType:
    if len(text) > TEMPLATE_MAX:
        raise TemplateFault([(1, f"it has {len(text):,} characters: at most {TEMPLATE_MAX:,}")])
    environment = _environment(markup)
    try:
        tree = environment.parse(text)
        found = [*_faults(tree, frozenset(NAMES), 0)]
        if found:
            raise TemplateFault(found)
        return environment.compile(tree)
    except TemplateSyntaxError as fault:
        raise TemplateFault([(fault.lineno, str(fault.message))]) from fault
    except (TemplateError, RecursionError, SyntaxError, ValueError, OverflowError) as fault:
        raise TemplateFault([(1, f"it can't be read: {type(fault).__name__}")]) from fault


@cache
def _environment(markup: Markup) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=markup is Markup.HTML,
        finalize=ESCAPES.get(markup),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals = dict[str, Any]()  # no range, no dict, no lipsum
    environment.filters = dict(FILTERS)
    environment.tests = dict(TESTS)
    return environment


def _faults(node: nodes.Node, known: frozenset[str], depth: int) -> Iterator[tuple[int, str]]:
    """What within ``node`` isn't part of the language; ``known`` are the names in its reach."""
    if type(node) not in ALLOWED:
        word = WORDS.get(type(node), type(node).__name__.lower())
        yield node.lineno, f"{word} isn't part of what a template may use"
        return
    if depth > DEPTH_MAX:
        yield node.lineno, f"more than {DEPTH_MAX} parts inside one another"
        return
    yield from ((node.lineno, message) for message in _wrong(node, known))
    within = known
    if isinstance(node, nodes.For):
        targets = [node.target, *node.target.find_all(nodes.Name)]
        within = known | {target.name for target in targets if isinstance(target, nodes.Name)} | {"loop"}
    for child in node.iter_child_nodes():
        reach = known if isinstance(node, nodes.For) and child is node.iter else within
        yield from _faults(child, reach, depth + 1)


def _wrong(node: nodes.Node, known: frozenset[str]) -> Iterator[str]:
    """What is wrong with ``node`` itself."""
    match node:
        case nodes.Name() if node.ctx == "load" and node.name not in known:
            yield f"{node.name} is no fact{_nearest(node.name, sorted(known))}"
        case nodes.Filter() if node.name not in FILTERS:
            yield f"there is no filter {node.name}{_nearest(node.name, list(FILTERS))}"
        case nodes.Filter() if node.name in LOOPS and "loop" in known:
            yield f"{node.name} goes over a list: it can't stand in a loop"
        case nodes.Test() if node.name not in TESTS:
            yield f"there is no test {node.name}{_nearest(node.name, list(TESTS))}"
        case nodes.Getattr() if not (isinstance(node.node, nodes.Name) and node.node.name == "loop"):
            yield f".{node.attr} isn't part of what a template may use: facts have no members"
        case nodes.Getattr() if node.attr not in OF_LOOP:
            yield f"loop.{node.attr} isn't part of what a template may use: {', '.join(OF_LOOP)} are"
        case nodes.CondExpr() if node.expr2 is None:
            yield "say what else: {{ a if b else '' }}"
        case nodes.For() if "loop" in known or node.recursive:
            yield "a loop inside of a loop isn't part of what a template may use"
        case nodes.For() if not isinstance(node.iter, nodes.Name) or node.iter.name not in LISTS:
            yield f"for goes over {', '.join(LISTS[:-1])} or {LISTS[-1]}"
        case nodes.Output() if whole := [n.name for n in node.nodes if isinstance(n, nodes.Name)]:
            yield from (
                f"{name} is a list: go over it with for, or use join or columns" for name in whole if name in LISTS
            )
        case _:
            pass


def _nearest(word: str, words: Sequence[str]) -> str:
    close = get_close_matches(word[:100], words, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known are {', '.join(words)}" if len(words) <= KNOWN_MAX else ": docs/texts.md lists them"


def _join(value: Sequence[Any], separator: str = ", ") -> str:
    members = [value] if isinstance(value, str) else value
    return str(separator)[:SEPARATOR_MAX].join(str(member) for member in members)


def _columns(rows: Sequence[Row]) -> str:
    """Rows one a line, each value below the other."""
    width = max((len(name) for name, _ in rows if len(name) <= WIDTH_MAX), default=0)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _is_link(value: object) -> bool:
    """An address that may be followed: of the web, without a user's name in it that looks like another host."""
    if not isinstance(value, str) or " " in value or not value.isascii():
        return False
    if not value.lower().startswith(("https://", "http://")):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.username is None


def _for_slack(value: object) -> str:
    return escape(str(value), quote=False)


def _for_markdown(value: object) -> str:
    """No more than what means something: phones show the backslash of what doesn't."""
    text = "".join(f"\\{character}" if character in r"\`*_[]()<>" else character for character in str(value))
    return f"\\{text}" if text.startswith(("-", "+", "#")) else text


def _upper(value: object) -> str:
    return str(value).upper()


def _lower(value: object) -> str:
    return str(value).lower()


def _capitalize(value: object) -> str:
    return str(value).capitalize()


def _cut(value: object, length: int) -> str:
    return cut(str(value), max(0, min(length, CUT_MAX)))


def _sentence(value: object) -> str:
    """With a stop, where it ends without one: another sentence follows."""
    text = str(value).rstrip()
    return text if not text or text[-1] in ENDS else f"{text}."


ESCAPES: Mapping[Markup, Callable[[object], str]] = {Markup.SLACK: _for_slack, Markup.MARKDOWN: _for_markdown}
FILTERS: Mapping[str, Callable[..., str]] = {
    "upper": _upper,
    "lower": _lower,
    "capitalize": _capitalize,
    "cut": _cut,
    "sentence": _sentence,
    "join": _join,
    "columns": _columns,
}
LOOPS = ("join", "columns")
TESTS: Mapping[str, Callable[[object], bool]] = {"link": _is_link}
