"""Pages as browsers get them: templates that escape everything, one style for all, and a policy that runs nothing else.

The style stands in the page itself and is allowed by its hash: no second request, no address to be spoofed.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shared.web.answering import SAFE, Shown

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; style-src 'sha256-{style}'"
OWN_SCRIPTS = "script-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'"


def page(status: int, template: str, *, scripts: bool = False, **facts: object) -> Shown:
    """``template`` told with ``facts``. Without ``scripts`` it runs none, not even ours."""
    policy = NOTHING.format(style=_hash(_style()))
    headers = {
        **SAFE,
        # Not no-referrer: with that a browser sends `Origin: null` even to ourselves (https://fetch.spec.whatwg.org/#origin-header).
        "referrer-policy": "same-origin",
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": f"{policy}; {OWN_SCRIPTS}" if scripts else policy,
    }
    body = _environment().get_template(template).render(**facts)
    return Shown(status=status, headers=headers, body=body)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _style() -> str:
    """As the pages include it."""
    return _environment().get_template("style.css").render()


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
