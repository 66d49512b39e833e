"""What a page has to say besides where the recovery stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..contracts.text import Text
from .prompt_form import Problem


class NoticeKind(StrEnum):
    """Which sign stands beside a notice."""

    INFORMATION = "information"
    SUCCESS = "success"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence in the page; it stays until the page changes."""

    kind: NoticeKind
    text: Text


@dataclass(frozen=True, slots=True)
class Said:
    """Problems with fields, a notice, what was typed (never a password), and the status they come with."""

    problems: tuple[Problem, ...] = ()
    notice: Notice | None = None
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 200
    retry_after: int = 0
    # The choice whose whole destination is asked for.
    choice: str = ""
    # The answer came before we could look: the page asks for one moment and sends the same again.
    one_moment: bool = False


NOTHING = Said()


def information(text: Text, *, status: int = 200, retry_after: int = 0) -> Said:
    """Something to know; the form below stays good."""
    return Said(notice=Notice(NoticeKind.INFORMATION, text), status=status, retry_after=retry_after)


def warning(text: Text, *, status: int = 200, retry_after: int = 0) -> Said:
    """Something that keeps the person from going on this way."""
    return Said(notice=Notice(NoticeKind.WARNING, text), status=status, retry_after=retry_after)
