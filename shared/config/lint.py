"""What is wrong with a configuration, or doubtful: everything that a reader can know before an alarm does.

``unusable`` are the faults by which it can't be used at all; what it would do badly is told by ``lint`` alone.
"""

from shared.config.addresses import addresses
from shared.config.build import build
from shared.config.finding import Finding
from shared.config.inspection import Inspection, errors
from shared.config.not_in_force import not_in_force
from shared.config.reachability import reachability
from shared.config.read import Loaded
from shared.config.references import patterns, references
from shared.config.rules import rules
from shared.config.webhooks import webhooks
from shared.domain.instants import Instant, whole_second


def lint(loaded: Loaded, now: Instant) -> list[Finding]:
    """Everything at ``now`` and for thirteen months after it, by file and line; also what ``load`` has found."""
    check = Inspection(loaded)
    if _usable(loaded, check):
        directory = build(loaded.document, 1)
        rules(check, directory)
        addresses(check)
        webhooks(check)
        not_in_force(check)
        reachability(check, directory, whole_second(now))
    return _in_order(loaded, check)


def unusable(loaded: Loaded) -> list[Finding]:
    """What can't be read or referenced, by file and line."""
    check = Inspection(loaded)
    _usable(loaded, check)
    return errors(_in_order(loaded, check))


def _usable(loaded: Loaded, check: Inspection) -> bool:
    if any(finding.code == "unreadable" for finding in loaded.findings):  # what stands there would seem to be missing
        return False
    references(check)
    if not errors([*loaded.findings, *check.found]):
        patterns(check)
    return not errors([*loaded.findings, *check.found])


def _in_order(loaded: Loaded, check: Inspection) -> list[Finding]:
    return sorted([*loaded.findings, *check.found], key=lambda finding: (finding.file, finding.line))
