"""Devices that people carry: what one of them says is signed by a key that never leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .plugin import Context

# What a device may say: what it is, that it asks what waits, what its owner decided, and where it can be woken.
JOINS, ASKS, DECIDES, MOVED = "joins", "asks", "decides", "moved"
APPROVE, DECLINE = "approve", "decline"
# Where a challenge keeps by what it is found.
JOINS_BY, REQUEST = "joins_by", "request"


@dataclass(frozen=True, slots=True)
class Statement:
    """What came from a device. `device` is its name for itself; nothing is believed before the signature is checked."""

    device: str
    words: str = field(repr=False)
    signature: str = field(repr=False)


@runtime_checkable
class KnowsDevices(Protocol):
    """Optional: methods whose answers a device signs.

    `enrol` puts `secret["joins_by"]`, which the device must say when it joins; what it says is put beside it, for
    `confirm`, as `device`, `words` and `signature`. `begin` puts `secret["request"]`, by which the device names the
    challenge; what it says reaches `judge` by the same names. The `id` of an enrolment is the device's name.
    """

    def joined(self, statement: Statement, ctx: Context) -> Mapping[str, str] | None:
        """What a new device says, signed by the key that it brings: its `joins_by`. None for anything else."""

    def said(self, statement: Statement, kept: Mapping[str, str], ctx: Context) -> Mapping[str, str] | None:
        """What the device of this enrolment says now: `what`, and `request` and `decision`. None if it isn't it.

        `kept` is the enrolment's data.
        """

    def moved(self, kept: Mapping[str, str], said: Mapping[str, str]) -> Mapping[str, str]:
        """The enrolment's data with where the device can be woken from now on."""
