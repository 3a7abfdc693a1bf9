"""AWS's own names: resources (ARNs), Regions, and where the console shows a thing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

REGION_CODE = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d{1,2}")
CONSOLES: Mapping[str, str] = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
# Alarm notifications name the Region as the console once did: "EU (Ireland)", "EU - Ireland", "Europe (Ireland)".
# The place in it is unique. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
PLACES: Mapping[str, str] = {
    "govcloud (us-east": "us-gov-east-1",
    "govcloud": "us-gov-west-1",
    "virginia": "us-east-1",
    "ohio": "us-east-2",
    "california": "us-west-1",
    "oregon": "us-west-2",
    "cape town": "af-south-1",
    "hong kong": "ap-east-1",
    "taipei": "ap-east-2",
    "tokyo": "ap-northeast-1",
    "seoul": "ap-northeast-2",
    "osaka": "ap-northeast-3",
    "mumbai": "ap-south-1",
    "hyderabad": "ap-south-2",
    "singapore": "ap-southeast-1",
    "sydney": "ap-southeast-2",
    "jakarta": "ap-southeast-3",
    "melbourne": "ap-southeast-4",
    "malaysia": "ap-southeast-5",
    "new zealand": "ap-southeast-6",
    "thailand": "ap-southeast-7",
    "calgary": "ca-west-1",
    "canada": "ca-central-1",
    "frankfurt": "eu-central-1",
    "zurich": "eu-central-2",
    "stockholm": "eu-north-1",
    "milan": "eu-south-1",
    "spain": "eu-south-2",
    "ireland": "eu-west-1",
    "london": "eu-west-2",
    "paris": "eu-west-3",
    "tel aviv": "il-central-1",
    "uae": "me-central-1",
    "bahrain": "me-south-1",
    "mexico": "mx-central-1",
    "paulo": "sa-east-1",
    "beijing": "cn-north-1",
    "ningxia": "cn-northwest-1",
}


@dataclass(frozen=True, slots=True)
class Arn:
    """``arn:partition:service:region:account:resource``; some resources have no region or account."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(["arn", *(getattr(self, field.name) for field in fields(self))])


def parse_arn(written: str | None) -> Arn | None:
    """None for what isn't an ARN. Blanks between its parts, as some tools insert, don't count."""
    parts = [part.strip() for part in (written or "").split(":", 5)]
    return Arn(*parts[1:]) if len(parts) == 6 and parts[0] == "arn" and parts[5] else None


def region_code(written: str | None) -> str | None:
    """``eu-west-1`` for ``eu-west-1`` and for ``EU (Ireland)``; None for a place unknown."""
    folded = (written or "").strip().lower()
    if REGION_CODE.fullmatch(folded):
        return folded
    return next((code for place, code in PLACES.items() if place in folded), None)


def account_id(written: str | None) -> str | None:
    """Twelve digits; an account that travelled as a number has lost its leading zeros."""
    return written.zfill(12) if written and written.isdecimal() else written


def partition(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def console(service: str, region: str | None, place: str) -> str | None:
    """The console's address of ``place``, an already escaped fragment; None without a proper Region."""
    page = console_page(f"{service}/home", region)
    return page and f"{page}#{place}"


def console_page(path: str, region: str | None) -> str | None:
    """The console's page at ``path``, already escaped; None without a proper Region."""
    if not region or not REGION_CODE.fullmatch(region):
        return None
    return f"https://{CONSOLES[partition(region)].format(region=region)}/{path}?region={region}"
