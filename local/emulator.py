"""MiniStack in this process: what it is told before it is imported, and what is put around it.

- It listens on loopback only, and touches no Docker.
- Its functions inherit this process's environment: nothing of the user's may be in it (see ``background``).
- A stop writes its state; nothing else does.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, MutableMapping
from typing import Any

from hypercorn.config import Config

from local import patches, providers
from local.account import ACCOUNT, REGION
from local.asgi import App, Receive, Scope, Send, header, read_body, replay
from local.checked import Record
from local.folder import Folder
from local.mailbox import Mailbox, Sent
from local.ports import IPV4

SAVED = "cloudformation.json"  # there once a stop has written the state
LARGEST_MAIL = 2**26  # bytes of a request; SES takes 40 MB


def prepare(folder: Folder, port: int, *, enforce_iam: bool) -> None:
    """Sets what MiniStack reads at import."""
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST=IPV4,
        MINISTACK_HOST=IPV4,
        MINISTACK_ACCOUNT_ID=ACCOUNT,
        MINISTACK_REGION=REGION,
        PERSIST_STATE="1",
        STATE_DIR=str(folder.state / "ministack"),
        S3_PERSIST="1",
        S3_DATA_DIR=str(folder.state / "s3"),
        IOT_MTLS_ENABLED="0",  # else MQTT on every interface
        SFTP_ENABLED="0",
        DOCKER_HOST=f"unix://{folder.tmp}/no-docker",  # at a start it would remove containers that another one left
        AUTH="true" if enforce_iam else "false",
        LAMBDA_ACCOUNT_CONCURRENCY="0",  # patches.bound_processes lets them wait instead of turning them away
        LOG_LEVEL="INFO",
    )
    if not (folder.state / "ministack" / SAVED).exists():
        # Objects, code and keys are on the disk at once, all else at a stop: without one they belong to what is gone.
        for left_over in ("ministack", "s3"):
            shutil.rmtree(folder.state / left_over, ignore_errors=True)


def make(mailbox: Mailbox, started: asyncio.Event, checked: Record | None) -> App:
    """MiniStack, completed; call ``prepare`` first. ``started`` is set when its state is restored."""
    memory = patches.apply(mailbox, checked)

    from ministack.app import app
    from ministack.services import cloudwatch

    def restored() -> None:
        for alarm in [*cloudwatch._alarms._data.values(), *cloudwatch._composite_alarms._data.values()]:
            memory.learn(alarm)
        patches.read_streams_anew()
        started.set()

    return _after_start(_recorded(app, mailbox, providers.report), restored)


def http(binds: list[str]) -> Config:
    config = Config()
    config.bind = binds
    config.errorlog = logging.getLogger("local.emulator")
    config.keep_alive_timeout = 75  # clients keep their connections
    return config


def end_functions() -> None:
    """Ends every function's process and removes its folder, which a stop of MiniStack leaves behind."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


def _after_start(app: App, do: Callable[[], None]) -> App:
    async def started(scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                do()
            await send(message)

        await app(scope, receive, tell if scope["type"] == "lifespan" else send)

    return started


def _recorded(app: App, mailbox: Mailbox, report: Callable[[Sent], None]) -> App:
    """``app``, whose accepted mails and texts are in the mailbox before the sender hears so, and are reported later."""

    async def record(scope: Scope, receive: Receive, send: Send) -> None:
        keep = _keeper(scope, mailbox)
        if keep is None:
            await app(scope, receive, send)
            return
        body = await read_body(receive, LARGEST_MAIL)
        answer: list[MutableMapping[str, Any]] = []

        async def hold(message: MutableMapping[str, Any]) -> None:
            answer.append(message)

        await app(scope, replay(body), hold)
        if answer and answer[0]["status"] == 200:
            sent = keep(body, b"".join(message.get("body", b"") for message in answer))
            if sent is not None:
                report(sent)
        for message in answer:
            await send(message)

    return record


def _keeper(scope: Scope, mailbox: Mailbox) -> Callable[[bytes, bytes], Sent | None] | None:
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    if scope["path"] == "/v2/email/outbound-emails":
        return mailbox.mailed
    if scope["path"] == "/" and "/sns/aws4_request" in header(scope, "authorization"):
        return mailbox.texted
    return None
