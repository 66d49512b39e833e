"""The named points themselves: a point that is never reached would prove nothing."""

from __future__ import annotations

import re
from pathlib import Path

from servers.outfit import a_story
from servers.serving import Serve
from servers.slapd import Slapd
from servers.story import Post, wait_until

import keyback.core.service
from keyback.core.service.faultpoint import POINTS

SERVICE = Path(keyback.core.service.__path__[0])


def test_the_points_in_the_code_are_the_ones_that_are_listed() -> None:
    code = "\n".join(path.read_text() for path in SERVICE.rglob("*.py"))
    assert sorted(set(re.findall(r'^ *faultpoint\("([a-z-]+)"\)$', code, re.MULTILINE))) == sorted(POINTS)


def test_one_whole_reset_comes_by_every_point(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(processes=1)
    for point in POINTS:
        # A signal that does nothing to whoever is running.
        keyback.arm(point, "SIGCONT")
    story = a_story(keyback, post, slapd)
    story.start()
    story.pick_mail()
    right = post.mail_code(story.mail)
    story.type_code(f"{(int(right) + 1) % 10**8:08}")
    story.type_code(right)
    story.pick_text()
    story.type_code(post.text_code(story.phone))
    assert story.renew().stage == "done"
    wait_until(lambda: all(map(keyback.fired, POINTS)), f"the points {[p for p in POINTS if not keyback.fired(p)]}")
