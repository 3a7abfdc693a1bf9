"""What a browser gives us so that it can be pushed to: an address of its push service, and keys that only it has.

Laws: an address is only ever called where it is https and belongs to a push service that we know, since whoever
subscribes chooses it. The keys are checked for their form here, and by use: the first push is a test.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from shared.domain.errors import Refused

VAPID_KEY = "/tocsin/push/vapid-key"  # the parameter: JSON of ``private`` and ``public``, in base64url
MORE_SERVICES = "/tocsin/push/services"  # the parameter: further hosts, with spaces between

SERVICES = (  # by browser; ``.x`` stands for every host below x
    "fcm.googleapis.com",  # Chrome, Edge on Android, Opera, Samsung's: https://developer.chrome.com/blog/web-push-interop-wins
    ".push.services.mozilla.com",  # Firefox: https://mozilla-services.github.io/autopush-rs/
    ".push.apple.com",  # Safari: https://developer.apple.com/documentation/usernotifications/sending-web-push-notifications-in-web-apps-and-browsers
    ".notify.windows.com",  # Edge: https://learn.microsoft.com/windows/apps/design/shell/tiles-and-notifications/
)
ADDRESS = re.compile(
    r"https://(?P<host>[A-Za-z0-9.-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?:/[!-\[\]-~]*)?"
)  # as no two read it
ENDPOINT_MAX = 2_000  # characters
POINT_BYTES, AUTH_BYTES = 65, 16  # an uncompressed point of P-256, and RFC 8291 §3.2


def read_subscription(told: object) -> Mapping[str, str]:
    """``PushSubscription.toJSON()`` → ``endpoint``, ``p256dh``, ``auth``. Raises Refused.

    https://www.w3.org/TR/push-api/#dom-pushsubscription-tojson
    """
    match told:
        case {"endpoint": str(endpoint), "keys": {"p256dh": str(point), "auth": str(auth)}}:
            pass
        case _:
            raise Refused("this is no subscription of a browser")
    decoded = decode(point)
    if len(decoded) != POINT_BYTES or decoded[0] != 4 or len(decode(auth)) != AUTH_BYTES:
        raise Refused("the keys of this subscription aren't those of web push")
    if len(endpoint) > ENDPOINT_MAX:
        raise Refused(f"the address of this subscription has more than {ENDPOINT_MAX} characters")
    return {"endpoint": endpoint, "p256dh": point, "auth": auth}


def refuse_unknown_service(endpoint: str, more: str | None) -> None:
    """Raises Refused where ``endpoint`` is no address of a push service; ``more`` names further ones, with spaces."""
    match = ADDRESS.fullmatch(endpoint)
    if match is None:
        raise Refused("the address of this subscription isn't a plain one of https")
    host, port = match["host"].casefold(), match["port"]
    named = host if port in (None, "443") else f"{host}:{port}"
    if not _is_among(named, (*SERVICES, *(more or "").split())):
        remedy = f"If it is one that you trust, name it in the parameter {MORE_SERVICES}"
        raise Refused(f"{host[:100]} is no push service that is known here. {remedy}")


def decode(text: str) -> bytes:
    """Base64url with or without padding; nothing where it isn't that."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _is_among(host: str, services: Iterable[str]) -> bool:
    return any(host.endswith(service) if service.startswith(".") else host == service for service in services)
