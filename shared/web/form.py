"""What a person sends from a page of ours: a form, small, from that very page.

Laws: nothing that another site, a mail program or a scanner can send counts as a person's answer. A browser says where
a request comes from (https://www.w3.org/TR/fetch-metadata/). What doesn't say it is refused: the one click of a mail
program's ``List-Unsubscribe`` (RFC 8058) doesn't.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from shared.domain.errors import Refused
from shared.web.answering import Asked

LARGEST = 64 * 1024  # bytes of a body
FIELDS_MAX = 20
FORM = "application/x-www-form-urlencoded"


class Unreadable(Refused):
    """A form that isn't one of ours; ``status`` is HTTP's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def read_form(asked: Asked) -> Mapping[str, str]:
    """Its fields. Raises Unreadable."""
    refuse_strangers(asked)
    if _media_type(asked) != FORM:
        raise Unreadable(415, "the answer is no form of ours")
    try:
        pairs = parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise Unreadable(400, "the answer has more fields than our form") from None
    return dict(pairs)


def refuse_strangers(asked: Asked) -> None:
    """Raises Unreadable where the request is too large, or doesn't come from a page of ours."""
    if len(asked.body) > LARGEST:
        raise Unreadable(413, f"the answer has more than {LARGEST // 1024} KB")
    if not _from_our_page(asked.headers):
        raise Unreadable(403, "the answer doesn't come from our own page")


def _from_our_page(headers: Mapping[str, str]) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin, host = headers.get("origin", ""), headers.get("host", "")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return bool(host) and parts.scheme == "https" and parts.netloc.casefold() == host.casefold()


def _media_type(asked: Asked) -> str:
    return asked.headers.get("content-type", "").partition(";")[0].strip().casefold()
