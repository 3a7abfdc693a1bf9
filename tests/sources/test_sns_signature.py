"""SNS's signatures, with certificates that we make ourselves: what counts is signed in full, by SNS, for our topic."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from shared.sources.sns_signature import Unsigned, certificate_address, check, confirmation_address

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
HOME = "https://sns.eu-west-1.amazonaws.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SUBSCRIPTION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
ORDER = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": SUBSCRIPTION,
    "UnsubscribeConfirmation": SUBSCRIPTION,
}


def certificate(key: Any = KEY, days: int = 365) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def signed(version: str = "2", key: Any = KEY, **told: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": "0b5c6d2e-55f1-5c1e-8a55-3a9e1f0b7d44",
        "TopicArn": TOPIC,
        "Message": 'ALARM: "checkout" ☃\nline two',
        "Timestamp": "2026-11-23T02:59:59.000Z",
        "SignatureVersion": version,
        "SigningCertURL": f"{HOME}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem",
        **told,
    }
    over = "".join(f"{name}\n{message[name]}\n" for name in ORDER[message["Type"]] if name in message)
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    return message | {"Signature": base64.b64encode(key.sign(over.encode(), padding.PKCS1v15(), digest)).decode()}


def subscription(**told: Any) -> dict[str, Any]:
    token = {
        "Token": "2336412f37",
        "SubscribeURL": f"{HOME}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
    }
    return signed(Type="SubscriptionConfirmation", **{**token, **told})


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "ALARM"}])
def test_what_sns_signed_is_sns_s(version: str, subject: dict[str, str]) -> None:
    check(signed(version, **subject), TOPIC, certificate(), NOW)


def test_a_subscription_is_confirmed_for_the_topic_that_we_expect() -> None:
    message = subscription()
    check(message, TOPIC, certificate(), NOW)
    assert confirmation_address(message, TOPIC) == message["SubscribeURL"]


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject"])
def test_a_message_that_was_changed_on_the_way_is_refused(name: str) -> None:
    with pytest.raises(Unsigned, match="isn't that of this message"):
        check(signed(Subject="ALARM") | {name: "another"}, TOPIC, certificate(), NOW)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda m: m | {"TopicArn": TOPIC + "-2"}, "is not the integration's topic"),
        (lambda m: m | {"TopicArn": [TOPIC]}, "is not the integration's topic"),
        (lambda m: m | {"SignatureVersion": "3"}, "is neither 1 nor 2"),
        (lambda m: {k: v for k, v in m.items() if k != "SignatureVersion"}, "is neither 1 nor 2"),
        (lambda m: m | {"SignatureVersion": "1"}, "isn't that of this message"),
        (lambda m: m | {"Signature": "no base64!"}, "can't be read"),
        (lambda m: m | {"Signature": None}, "isn't that of this message"),
        (lambda m: m | {"Type": "SubscriptionConfirmation"}, "SubscribeURL isn't there"),
        (lambda m: m | {"Type": "Else"}, "Type 'Else' is none of"),
        (lambda m: {k: v for k, v in m.items() if k != "Timestamp"}, "Timestamp isn't there"),
        (lambda m: m | {"Message": {"a": 1}}, "Message isn't there"),
        (lambda m: [m], "isn't there"),
    ],
)
def test_what_isn_t_signed_in_full_is_refused_with_the_reason(spoil: Callable[[Any], Any], reason: str) -> None:
    with pytest.raises(Unsigned, match=reason):
        check(spoil(signed()), TOPIC, certificate(), NOW)


def test_another_s_key_an_expired_certificate_and_what_is_none_are_refused() -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with pytest.raises(Unsigned, match="isn't that of this message"):
        check(signed(key=stranger), TOPIC, certificate(), NOW)
    with pytest.raises(Unsigned, match="isn't valid now"):
        check(signed(), TOPIC, certificate(days=-1), NOW)
    with pytest.raises(Unsigned, match="can't be read"):
        check(signed(), TOPIC, b"<html>404</html>", NOW)
    with pytest.raises(Unsigned, match="isn't RSA's"):
        check(signed(), TOPIC, certificate(ec.generate_private_key(ec.SECP256R1())), NOW)


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0a.pem",
        "https://a@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com:x/SimpleNotificationService-0a.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com/bucket/SimpleNotificationService-0a.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem?x=1",
        "https://sns.eu-west-1.amazonaws.com/?Action=Publish",
        "https://snsxeu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "https://[sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a.pem",
        "",
        None,
        7,
    ],
)
def test_no_certificate_is_fetched_from_anywhere_but_sns(address: Any) -> None:
    with pytest.raises(Unsigned, match="is no certificate of SNS"):
        certificate_address({"SigningCertURL": address})


@pytest.mark.parametrize(
    "host", ["sns.eu-west-1.amazonaws.com", "sns.us-gov-west-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"]
)
def test_sns_has_a_host_in_every_region(host: str) -> None:
    address = f"https://{host}/SimpleNotificationService-0123456789abcdef.pem"
    assert certificate_address({"SigningCertURL": address}) == address


@pytest.mark.parametrize(
    "address",
    [
        f"https://evil.example/?Action=ConfirmSubscription&TopicArn={TOPIC}",
        f"{HOME}/?Action=ConfirmSubscription&TopicArn={TOPIC}-2&Token=1",
        f"{HOME}/?Action=DeleteTopic&TopicArn={TOPIC}",
        f"{HOME}/?Action=ConfirmSubscription&Action=DeleteTopic&TopicArn={TOPIC}",
        HOME,
        None,
    ],
)
def test_nothing_else_is_visited_than_the_confirmation_of_our_own_topic(address: Any) -> None:
    with pytest.raises(Unsigned, match="confirms no subscription"):
        confirmation_address({"SubscribeURL": address}, TOPIC)
