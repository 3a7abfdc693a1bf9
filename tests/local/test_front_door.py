"""Programs made for other systems reach the local one by https, and their requests arrive as they were sent."""

import json
import socket
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from local.certificates import certificate
from local.folder import Folder
from tests.local.conftest import System

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_path_query_headers_and_body_arrive_as_they_were_sent(deployed: System, https: httpx.Client) -> None:
    body = '{"summary": "Ünïcode — \\u0000 and  spaces ", "n": 1.0}'.encode()
    answer = https.post(
        f"{deployed.addresses.events_url}/v2/a%2Fb/ä?x=1&x=2&y=%20&z",
        content=body,
        headers={
            "content-type": "application/json",
            "x-custom": "Grüße".encode(),
            "connection": "keep-alive, x-hop",
            "x-hop": "1",
        },
    )
    assert answer.status_code == 200
    request = answer.json()
    assert request["rawPath"] == "/v2/a/b/ä"
    assert request["rawQueryString"] == "x=1&x=2&y=%20&z"
    assert request["body"].encode() == body
    assert request["isBase64Encoded"] is False
    assert request["headers"]["x-custom"] == "Grüße"
    assert request["headers"]["x-forwarded-for"] in ("127.0.0.1", "::1")
    assert request["headers"]["x-forwarded-proto"] == "https"
    assert request["headers"]["x-forwarded-port"] == deployed.addresses.events_url.rpartition(":")[2]
    assert request["headers"]["content-length"] == str(len(body))
    assert not {"connection", "x-hop"} & set(request["headers"])


def test_a_compressed_body_stays_compressed(deployed: System, https: httpx.Client) -> None:
    answer = https.post(
        deployed.addresses.events_url, content=b"\x1f\x8b\x08\x00", headers={"content-encoding": "gzip"}
    )
    request = answer.json()
    assert (request["isBase64Encoded"], request["body"]) == (True, "H4sIAA==")
    assert request["headers"]["content-encoding"] == "gzip"


def test_a_body_beyond_api_gateways_limit_is_refused(deployed: System, https: httpx.Client) -> None:
    url = deployed.addresses.events_url
    assert https.post(url, content=b" " * (10 * 2**20 + 1), timeout=30).status_code == 413
    assert https.post(url, content=b" " * 2**20, headers={"content-type": "text/plain"}, timeout=30).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_it_answers_under_every_name_of_this_machine(deployed: System, https: httpx.Client, host: str) -> None:
    if host == "[::1]" and not speaks_ipv6():
        pytest.skip("this machine speaks no IPv6")
    assert https.get(deployed.addresses.mailbox_url.replace("localhost", host)).status_code == 200


def speaks_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_nothing_answers_plain_http(deployed: System) -> None:
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.TransportError):
        client.get(deployed.addresses.events_url.replace("https", "http"))


def test_node_and_the_system_trust_its_authority_alone(deployed: System) -> None:
    script = f"fetch('{deployed.addresses.mailbox_url}/messages.json').then(a => console.log(a.status))"
    done = subprocess.run(
        ["node", "-e", script],
        env={"NODE_EXTRA_CA_CERTS": str(deployed.folder.ca_file), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout.strip() == "200"
    with pytest.raises(httpx.ConnectError), httpx.Client(verify=ssl.create_default_context(), trust_env=False) as other:
        other.get(deployed.addresses.mailbox_url)


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}, {"host": "localhost"}]
)
def test_another_sites_page_reads_nothing_and_injects_nothing(
    deployed: System, https: httpx.Client, headers: dict[str, str]
) -> None:
    assert https.get(f"{deployed.addresses.mailbox_url}/messages.json", headers=headers).status_code == 403
    assert https.post(deployed.addresses.inject_url, content=b"{}", headers=headers).status_code == 403


def test_the_certificate_is_renewed_before_it_ends_and_its_authority_stays(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    first, authority = certificate(folder, NOW).chain.read_bytes(), folder.ca_file.read_bytes()
    assert certificate(folder, NOW + timedelta(days=300)).chain.read_bytes() == first
    renewed = certificate(folder, NOW + timedelta(days=380)).chain.read_bytes()
    assert renewed != first
    assert folder.ca_file.read_bytes() == authority
    made = x509.load_pem_x509_certificate(first)
    assert made.not_valid_after_utc - made.not_valid_before_utc == timedelta(days=397)


def test_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.make()
    certificate(folder, NOW)
    keys = list(folder.certificates.glob("*.key"))
    assert len(keys) == 2
    assert {path.stat().st_mode & 0o077 for path in keys} == {0}


def test_before_a_deployment_it_says_so(deployed: System, https: httpx.Client) -> None:
    file = deployed.folder.deployment_file
    kept = json.loads(file.read_text())
    file.unlink()
    try:
        answer = https.post(deployed.addresses.events_url)
    finally:
        file.write_text(json.dumps(kept))
    assert (answer.status_code, answer.json()) == (503, {"message": "Service Unavailable: not deployed yet"})
