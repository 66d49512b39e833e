"""A synced account of Microsoft Entra ID: its password is set where it is kept, and never in the cloud."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from uuid import UUID

import pytest
from servers.entra_store import NEW
from servers.graph import Graph
from servers.graph_people import OLD, Someone
from servers.keyback import Keyback
from servers.linked import key_of
from servers.outfit import ENTRIES, SWIFT, a_story, opens, pins, running_post
from servers.slapd import PASSWORD, PEOPLE, Slapd, running_slapd
from servers.story import Post, Story, wait_until


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Mailboxes of their own."""
    with running_post(tmp_path_factory.mktemp("post")) as both:
        yield both


@pytest.fixture(scope="module")
def master() -> Iterator[Slapd]:
    """The directory that is synced to the cloud, which these tests may stop."""
    with running_slapd() as server:
        yield server


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with Graph(tmp_path_factory.mktemp("graph")) as graph:
        yield graph
        assert graph.violations == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, post: Post, master: Slapd, graph: Graph) -> Iterator[Keyback]:
    entra = {**graph.pins, "called": "Microsoft 365", "mastered_in": "openldap"}
    outfit = {**pins(post, master), **SWIFT, "store.entra": entra}
    with Keyback(tmp_path_factory.mktemp("keyback-copies"), outfit, more={"entries": ENTRIES}) as running:
        yield running


@pytest.fixture
def somebody(server: Keyback, post: Post, master: Slapd, graph: Graph) -> tuple[Story, Someone, str]:
    """A person who types the cloud's name, and the name by which the master knows them."""
    story = a_story(server, post, master)
    kept = UUID(key_of(master, f"uid={story.name},{PEOPLE}").id)
    immutable = b64encode(kept.bytes_le).decode()
    copy = graph.people.add(f"{story.name}@cloud.example", onPremisesSyncEnabled=True, onPremisesImmutableId=immutable)
    uid, story.name = story.name, copy.name
    return story, copy, uid


def test_by_its_name_the_account_is_reset_that_it_is_a_copy_of(
    somebody: tuple[Story, Someone, str], master: Slapd, graph: Graph
) -> None:
    story, copy, uid = somebody
    page = story.whole(NEW)
    assert (page.stage, page.marked("data-outcome")) == ("done", ["set"])
    assert "Microsoft 365" in page.text
    story.name = uid
    assert opens(master, story, NEW)
    assert graph.asked("PATCH") == []
    assert copy.password == OLD
    # Whoever is signed in there with the old password would stay so: a password that is taken over ends nothing.
    wait_until(lambda: copy.sessions_ended == 1, "its sessions to end")


def test_a_master_that_is_down_is_told_as_not_set_and_the_cloud_is_not_written_instead(
    somebody: tuple[Story, Someone, str], master: Slapd, graph: Graph
) -> None:
    story, _, uid = somebody
    story.start()
    story.prove()
    master.stop()
    try:
        page = story.renew(NEW)
        assert (page.status, page.stage) == (503, "renewing")
    finally:
        master.start()
    assert graph.asked("PATCH") == []
    assert story.renew(NEW).stage == "done"
    story.name = uid
    assert opens(master, story, NEW)
    assert not opens(master, story, PASSWORD)
