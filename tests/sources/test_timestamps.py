"""Vendors' times: read whatever their form, or unknown; never wrong and never a reason to refuse an alert."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instants import Instant
from shared.sources.timestamps import moment

AT = datetime(2021, 12, 3, 18, 2, 30, tzinfo=UTC)
SOME_MS = AT.replace(microsecond=123_000)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2021-12-03T18:02:30Z", AT),
        ("2021-12-03T18:02:30.000+0000", AT),
        ("2021-12-03T19:02:30+0100", AT),
        ("2021-12-03T19:02:30 +01:00", AT),
        ("2021-12-03 18:02:30 UTC", AT),
        ("2021-12-03T18:02:30.123456789Z", SOME_MS),
        ("2021-12-03T18:02:30.123Z", SOME_MS),
        ("20211203T180230Z", AT),
        ("Fri, 03 Dec 2021 18:02:30 GMT", AT),
        ("3 Dec 2021 19:02:30 +0100", AT),
        ("Dec 3, 2021, 6:02:30 PM UTC", AT),
        (1638554550, AT),
        (1638554550.123, SOME_MS),
        (1638554550123, SOME_MS),
        (1638554550123456, SOME_MS),
        ("1638554550", AT),
        ("1638554550.123", SOME_MS),
    ],
)
def test_a_moment_in_any_form(written: Any, at: Instant) -> None:
    assert moment(written) == at


@pytest.mark.parametrize(
    "written",
    ["2021-12-03T18:02:30", "2021-12-03 18:02:30", "Dec 3, 2021, 6:02:30 PM", "Dec 3, 2021, 6:02:30\u202fPM"],
)
def test_a_time_without_a_zone_is_read_only_where_the_vendor_means_utc(written: str) -> None:
    assert moment(written) is None
    assert moment(written, without_zone=UTC) == AT


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "now", "9" * 400, "0001-01-01T00:00:00Z", "2021-13-03T18:02:30Z"),
        *("Fri, 99 Dec 2021 18:02:30 GMT", "3 Dec 2021 18:02:30 +9999"),
        *(0, -1, 1e308, float("nan"), float("inf"), True, None, [], {}),
    ],
)
def test_what_is_no_moment_is_unknown(written: Any) -> None:
    assert moment(written, without_zone=UTC) is None


@given(st.text() | st.integers() | st.floats() | st.datetimes().map(str))
def test_nothing_that_is_written_raises(written: Any) -> None:
    at = moment(written, without_zone=UTC)
    assert at is None or at.year in range(1999, 2101)
