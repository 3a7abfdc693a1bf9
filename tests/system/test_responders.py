"""Added responders and merges on the deployed system: the same conditions, by the tables that it runs on."""

from dataclasses import replace

from shared.domain.command import Command, Order
from shared.domain.incident import Status
from shared.domain.notification import PageState
from shared.domain.timeline import Author, Kind
from shared.flow.obey import obey
from shared.flow.stores import Loaded
from shared.store.services import StepFunctions
from tests.system.conftest import Running, eventually


def order(running: Running, incident: str, what: Order, by: str = "ada", **more: object) -> str:
    """As the dashboard will do it: with what its function may call."""
    runs = StepFunctions(running.deployment.client("stepfunctions"), running.deployment.facts["state_machine_arn"])
    deps = replace(running.deps, executions=runs)
    return obey(deps, incident, [Command(order=what, by=Author(user=by), **more)], None).text  # type: ignore[arg-type]


def opened(running: Running, key: str) -> Loaded:
    running.trigger(key)
    return eventually(lambda: running.incident_of(key), "the incident")


def pages(running: Running, incident: str) -> dict[str, PageState]:
    loaded = running.deps.incidents.load(incident)
    assert loaded is not None
    return {page.identity: page.state for page in loaded.pages}


def test_linus_is_paged_though_ada_has_it_and_no_more_once_he_has_answered(running: Running) -> None:
    running.hours_later(running.deps.directory.current().users["linus"].contacts[1].address)
    incident = opened(running, "helped").incident.id
    order(running, incident, Order.ACKNOWLEDGE)
    assert "linus is asked" in order(running, incident, Order.ADD_RESPONDERS, users=("linus",))
    eventually(lambda: pages(running, incident).get("R1#linus#0") is PageState.SENT, "the text to Linus")
    order(running, incident, Order.NOTE, "linus", text="looking")
    order(running, incident, Order.RESOLVE)
    assert [entry.kind for entry in running.deps.incidents.timeline(incident)][-4:] == [
        Kind.ACKNOWLEDGED,
        Kind.RESPONDER_ADDED,
        Kind.NOTED,
        Kind.RESOLVED,
    ]
    assert set(pages(running, incident)) - {"1#ada#0", "1#ada#1"} == {"R1#linus#0"}


def test_what_was_merged_recovers_into_the_incident_that_is_left(running: Running) -> None:
    gone, left = opened(running, "merged-away").incident.id, opened(running, "merged-into").incident.id
    assert "its alerts have moved" in order(running, gone, Order.MERGE, into=left)
    assert len(running.deps.incidents.alerts(left)) == 2
    running.resolve("merged-into")
    running.resolve("merged-away")

    def resolved() -> bool:
        state = running.deps.incidents.state(left)
        return state is not None and state.status is Status.RESOLVED

    eventually(resolved, "the recovery of both")
