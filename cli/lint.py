"""``tocsin lint``: what is wrong with a folder of configuration, by file and line."""

from pathlib import Path

from cli.deployment import Deployment
from cli.templates import template_findings
from shared.config.finding import Finding, Severity
from shared.config.lint import lint as lint_loaded
from shared.config.read import load
from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Medium
from shared.domain.instants import Instant
from shared.flow.confirming import PROVABLE


def of_contacts(folder: Path, deployment: Deployment) -> list[Finding]:
    """What the deployment knows of the folder's contact methods: those that nobody confirmed, those that don't work."""
    deps, loaded, found = deployment.deps(), load(folder), list[Finding]()
    for name, user in loaded.document.get("users", {}).items():
        for called, way in user.get("contacts", {}).items():
            medium, address = next(iter(way.items()))
            if medium not in PROVABLE:
                continue
            state = deps.contacts.of(name, Contact(name=called, medium=Medium(medium), address=address))
            code, message = _known(name, called, state)
            if code:
                path = f"users.{name}.contacts.{called}"
                file, line = loaded.place(path)
                found.append(
                    Finding(file=file, line=line, path=path, code=code, level=Severity.WARNING, message=message)
                )
    return found


def _known(user: str, contact: str, state: ContactState) -> tuple[str, str]:
    if state.broken:
        return "broken", f"pages don't arrive there: {state.broken_because}. Ask {user}, or change it"
    if not state.confirmed:
        return "unconfirmed", f"nobody has confirmed that it reaches {user}: `tocsin confirm {user} {contact}`"
    return "", ""


def lint(folder: Path, at: Instant) -> list[Finding]:
    """Findings in the order of files and lines. Raises ConfigError where there is nothing to read."""
    loaded = load(folder)
    found = [*lint_loaded(loaded, at), *template_findings(loaded)]
    return sorted(found, key=lambda finding: (finding.file, finding.line))
