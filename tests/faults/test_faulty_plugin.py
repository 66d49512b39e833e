"""A plugin raises, hangs, takes all memory, or takes its process down: what does not need it goes on (R17)."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.broken_database import limited
from servers.faulty_plugin import FaultyPlugin
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post, Story, wait_until

# A plugin is code in our process: one that crashes takes along what else the back office had in hand, and that is
# taken up again when its lease is over.
LEASE = 20.0
# A busy machine's share of every wait.
SLACK = 10.0
PEOPLE = 3
# Room for a house at work, not for the gigabyte.
ROOM = 900 * 1024 * 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("wish", ["raise", "hang", "allocate", "crash"])
def test_people_who_do_not_need_a_faulty_plugin_go_on(serve: Serve, post: Post, slapd: Slapd, wish: str) -> None:
    keyback = serve()
    keyback.stop()
    plugin = FaultyPlugin(keyback)
    plugin.will(wish)
    # What is limited is the room for addresses, and the allocator sets a lot of it aside for every thread.
    keyback.environment["MALLOC_ARENA_MAX"] = "1"
    keyback.start()
    office, pages = keyback.office(), set(keyback.workers()) - {keyback.office()}
    with _no_gigabyte(keyback):
        by_text = a_story(keyback, post, slapd)
        by_text.start()
        assert by_text.pick_text().stage == "answering"
        wait_until(lambda: plugin.asked, "it to be asked")
        if wish == "crash":
            wait_until(lambda: office not in keyback.workers(), "the crash")
        waits = [_hears(a_story(keyback, post, slapd)) for _ in range(PEOPLE)]
    assert max(waits) < SLACK + (LEASE if wish == "crash" else 0)
    # No page process notices, and the back office only what ends it.
    assert pages <= set(keyback.workers())
    assert (office in keyback.workers()) is (wish != "crash")
    plugin.will("work")
    _everybody_is_served(keyback, post, slapd)
    say(f"{wish}: mails of others within {max(waits):.1f} s")


@contextmanager
def _no_gigabyte(keyback: Keyback) -> Iterator[None]:
    with limited(keyback.workers, resource.RLIMIT_AS, _room):
        yield


def _room(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize() + ROOM


def _hears(story: Story) -> float:
    """From the name to the mail."""
    began = time.monotonic()
    story.start()
    story.pick_mail()
    code = story.post.mail_code(story.mail)
    seconds = time.monotonic() - began
    assert story.type_code(code).stage == "choosing"
    return seconds


def _everybody_is_served(keyback: Keyback, post: Post, slapd: Slapd) -> None:
    crowd = [Persistent(a_story(keyback, post, slapd)) for _ in range(PEOPLE)]
    together(crowd)
    assert_true(slapd, crowd)
