"""Webhooks, as the files write them: where they lead, and which events they ask for."""

from urllib.parse import urlsplit

from shared.config.inspection import Inspection, words
from shared.config.shapes import nearest
from shared.domain.announcement import EVENTS

OWN_MACHINE = "127.0.0.1"  # is called on this machine alone: a deployment on AWS refuses it


def webhooks(check: Inspection) -> None:
    for name, webhook in check.of("webhooks"):
        path, url = f"webhooks.{name}", str(webhook.get("url", ""))
        fault = _fault_of(url)
        if fault:
            check.tell(f"{path}.url", "address", f"{url!r} is never called: {fault}")
        for place, event in enumerate(words(webhook, "events")):
            if event not in EVENTS:
                message = f"there is no event {event!r}{nearest(event, list(EVENTS))}"
                check.tell(f"{path}.events[{place}]", "reference", message)
        if not webhook.get("secret"):
            message = "it isn't signed, so whoever is told can't know who told it: name a secret, ssm:/tocsin/webhook"
            check.warn(path, "unsigned", message)


def _fault_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port_is_read = parts.port is None or parts.port > 0
    except ValueError:
        return "it is no address"
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == OWN_MACHINE)):
        return "write https://, as what is told is nobody else's business"
    if not parts.hostname or not port_is_read:
        return "it names no host"
    if "@" in parts.netloc:
        return "a secret has no place in it: name one as secret, by which each request is signed"
    return None
