"""The background process: emulator, front door and mail bridge in one event loop, until it is told to stop.

Started by ``background``; by hand: ``python -m local.serve --folder .tocsin``.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import certificates, emulator, front_door, ports
from local.answering import Answering
from local.asgi import App
from local.background import Addresses
from local.checked import Record
from local.deployed import Deployed
from local.folder import Folder, lock, read_json, write_json
from local.injection import inject
from local.mail import Bridge, protocol
from local.mailbox import Mailbox
from local.mailbox_page import page
from local.ports import IPV4, IPV6, Listening
from local.problem import LocalError

DOORS = ("events", "inject", "mailbox")

logger = logging.getLogger("local")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.serve")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--enforce-iam", action="store_true")
    arguments = parser.parse_args()
    folder = Folder(arguments.folder.resolve())
    folder.make()
    with folder.process_lock.open("a") as handle:
        if not _lock_within_a_second(handle.fileno()):
            sys.exit(f"a process serves {folder.path} already")
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        try:
            asyncio.run(serve(folder, enforce_iam=arguments.enforce_iam))
        except LocalError as error:
            sys.exit(str(error))


def _lock_within_a_second(descriptor: int) -> bool:
    """A command that looks whether the lock is held holds it for a moment itself."""
    for _ in range(20):
        if lock(descriptor):
            return True
        time.sleep(0.05)
    return False


async def serve(folder: Folder, *, enforce_iam: bool) -> None:
    stopped, started = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    taken = _listen(folder)
    addresses = _addresses(taken)
    emulator.prepare(folder, taken["aws"].port, enforce_iam=enforce_iam)
    mailbox = Mailbox(folder.mailbox_file)
    aws = emulator.make(mailbox, started, Record(folder.checked) if enforce_iam else None)
    deployed = Deployed(folder.deployment_file)
    await _take_mail(taken["smtp"], Bridge(addresses.aws_endpoint, deployed))
    servers = [_run(aws, emulator.http(taken["aws"].binds()), stopped)]
    doors = {
        "events": front_door.events(aws, deployed),
        "inject": front_door.for_own_callers(inject),
        "mailbox": front_door.for_own_callers(
            page(mailbox, Answering(mailbox, deployed, addresses.aws_endpoint, addresses.smtp))
        ),
    }
    secured = certificates.certificate(folder, datetime.now(UTC))
    binds = [bind for name in DOORS for bind in taken[name].binds()]
    by_port = front_door.by_port({taken[name].port: doors[name] for name in DOORS})
    servers.append(_run(by_port, front_door.https(binds, secured), stopped))
    try:
        await asyncio.wait([*servers, asyncio.create_task(started.wait())], return_when=asyncio.FIRST_COMPLETED)
        if started.is_set():
            write_json(folder.ready_file, addresses.as_json())
        await asyncio.wait(servers, return_when=asyncio.FIRST_COMPLETED)
    finally:
        folder.ready_file.unlink(missing_ok=True)
        stopped.set()
        ended = await asyncio.gather(*servers, return_exceptions=True)
        emulator.end_functions()
    for fault in ended:
        if isinstance(fault, BaseException):
            raise fault
    logger.info("stopped; what it holds is kept in %s", folder.state)


def _listen(folder: Folder) -> Mapping[str, Listening]:
    """The same ports as last time. The emulator's stands in addresses that its state holds, and can't change."""
    known: Mapping[str, Any] = read_json(folder.ports_file) or {}
    taken = {
        "aws": ports.listen("aws", folder.path, known.get("aws"), movable=False),
        "smtp": ports.listen("smtp", folder.path, known.get("smtp")),
        **{name: ports.listen(name, folder.path, known.get(name), hosts=(IPV4, IPV6)) for name in DOORS},
    }
    write_json(folder.ports_file, {name: each.port for name, each in taken.items()})
    return taken


def _addresses(taken: Mapping[str, Listening]) -> Addresses:
    return Addresses(
        aws_endpoint=f"http://{IPV4}:{taken['aws'].port}",
        smtp=f"{IPV4}:{taken['smtp'].port}",
        **{f"{name}_url": f"https://localhost:{taken[name].port}" for name in DOORS},
    )


async def _take_mail(listening: Listening, bridge: Bridge) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: protocol(bridge, loop), sock=listening.sockets[0])


def _run(app: App, config: Any, stopped: asyncio.Event) -> asyncio.Task[None]:
    from hypercorn.asyncio import serve as run

    return asyncio.create_task(run(app, config, shutdown_trigger=stopped.wait))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
