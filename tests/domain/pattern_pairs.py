"""Patterns and events of a small alphabet, so that they meet: by a seed, the same on every run."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

TEXTS = (
    *(
        "",
        "a",
        "ab",
        "b",
        "A",
        "aB",
        "1",
        "null",
        "true",
        "\\",
        "a*b",
        "é",
        "É",
        "ß",
        "SS",
        "ss",
        "ẞ",
        "straße",
        "STRASSE",
    ),
    *(
        "K",
        "k",
        "İ",
        "i",
        "ı",
        "I",
        "ﬁ",
        "FI",
        "10.0.0.1",
        "10.0.0.200",
        "010.0.0.1",
        "::1",
        "fe80::1",
        "10.0.0.1%eth0",
    ),
)
NUMBERS = (0, 1, 1.0, -1, 2, 1.5, 1e3, 1000, -2.5)
LITERALS = (True, False, None)
BLOCKS = ("10.0.0.0/24", "10.0.0.5/24", "10.0.0.0/8", "0.0.0.0/0", "::/64", "fe80::/10", "::/0")
KEYS = ("x", "y", "$x")
OPERATORS = (
    "prefix",
    "suffix",
    "wildcard",
    "exists",
    "numeric",
    "anything-but",
    "equals-ignore-case",
    "cidr",
    "prefx",
    "",
)
OPERANDS: tuple[Any, ...] = (
    *(
        "a",
        "",
        1,
        -1.5,
        True,
        None,
        [],
        {},
        ["a"],
        ["a", 1],
        [None],
        [[]],
        ["="],
        ["=", 1],
        ["=", "1"],
        ["<", 1, ">", 0],
    ),
    *(
        [">", 1, "<", 2],
        [">", 2, "<", 1],
        [">=", 1, "<=", 1],
        [">", 1, "<", 2, "<", 3],
        ["=", 1, "=", 2],
        [1, "="],
        ["!=", 1],
    ),
    *(
        "**",
        "*",
        "a**b",
        "\\",
        "\\*",
        "\\a",
        "a\\",
        "10.0.0.0/24",
        "10.0.0.0",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0/8",
        "/8",
    ),
    *("10.0.0.0/255.0.0.0", "fe80::%1/10", "10.0.0.0/-1", "010.0.0.0/8", "a/8", "1.2.3.4/8/8", "::ffff:1.2.3.4/100"),
)


class Pairs:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.pick = self.random.choice

    def all(self, patterns: int, events: int) -> Iterator[tuple[Any, Any]]:
        """Each pattern with so many events."""
        for _ in range(patterns):
            pattern = self.pattern()
            for _ in range(events):
                yield pattern, self.event()

    def simple(self, patterns: int, events: int) -> Iterator[tuple[Any, Any]]:
        """What PyPI's event-ruler knows, but for two faults of its: an object in an array it takes for the array's own
        place, and the absence of a field it forgets beside another field."""
        for _ in range(patterns):
            absent = {self.pick(("x", "y")): [{"exists": False}]}
            pattern = absent if self.random.random() < 0.1 else self._simple()
            for _ in range(events):
                yield (
                    pattern,
                    {key: self._simple_value() for key in self.random.sample(KEYS, self.random.randint(0, 3))},
                )

    def event(self, depth: int = 0) -> dict[str, Any]:
        return {key: self._value(depth) for key in self.random.sample(KEYS, self.random.randint(0, len(KEYS)))}

    def pattern(self, depth: int = 0) -> dict[str, Any]:
        keys = self.random.sample(KEYS, self.random.randint(1, 2))
        made = {key: self.pattern(depth + 1) if self._nests(depth) else self._values() for key in keys}
        others = [key for key in KEYS if key not in made]
        if others and depth < 2 and self.random.random() < 0.2:
            made["$or"] = [self._branch(self.pick(others), depth) for _ in range(self.random.randint(2, 3))]
        return made

    def doubtful(self) -> dict[str, Any]:
        """A pattern that is one, or isn't."""
        if self.random.random() < 0.2:
            branches = [{self.pick(("y", "prefix")): self.pick((["a"], [], {"b": [1]}, {}))} for _ in range(2)]
            return {"x": ["a"], "$or": branches}
        names = self.random.sample(OPERATORS, self.pick((1, 1, 1, 2)))
        return {"x": [{name: self._operand() for name in names}] if self.random.random() < 0.8 else self._operand()}

    def _operand(self) -> Any:
        if self.random.random() < 0.6:
            return self.pick(OPERANDS)
        return {self.pick(OPERATORS): self.pick(OPERANDS) for _ in range(self.pick((1, 1, 2)))}

    def _nests(self, depth: int) -> bool:
        return depth < 2 and self.random.random() < 0.3

    def _branch(self, key: str, depth: int) -> dict[str, Any]:
        return {key: self.pattern(depth + 1) if self._nests(depth) else self._values()}

    def _value(self, depth: int) -> Any:
        kind = self.random.random()
        if kind < 0.6 or depth > 2:
            return self._leaf()
        if kind < 0.8:
            return self.event(depth + 1)
        return [self._value(depth + 1) for _ in range(self.random.randint(0, 3))]

    def _leaf(self) -> Any:
        return self.pick(self.pick((TEXTS, TEXTS, NUMBERS, LITERALS)))

    def _values(self) -> list[Any]:
        return [
            self._leaf() if self.random.random() < 0.5 else self._operator() for _ in range(self.random.randint(1, 3))
        ]

    def _simple(self, depth: int = 0) -> dict[str, Any]:
        texts = [self._text() for _ in range(self.random.randint(1, 3))]
        leaves = [self._leaf() for _ in range(self.random.randint(1, 3))]
        kinds: list[list[Any]] = [leaves, leaves, [{"exists": True}], [{"anything-but": texts}]]
        keys = self.random.sample(("x", "y"), self.random.randint(1, 2))
        return {key: self._simple(depth + 1) if self._nests(depth) else self.pick(kinds) for key in keys}

    def _simple_value(self, depth: int = 0) -> Any:
        kind = self.random.random()
        if kind < 0.3 and depth < 2:
            return {key: self._simple_value(depth + 1) for key in self.random.sample(KEYS, self.random.randint(1, 3))}
        return self._leaf() if kind < 0.8 else [self._leaf() for _ in range(self.random.randint(0, 3))]

    def _operator(self) -> dict[str, Any]:
        return self.pick(self._operators())

    def _operators(self) -> list[dict[str, Any]]:
        affix, text, some, number = self.pick(("prefix", "suffix")), self._text(), self._some, self._number
        return [
            {affix: text},
            {affix: {"equals-ignore-case": text}},
            {"equals-ignore-case": text},
            {"wildcard": self._glob()},
            {"exists": self.random.random() < 0.5},
            {"cidr": self.pick(BLOCKS)},
            {"numeric": [self.pick(("=", "<", "<=", ">", ">=")), number()]},
            {"numeric": [self.pick((">", ">=")), number(), self.pick(("<", "<=")), number()]},
            {"anything-but": some(self._text)},
            {"anything-but": some(number)},
            {"anything-but": {affix: some(self._text)}},
            {"anything-but": {"equals-ignore-case": some(self._text)}},
            {"anything-but": {"wildcard": some(self._glob)}},
        ]

    def _text(self) -> str:
        return self.pick(TEXTS)

    def _number(self) -> float:
        return self.pick(NUMBERS)

    def _some(self, one: Callable[[], Any]) -> Any:
        return one() if self.random.random() < 0.5 else [one() for _ in range(self.random.randint(1, 3))]

    def _glob(self) -> str:
        return "".join(self.pick(("a", "b", "*", "\\*", "\\\\", "A", "s")) for _ in range(self.random.randint(1, 4)))
