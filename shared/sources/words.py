"""What the words for states and severities mean, whoever writes them: TIMED_OUT, ``Non-Compliant``, ``high``."""

import re
from collections.abc import Mapping
from enum import StrEnum

from shared.domain.event import Severity


class Means(StrEnum):
    FAILURE = "failure"
    SUCCESS = "success"
    STEP = "step"  # on the way to one of both
    UNKNOWN = "unknown"


# In this order: ``ROLLBACK_COMPLETE`` isn't complete, nor is ``non_compliant`` compliant.
WORDS: Mapping[Means, re.Pattern[str]] = {
    Means.FAILURE: re.compile(
        r"fail|error|fault|time(d)?_?out|abort|non_?compliant|unhealthy|unsuccessful|impaired|degraded|rollback|rejected"
        r"|crash|interrupt|exceeded|missed|lost|insufficient|denied|expired|alarm|critical|firing|triggered|\bopen\b|down\b"
        r"|unavailable|unresolved|disconnect"
    ),
    Means.STEP: re.compile(
        r"progress|start|running|runnable|pending|queued|submitted|created|creating|provisioning|preparing|initiated"
        r"|updating|deleting|scheduled|waiting|stopping|ready_?to|resumed|delayed|incomplete"
    ),
    Means.SUCCESS: re.compile(
        r"succe|complete|pass|compliant|healthy|resolve|closed|recovered|fixed|finished|\bok\b|\bup\b|normal|steady|available"
    ),
}
SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(("critical", "fatal", "emergency", "disaster", "blocker", "p1", "sev1"), Severity.CRITICAL),
    **dict.fromkeys(("error", "err", "high", "major", "severe", "p2", "sev2"), Severity.ERROR),
    **dict.fromkeys(("warning", "warn", "medium", "moderate", "minor", "average", "p3", "sev3"), Severity.WARNING),
    **dict.fromkeys(("info", "informational", "information", "low", "notice", "debug", "p4", "p5"), Severity.INFO),
}


def meaning(written: str | None) -> Means:
    plain = re.sub(r"[^a-z0-9]+", "_", (written or "").lower()).strip("_").replace("_", " ")
    joined = plain.replace(" ", "_")
    found = (means for means, words in WORDS.items() if words.search(plain) or words.search(joined))
    return next(found, Means.UNKNOWN)


def severity_of(written: str | None) -> Severity | None:
    return SEVERITIES.get((written or "").strip().lower())
