"""Threads of a server share a heap."""

from __future__ import annotations

import subprocess
import sys

import pytest

# A heap of a thread's own reserves 64 MiB; a stack, which it has anyway, is 8 as a rule.
PROGRAM = """
import resource, threading
from pathlib import Path
from keyback.config.heap import share_one_heap
if {shared}:
    share_one_heap()
def reserved():
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() >> 20
threading.stack_size(1 << 20)
before, end = reserved(), threading.Barrier(5)
threads = [threading.Thread(target=lambda: (bytearray(10_000), end.wait())) for _ in range(4)]
for thread in threads:
    thread.start()
print(reserved() - before)
end.wait()
"""


@pytest.mark.parametrize("shared", [True, False])
def test_no_thread_gets_a_heap_of_its_own(shared: bool) -> None:
    mebibytes = int(subprocess.check_output([sys.executable, "-c", PROGRAM.format(shared=shared)]))
    assert (mebibytes < 64) is shared
