"""A page to look at: what a template gives before anybody is woken by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain.alert import Alert
from shared.domain.change_event import ChangeEvent, ServiceChange
from shared.domain.directory import Contact, Level, Medium, Policy, Target, TargetKind, Urgency, User
from shared.domain.event import Action, Event, Link, Severity
from shared.domain.incident import begin
from shared.domain.notification import FALLBACK, Page
from shared.domain.timeline import Kind, LogEntry, Opening
from shared.flow.channel import Notice

NIGHT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SUMMARY = "Orders fail since the last deploy"
POLICY = Policy(
    name="checkout",
    levels=(Level(notify=(Target(kind=TargetKind.USER, name="ada"),), after=timedelta(minutes=5)),),
)
ADA = User(
    name="ada",
    full_name="Ada Park",
    email="ada@acme.example",
    time_zone="Europe/Berlin",
    contacts=(Contact(name="mail", medium=Medium.EMAIL, address="ada@acme.example"),),
)


def notice(medium: Medium, said: str = SUMMARY) -> Notice:
    """Ada is paged at night; every text that comes from outside is ``said``."""
    opening = Opening(
        number=1742,
        service="checkout",
        title=said,
        urgency=Urgency.HIGH,
        policy=POLICY,
        priority="P1",
        tags=("pci", said),
    )
    event = Event(
        action=Action.TRIGGER,
        dedup_key="checkout-5xx",
        severity=Severity.CRITICAL,
        summary=f"{said} now",
        source=said,
        source_type="cloudwatch",
        links=(Link(href=said, text=said),),
        custom_details={said: said},
    )
    page = Page(
        incident="Q0SAMPLE",
        entry="1",
        user=ADA.name,
        rule=0,
        level=1,
        epoch=1,
        method=medium.value,
        medium=medium,
        address=ADA.email,
        due=NIGHT,
    )
    change = ServiceChange(
        id="P0SAMPLE",
        service="checkout",
        at=NIGHT - timedelta(minutes=20),
        accepted_at=NIGHT,
        integration="P0SAMPLE",
        change=ChangeEvent(summary="Deployment of orders" if said == SUMMARY else said),
    )
    return Notice(
        incident=begin("Q0SAMPLE", LogEntry(kind=Kind.TRIGGERED, at=NIGHT, due=NIGHT, epoch=1, opening=opening)),
        contact=Contact(name=medium.value, medium=medium, address=page.address),
        user=ADA,
        page=page,
        alert=Alert(id="P0SAMPLE", key="checkout-5xx", event_id="sample", event=event),
        reply_to="reply+sample@in.acme.example" if medium is Medium.EMAIL else None,
        link="https://tocsin.acme.example/answer/sample",
        account="Acme",
        changes=(change,),
    )


def bare(medium: Medium) -> Notice:
    """The fallback contact, told of an incident of which little is known."""
    full = notice(medium)
    page = replace(full.page, user=FALLBACK) if full.page else None
    incident = replace(full.incident, priority=None, tags=())
    return replace(
        full, incident=incident, user=None, page=page, alert=None, reply_to=None, link=None, account="", changes=()
    )
