"""A newcomer in a process of its own, so that no other client's work is taken for the server's."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from types import TracebackType

from wire import Http

# So often somebody new comes by.
SECONDS_BETWEEN = 0.05
REFUSAL = b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Witness:
    """Comes again and again while it is entered; `seen` has each answer's status, milliseconds and Retry-After.

    `bare` has the milliseconds of a process that does nothing but refuse, asked in turns: what the machine alone adds.
    """

    def __init__(self, port: int, host: str) -> None:
        self._command = [sys.executable, __file__, str(port), host]
        self.seen: list[tuple[int, float, str]] = []
        self.bare: list[float] = []

    def __enter__(self) -> Witness:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        # Its stdin ends: it says what it saw, and goes.
        said = json.loads(self._process.communicate()[0])
        self.seen, self.bare = [tuple(one) for one in said["seen"]], said["bare"]


def refuse_all(listener: socket.socket) -> None:
    """A server that has nothing else to do."""
    while True:
        way, _ = listener.accept()
        with way:
            way.recv(65536)
            way.sendall(REFUSAL)


def visit(port: int, host: str, number: int) -> tuple[int, float, str]:
    """Somebody new at the start: the status, milliseconds and Retry-After."""
    began = time.perf_counter()
    way = Http(port, host, f"172.{16 + number // 62500 % 16}.{number // 250 % 250}.{number % 250}")
    answer = way.send("GET", "/recover", "")
    took = (time.perf_counter() - began) * 1000
    way.close()
    return answer.status, took, answer.wait


def main() -> None:
    """Until nobody listens any more."""
    port, host = int(sys.argv[1]), sys.argv[2]
    listener = socket.create_server(("127.0.0.1", 0))
    # Before we become anything better: it waits for its turn as Keyback does.
    multiprocessing.Process(target=refuse_all, args=(listener,), daemon=True).start()
    # Where the machine lets us: what we wait for is the server's turn, not our own.
    if os.geteuid() == 0:
        os.nice(-15)
    os.set_blocking(0, False)
    seen, bare = [], []
    while sys.stdin.buffer.raw.read(1) is None:  # type: ignore[attr-defined]
        seen.append(visit(port, host, len(seen)))
        time.sleep(SECONDS_BETWEEN / 2)
        bare.append(visit(listener.getsockname()[1], host, 0)[1])
        time.sleep(SECONDS_BETWEEN / 2)
    print(json.dumps({"seen": seen, "bare": bare}))


if __name__ == "__main__":
    main()
