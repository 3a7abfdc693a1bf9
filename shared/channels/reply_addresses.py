"""The signed reply addresses of pages; the secret is an SSM SecureString, read anew each minute.

One that was made anew is in force within the minute in every warm function: a page that is signed by the old one could
not be answered. Where it can't be read just now the last one signs.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.access import read_reply_address, reply_address
from shared.domain.instants import Instant
from shared.domain.notification import Page
from shared.flow.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_FOR = 60.0  # s
SECRET_MIN = 32  # bytes: as many as HMAC-SHA256's own key has (RFC 2104 §3)


class SignedReplyAddresses:
    """``ReplyAddresses`` by the secret ``name`` for addresses at ``domain``."""

    def __init__(self, client: "SSMClient", name: str, domain: str, monotonic: Callable[[], float]) -> None:
        self._client, self._name, self._domain, self._monotonic = client, name, domain, monotonic
        self._held: tuple[bytes, float] | None = None  # the secret, and when it was read

    def address(self, page: Page, now: Instant) -> str:
        """``reply+<token>@<domain>`` for one page. Raises Unavailable."""
        return reply_address(page, self._secret(), self._domain, now)

    def read(self, address: str, now: Instant) -> tuple[str, bytes]:
        """An address → (incident, page tag). Raises Refused where it isn't ours or too old, Unavailable."""
        return read_reply_address(address, self._secret(), now)

    def _secret(self) -> bytes:
        if self._held is not None and self._monotonic() - self._held[1] < KEPT_FOR:
            return self._held[0]
        try:
            secret = self._read()
        except Unavailable:
            if self._held is None:
                raise
            secret = self._held[0]
        self._held = secret, self._monotonic()
        return secret

    def _read(self) -> bytes:
        try:
            parameter = self._client.get_parameter(Name=self._name, WithDecryption=True)["Parameter"]
        except (BotoCoreError, ClientError) as error:
            raise Unavailable(f"{self._name} can't be read, so no page can be answered by mail: {error}") from error
        secret = parameter.get("Value", "").encode()
        if len(secret) < SECRET_MIN:
            raise Unavailable(f"{self._name} has fewer than {SECRET_MIN} bytes, so anybody could answer: make it anew")
        return secret
