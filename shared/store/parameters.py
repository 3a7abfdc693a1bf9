"""Parameters of SSM, secret or not, read anew each minute.

One that was changed is in force within the minute in every warm function. Where it can't be read just now the last
value serves.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shared.flow.ports import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEPT_FOR = 60.0  # s
NOT_THERE = "ParameterNotFound"


class SsmParameters:
    """``Parameters`` of one account."""

    def __init__(self, client: "SSMClient", monotonic: Callable[[], float]) -> None:
        self._client, self._monotonic = client, monotonic
        self._held: dict[str, tuple[str | None, float]] = {}  # the value, and when it was read

    def read(self, name: str) -> str | None:
        held = self._held.get(name)
        if held is not None and self._monotonic() - held[1] < KEPT_FOR:
            return held[0]
        try:
            value = self._ask(name)
        except Unavailable:
            if held is None:
                raise
            value = held[0]
        self._held[name] = value, self._monotonic()
        return value

    def _ask(self, name: str) -> str | None:
        try:
            return self._client.get_parameter(Name=name, WithDecryption=True)["Parameter"].get("Value", "")
        except ClientError as fault:
            if fault.response.get("Error", {}).get("Code") == NOT_THERE:
                return None
            raise Unavailable(f"the parameter {name} can't be read: {fault}") from fault
        except BotoCoreError as fault:
            raise Unavailable(f"the parameter {name} can't be read: {fault}") from fault
