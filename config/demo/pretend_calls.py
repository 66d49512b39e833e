"""The pretend phone's key: pressed on a page of the demo, heard by Keyback as any carrier's call-back is."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ...core.service.sending.callback_links import PATH
from ..house import House

KEY = "#"
SIGNATURE = "Pretend-Signature"


class Ringing(Protocol):
    """Where to tell that a key was pressed, and with which signature."""

    @property
    def answer_to(self) -> str: ...

    @property
    def signature(self) -> str: ...


@runtime_checkable
class Rings(Protocol):
    """A channel whose calls wait for a key."""

    key: str

    def ringing(self, call: str) -> Ringing | None: ...

    def spoke(self, call: str, words: str) -> None: ...


def press(house: House, call: str) -> None:
    """What the call says then, or nothing if it comes too late."""
    for channel in house.snapshots.current.plugins.channels.values():
        ringing = channel.ringing(call) if isinstance(channel, Rings) else None
        if ringing is not None and isinstance(channel, Rings):
            token = ringing.answer_to.partition(f"{PATH}{channel.key}/")[2]
            hearing, signed = house.staff.service.hearing, {SIGNATURE: ringing.signature}
            heard = hearing.call_back(channel.key, token, {"key": KEY}, signed)
            channel.spoke(call, heard.reply if heard else "")
