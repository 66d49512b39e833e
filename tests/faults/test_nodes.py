"""Several nodes on one database: people never notice which one they are at, nor that one of them dies."""

from __future__ import annotations

import base64
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.event_log import counted, events
from servers.historian import assert_true
from servers.nodes import Nodes, running_nodes, signalled
from servers.outfit import opens
from servers.persistent import Persistent, together
from servers.postgres import Postgres
from servers.serving import say
from servers.slapd import Slapd
from servers.story import NEW, Post, Story, wait_until
from servers.together import at_once
from sqlalchemy import Select, create_engine, func, select

from keyback.core.db.counters import Counters, Mark
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.tables import event, lease
from keyback.core.recovery import limits


def test_a_journey_may_change_nodes_with_every_request(nodes: Nodes, slapd: Slapd) -> None:
    before = [backend.asked for backend in nodes.front.backends]
    somebody = nodes.somebody()
    assert somebody.whole().stage == "done"
    assert opens(slapd, somebody, NEW)
    asked = [backend.asked - past for backend, past in zip(nodes.front.backends, before, strict=True)]
    assert min(asked) >= 4
    assert abs(asked[0] - asked[1]) <= 1


def test_a_code_that_comes_to_both_nodes_at_once_is_spent_once(nodes: Nodes) -> None:
    _spend_at_once(nodes, 5)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_codes_that_come_to_both_nodes_at_once_are_spent_once_each(nodes: Nodes) -> None:
    _spend_at_once(nodes, 200)


def _spend_at_once(nodes: Nodes, rounds: int) -> None:
    apart: list[float] = []
    for _ in range(rounds):
        somebody = nodes.somebody()
        somebody.start()
        form = somebody.pick_mail().form.fields
        code = somebody.post.mail_code(somebody.mail)
        _found(nodes, somebody)
        path, answer = f"/recover/{somebody.recovery_id}", {**form, "move": "continue", "code": code}
        windows = [nodes.at(node, somebody) for node in range(len(nodes.each))]
        # The connections stand before the race begins, so that both requests arrive in the same moment.
        for window in windows:
            assert window.get(path).status == 200

        def send(n: int) -> tuple[int, float]:
            began = time.monotonic()
            return windows[n].post(path, answer, follow=False).status, began  # noqa: B023

        sent = at_once(len(windows), send)
        apart.append(abs(sent[0][1] - sent[1][1]) * 1000)
        # Whoever comes second meets a newer turn, or a key that the first one's proof has renewed.
        assert sorted(status for status, _ in sent) in ([303, 403], [303, 409]), sent
        assert counted(nodes.each[0], somebody.recovery_id)["proof.given"] == 1
    say(
        f"{rounds} codes at two nodes at once, {sorted(apart)[rounds // 2]:.2f} ms apart in the median: each spent once"
    )


def _found(nodes: Nodes, story: Story) -> None:
    """Answers are judged once the person is found; a mail came, so they are."""
    assert "person.found" in events(nodes.each[0], story.recovery_id)


def test_a_source_is_counted_over_all_nodes_and_a_trusted_one_nowhere(nodes: Nodes) -> None:
    for address, starts in (("192.0.2.7", 2), ("172.20.3.4", 0)):
        for node in nodes.each:
            somebody = nodes.somebody()
            somebody.browser = node.browser(address)
            assert somebody.start().stage == "choosing"
        assert _starts_from(nodes, address) == starts


def _starts_from(nodes: Nodes, address: str) -> int:
    node = nodes.each[0]
    database = Database(node.database_url)
    keyring = Keyring.load(database, base64.urlsafe_b64decode((node.folder / "keyback.key").read_text()))
    quota = limits.SOURCE_STARTS
    try:
        with database.read() as tx:
            mark = Mark(quota.name, f"{address}/32", quota.window)
            (count,) = Counters(keyring).peek(tx, [mark], datetime.now(UTC))
    finally:
        database.close()
    return count.count


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_of_three_nodes_carry_on(tmp_path: Path, postgres: Postgres, post: Post, slapd: Slapd) -> None:
    with running_nodes(tmp_path, 3, postgres.database(), post, slapd) as three:
        with _crowd(three, 9) as crowd:
            killed = time.time()
            signalled(three.each[0], signal.SIGKILL)
            three.each[0].stop()
        assert_true(slapd, crowd, faults=[killed])


@pytest.mark.slow
def test_nobody_is_lost_when_a_node_is_killed_and_another_chains_on(nodes: Nodes, slapd: Slapd) -> None:
    chainer = _first_node_chains(nodes)
    with _crowd(nodes, 4) as crowd:
        signalled(nodes.each[0], signal.SIGKILL)
        nodes.each[0].stop()
    _judge(nodes, slapd, crowd)
    wait_until(lambda: not _unchained(nodes), "the events to be chained", 15)
    assert _chainer(nodes) != chainer
    assert nodes.each[1].command("audit", "verify") == "whole\n"
    nodes.each[0].start()


def _first_node_chains(nodes: Nodes) -> str:
    """Which of its processes does: it has the lease, because it was alone for a while."""
    nodes.each[1].stop()
    assert nodes.somebody().start().stage == "choosing"
    wait_until(lambda: not _unchained(nodes), "it to be the one who chains", 15)
    nodes.each[1].start()
    return _chainer(nodes)


def test_nobody_is_lost_when_a_node_stands_still(nodes: Nodes, slapd: Slapd) -> None:
    _stand_still(nodes, slapd, 5)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nobody_is_lost_when_a_node_stands_still_for_a_minute(nodes: Nodes, slapd: Slapd) -> None:
    _stand_still(nodes, slapd, 60)


def _stand_still(nodes: Nodes, slapd: Slapd, seconds: float) -> None:
    with _crowd(nodes, 4) as crowd:
        signalled(nodes.each[0], signal.SIGSTOP)
        began = time.time()

        def went_on() -> int:
            return sum(person.done_at > began for person in crowd)

        try:
            wait_until(
                lambda: went_on() and time.time() > began + seconds, "somebody to go on without it", seconds + 60
            )
            others = went_on()
        finally:
            signalled(nodes.each[0], signal.SIGCONT)
    _judge(nodes, slapd, crowd)
    say(f"{others} of {len(crowd)} were done while a node stood still for {seconds} s")


@contextmanager
def _crowd(nodes: Nodes, count: int) -> Iterator[list[Persistent]]:
    """So many people, in the middle of it when the block begins, and done when it has ended."""
    crowd = [Persistent(nodes.somebody()) for _ in range(count)]
    living = threading.Thread(target=together, args=(crowd,))
    living.start()
    wait_until(lambda: any(person.every_password for person in crowd), "the first one to come to the password")
    try:
        yield crowd
    finally:
        living.join()


def _judge(nodes: Nodes, slapd: Slapd, crowd: list[Persistent]) -> None:
    for person in crowd:
        assert opens(slapd, person.story, person.promised), f"{person} was told a lie after {person.troubles}"
        told = counted(nodes.each[1], *person.recoveries)
        assert slapd.writes(person.dn) == told["password.set"] >= 1


def _chainer(nodes: Nodes) -> str:
    return str(_scalar(nodes, select(lease.c.holder).where(lease.c.what == "chainer")) or "")


def _unchained(nodes: Nodes) -> int:
    found = _scalar(nodes, select(func.count()).select_from(event).where(event.c.seq.is_(None)))
    assert isinstance(found, int)
    return found


def _scalar(nodes: Nodes, asked: Select[Any]) -> object:
    engine = create_engine(nodes.each[0].database_url)
    try:
        with engine.connect() as tx:
            return tx.scalar(asked)
    finally:
        engine.dispose()
