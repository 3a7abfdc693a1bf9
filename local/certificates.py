"""A certificate authority of the local system's own, and its server's certificate.

- The authority can vouch for this machine's loopback names and for nothing else, whoever is talked into trusting it.
- It is kept while the state is, so that a client that trusts it does so after the next start; the server's certificate
  is made anew before it ends.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.folder import Folder

CA_LIFE = timedelta(days=3650)
LIFE = timedelta(days=397)  # the longest that browsers take
RENEWED = timedelta(days=30)  # before it ends
NAMES = [
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files: the server's certificate with its authority's, and its key."""

    chain: Path
    key: Path


def certificate(folder: Folder, now: datetime) -> Certificate:
    """The server's certificate, made now where there is none that lasts; ``ca.pem`` beside it."""
    made = Certificate(folder.certificates / "server.pem", folder.certificates / "server.key")
    if _lasts(folder.ca_file, now) and _lasts(made.chain, now) and made.key.exists():
        return made
    authority, authority_key = _authority(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _begun("localhost", authority.subject, key, now, LIFE)
    builder = builder.add_extension(x509.SubjectAlternativeName(NAMES), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
    )
    signed = builder.sign(authority_key, hashes.SHA256())
    _write_key(made.key, key)
    made.chain.write_bytes(_pem(signed) + _pem(authority))
    return made


def _authority(folder: Folder, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    path = folder.certificates / "ca.key"
    if path.exists() and _lasts(folder.ca_file, now):
        kept = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(kept, ec.EllipticCurvePrivateKey):
            return x509.load_pem_x509_certificate(folder.ca_file.read_bytes()), kept
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tocsin on this machine, {now:%Y-%m-%d %H:%M:%S}")])
    builder = _begun(name, name, key, now, CA_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    builder = builder.add_extension(
        x509.NameConstraints(
            permitted_subtrees=[
                x509.DNSName("localhost"),
                x509.IPAddress(ip_network("127.0.0.0/8")),
                x509.IPAddress(ip_network("::1/128")),
            ],
            excluded_subtrees=None,
        ),
        critical=True,
    )
    made = builder.sign(key, hashes.SHA256())
    _write_key(path, key)
    folder.ca_file.write_bytes(_pem(made))
    return made, key


def _begun(
    subject: str | x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    if isinstance(subject, str):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a clock that was set back
        .not_valid_after(now - timedelta(hours=1) + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _lasts(file: Path, now: datetime) -> bool:
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (FileNotFoundError, ValueError):
        return False
    return ends - now.astimezone(UTC) > RENEWED


def _pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(serialization.Encoding.PEM)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
