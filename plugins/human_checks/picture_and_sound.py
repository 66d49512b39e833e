"""Characters in a picture or read aloud: for browsers without scripts, and for whoever would rather read."""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from pydantic import Field as Setting
from pydantic import SecretStr

from ...core import Context, HumanCheck, Humanity, Part, PluginSettings, Text, Widget, hookimpl

if TYPE_CHECKING:
    from ._studio import Studio

TYPED, TASK = "picture_text", "picture_task"
GOOD_FOR = timedelta(minutes=10)
# None looks like another when it is bent, and none sounds like another over a bad loudspeaker.
SIGNS = "234679FHKMRWXY"
FEWEST, MOST = 6, 8
PART = re.compile(r"(?P<task>[0-9]{1,4}\.[0-9]{1,12}\.[0-9a-f]{32}\.[0-9a-f]{64})\.(?P<kind>png|wav)", re.ASCII)
_TOO_LATE = Text("The check ran out of time. Press Continue again.")
_WRONG = Text("The characters didn't match. Here's a new picture.")


class PictureAndSoundSettings(PluginSettings):
    """The key from which the characters follow."""

    key: SecretStr = Setting(
        title="Key", description="The characters follow from it, so that nothing is kept until they come back.",
        min_length=32,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Task:
    """What stands in the page. The characters don't, not even sealed: they follow from it and from our key."""

    effort: int
    until: int
    nonce: str

    def __str__(self) -> str:
        return f"{self.effort}.{self.until}.{self.nonce}"

    @property
    def length(self) -> int:
        """One more character each time the effort doubles; people give up at nine."""
        return min(MOST, FEWEST + self.effort.bit_length() - 1)

    def is_over(self, now: datetime) -> bool:
        return self.until <= now.timestamp()


class PictureAndSound(HumanCheck):
    """Weaker than the proof of work, because programs read pictures too: so it has a smaller budget."""

    key = "picture_and_sound"
    label = Text("Characters in a picture or read aloud")
    fields = frozenset({TYPED, TASK})
    weak = True
    remote = False
    Settings = PictureAndSoundSettings
    settings: PictureAndSoundSettings

    @cached_property
    def _studio(self) -> Studio:
        # Imported late: libraries of 4 MiB, for what few people ask for, would lie in every process.
        from ._studio import Studio  # noqa: PLC0415

        return Studio(SIGNS)

    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        task = _Task(effort, int((ctx.now + GOOD_FOR).timestamp()), ctx.random(16).hex())
        return Widget(self.key, {"task": f"{task}.{self._mac('task', task).hex()}"}, {"media-src": ("'self'",)})

    def knows(self, name: str, ctx: Context) -> bool:
        return self._asked(name, ctx) is not None

    def part(self, name: str, ctx: Context) -> Part | None:
        task = self._asked(name, ctx)
        if task is None:
            return None
        if name.endswith(".png"):
            return Part("image/png", self._studio.draw(self._characters(task)))
        # The same sound each time: many recordings of one task, laid over one another, would lose their noise. And a
        # browser may fetch it in pieces, from several processes.
        chance = Random(self._mac("sound", task))  # noqa: S311 -- drawn from our key, so as secret as the key
        return Part("audio/wav", self._studio.say(self._characters(task), chance))

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        task = self._read(response.get(TASK, ""))
        if task is None or task.is_over(ctx.now) or task.effort < effort:
            return Humanity(False, reason=_TOO_LATE)
        # Named when it was wrong, too: who may guess again at the same picture gets through one day.
        right = hmac.compare_digest(folded(response.get(TYPED, "")).encode(), self._characters(task).encode())
        return Humanity(right, once=task.nonce, reason=None if right else _WRONG)

    def _asked(self, name: str, ctx: Context) -> _Task | None:
        match = PART.fullmatch(name)
        task = self._read(match["task"]) if match else None
        return None if task is None or task.is_over(ctx.now) else task

    def _read(self, sealed: str) -> _Task | None:
        """The task, if it is one of ours; otherwise people would choose their own end and effort."""
        if not PART.fullmatch(f"{sealed}.png"):
            return None
        effort, until, nonce, mac = sealed.split(".")
        task = _Task(int(effort), int(until), nonce)
        return task if hmac.compare_digest(mac, self._mac("task", task).hex()) else None

    def _characters(self, task: _Task) -> str:
        drawn = int.from_bytes(self._mac("characters", task), "big")
        # 256 bits hold eight draws of fourteen many times over, so that no sign is likelier than another.
        return "".join(SIGNS[drawn // len(SIGNS) ** place % len(SIGNS)] for place in range(task.length))

    def _mac(self, purpose: str, task: _Task) -> bytes:
        key = self.settings.key.get_secret_value().encode()
        return hmac.digest(key, f"picture and sound: {purpose}: {task}".encode(), sha256)


def folded(typed: str) -> str:
    """As people type what they read or hear: capitals, spaces and dashes don't matter."""
    usual = unicodedata.normalize("NFKC", typed[:100]).upper()
    return "".join(sign for sign in usual if sign.isalnum())


@hookimpl
def keyback_human_checks() -> list[type[HumanCheck]]:
    return [PictureAndSound]
