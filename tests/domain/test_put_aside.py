"""What is told of what took no effect, whatever was kept of it."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.put_aside import dropped, quarantined

NIGHT = datetime(2026, 11, 23, 3, tzinfo=UTC)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
envelopes = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("integration", "key", "event", "change", "severity", "summary"), anything)
)


@given(envelopes | anything, st.text())
def test_nothing_that_was_kept_stands_in_the_way_of_the_list(kept: object, body: str) -> None:
    for found in (
        dropped(NIGHT, "late", "late", "id", kept),
        quarantined(NIGHT, "ValueError", "id", json.dumps(kept)),
        quarantined(NIGHT, "ValueError", "id", body),
    ):
        for told in (found.integration, found.key, found.severity, found.summary):
            assert told is None or isinstance(told, str)


def test_a_repeated_word_of_the_envelope_is_not_the_event_s() -> None:
    kept = {"summary": "not this", "event": {"summary": "disk: full", "severity": "critical"}, "integration": 5}
    found = dropped(NIGHT, "suppressed", "by the rule 'noise'", "id", kept)
    assert (found.summary, found.severity, found.integration) == ("disk: full", "critical", None)
