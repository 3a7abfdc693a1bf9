"""The AWS account that the local system stands for, and clients of it that read nobody's AWS configuration."""

import os
from typing import Any

ACCOUNT = "111122223333"  # as in infra/targets.py; the emulator takes an access key of 12 digits for the account
REGION = "eu-west-1"

CREDENTIALS = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "local"}
NO_USER_CONFIGURATION = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


def client(endpoint: str, service: str, config: Any = None) -> Any:
    """A boto3 client of the local system's ``service``, whatever the user's profile, endpoints and proxies are.

    ``config`` is botocore's, and says more, or otherwise.
    """
    import boto3
    import botocore.session
    from botocore.config import Config

    nobody: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    session = boto3.Session(
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        botocore_session=botocore.session.Session(session_vars=nobody),
    )
    own = Config(
        proxies={},
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )
    return session.client(service, endpoint_url=endpoint, config=own.merge(config) if config else own)
