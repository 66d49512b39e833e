"""Forgot my password, for people of Microsoft Entra ID: from the first page to the truth about what Graph did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from servers.entra_store import NEW
from servers.event_log import events, recorded
from servers.graph import LOST, Graph, too_many
from servers.graph_people import OLD, Someone
from servers.keyback import Keyback
from servers.outfit import ENTRIES, SWIFT, post_pins, running_post
from servers.story import Post, Story, wait_until

NUMBERS = count(1)


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """Mailboxes of their own."""
    with running_post(tmp_path_factory.mktemp("post")) as both:
        yield both


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with Graph(tmp_path_factory.mktemp("graph")) as graph:
        yield graph
        assert graph.violations == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, post: Post, graph: Graph) -> Iterator[Keyback]:
    entra = {**graph.pins, "trusted_contacts": ["mobilePhone", "otherMails"], "receive_timeout": 2}
    outfit = {**post_pins(post), **SWIFT, "store.entra": entra}
    with Keyback(tmp_path_factory.mktemp("keyback-entra"), outfit, more={"entries": ENTRIES}) as running:
        yield running


def somebody(server: Keyback, post: Post, graph: Graph, **fields: Any) -> tuple[Story, Someone]:
    """A new person of the tenant at a browser."""
    phone = f"+4366412{next(NUMBERS):05}"
    someone = graph.people.add(mobilePhone=phone, **fields)
    mail = f"{someone.id}@home.example"
    someone.shown["otherMails"] = [mail]
    return Story.of(server, post, someone.name, mail=mail, phone=phone), someone


def test_an_account_of_the_cloud_gets_the_new_password(server: Keyback, post: Post, graph: Graph) -> None:
    story, jo = somebody(server, post, graph)
    page = story.whole(NEW)
    assert (page.stage, page.marked("data-outcome")) == ("done", ["set"])
    assert (jo.password, jo.writes) == (NEW, 1)
    # Whoever was signed in with the old one signs in anew.
    assert wait_until(lambda: jo.sessions_ended, "the end of the sessions") == 1
    wait_until(lambda: "sessions.ended" in events(server, story.recovery_id), "its record")


def test_the_rules_that_are_shown_are_microsofts_and_bind(server: Keyback, post: Post, graph: Graph) -> None:
    story, jo = somebody(server, post, graph)
    story.start()
    page = story.prove()
    assert "Three of these four: small letters, capitals, digits, signs" in page.text
    assert "use three of these four" in story.renew("violet anchors drift homeward").text
    assert "Leave out common words and names." in story.renew("Copper anchors 7 times homeward").text
    assert (jo.password, jo.writes) == (OLD, 0)
    assert story.renew(NEW).stage == "done"


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"onPremisesSyncEnabled": True}, "out-of-scope"), ({"accountEnabled": False}, "disabled"), ({}, "privileged")],
    ids=["synced, its master not set up", "disabled", "administrator"],
)
def test_whom_we_may_not_serve_is_found_as_nobody_and_the_record_says_why(
    fields: dict[str, Any], why: str, server: Keyback, post: Post, graph: Graph
) -> None:
    story, jo = somebody(server, post, graph, **fields)
    if not fields:
        jo.joins("directoryRole")
    nobody = Story.of(server, post, "nobody@alderwick.example")
    seen = [(page.status, page.stage, page.name) for page in _with_a_wrong_code(story)]
    assert seen == [(page.status, page.stage, page.name) for page in _with_a_wrong_code(nobody)]
    (found,) = [one for one in recorded(server, story.recovery_id) if one.name == "person.nobody"]
    assert found.data["reason"] == why
    assert post.mails(story.mail) == []
    assert (jo.password, jo.writes) == (OLD, 0)


def test_throttled_in_the_middle_it_is_set_all_the_same(server: Keyback, post: Post, graph: Graph) -> None:
    story, jo = somebody(server, post, graph)
    story.start()
    story.prove()
    graph.fails("GET", f"/users/{jo.id}", too_many("1"))
    graph.fails("PATCH", jo.id, too_many("1"))
    assert story.renew(NEW).stage == "done"
    assert (jo.password, jo.writes) == (NEW, 1)


def test_throttled_for_too_long_nothing_is_changed_and_the_page_says_so(
    server: Keyback, post: Post, graph: Graph
) -> None:
    story, jo = somebody(server, post, graph)
    story.start()
    story.prove()
    graph.fails("PATCH", jo.id, too_many("120"))
    page = story.renew(NEW)
    assert page.marked("data-outcome") == ["not-set"]
    assert "Nothing was changed there, and your old password still works." in page.text
    assert (jo.password, jo.writes) == (OLD, 0)


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_lost_answer_is_told_as_unknown_until_graph_tells_the_truth(
    done: bool, server: Keyback, post: Post, graph: Graph
) -> None:
    story, jo = somebody(server, post, graph)
    story.start()
    story.prove()
    graph.fails("PATCH", jo.id, replace(LOST, delay=3), late=done)
    assert story.renew(NEW).stage == "unsettled"
    page = story.wait_for_stage("done" if done else "renewing", seconds=90)
    assert page.marked("data-outcome") == ["set" if done else "not-set"]
    assert (jo.password, len(graph.asked("PATCH", jo.id))) == (NEW if done else OLD, 1)
    assert events(server, story.recovery_id).count("password.set") == int(done)


def _with_a_wrong_code(story: Story) -> Iterator[Any]:
    yield story.start()
    yield story.pick_mail()
    yield story.type_code("00000000")
