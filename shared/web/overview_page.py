"""``/open/<token>``: everything open that one person was told of, each with the link by which they answer it."""

from shared.flow import reply_link
from shared.flow.ports import Deps
from shared.web.answer_page import LOOKING, clock, refused_page, shown
from shared.web.answering import Asked, Shown
from shared.web.rendering import page


def door(deps: Deps, asked: Asked) -> Shown:
    if asked.method not in LOOKING:
        return refused_page(405, "This page is only looked at.")
    return shown(deps, reply_link.CHANNEL, lambda: _listing(deps, asked.token))


def _listing(deps: Deps, token: str) -> Shown:
    """Raises Refused, Unavailable."""
    seen = reply_link.open_overview(deps, token)
    return page(
        200,
        "overview.html",
        title=f"{len(seen.listed)} open",
        reader=seen.user.full_name,
        incidents=[
            (each.incident, each.link, clock(each.incident.triggered_at, seen.user, day=True)) for each in seen.listed
        ],
        more=seen.more,
    )
