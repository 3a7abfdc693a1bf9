"""What an attempt to send came to, told apart by what AWS's client raises.

Laws: refused, or never sent → SendFailed, and the next method is due at once; perhaps sent → OutcomeUnknown. Clients
that send have retries switched off (wiring does it), so one call is one attempt.
"""

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProxyConnectionError,
)

from shared.channels.plain_text import one_line
from shared.flow.channel import OutcomeUnknown, SendFailed

REASON_MAX = 300  # characters of a provider's own words

NEVER_SENT = (
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    ProxyConnectionError,
)


@contextmanager
def sending_by(provider: str) -> Generator[None]:
    """Around one call that sends. Raises SendFailed, OutcomeUnknown with the provider's own reason."""
    try:
        yield
    except ClientError as error:
        raise _refused(provider, error) from error
    except NEVER_SENT as error:
        raise SendFailed(f"{provider} was not reached: {one_line(str(error), REASON_MAX)}") from error
    except BotoCoreError as error:  # a read time-out, a closed connection, an answer that can't be read
        raise OutcomeUnknown(f"{provider} may have sent it: {one_line(str(error), REASON_MAX)}") from error


def _refused(provider: str, error: ClientError) -> SendFailed | OutcomeUnknown:
    said = error.response.get("Error", {})
    reason = one_line(f"{said.get('Code', 'no code')}: {said.get('Message', '')}", REASON_MAX)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if status >= 500:  # a server's own fault says nothing of what it had done by then
        return OutcomeUnknown(f"{provider} may have sent it: {reason}")
    return SendFailed(f"{provider} refused: {reason}")
