"""Who is still waited for when a process ends."""

from __future__ import annotations

import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator

import pytest
from gunicorn.workers.gthread import TConn

from keyback.config.web_worker import PatientSocket
from keyback.config.worker import HouseWorker

PATIENCE = 60.0


@pytest.fixture
def worker() -> Iterator[HouseWorker]:
    """One that was told to end: nothing of it but whom it knows."""
    worker: HouseWorker = HouseWorker.__new__(HouseWorker)
    worker.keepalived_conns, worker.pending_conns = deque(), deque()
    worker.nr_conns = 0
    with selectors.DefaultSelector() as worker.poller:
        yield worker


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
