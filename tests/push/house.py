"""Ada, whose browser is one of her contacts, and the real channel to a strict push service."""

import json
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.channels.outside import Outside
from shared.channels.push import PushChannel
from shared.channels.texts import unheard
from shared.channels.vetted import read_networks
from shared.channels.web_push import make_keys, written
from shared.domain.contact_state import ContactState
from shared.domain.directory import Contact, Directory, Medium, NotificationRule, Urgency
from shared.domain.subscription import MORE_SERVICES, VAPID_KEY
from tests.flow.people import directory, level, user
from tests.push.service import PushService
from tests.web.browser_double import FROM_OUR_PAGE, Phone

DEVICE = Contact(name="laptop", medium=Medium.PUSH, address="Ada's laptop")


def people() -> Directory:
    """Ada is pushed to at once, and texted after two minutes."""
    ada = user("ada")
    rules = (
        NotificationRule(after=timedelta(0), by="laptop"),
        NotificationRule(after=timedelta(minutes=2), by="phone"),
    )
    ada = replace(ada, contacts=(*ada.contacts, DEVICE), notify={**ada.notify, Urgency.HIGH: rules})
    return directory(level("ada"), level("grace"), users=(ada, user("grace"), user("linus")))


def here(trusted: ssl.SSLContext, deadline: float = 5.0) -> Outside:
    """How this machine is reached, as the world is."""
    return Outside(
        monotonic=time.monotonic,
        networks=read_networks("127.0.0.0/8"),
        resolve=lambda name, port: ["127.0.0.1"],
        context=lambda: trusted,
        deadline=deadline,
    )


class House:
    def __init__(self, service: PushService, trusted: ssl.SSLContext, *, subscribed: bool = True) -> None:
        self.service, self.keys = service, make_keys()
        self.phone = Phone(people())
        self.world = self.phone.world
        self.world.parameters.values |= {VAPID_KEY: written(self.keys), MORE_SERVICES: service.host}
        channel = PushChannel(
            self.world.parameters, "tocsin@acme.example", here(trusted), lambda: datetime.now(UTC), unheard
        )
        self.world.deps = replace(self.world.deps, channels={**self.world.deps.channels, Medium.PUSH: channel})
        if subscribed:
            assert self.subscribe()["statusCode"] == 200

    @property
    def link(self) -> str:
        link = self.world.deps.replies.subscribing("ada", DEVICE, self.world.clock.at)
        assert link is not None
        return link

    @property
    def state(self) -> ContactState:
        return self.world.contacts.of("ada", DEVICE)

    def subscribe(
        self, told: object = None, link: str | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """What the page's script sends."""
        told = self.service.subscribe(self.keys.public) if told is None else told
        sent = {"content-type": "application/json", **(FROM_OUR_PAGE if headers is None else headers)}
        return self.phone.ask("POST", link or self.link, sent, json.dumps(told))
