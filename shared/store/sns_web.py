"""What SNS shows at addresses of its own: certificates, and the confirmation of a subscription."""

from functools import lru_cache
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from shared.flow.ports import Unavailable

PATIENCE = 5  # s; SNS itself gives up on us after 15
LARGEST = 65_536  # bytes; a certificate has 2,000
KEPT = 8  # certificates: a Region has one at a time


class SnsWeb:
    """Whoever asks has made sure that the address is SNS's; a redirection is not followed."""

    def __init__(self) -> None:
        self._certificate = lru_cache(maxsize=KEPT)(_get)

    def read(self, address: str) -> bytes:
        return self._certificate(address) if address.endswith(".pem") else _get(address)


def _get(address: str) -> bytes:
    parts = urlsplit(address)
    try:
        connection = HTTPSConnection(parts.netloc, timeout=PATIENCE)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path)
            answer = connection.getresponse()
            shown = answer.read(LARGEST)
        finally:
            connection.close()
    except (OSError, HTTPException) as fault:
        raise Unavailable(f"{parts.netloc} can't be reached: {fault}") from fault
    if answer.status != 200:
        raise Unavailable(f"{parts.netloc} answers {answer.status}")
    return shown
