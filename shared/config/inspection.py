"""A configuration under inspection: what is in it, where it stands, and what was found so far.

What was found at fault before reads as empty here, so that one mistake isn't told twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from shared.config.finding import Finding, Severity
from shared.config.read import Loaded
from shared.config.shapes import HINTS_MAX, nearest

Body = Mapping[str, Any]  # of one thing in the document


class Inspection:
    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.document: Body = loaded.document
        self.found: list[Finding] = []

    def tell(
        self, path: str, code: str, message: str, level: Severity = Severity.ERROR, *, at: str | None = None
    ) -> None:
        """``at`` is where to look, where ``path`` itself isn't written anywhere."""
        file, line = self.loaded.place(at or path)
        self.found.append(Finding(file=file, line=line, path=path, code=code, level=level, message=message))

    def warn(self, path: str, code: str, message: str) -> None:
        self.tell(path, code, message, Severity.WARNING)

    def known(self, path: str, kind: str, name: Any, what: str) -> None:
        """A name must be one of that kind; None is no name."""
        known = body(self.document, kind)
        if name is not None and name not in known:
            hint = nearest(str(name), list(known)) if len(self.found) < HINTS_MAX else ""
            self.tell(path, "reference", f"there is no {what} {name!r}{hint}")

    def of(self, kind: str) -> Iterator[tuple[str, Body]]:
        things = body(self.document, kind)
        return ((name, body(things, name)) for name in things)

    def integrations(self) -> Iterator[tuple[str, Body]]:
        """By path."""
        for service, settings in self.of("services"):
            integrations = body(settings, "integrations")
            for name in integrations:
                yield f"services.{service}.integrations.{name}", body(integrations, name)

    def rules(self) -> Iterator[tuple[str, Body]]:
        """By path, in order."""
        return ((f"event_rules[{n}]", rule) for n, rule in enumerate(bodies(self.document, "event_rules")))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Severity.ERROR]


def body(of: Body, key: str) -> Body:
    """The mapping under ``key``; empty where it is absent or was found at fault."""
    found: Any = of.get(key)
    return cast("Body", found) if isinstance(found, Mapping) else {}


def bodies(of: Body, key: str) -> list[Body]:
    found: Any = of.get(key)
    members = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("Body", member) if isinstance(member, Mapping) else {} for member in members]


def words(of: Body, key: str) -> list[str]:
    found: Any = of.get(key)
    return [str(member) for member in cast("list[Any]", found)] if isinstance(found, list) else []
