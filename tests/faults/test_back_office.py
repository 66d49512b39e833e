"""The back office is a process of its own: pages do none of its work, and it comes back whatever ends it."""

from __future__ import annotations

import os
import signal

from servers.event_log import events
from servers.outfit import a_story, opens
from servers.serving import Serve
from servers.slapd import Slapd
from servers.story import NEW, Post, wait_until


def test_no_page_does_its_work_and_none_waits_for_it(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    story, office = a_story(keyback, post, slapd), keyback.office()
    os.kill(office, signal.SIGSTOP)
    try:
        assert story.start().stage == "choosing"
        assert story.pick_mail().stage == "answering"
        assert story.browser.submit(story.here(), code="12345678").name == "waiting"
        assert "person.found" not in events(keyback, story.recovery_id)
    finally:
        os.kill(office, signal.SIGCONT)
    assert story.type_code(post.mail_code(story.mail)).stage == "choosing"


def test_it_is_replaced_when_it_dies(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    dead = keyback.office()
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: dead not in keyback.workers() and len(keyback.workers()) == 3, "another one")
    story = a_story(keyback, post, slapd)
    assert story.whole().stage == "done"
    assert opens(slapd, story, NEW)


def test_it_is_renewed_with_the_others(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve()
    before = set(keyback.workers())
    keyback.reload()
    wait_until(lambda: len(keyback.workers()) == 3 and not before & set(keyback.workers()), "all of them renewed")
    keyback.wait_until_ready()
    story = a_story(keyback, post, slapd)
    assert story.whole().stage == "done"
