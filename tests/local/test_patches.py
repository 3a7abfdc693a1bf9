"""Each patch still fits the emulator that is pinned, and does what it is for."""

import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from local import patches, unpacking
from tests.local.conftest import ROOT, System, eventually


def test_the_patches_fit_the_version_that_is_locked() -> None:
    assert patches.misfits() == []
    assert f"ministack=={version('ministack')} " in (ROOT / "requirements-dev.lock").read_text()
    assert f'"ministack=={version("ministack")}"' in (ROOT / "pyproject.toml").read_text()


def test_a_name_that_is_gone_or_called_otherwise_is_told() -> None:
    assert patches.misfits({"services.sns._fanout": "(x)", "services.sns.gone": "()", "nowhere.at_all": "()"}) == [
        f"services.sns._fanout{patches.FITS['services.sns._fanout']}, expected (x)",
        "services.sns.gone is missing, expected ()",
        "nowhere.at_all is missing, expected ()",
    ]


def test_the_emulator_reads_bundles_by_what_stands_in_for_zipfile() -> None:
    source = Path(patches._module("core.lambda_runtime").__file__).read_text()
    assert "zipfile.ZipFile(" in source
    used = {word.split("(")[0].split(")")[0].split(" ")[0] for word in source.split("zf.")[1:]}
    assert {name.split("\n")[0] for name in used} <= {"extractall", "namelist"}
    assert 'mkdtemp(prefix=f"ministack-lambda-' in source


def test_a_bundle_is_unpacked_once_and_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for worker in ("one", "two"):
        (tmp_path / worker / "code").mkdir(parents=True)
        written = tmp_path / worker / "code.zip"
        with zipfile.ZipFile(written, "w") as bundle:
            bundle.writestr(zipfile.ZipInfo("package/module.py"), "x = 1\n")
        with unpacking.ZipFile(str(written)) as bundle:
            bundle.extractall(str(tmp_path / worker / "code"))
        assert not written.exists()
    one, two = (tmp_path / worker / "code" / "package" / "module.py" for worker in ("one", "two"))
    assert one.read_text() == "x = 1\n"
    assert one.stat().st_ino == two.stat().st_ino


def test_what_is_no_bundle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "code.zip").write_bytes(b"not a zip")
    with unpacking.ZipFile(str(tmp_path / "code.zip")) as bundle, pytest.raises(unpacking.BadZipFile):
        bundle.extractall(str(tmp_path))


SLOW = """
import time
def handler(request, context):
    time.sleep(0.4)
    return {"began": request["n"]}
"""


def test_of_many_requests_at_once_none_is_turned_away(system: System) -> None:
    system.function("slow", SLOW)
    answers: list[Any] = []

    def call(number: int) -> None:
        answers.append(system.client("lambda").invoke(FunctionName="slow", Payload=json.dumps({"n": number}).encode()))

    threads = [threading.Thread(target=call, args=(number,)) for number in range(2 * patches.PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["StatusCode"] for answer in answers] == [200] * len(threads)
    assert not any("FunctionError" in answer for answer in answers)
    folders = list((system.folder.tmp).glob("ministack-lambda-slow-*"))
    assert len(folders) <= patches.PROCESSES


# Refuses each batch once, by naming its last record, and tells of each record it took.
STREAM = """
import json, os, boto3
seen = set()
def handler(request, context):
    identity = request["Records"][-1]["dynamodb"]["SequenceNumber"]
    if identity not in seen:
        seen.add(identity)
        return {"batchItemFailures": [{"itemIdentifier": identity}]}
    for record in request["Records"]:
        boto3.client("sqs").send_message(
            QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(record["dynamodb"]["Keys"]["pk"]["S"])
        )
    return {"batchItemFailures": []}
"""


def test_a_stream_batch_that_failed_in_part_comes_again(system: System) -> None:
    url, _ = system.queue("stream")
    system.function("stream", STREAM, QUEUE=url)
    table = system.client("dynamodb").create_table(
        TableName="streamed",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    system.client("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName="stream",
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    for name in ("a", "b", "c"):
        system.client("dynamodb").put_item(TableName="streamed", Item={"pk": {"S": name}})
    assert set(system.received(url, 3)) == {"a", "b", "c"}


def test_a_rules_function_is_tried_again_and_its_failure_kept(system: System) -> None:
    url, arn = system.queue("failed")
    function = system.function("failing", "def handler(request, context):\n    raise RuntimeError('no')\n")
    system.client("lambda").put_function_event_invoke_config(
        FunctionName="failing",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    system.rule("failing", {"source": ["test"]}, function)
    system.client("events").put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": '{"n": 1}'}])
    [failure] = system.received(url)
    assert failure["requestPayload"]["detail"] == {"n": 1}
    logs = system.client("logs")

    def tried_twice() -> bool:
        events = logs.filter_log_events(logGroupName="/aws/lambda/failing", filterPattern="START")["events"]
        return sum(event["message"].startswith("START") for event in events) == 2

    eventually(tried_twice)


def test_importing_the_command_imports_no_emulator() -> None:
    code = "import sys, local.system; sys.exit(any(name.split('.')[0] == 'ministack' for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_cold_start_after_the_first_is_quick_with_a_large_bundle(system: System) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as bundle:
        for number in range(1500):
            bundle.writestr(f"library/part{number}.py", "x = 1\n" * 200)
        bundle.writestr("main.py", "def handler(request, context):\n    return 1\n")
    client = system.client("lambda")
    took: list[float] = []
    for name in ("first", "second"):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role="arn:aws:iam::111122223333:role/any",
            Handler="main.handler",
            Code={"ZipFile": written.getvalue()},
        )
        began = time.monotonic()
        client.invoke(FunctionName=name)
        took.append(time.monotonic() - began)
    [shelf] = system.folder.tmp.glob(unpacking.SHELF)
    assert any((folder / "library" / "part1499.py").exists() for folder in shelf.iterdir())
    assert not list(system.folder.tmp.glob("ministack-lambda-*/code.zip"))
