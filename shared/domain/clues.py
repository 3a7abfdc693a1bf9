"""Which of many patterns can match an event at all: found by a lookup for each place they look at, so that a pattern
that can't is never asked.

Laws: a clue is a text that an event must have at one place for the pattern to match: whole, as its begin or end, or
anywhere in it. Of several clues of a pattern the rarest is looked up, of an ``$or`` one of each branch. A pattern
without a clue is asked each time, and so is every one with a clue where the event has a list. Nothing that matches is
ever left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from shared.domain.pattern import OR

Object = Mapping[str, Any]


class Part(NamedTuple):
    """Which characters of a text: all, or so many of its begin or end; or wherever they are ``within`` it."""

    start: int | None = None
    stop: int | None = None
    within: bool = False


class Place(NamedTuple):
    """Where a clue is looked for."""

    path: tuple[str, ...]
    part: Part


class Clue(NamedTuple):
    """The event must have one of ``texts`` there."""

    place: Place
    texts: frozenset[str]


WHOLE, WITHIN = Part(), Part(within=True)
SEVERAL: Any = object()  # a list lies at the place, or on the way to it


@dataclass(slots=True)
class _Held:
    """What is looked for at one place: the patterns of each text, by their numbers, and all of them."""

    by_text: dict[str, list[int]] = field(default_factory=lambda: defaultdict[str, list[int]](list))
    every: list[int] = field(default_factory=list[int])


class Clues:
    """The clues of ``patterns``, which are known by their numbers, from 0."""

    def __init__(self, patterns: Iterable[Object]) -> None:
        choices = [tuple(_choices(pattern, ())) for pattern in patterns]
        common = Counter((clue.place, text) for ways in choices for way in ways for clue in way for text in clue.texts)
        self._always: list[int] = []
        self._held: dict[Place, _Held] = defaultdict(_Held)
        for number, ways in enumerate(choices):
            chosen = min(ways, key=lambda way: _commonness(way, common), default=None)
            self._keep(number, chosen)

    def may_match(self, event: Object) -> list[int]:
        """The numbers of the patterns that have to be asked, in order."""
        found = list(self._always)
        for place, held in self._held.items():
            text = _at(event, place.path)
            if text is SEVERAL:
                found += held.every
            elif isinstance(text, str) and place.part.within:
                found += [number for part, numbers in held.by_text.items() if part in text for number in numbers]
            elif isinstance(text, str):
                found += held.by_text.get(text[place.part.start : place.part.stop], ())
        return sorted(set(found))

    def _keep(self, number: int, chosen: "Sequence[Clue] | None") -> None:
        if chosen is None:
            self._always.append(number)
            return
        for clue in chosen:
            held = self._held[clue.place]
            held.every.append(number)
            for text in clue.texts:
                held.by_text[text].append(number)


def _commonness(way: Sequence[Clue], common: Mapping[tuple[Place, str], int]) -> tuple[bool, int]:
    """What is looked for within a text is looked for one by one, so it comes after whatever can be looked up."""
    slow = any(clue.place.part.within for clue in way)
    return slow, max(common[clue.place, text] for clue in way for text in clue.texts)


def _choices(pattern: Object, path: tuple[str, ...]) -> Iterator[tuple[Clue, ...]]:
    """Each is enough to rule the pattern out where none of its clues is there."""
    for key, value in pattern.items():
        if key == OR:
            yield from _of_or([tuple(_choices(branch, path)) for branch in value])
        elif "." in key:
            continue  # it may lie at several places
        elif isinstance(value, Mapping):
            yield from _choices(cast("Object", value), (*path, key))
        elif (found := _texts(value)) is not None:
            part, texts = found
            yield (Clue(Place((*path, key), part), texts),)


def _of_or(branches: Sequence[Sequence[tuple[Clue, ...]]]) -> Iterator[tuple[Clue, ...]]:
    """One choice of each branch; the first, as the branches of one ``$or`` mostly look at one thing each."""
    if all(branches):
        yield tuple(clue for choices in branches for clue in choices[0])


def _texts(operators: Sequence[Any]) -> tuple[Part, frozenset[str]] | None:
    """The texts of which a value must be one, or begin or end with one; None where that can't be said."""
    if all(isinstance(operator, str) for operator in operators):
        return WHOLE, frozenset(operators)
    begins = [_begin(operator) for operator in operators]
    if shortest := min(map(len, begins)):
        return Part(stop=shortest), frozenset(text[:shortest] for text in begins)
    ends = [_end(operator) for operator in operators]
    if shortest := min(map(len, ends)):
        return Part(start=-shortest), frozenset(text[-shortest:] for text in ends)
    inner = [_inner(operator) for operator in operators]
    return (WITHIN, frozenset(inner)) if all(inner) else None


def _begin(operator: Any) -> str:
    """With what a value begins that the operator holds for; "" where it may begin with anything."""
    match operator:
        case str() | {"prefix": str()}:
            return operator if isinstance(operator, str) else operator["prefix"]
        case {"wildcard": str(glob)} if "\\" not in glob:
            return glob.partition("*")[0]
        case _:
            return ""


def _end(operator: Any) -> str:
    match operator:
        case str() | {"suffix": str()}:
            return operator if isinstance(operator, str) else operator["suffix"]
        case {"wildcard": str(glob)} if "\\" not in glob:
            return glob.rpartition("*")[2]
        case _:
            return ""


def _inner(operator: Any) -> str:
    """The longest text that a value must have somewhere."""
    match operator:
        case {"wildcard": str(glob)} if "\\" not in glob:
            return max(glob.split("*"), key=len)
        case _:
            return _begin(operator) or _end(operator)


def _at(event: Object, path: tuple[str, ...]) -> Any:
    """What lies at ``path``: None where nothing does."""
    here: Any = event
    for key in path:
        if type(here) is not dict and not isinstance(here, Mapping):
            return SEVERAL if isinstance(here, list | tuple) else None
        here = cast("Object", here).get(key)
    return SEVERAL if isinstance(here, list | tuple) else here
