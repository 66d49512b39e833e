"""The answer to an unlock is lost, or the order itself, or the process dies: what is said is how the lock stands."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field

import pytest
import requests
from servers.browser import Page
from servers.event_log import events
from servers.fault_proxy import FaultProxy, Mode
from servers.outfit import a_story, opens
from servers.serving import Serve
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.stopped import Stopped
from servers.story import Post, Story


@dataclass
class Locked:
    """Somebody who is locked out and has given all proofs but the last code, which is known."""

    story: Story
    code: str
    pages: list[Page] = field(default_factory=list)

    def prove(self) -> None:
        """Type it: the order follows."""
        # Whoever's server dies gets no page, and reloads.
        with contextlib.suppress(requests.RequestException):
            self.pages.append(self.story.type_code(self.code))


def locked(serve: Serve, post: Post, slapd: Slapd) -> Locked:
    story = a_story(serve(), post, slapd)
    return _at_the_last_code(story, slapd)


def _at_the_last_code(story: Story, slapd: Slapd) -> Locked:
    for _ in range(5):
        slapd.bind(f"uid={story.name},{PEOPLE}", "wrong")
    assert not opens(slapd, story, PASSWORD)
    story.start("/unlock")
    story.pick_mail()
    story.type_code(story.post.mail_code(story.mail))
    story.pick_text()
    return Locked(story, story.post.text_code(story.phone))


def lose(person: Locked, proxy: FaultProxy, mode: Mode) -> Page:
    """What the page says when the order, or its answer, was swallowed; whatever asks afterwards comes through."""
    proxy.on_bytes = lambda _: proxy.heal() if proxy.bytes_seen.is_set() else None
    writer, lost = Stopped(person.story.keyback), proxy.swallowed
    asks = threading.Thread(target=person.prove)
    asks.start()
    writer.wait()
    # It looks at the object once more; the second thing that it sends is the order.
    proxy.fault(mode, skip=1)
    writer.go_on()
    asks.join()
    assert proxy.swallowed == lost + 1
    return person.pages[-1]


def test_a_lost_reply_is_looked_up_at_once(serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy) -> None:
    person = locked(serve, post, slapd)
    assert lose(person, proxy, Mode.SWALLOW_REPLY).stage in {"done", "unsettled"}
    person.story.wait_for_stage("done")
    assert opens(slapd, person.story, PASSWORD)
    assert events(person.story.keyback, person.story.recovery_id).count("account.unlocked") == 1


def test_a_lost_order_is_unknown_then_not_done_and_tried_again(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy
) -> None:
    person = locked(serve, post, slapd)
    page = lose(person, proxy, Mode.SWALLOW_REQUEST)
    assert page.stage == "unsettled"
    assert "Your account may be unlocked, or not." in page.text
    page = person.story.wait_for_stage("renewing")
    assert page.marked("data-outcome") == ["not-set"]
    assert not opens(slapd, person.story, PASSWORD)
    assert person.story.press("continue").stage == "done"
    assert opens(slapd, person.story, PASSWORD)


@pytest.mark.parametrize(
    ("point", "stage"),
    [("intent-stored", "renewing"), pytest.param("write-answered", "done", marks=pytest.mark.slow)],
)
def test_a_process_that_was_killed_is_found_out(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy, point: str, stage: str
) -> None:
    person = locked(serve, post, slapd)
    writer = Stopped(person.story.keyback, point)
    asks = threading.Thread(target=person.prove)
    asks.start()
    writer.wait()
    writer.kill()
    asks.join()
    person.story.wait_for_stage(stage)
    assert opens(slapd, person.story, PASSWORD) is (stage == "done")
    told = events(person.story.keyback, person.story.recovery_id)
    assert told.count("account.unlock-intended") == 1
    assert told.count("account.unlocked") == (stage == "done")
