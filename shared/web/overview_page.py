"""``/open/<token>``: everything open that one person was told of, each with the link by which they answer it."""

from shared.domain.errors import Refused
from shared.flow import reply_link
from shared.flow.ports import Deps, Unavailable
from shared.flow.reply import ignored
from shared.web.answer_page import LATER, LOOKING, clock, refused_page
from shared.web.answering import Asked, Shown
from shared.web.rendering import page


def door(deps: Deps, asked: Asked) -> Shown:
    if asked.method not in LOOKING:
        return refused_page(405, "This page is only looked at.")
    try:
        seen = reply_link.open_overview(deps, asked.path[1] if len(asked.path) == 2 else "")
    except Refused as fault:
        ignored(deps, str(fault), reply_link.CHANNEL)
        return refused_page(403, str(fault))
    except Unavailable as fault:
        deps.journal.fault("reply", str(fault))
        return refused_page(503, LATER)
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
