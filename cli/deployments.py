"""Choosing a deployment: the local one while it is up, or one in AWS."""

from cli.console import Failed
from cli.deployment import LOCAL, Deployment, in_aws
from cli.local_system import local_deployment


def chosen(name: str | None) -> Deployment:
    """``--deployment``; without it the local one, if it is up. Raises Failed."""
    local = local_deployment() if name in (None, LOCAL) else None
    if local is not None:
        return local
    if name in (None, LOCAL):
        raise Failed("no local system is up: run `tocsin up`, or name a deployment with --deployment PROFILE:REGION.")
    return in_aws(str(name))
