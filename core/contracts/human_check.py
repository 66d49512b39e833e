"""Human checks: the thing robots fail."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from .plugin import Context, Plugin
from .text import Text


@dataclass(frozen=True, slots=True)
class Widget:
    """What the start page shows. `kind` names a template of the portal, `data` fills it, `csp` adds sources."""

    kind: str
    data: Mapping[str, str] = field(default_factory=dict)
    csp: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A file that the widget's template points to, with its media type: a picture, a sound."""

    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Humanity:
    """The check's answer. `once` names this solution: the host never takes the same one twice.

    A failed answer with a name uses the task up: nobody can guess at it again.
    """

    passed: bool
    once: str = ""
    reason: Text | None = None


class HumanCheck(Plugin, ABC):
    """A test that costs a robot more than a person."""

    # The form fields that belong to the check.
    fields: ClassVar[frozenset[str]]
    # Whether programs pass it about as easily as people: the host lets fewer recoveries begin by it.
    weak: ClassVar[bool] = False
    # Whether `judge` asks somebody else and may have to wait: then it gets a thread and a deadline of its own.
    remote: ClassVar[bool] = True

    @abstractmethod
    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        """A fresh test. `effort` multiplies its cost when a source or the whole system is under attack."""

    @abstractmethod
    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        """Whether the form's fields pass at least this effort."""

    def knows(self, name: str, ctx: Context) -> bool:
        """Whether `part` would make a file of this name. Cheap: the host asks before it counts who wants how many."""
        return False

    def part(self, name: str, ctx: Context) -> Part | None:
        """The file of this name, for checks that show more than a page holds; None if the name is not ours."""
        return None
