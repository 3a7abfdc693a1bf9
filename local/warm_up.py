"""Every function called once, at the same time: the first process of each is a matter of seconds, the next of none.

The requests are such that there is nothing to do. A function that can't even answer these can't be used, and says why.
"""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local.account import client
from local.problem import LocalError

NOTHING = {"Records": []}
NOWHERE = {"requestContext": {"http": {"method": "GET"}, "requestId": "warm-up"}, "rawPath": "/", "headers": {}}
NOBODYS = {"incident": "Q0000000000000", "epoch": 0}

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "tocsin-ingest": NOWHERE,
    "tocsin-triage": NOTHING,
    "tocsin-escalate": NOBODYS,
    "tocsin-page": NOTHING,
    "tocsin-reply": NOTHING,
    "tocsin-track": NOTHING,
    "tocsin-publish": NOTHING,
    "tocsin-announce": {},
    "tocsin-sweep": {},
}


class WarmUp:
    """Begins at once; ``finish`` waits, and raises LocalError with what was wrong."""

    def __init__(self, endpoint: str, requests: Mapping[str, Mapping[str, Any]] = REQUESTS) -> None:
        lambdas = client(endpoint, "lambda")
        self._pool = ThreadPoolExecutor(max_workers=len(requests))
        self._calls = {name: self._pool.submit(_call, lambdas, name, request) for name, request in requests.items()}

    def finish(self) -> None:
        faults = {name: fault for name, call in self._calls.items() if (fault := call.result())}
        self._pool.shutdown()
        if faults:
            raise LocalError(
                "functions were deployed and don't run:\n"
                + "\n".join(f"    {name}: {fault}" for name, fault in faults.items())
            )


def _call(lambdas: Any, name: str, request: Mapping[str, Any]) -> str | None:
    answer = lambdas.invoke(FunctionName=name, Payload=json.dumps(request).encode())
    return answer["Payload"].read().decode() if "FunctionError" in answer else None
