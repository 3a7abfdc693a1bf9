"""A browser as the reply function meets it: requests of the HTTP API, with the headers that browsers send."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from functions.reply import handler
from shared.domain.directory import Directory
from shared.flow.channel import Notice
from shared.store.memory import MemoryIncidents
from tests.flow.people import directory, level
from tests.flow.story import Story

HOST = "tocsin.example"
FROM_OUR_PAGE = {"sec-fetch-site": "same-origin", "origin": f"https://{HOST}"}


class Phone:
    """Ada's phone on a night on which she was paged at three, and Grace is next."""

    def __init__(self, people: Directory | None = None, **told: Any) -> None:
        self.story = Story(people or directory(level("ada"), level("grace"))).receive(**told)
        self.world = self.story.world

    @property
    def link(self) -> str:
        return self.link_of("ada")

    def link_of(self, user: str) -> str:
        link = next(notice.link for notice in self.notices if notice.page and notice.page.user == user)
        assert link is not None
        return link

    @property
    def notices(self) -> list[Notice]:
        return [sent.notice for sent in self.world.sent]

    def ask(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> dict[str, Any]:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"""
        request = {
            "version": "2.0",
            "rawPath": urlsplit(address).path,
            "headers": {"host": HOST, **(headers or {})},
            "requestContext": {"http": {"method": method, "path": urlsplit(address).path}},
            "isBase64Encoded": False,
            **({"body": body} if body is not None else {}),
        }
        answer = handler.respond(self.world.deps, request)
        self.world.settle()
        return answer

    def look(self, address: str | None = None, method: str = "GET") -> dict[str, Any]:
        return self.ask(method, address or self.link)

    def press(
        self, action: str, address: str | None = None, headers: Mapping[str, str] | None = None, **fields: str
    ) -> dict[str, Any]:
        """A button of the form, as a browser sends it from our own page."""
        sent = {"content-type": "application/x-www-form-urlencoded", **(FROM_OUR_PAGE if headers is None else headers)}
        return self.ask("POST", address or self.link, sent, urlencode({"do": action, **fields}))

    def everything(self) -> object:
        """The whole of what is stored, to be compared."""
        store = self.world.incidents
        assert isinstance(store, MemoryIncidents)
        return [(i, log, pages) for i, log, pages in self.world.timeline()], dict(self.world.notebook.counts)

    def forget(self, user: str) -> None:
        """The configuration is applied without them."""
        now = self.world.directories.current()
        others = {name: person for name, person in now.users.items() if name != user}
        self.world.directories.put(replace(now, version=now.version + 1, users=others))
