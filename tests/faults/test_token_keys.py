"""People are on their way back to a client while its keys are turned over and servers are restarted: nobody is lost."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from servers.client_story import CLIENT, Client, SignIn
from servers.crowd import at_work
from servers.keyback import Keyback
from servers.nodes import Nodes
from servers.outfit import a_story, opens
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import NEW, Post, wait_until
from servers.together import at_once

PEOPLE, ROUNDS, FULL = 2, 2, 20
# A new key is shown for ten minutes before it signs, and a client may keep what it read for five. Here it is seconds.
SHOWN_AHEAD, KEPT = 8.0, 2.0
# `keyback keys rotate tokens`, with the ten minutes shortened.
ROTATE = f"""
from datetime import timedelta
from keyback.config.commands import main
from keyback.core.service.clients import client_keys
client_keys.SHOWN_AHEAD = timedelta(seconds={SHOWN_AHEAD})
raise SystemExit(main(["keys", "rotate", "tokens"]))
"""


def test_no_sign_in_is_lost_while_keys_are_turned_over(serve: Serve, post: Post, slapd: Slapd) -> None:
    _turn_over(serve("postgresql", more={"entries": CLIENT}), post, slapd, ROUNDS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_sign_in_is_lost_in_many_rotations(serve: Serve, post: Post, slapd: Slapd, database: str) -> None:
    _turn_over(serve(database, more={"entries": CLIENT}), post, slapd, FULL)


def _turn_over(keyback: Keyback, post: Post, slapd: Slapd, rounds: int) -> None:
    client = Client(KEPT)
    with at_work(lambda: SignIn(a_story(keyback, post, slapd), client), PEOPLE) as crowd:
        for _ in range(rounds):
            kid = _rotate(keyback)
            wait_until(lambda: any(person.kid == kid for person in list(crowd)), "a token of the new key", 60)  # noqa: B023
    assert all(opens(slapd, person.story, NEW) for person in crowd)
    say(f"{rounds} rotations beside {len(crowd)} sign-ins by {keyback.workers()}: every token was verified")


def _rotate(keyback: Keyback) -> str:
    """The new key's name."""
    said = subprocess.run(
        [sys.executable, "-c", ROTATE], cwd=keyback.folder, capture_output=True, text=True, check=True
    ).stdout
    told = re.search(r"by the key (\S+) from", said)
    assert told, said
    return told[1]


def test_a_sign_in_goes_on_after_a_restart_and_at_every_other_node(nodes: Nodes, slapd: Slapd) -> None:
    person = SignIn(nodes.somebody(), Client(0))
    story, browser = person.story, person.story.browser

    def at(node: int) -> None:
        browser.base = nodes.each[node].url

    at(0)
    person.begins()
    story.pick_mail()
    at(1)
    story.type_code(story.post.mail_code(story.mail))
    # Nothing of it is in anybody's memory any more.
    at_once(2, lambda node: nodes.each[node].stop())
    at_once(2, lambda node: nodes.each[node].start())
    story.pick_text()
    at(0)
    story.type_code(story.post.text_code(story.phone))
    at(1)
    assert story.renew().stage == "done"
    at(0)
    code = person.comes_back()
    at(1)
    told = person.fetches(code)
    at(0)
    person.verifies(told)
    assert opens(slapd, story, NEW)
