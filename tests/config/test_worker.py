"""Who is still waited for when a process ends."""

from __future__ import annotations

import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import PollableMethodQueue, TConn
from servers.story import wait_until

from keyback.config.patient_socket import PatientSocket
from keyback.config.threads import Threads
from keyback.config.waiting_line import WaitingLine
from keyback.config.worker import HouseWorker

PATIENCE = 60.0


@pytest.fixture
def worker() -> Iterator[HouseWorker]:
    """One that was told to end: nothing of it but whom it knows."""
    worker: HouseWorker = HouseWorker.__new__(HouseWorker)
    worker.keepalived_conns, worker.pending_conns = deque(), deque()
    worker.nr_conns, worker.alive = 0, False
    worker.method_queue = PollableMethodQueue()
    worker.method_queue.init()
    with selectors.DefaultSelector() as worker.poller:
        yield worker
    worker.method_queue.close()


@pytest.fixture
def open_worker(worker: HouseWorker) -> Iterator[HouseWorker]:
    """One that serves, with a single thread that has an answer for every request."""
    worker.alive, worker.cfg, line = True, Config(), WaitingLine()
    worker.tpool = Threads(1, line)
    worker.handle = lambda conn: bool(conn.sock.take())  # type: ignore[method-assign]
    worker.turns_away = lambda first_line: False  # type: ignore[method-assign]
    yield worker
    worker.tpool.shutdown()


def joins(worker: HouseWorker, line: deque[TConn], said: bytes = b"") -> socket.socket:
    """A client who stands in this line of the worker's; their end of the connection."""
    client, end = socket.socketpair()
    conn = TConn(None, PatientSocket(fileno=end.detach()), "", "")
    client.sendall(said)
    assert conn.sock.waits()
    conn.timeout = time.monotonic() + PATIENCE
    worker.poller.register(conn.sock, selectors.EVENT_READ)
    worker.nr_conns += 1
    line.append(conn)
    return client


def is_hung_up_on(client: socket.socket) -> bool:
    return bool(select.select([client], [], [], 0)[0]) and client.recv(1) == b""


def test_at_its_end_a_process_waits_only_for_whoever_has_begun_to_speak(worker: HouseWorker) -> None:
    speaks = joins(worker, worker.pending_conns, b"GET / HT")
    silent = joins(worker, worker.pending_conns)
    kept = joins(worker, worker.keepalived_conns)
    with speaks, silent, kept:
        worker._cap_keepalive(time.monotonic() + PATIENCE)
        worker.murder_keepalived()
        worker.murder_pending()
        assert [is_hung_up_on(client) for client in (speaks, silent, kept)] == [False, True, True]
        assert worker.nr_conns == 1
        worker.pending_conns[0].close()


def comes(worker: HouseWorker, said: bytes = b"") -> socket.socket:
    """Somebody new, as accepted; their end of the connection."""
    client, end = socket.socketpair()
    client.sendall(said)
    worker.nr_conns += 1
    worker.enqueue_req(TConn(worker.cfg, PatientSocket(fileno=end.detach()), "", ""))
    return client


def test_whoever_has_said_nothing_yet_takes_no_thread_and_stands_in_no_line(open_worker: HouseWorker) -> None:
    asked = list[object]()
    open_worker.tpool.submit = lambda work, conn: asked.append(conn)  # type: ignore[method-assign]
    with comes(open_worker) as client:
        assert len(open_worker.pending_conns) == 1
        assert asked == []
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        open_worker.wait_for_and_dispatch_events(5)
        assert len(asked) == 1
        assert not open_worker.pending_conns
        asked[0].close()  # type: ignore[attr-defined]


def test_whoever_hangs_up_takes_no_thread_and_stands_in_no_line(open_worker: HouseWorker) -> None:
    with comes(open_worker, b"GET / HTTP/1.1\r\n\r\n") as client:
        wait_until(lambda: open_worker.keepalived_conns, "them to be kept")
        kept = open_worker.keepalived_conns[0].sock
    open_worker.tpool.submit = lambda work, conn: pytest.fail("a thread for nobody")  # type: ignore[method-assign]
    client.close()
    open_worker.wait_for_and_dispatch_events(5)
    assert (len(open_worker.keepalived_conns), open_worker.nr_conns, kept.fileno()) == (0, 0, -1)


def test_whoever_has_an_answer_is_listened_to_again_and_nobody_is_woken_for_it(open_worker: HouseWorker) -> None:
    asked = b"GET / HTTP/1.1\r\n\r\n"
    with comes(open_worker, asked) as client:
        wait_until(lambda: open_worker.keepalived_conns, "them to be kept")
        (kept,) = open_worker.keepalived_conns
        assert select.select([open_worker.method_queue.fileno()], [], [], 0)[0] == []
        client.sendall(asked)
        open_worker.wait_for_and_dispatch_events(5)
        wait_until(lambda: open_worker.keepalived_conns, "them to be kept again")
        assert open_worker.nr_conns == 1
        kept.close()


def test_what_somebody_sent_ahead_is_answered_too_though_nothing_wakes_us(open_worker: HouseWorker) -> None:
    asked, answered = b"GET / HTTP/1.1\r\n\r\n", list[bytes]()

    def answers(conn: TConn) -> bool:
        answered.append(conn.sock.recv(len(asked)))
        return True

    open_worker.handle = answers  # type: ignore[method-assign]
    with comes(open_worker, asked + asked + asked[:5]) as client:
        for _ in range(2):
            assert select.select([open_worker.method_queue.fileno()], [], [], 5)[0]
            open_worker.method_queue.run_callbacks(None)
        assert answered == [asked, asked]
        # Of the third half is missing: it takes no thread until it is here.
        assert len(open_worker.pending_conns) == 1
        client.sendall(asked[5:])
        open_worker.wait_for_and_dispatch_events(5)
        wait_until(lambda: open_worker.keepalived_conns, "them to be kept")
        assert answered == [asked] * 3
        open_worker.keepalived_conns[0].close()


def test_whoever_has_an_answer_when_the_process_ends_is_not_waited_for(open_worker: HouseWorker) -> None:
    with comes(open_worker, b"GET / HTTP/1.1\r\n\r\n"):
        wait_until(lambda: open_worker.keepalived_conns, "them to be kept")
        (kept,) = open_worker.keepalived_conns
        open_worker.poller.unregister(kept.sock)
        open_worker.keepalived_conns.clear()
        open_worker.alive = False
        open_worker._keep(kept)
        open_worker.method_queue.run_callbacks(None)
        open_worker.murder_keepalived()
        assert open_worker.nr_conns == 0


def test_whoever_is_turned_away_hears_it_at_once_and_takes_no_thread(open_worker: HouseWorker) -> None:
    open_worker.turns_away = lambda first_line: True  # type: ignore[method-assign]
    open_worker.handle = says_come_again  # type: ignore[method-assign]
    # Somebody else has the only thread.
    done = threading.Event()
    open_worker.tpool.submit(done.wait, 5.0)
    with comes(open_worker, b"GET / HTTP/1.1\r\n\r\n") as client:
        # All of it, and the end: what they said too much is read, so that nothing swallows the answer.
        assert client.makefile("rb").read() == b"come again"
    done.set()
    assert open_worker.nr_conns == 0


def says_come_again(conn: TConn) -> bool:
    assert conn.sock.recv(100).startswith(b"GET /")
    conn.sock.sendall(b"come ")
    conn.sock.sendall(b"again")
    conn.sock.leave()
    return False


def test_whoever_hung_up_before_they_were_turned_away_breaks_nothing(open_worker: HouseWorker) -> None:
    open_worker.turns_away = lambda first_line: True  # type: ignore[method-assign]
    open_worker.handle = says_come_again  # type: ignore[method-assign]
    client, end = socket.socketpair()
    client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    client.close()
    open_worker.nr_conns += 1
    wire = PatientSocket(fileno=end.detach())
    open_worker.enqueue_req(TConn(open_worker.cfg, wire, "", ""))
    assert (open_worker.nr_conns, wire.fileno()) == (0, -1)


def test_a_sign_of_life_is_given_once_a_second(worker: HouseWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    signs, now = list[float](), [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(Worker, "notify", lambda self: signs.append(now[0]))
    for moment in (100.0, 100.5, 101.0, 101.9, 102.0):
        now[0] = moment
        worker.notify()
    assert signs == [100.0, 101.0, 102.0]


def test_whoever_is_gone_before_they_are_taken_in_breaks_nothing(open_worker: HouseWorker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        open_worker.accept(listener)
        assert open_worker.nr_conns == 0
        with socket.create_connection(listener.getsockname()):
            assert select.select([listener], [], [], 5)[0]
            open_worker.accept(listener)
            assert open_worker.nr_conns == 1
            open_worker.pending_conns[0].close()
