"""Senders as their makers publish them, each in a process of its own, and what they are told to trust."""

import os
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cli.changes import changes
from cli.local_system import ROOT
from shared.domain.incident import Incident
from shared.domain.timeline import Kind
from tests.senders.gate import Gate, gate
from tests.senders.snippets import snippet
from tests.system.conftest import Running, eventually

PATIENCE = 60  # s


@dataclass(frozen=True)
class Sending:
    """The deployed system, and how a sender's own program reaches it."""

    running: Running

    @property
    def url(self) -> str:
        return self.running.local.description.events_url

    @property
    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.running.local.description.ca_file)

    @property
    def key(self) -> str:
        return self.running.key("checkout")

    def documented(self, heading: str, url: str | None = None) -> str:
        """The block of docs/senders.md, for this system."""
        return snippet(heading, url or self.url, self.key)

    def run(self, *command: str, **environment: str) -> str:
        """What it says; it must end well. It trusts the system's certificate, and no proxy of this machine's."""
        ca = self.running.local.description.ca_file
        trusts = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE"), ca)
        path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {"PATH": path, "HOME": "/nonexistent", "LANG": "C.UTF-8", **trusts, **environment}
        ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    def incident(self, dedup_key: str) -> Incident:
        found = eventually(lambda: self.running.incident_of(dedup_key), f"the incident of {dedup_key}")
        return found.incident

    def kinds(self, dedup_key: str) -> list[Kind]:
        return [entry.kind for entry in self.running.deps.incidents.timeline(self.incident(dedup_key).id)]

    def come_to(self, dedup_key: str, *kinds: Kind) -> None:
        """What senders did to it, levels and pages apart, is this in the end."""
        levels = (Kind.LEVEL_ENTERED, Kind.LEVEL_SKIPPED, Kind.EXHAUSTED)
        eventually(
            lambda: [kind for kind in self.kinds(dedup_key) if kind not in levels] == [*kinds],
            f"{', '.join(kinds)} (not {self.kinds(dedup_key)})",
        )

    def changed(self, source: str | None) -> list[str]:
        """What that source said was changed on the service, of late, as `tocsin changes` has it."""
        found = changes(self.running.deployment, "checkout", timedelta(days=90), self.running.deps.now(), 100)
        return [made.change.summary for made in found if made.change.source == source]


@pytest.fixture(scope="session")
def sending(running: Running) -> Sending:
    return Sending(running)


@pytest.fixture
def before_the_door(sending: Sending) -> Iterator[Gate]:
    with gate(sending.url, sending.trusted) as made:
        yield made


@dataclass(frozen=True)
class Tunnel:
    """A proxy whose tunnels end at Tocsin, whatever they were meant for; ``ca`` vouches for them."""

    gate: Gate
    ca: Path


@pytest.fixture
def tunnel(sending: Sending, tmp_path: Path) -> Iterator[Tunnel]:
    ca = tmp_path / "events.pagerduty.com.pem"
    presented = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    presented.load_cert_chain(*_certificate("events.pagerduty.com", ca))
    with gate(sending.url, sending.trusted, presented) as made:
        yield Tunnel(made, ca)


def _certificate(host: str, ca: Path) -> tuple[Path, Path]:
    """One that vouches for itself: its file, and its key's."""
    key, key_file = ec.generate_private_key(ec.SECP256R1()), ca.with_suffix(".key")
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    return ca, key_file
