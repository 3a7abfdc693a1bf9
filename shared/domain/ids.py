"""Ids as PagerDuty's clients accept them: ``[PQ][A-Z0-9]{13}``, incidents ``Q…``, all else ``P…``.

They are derived, not drawn: the same cause gives the same id, so a step that is retried meets its own work.
"""

import base64
import hashlib


def derive(letter: str, *parts: str) -> str:
    """``letter`` and 13 characters (65 bits) from the SHA-256 of ``parts``."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return letter + base64.b32encode(digest)[:13].decode()


def incident_id(*cause: str) -> str:
    return derive("Q", "incident", *cause)


def object_id(kind: str, *name: str) -> str:
    """The id of an integration, alert, user … by its kind and name."""
    return derive("P", kind, *name)
