"""A writer that is held up until another reset of the same person is done: it comes too late, and changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import ldap3
import pytest
from servers.browser import Page
from servers.event_log import counted
from servers.fault_proxy import FaultProxy
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
from servers.serving import Serve
from servers.slapd import ROOT_PASSWORD, Slapd
from servers.stopped import Stopped
from servers.story import Post, Story, wait_until


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_a_process_that_was_stopped_before_its_write_writes_no_more(
    serve: Serve, post: Post, slapd: Slapd, database: str
) -> None:
    keyback = serve(database)
    late, fast = _twice_the_same(keyback, post, slapd)
    late.live()
    writer = Stopped(keyback)
    with _typing(late) as page:
        writer.wait()
        try:
            fast.live()
        finally:
            writer.go_on()
    _judge(slapd, late, fast, page())


def test_an_order_that_was_held_up_on_its_way_is_refused_by_the_directory(
    serve: Serve, post: Post, slapd: Slapd, proxy: FaultProxy
) -> None:
    keyback = serve()
    late, fast = _twice_the_same(keyback, post, slapd)
    late.live()
    held = _Held()
    writer = Stopped(keyback)
    with _typing(late) as page:
        writer.wait()
        proxy.on_bytes = held.take
        writer.go_on()
        assert held.holds.wait(10)
        try:
            fast.live()
        finally:
            held.let_go.set()
    wait_until(lambda: _overtaken(slapd, late.dn) == 1, "the directory to refuse it")
    _judge(slapd, late, fast, page())


class _Held:
    """Holds up the second thing that is sent, which is the order: before it, the writer looks at the object."""

    def __init__(self) -> None:
        self.holds, self.let_go = threading.Event(), threading.Event()
        self._seen = 0

    def take(self, _: bytes) -> None:
        self._seen += 1
        if self._seen == 2:
            self.holds.set()
            self.let_go.wait(60)


def _twice_the_same(keyback: Keyback, post: Post, slapd: Slapd) -> tuple[Persistent, Persistent]:
    """One person at two browsers: one is about to type a new password, the other one begins."""
    one = a_story(keyback, post, slapd)
    other = Story.of(keyback, post, one.name, phone=one.phone)
    return Persistent(one, stops_at="renewing"), Persistent(other)


@contextmanager
def _typing(person: Persistent) -> Iterator[Callable[[], Page]]:
    """Type a new password, and wait for the answer at the end."""
    answers: list[Page] = []
    asking = threading.Thread(target=lambda: answers.append(person.renew(person.story.here())))
    asking.start()
    yield lambda: answers[0]
    asking.join()


def _overtaken(slapd: Slapd, dn: str) -> int:
    """How many writes of this object the directory refused because its change mark had moved."""
    with slapd.connected("cn=witness", ROOT_PASSWORD.encode()) as witness:
        condition = f"(&(objectClass=auditModify)(reqResult=122)(reqDN={dn}))"
        witness.search("cn=witness", condition, ldap3.SUBTREE, attributes=["1.1"])
        return len(witness.response)


def _judge(slapd: Slapd, late: Persistent, fast: Persistent, page: Page) -> None:
    assert page.stage != "done", page.text
    assert late.story.reload().stage == "closed"
    assert slapd.writes(fast.dn) == 1
    assert counted(late.story.keyback, *fast.recoveries)["password.set"] == 1
    assert_true(slapd, [late, fast])
