"""What a browser may give us, and where we are ready to send."""

import pytest

from shared.domain.errors import Refused
from shared.domain.subscription import AUTH_BYTES, encode, read_subscription, refuse_unknown_service

POINT = encode(b"\x04" + b"\x01" * 64)
AUTH = encode(b"\x02" * AUTH_BYTES)
GOOD = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": {"p256dh": POINT, "auth": AUTH}}


def test_a_browser_s_json_is_read() -> None:
    assert read_subscription({**GOOD, "expirationTime": None}) == {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "p256dh": POINT,
        "auth": AUTH,
    }


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "text",
        {},
        {"endpoint": 1, "keys": GOOD["keys"]},
        {"endpoint": GOOD["endpoint"]},
        {**GOOD, "keys": {"p256dh": POINT}},
        {**GOOD, "keys": {"p256dh": "!!", "auth": AUTH}},
        {**GOOD, "keys": {"p256dh": POINT, "auth": "AA"}},
        {**GOOD, "keys": {"p256dh": encode(b"\x02" + b"\x01" * 32), "auth": AUTH}},
        {**GOOD, "endpoint": "https://fcm.googleapis.com/" + "a" * 2_000},
    ],
)
def test_anything_else_is_refused(told: object) -> None:
    with pytest.raises(Refused):
        read_subscription(told)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://FCM.googleapis.com:443/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGuQ",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_browsers_push_services_are_known(endpoint: str) -> None:
    refuse_unknown_service(endpoint, None)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://fcm.googleapis.com.evil.example/",
        "https://evil-push.apple.com.example/",
        "https://notify.windows.com.evil.example/",
        "https://evilfcm.googleapis.com@evil.example/",
        "https://fcm.googleapis.com@evil.example/",
        "https://user:secret@fcm.googleapis.com/",
        "https://fcm.googleapis.com:8443/",
        "https://evil.example#fcm.googleapis.com",
        "https://evil.example\\.push.apple.com/",
        "https://push.apple.com/",
        "https://fcm.googleapis.com:port/",
        "https://[fcm.googleapis.com/",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_address_is_called(endpoint: str) -> None:
    with pytest.raises(Refused):
        refuse_unknown_service(endpoint, None)


def test_a_further_service_can_be_named() -> None:
    refuse_unknown_service("https://push.acme.example:8443/1", "other.example push.acme.example:8443")
    with pytest.raises(Refused):
        refuse_unknown_service("https://push.acme.example/1", "other.example push.acme.example:8443")
