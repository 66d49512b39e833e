"""More people than can be served: whoever is inside goes on, whoever comes new hears at once to come again."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import requests
from servers.keyback import HOST, Keyback
from servers.outfit import a_story, opens
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import NEW, Post, solve_on, wait_until

# More than this server has threads.
STUCK = 14
QUICKLY = 1.0


def test_whoever_comes_new_waits_outside_and_whoever_is_inside_goes_on(serve: Serve, post: Post, slapd: Slapd) -> None:
    keyback = serve(processes=1)
    inside = a_story(keyback, post, slapd)
    inside.start()
    inside.pick_mail()
    starts = [_a_start(keyback) for _ in range(STUCK)]
    with ThreadPoolExecutor(100) as people:
        with _locked(keyback):
            for start in starts:
                people.submit(start)
            _wait_until_it_is_shut(keyback, people)
            goes_on = people.submit(inside.browser.get, f"/recover/{inside.recovery_id}")
            _is_told_to_come_again(keyback)
        assert goes_on.result().stage == "answering"
    inside.type_code(post.mail_code(inside.mail))
    inside.pick_text()
    inside.type_code(post.text_code(inside.phone))
    inside.renew(NEW)
    assert opens(slapd, inside, NEW)
    assert _comes(keyback).status_code == 200
    assert keyback.log.read_text().count("more people than can be served") == 1


def _a_start(keyback: Keyback) -> Callable[[], int]:
    """Everything up to the button that begins; the status of pressing it."""
    browser = keyback.browser()
    page = browser.get("/recover")
    fields = {**page.form.fields, "identifier": "nobody", "proof_of_work": solve_on(page)}
    return lambda: browser.post("/recover", fields, follow=False).status


def _comes(keyback: Keyback) -> requests.Response:
    return requests.get(f"{keyback.url}/recover", headers={"Host": HOST}, timeout=30)


def _wait_until_it_is_shut(keyback: Keyback, people: ThreadPoolExecutor) -> None:
    """Whoever comes a moment too early waits in the line: so one after the other comes, until one is told at once."""
    came: list[Future[requests.Response]] = []

    def told() -> bool:
        came.append(people.submit(_comes, keyback))
        return any(one.done() and one.result().status_code == 503 for one in came)

    wait_until(told, "somebody to be turned away")


def _is_told_to_come_again(keyback: Keyback) -> None:
    began = time.monotonic()
    outside = _comes(keyback)
    seconds = time.monotonic() - began
    say(f"told to come again within {seconds * 1000:.0f} ms, while every thread is stuck")
    assert seconds < QUICKLY
    assert outside.status_code == 503
    assert f"Wait {outside.headers['Retry-After']} seconds" in outside.text
    assert "Set-Cookie" not in outside.headers


@contextmanager
def _locked(keyback: Keyback) -> Iterator[None]:
    """Whoever writes waits, for somebody else holds the database."""
    database = sqlite3.connect(keyback.database_url.removeprefix("sqlite:///"), isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        database.execute("ROLLBACK")
        database.close()
