"""The account's own texts, looked at with a sample: part of ``lint`` and of ``apply``."""

from shared.channels.checking import check
from shared.config.build import templates
from shared.config.finding import Finding, Severity
from shared.config.inspection import Inspection
from shared.config.read import Loaded


def template_findings(loaded: Loaded) -> list[Finding]:
    found = Inspection(loaded)
    for name, template in templates(loaded.document).items():
        for doubt in check(name, template):
            level = Severity.ERROR if doubt.grave else Severity.WARNING
            found.tell(f"templates.{name}", doubt.code, doubt.message, level)
    return found.found
