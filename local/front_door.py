"""https on loopback, one port a purpose, addresses without a path: clients made for other systems accept nothing else.

- Events go to the deployed HTTP API as they came: path, query, headers and body, under API Gateway's limit.
- What lets one read people's messages, or speak in AWS's name, answers only to this machine's own names, and to no page
  of another site: a browser here could be made to ask.
"""

import logging
from collections.abc import Mapping

from hypercorn.config import Config

from local.asgi import App, Gone, Receive, Scope, Send, TooLong, answer_json, header, read_body, replay
from local.certificates import Certificate
from local.deployed import Deployed

LARGEST = 10 * 2**20  # bytes: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
HOP_BY_HOP = {  # RFC 9110 §7.6.1
    *(b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    b"content-length",  # of what is passed on, instead
}
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")


def by_port(apps: Mapping[int, App]) -> App:
    """One server, an application a port."""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _nothing_to_start(receive, send)
        elif scope["type"] == "http":
            await apps[scope["server"][1]](scope, receive, send)

    return choose


async def _nothing_to_start(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def https(binds: list[str], certificate: Certificate) -> Config:
    config = Config()
    config.bind = binds
    config.certfile, config.keyfile = str(certificate.chain), str(certificate.key)
    config.errorlog = logging.getLogger("local.front_door")
    config.keep_alive_timeout = 75
    return config


def events(emulator: App, deployed: Deployed) -> App:
    """What is said here is said to the deployed HTTP API."""

    async def forward(scope: Scope, receive: Receive, send: Send) -> None:
        identity = deployed.api()
        if identity is None:
            await answer_json(send, 503, {"message": "Service Unavailable: not deployed yet"})
            return
        try:
            body = await read_body(receive, LARGEST)
        except TooLong:
            await answer_json(send, 413, {"message": "Request Entity Too Large"})
            return
        except Gone:
            return
        await emulator(_as_to_api_gateway(scope, identity, len(body)), replay(body), send)

    return forward


def _as_to_api_gateway(scope: Scope, identity: str, size: int) -> Scope:
    stage = f"/_aws/execute-api/{identity}/$default"
    client = (scope.get("client") or ("127.0.0.1",))[0]
    named = {key for pair in scope["headers"] if pair[0] == b"connection" for key in _listed(pair[1])}
    headers = [pair for pair in scope["headers"] if pair[0] not in HOP_BY_HOP | named]
    seen_from = ", ".join(filter(None, [header(scope, "x-forwarded-for"), client]))
    added = {
        "x-forwarded-for": seen_from,
        "x-forwarded-port": str(scope["server"][1]),
        "x-forwarded-proto": "https",
        "content-length": str(size),
    }
    kept = [pair for pair in headers if pair[0].decode("latin-1") not in added]
    return {
        **scope,
        "path": stage + scope["path"],
        "raw_path": stage.encode() + scope.get("raw_path", scope["path"].encode()),
        "headers": kept + [(name.encode(), value.encode("latin-1")) for name, value in added.items()],
    }


def _listed(value: bytes) -> set[bytes]:
    return {name.strip().lower() for name in value.split(b",")}


def for_own_callers(app: App) -> App:
    """``app``, closed to names that another site's DNS may have given this machine, and to other sites' pages."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        port = scope["server"][1]
        own = {f"{name}:{port}" for name in OWN_NAMES}
        origin = header(scope, "origin")
        if header(scope, "host") not in own or (origin and origin.removeprefix("https://") not in own):
            await answer_json(send, 403, {"message": "Forbidden: only for this machine's own callers"})
            return
        await app(scope, receive, send)

    return guard
