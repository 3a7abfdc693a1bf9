"""After all that the other files of this folder did to it: each timeline tells its incident, and no page came twice."""

from cli.replay import replay
from shared.domain.notification import PageState
from tests.system.conftest import Running


def test_every_incident_is_what_its_timeline_tells(running: Running) -> None:
    replayed = list(replay(running.deployment, None))
    assert replayed
    assert not [each.as_json() for each in replayed if not each.same]


def test_no_page_was_sent_twice(running: Running) -> None:
    for name in running.deps.incidents.names():
        loaded = running.deps.incidents.load(name)
        assert loaded is not None
        # What a bundle listed was never sent by itself.
        assert all(page.attempts <= 1 for page in loaded.pages if page.state is PageState.SENT)
