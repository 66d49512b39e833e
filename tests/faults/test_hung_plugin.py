"""Twenty calls of one plugin hang: another one answers at once, and the process ends when it is asked to."""

from __future__ import annotations

import time
from pathlib import Path

from servers.http_sink import Answer, HttpSink
from servers.keyback import Keyback
from servers.outfit import a_story, pins
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post, Story, wait_until

HUNG = 20
# Longer than anything here waits.
FOR_EVER = 90.0
# The settings of these servers grant three seconds of grace; the rest is gunicorn's own and a busy machine's.
GRACE = 3.0 + 4.0


def test_a_gateway_that_never_answers_holds_up_neither_mails_nor_the_end(
    serve: Serve, post: Post, slapd: Slapd, tmp_path: Path
) -> None:
    with HttpSink(tmp_path / "gateway", secure=False) as gateway:
        gateway.script.extend([Answer(delay=FOR_EVER)] * HUNG)
        keyback = serve(processes=1, also=_by_texts_through(gateway, post, slapd))
        waiting = [a_story(keyback, post, slapd) for _ in range(HUNG)]
        for story in waiting:
            story.start()
            assert story.pick_text().stage == "answering"
        wait_until(lambda: gateway.asked, "the gateway to be asked")
        for _ in range(5):
            _hears_at_once(a_story(keyback, post, slapd))
        assert len(gateway.script) > 0, "nothing hangs any more"
        _ends_in_order(keyback)


def test_a_frozen_directory_holds_up_no_page_and_not_the_end(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(processes=1)
    stories = [a_story(keyback, post, slapd) for _ in range(HUNG)]
    with slapd.frozen():
        for story in stories:
            began = time.monotonic()
            assert story.start().stage == "choosing"
            assert story.pick_mail().stage == "answering"
            assert time.monotonic() - began < GRACE
        _ends_in_order(keyback)


def _by_texts_through(gateway: HttpSink, post: Post, slapd: Slapd) -> dict[str, dict[str, object]]:
    usual = pins(post, slapd)["channel.http_gateway"]
    return {"channel.http_gateway": {**usual, "url": gateway.url}}


def _hears_at_once(story: Story) -> None:
    began = time.monotonic()
    story.start()
    story.pick_mail()
    code = story.post.mail_code(story.mail)
    seconds = time.monotonic() - began
    assert story.type_code(code).stage == "choosing"
    assert seconds < GRACE
    say(f"a mail after {seconds * 1000:.0f} ms")


def _ends_in_order(keyback: Keyback) -> None:
    began = time.monotonic()
    assert keyback.stop() == 0
    seconds = time.monotonic() - began
    say(f"ended after {seconds:.1f} s")
    assert seconds < GRACE
    log = keyback.log.read_text()
    assert "Traceback" not in log
    # Nobody had to be killed.
    assert "was sent" not in log
