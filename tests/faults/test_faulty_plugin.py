"""A plugin raises, hangs, takes all memory, or takes its process down: what does not need it goes on (R17)."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest
from servers.broken_database import limited
from servers.faulty_plugin import FaultyPlugin
from servers.outfit import a_story
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post, Story, wait_until

# A plugin is code in our process: one that crashes takes along what else the back office had in hand, and that is
# taken up again when its lease is over.
LEASE = 20.0
# A busy machine's share of every wait.
SLACK = 5.0
PEOPLE = 3
# Room for a house at work, not for a gigabyte more.
ROOM = 512 * 1024 * 1024


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_people_who_do_not_need_a_faulty_plugin_go_on(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    keyback.stop()
    plugin = FaultyPlugin(keyback)
    plugin.will("work")
    keyback.start()
    for wish, most in (("raise", SLACK), ("hang", SLACK), ("allocate", SLACK), ("crash", LEASE + SLACK)):
        pages = set(keyback.workers()) - {keyback.office()}
        with limited(keyback.workers, resource.RLIMIT_AS, _room):
            plugin.will(wish)
            office = keyback.office()
            by_text = a_story(keyback, post, slapd)
            by_text.start()
            assert by_text.pick_text().stage == "answering"
            if wish == "crash":
                wait_until(lambda office=office: office not in keyback.workers(), "the crash", LEASE)  # type: ignore[misc]
            waits = [_hears(a_story(keyback, post, slapd)) for _ in range(PEOPLE)]
        say(f"{wish}: mails of others within {max(waits):.1f} s")
        assert max(waits) < most
        assert pages <= set(keyback.workers())
        assert (office in keyback.workers()) is (wish != "crash")
        plugin.will("work")


def _hears(story: Story) -> float:
    """From the name to the mail."""
    began = time.monotonic()
    story.start()
    story.pick_mail()
    code = story.post.mail_code(story.mail)
    seconds = time.monotonic() - began
    assert story.type_code(code).stage == "choosing"
    return seconds


def _room(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize() + ROOM
