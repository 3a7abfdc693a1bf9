"""``tocsin lint``: what is wrong with a folder of configuration, by file and line."""

from pathlib import Path

from cli.templates import template_findings
from shared.config.finding import Finding
from shared.config.lint import lint as lint_loaded
from shared.config.read import load
from shared.domain.instants import Instant


def lint(folder: Path, at: Instant) -> list[Finding]:
    """Findings in the order of files and lines. Raises ConfigError where there is nothing to read."""
    loaded = load(folder)
    found = [*lint_loaded(loaded, at), *template_findings(loaded)]
    return sorted(found, key=lambda finding: (finding.file, finding.line))
