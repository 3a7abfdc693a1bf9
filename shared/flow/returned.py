"""A bounce that comes by mail to the reply address of a page, beside what SES itself reports.

Laws: whoever has seen a page can forge one (docs/decisions/delivery.md). So it counts only in RFC 3464's form, as
final, for exactly the address that was paged, while hosts still try, and once a page. No word of it goes further.
"""

from datetime import timedelta

from shared.domain.directory import Medium
from shared.domain.errors import Refused
from shared.domain.notification import REACHED, Page
from shared.flow import track
from shared.flow.confirming import address_of
from shared.flow.ports import Deps
from shared.sources.delivery import Outcome, Report
from shared.sources.mail.delivery_report import DeliveryReport

TRIED = timedelta(days=6)  # five, as long as hosts keep what they can't deliver (RFC 5321 §4.5.4.1), and one on the way


def run(deps: Deps, bounce: DeliveryReport, page: Page | None) -> None:
    """``page``, whose address it came to, has failed and its method is broken. Raises Refused, Unavailable."""
    if page is None:
        raise Refused("a bounce: the page that it is about is not there any more")
    _check(deps, bounce, page)
    track.run(
        deps,
        Report(
            medium=page.medium,
            provider_id=page.provider_id or "",
            outcome=Outcome.FAILED,
            recipient=page.address,
            hard=True,
            reason=f"a bounce to the page's reply address says {bounce.status}",
            at=deps.now(),
            sent_at=page.sent_at,
        ),
    )


def _check(deps: Deps, bounce: DeliveryReport, page: Page) -> None:
    """Raises Refused with the reason, by name in the log."""
    user = deps.directory.current().users.get(page.user)
    if not bounce.formal:
        raise Refused("a bounce: it isn't in the form of RFC 3464")
    if not (bounce.hard and bounce.status.startswith("5.")):
        raise Refused("a bounce: it isn't final")
    if page.medium is not Medium.EMAIL or bounce.sent_to != page.address.casefold():
        raise Refused("a bounce: it isn't about the address that was paged")
    if user is None or address_of(user, Medium.EMAIL, page.address) is None:
        raise Refused("a bounce: the contact method that was paged is not in the configuration any more")
    if page.state not in REACHED or page.sent_at is None or page.provider_id is None:
        raise Refused("a bounce: the page hasn't gone out, or is known to have failed")
    if deps.now() - page.sent_at > TRIED:
        raise Refused("a bounce: the page is older than mail systems try")
