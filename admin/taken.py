"""What a page's form holds is all that a view takes: anything more is refused, not ignored, before a screen sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from werkzeug.wrappers import Request
from wtforms import Field, FileField, SelectMultipleField

from ..core.contracts.text import Text

# Proves that the form came from a page of this session.
TOKEN = "token"  # noqa: S105 - a field's name
STRANGE = Text("This form holds something that its page doesn't offer. Nothing was changed. Open the page again.")
UNREADABLE = Text("This holds characters that can't be kept. Nothing was changed. Go back and type them anew.")
# No database keeps the first; the second stands for bytes that are no text.
UNKEPT = frozenset("\0\ufffd")
Build = Callable[..., Iterable[Field]]
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Taken:
    """The fields of this form, and names beside it. `build` gets the screen and what stands in the address."""

    build: Build | None = None
    beside: tuple[str, ...] = ()

    def refuses(self, request: Request, screen: object, parts: Mapping[str, object]) -> Text | None:
        """Why what was sent is refused; None if it may be read."""
        fields = self._fields(screen, parts)
        files = {field.name for field in fields if isinstance(field, FileField)}
        several = {field.name for field in fields if isinstance(field, SelectMultipleField)}
        once = {TOKEN, *self.beside, *(field.name for field in fields)} - files - several
        if not _fits(request.form, once, several) or not _fits(request.files, files, ()):
            return STRANGE
        typed = (value for values in request.form.listvalues() for value in values)
        return None if is_text(typed) and _is_utf8(request) else UNREADABLE

    def _fields(self, screen: object, parts: Mapping[str, object]) -> list[Field]:
        if self.build is None:
            return []
        return list(self.build() if isinstance(self.build, type) else self.build(screen, **parts))


NOTHING = Taken()


def takes(build: Build | None, *beside: str) -> Callable[[View], View]:
    """Say what the pages that lead to this view may send, besides the token."""

    def marked(view: View) -> View:
        vars(view)["takes"] = Taken(build, beside)
        return view

    return marked


def taken_by(view: Callable[..., Any]) -> Taken:
    """What this view takes: nothing, unless it says so."""
    found: Taken = getattr(view, "takes", NOTHING)
    return found


def is_text(values: Iterable[object]) -> bool:
    """Whether all of it can be kept as it was sent."""
    return all(UNKEPT.isdisjoint(value) for value in values if isinstance(value, str))


def _is_utf8(request: Request) -> bool:
    """Whether all escapes stand for text. The library keeps one that does not as if its three signs had been typed."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return True
    try:
        unquote_to_bytes(request.get_data()).decode()
    except UnicodeDecodeError:
        return False
    return True


def _fits(sent: Any, once: Iterable[str], several: Iterable[str]) -> bool:  # noqa: ANN401 - fields or files
    known = {*once, *several}
    return all(name in known and (name in several or len(values) == 1) for name, values in sent.lists())
