"""How the C library of a server gives out memory."""

from __future__ import annotations

import contextlib
import ctypes

# From glibc's malloc.h; another C library has no such function, or takes no notice.
_M_ARENA_MAX = -8


def share_one_heap() -> None:
    """One for all threads. By itself glibc gives each new thread a heap of its own, for computing side by side.

    In Python only one of them computes at a time, and the corners of a dozen heaps are memory that is never given back.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
