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
class Humanity:
    """The check's answer. `once` names this solution: the host never takes the same one twice."""

    passed: bool
    once: str = ""
    reason: Text | None = None


class HumanCheck(Plugin, ABC):
    """A test that costs a robot more than a person."""

    # The form fields that belong to the check.
    fields: ClassVar[frozenset[str]]

    @abstractmethod
    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        """A fresh test. `effort` multiplies its cost when a source or the whole system is under attack."""

    @abstractmethod
    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        """Whether the form's fields pass at least this effort."""
