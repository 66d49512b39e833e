"""What every event is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `name` is dotted, subject first; `loud` ones deserve an administrator's eye."""

    name: ClassVar[str]
    loud: ClassVar[bool] = False
