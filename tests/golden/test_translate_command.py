"""``tocsin translate``'s logic: what it reads, and how it says what is wrong."""

import gzip
import io
import json
from pathlib import Path

import pytest

from cli.translate import translate
from shared.domain.errors import MessageError, NotFound

SAMPLE = Path(__file__).parents[2] / "events" / "cloudwatch" / "metric-alarm.json"


def test_it_reads_a_file_and_standard_input_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(SAMPLE.read_bytes())))
    assert translate("cloudwatch", "-", []) == translate("cloudwatch", str(SAMPLE), [])


def test_it_inflates_what_its_header_says_is_gzip(tmp_path: Path) -> None:
    packed = tmp_path / "alarm.json.gz"
    packed.write_bytes(gzip.compress(SAMPLE.read_bytes()))
    events = translate("cloudwatch", str(packed), ["X-Other: 1", "content-encoding: gzip"])
    assert events == translate("cloudwatch", str(SAMPLE), [])


def test_it_names_the_file_and_the_line_where_the_json_breaks_off(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{\n  "detail-type": "GuardDuty Finding"\n  "source": "aws.guardduty"\n}')
    with pytest.raises(MessageError) as refused:
        translate("guardduty", str(broken), [])
    assert refused.value.errors == (f"{broken}:3: JSON parse error: Expecting ',' delimiter at column 3",)


def test_it_tells_every_fault_of_a_message(tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text(json.dumps({"detail-type": "CloudWatch Alarm State Change", "detail": {}}))
    with pytest.raises(MessageError) as refused:
        translate("cloudwatch", str(empty), [])
    assert refused.value.errors == (
        f"{empty}: cloudwatch: detail.alarmName: field required",
        f"{empty}: cloudwatch: detail.state: field required",
    )


def test_an_unknown_source_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="'cloudwach' is no source: choose one of cloudwatch, events_v2, guardduty"):
        translate("cloudwach", str(SAMPLE), [])
