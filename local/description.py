"""``local.json``: where the running system is, for whoever uses it. Its form is a contract: CONFIG, ``tocsin up``.

A key whose part isn't built yet is null.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from local.background import Addresses
from local.folder import Folder, read_json, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    events_url: str
    api_url: str | None
    dashboard_url: str | None
    mailbox_url: str
    inject_url: str
    smtp: str
    aws_endpoint: str
    ca_file: str
    api_token: str | None
    sign_in: Mapping[str, str] | None
    routing_keys: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def with_keys(self, routing_keys: Mapping[str, str]) -> "Description":
        return replace(self, routing_keys=dict(routing_keys))


def describe(folder: Folder, addresses: Addresses) -> Description:
    return Description(
        **addresses.as_json(),
        ca_file=str(folder.ca_file),
        api_url=None,
        dashboard_url=None,
        api_token=None,
        sign_in=None,
        routing_keys={},
    )


def write(folder: Folder, description: Description) -> None:
    write_json(folder.description_file, description.as_json())


def read(folder: Folder) -> Description | None:
    """None where there is none, or another version of us wrote it."""
    found = read_json(folder.description_file)
    try:
        return Description(**found) if found else None
    except TypeError:
        return None
