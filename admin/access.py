"""Who may open which screen. Flask-Admin is open unless closed: every screen derives from `Screen`, which denies."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from flask import abort, g, redirect, render_template, request, url_for
from flask_admin import BaseView
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.service.administrators.actor import Actor, Role
from ..core.service.administrators.console import Console
from ..core.service.administrators.console_desk import ConsoleDesk, InConsole
from .forms import ConsoleForm, as_sent
from .taken import TOKEN, UNREADABLE, is_text, taken_by

__all__ = ["ALL", "TOKEN", "Role", "Screen"]

log = logging.getLogger("keyback.console")
ALL = frozenset(Role)
HTML = "text/html; charset=utf-8"
SECRET = re.compile(r"password|secret|token|(^|_)key|_key$", re.ASCII)
Kind = TypeVar("Kind", bound=ConsoleForm)


class Screen(BaseView):
    """One screen: its place in the menu, and who may look at it and change what it shows.

    A GET needs a role in `sees`. Whatever else needs a role in `changes`, a token of this very session, and a sign-in
    not older than five minutes. It is given the fields that it says it `takes`, each once, and nothing else. `asks`
    names methods whose POST changes nothing: whoever sees the screen may ask.
    `sensitive` names methods whose GET needs a fresh sign-in too.
    """

    key: ClassVar[str]
    label: ClassVar[Text]
    group: ClassVar[str] = ""
    icon: ClassVar[str] = ""
    sees: ClassVar[frozenset[Role]] = frozenset()
    changes: ClassVar[frozenset[Role]] = frozenset()
    asks: ClassVar[frozenset[str]] = frozenset()
    sensitive: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, console: Console, desk: ConsoleDesk) -> None:
        super().__init__(name=str(self.label), endpoint=self.key, url=self.address())
        self.console = console
        self.desk = desk

    @classmethod
    def address(cls) -> str:
        """Where it begins, without the slash at the end."""
        return f"/admin/{cls.key}"

    @property
    def first(self) -> str:
        """The page that the menu leads to."""
        name: str = self._default_view
        return name

    @property
    def who(self) -> InConsole:
        """The session that this request belongs to."""
        found: InConsole | None = g.get("in_console")
        # Nothing of a screen runs before `_handle_view` let somebody in.
        assert found is not None
        return found

    @property
    def actor(self) -> Actor:
        """Who acts: goes with every change into the service."""
        return self.who.actor

    @property
    def may_change(self) -> bool:
        """Whether this page should offer its buttons to whoever looks at it."""
        return self.actor.has_any(self.changes)

    def is_secret(self, field: str) -> bool:
        """Whether what stands in this field is typed again rather than kept for a moment, even encrypted."""
        return SECRET.search(field) is not None

    def form(self, kind: type[Kind], **data: Any) -> Kind:  # noqa: ANN401 - WTForms takes what its fields take
        """The form as it was sent; else what was typed before a new sign-in; else `data`."""
        if request.method == "POST":
            return kind(request.form, **data)
        typed = self.desk.take(self.who, request.path)
        return kind(as_sent(typed), **data) if typed else kind(**data)

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """One page. `title` is its heading; a form with a mistake goes out with 422."""
        values.setdefault("title", self.label)
        html = render_template(template, screen=self, token=self.desk.form_token(self.who), **values)
        return Response(html, status, content_type=HTML)

    def go(self, view: str = "", **parts: Any) -> Response:  # noqa: ANN401 - as url_for takes them
        """To a page of this screen, after something was done."""
        return redirect(url_for(f"{self.key}.{view or self.first}", **parts), 303)

    def _handle_view(self, name: str, **parts: object) -> Response | None:
        """Flask-Admin asks here before each page, and lets everybody in unless somebody says no."""
        who: InConsole | None = g.get("in_console")
        asked = request.method in {"GET", "HEAD"}
        if who is None:
            return _sign_in_first() if asked else _page(403, "signed_out")
        roles = self.sees if asked or name in self.asks else self.changes
        if not who.actor.has_any(roles):
            return _page(403, "not_yours")
        if not asked and not self.desk.fits(who, request.form.get(TOKEN, "")):
            abort(403)
        if refused := self._refused(name, parts, asked=asked):
            return refuse(refused)
        fresh = name in self.sensitive if asked else name not in self.asks
        return self._again(who) if fresh and not who.is_fresh(self.desk.now()) else None

    def _refused(self, name: str, parts: Mapping[str, object], *, asked: bool) -> Text | None:
        if not is_text((*request.args.values(), *parts.values())):
            return UNREADABLE
        return None if asked else taken_by(getattr(type(self), name)).refuses(request, self, parts)

    def _again(self, who: InConsole) -> Response:
        """To prove again who they are. What they typed waits for them here."""
        if request.method == "POST":
            sent = request.form.lists()
            self.desk.keep(who, request.path, {name: values for name, values in sent if not self.is_secret(name)})
        return _page(403, "sign_in_again", to=request.path)

    def _run_view(self, fn: Callable[..., Any], *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        # Flask-Admin's own calls a page once more, otherwise, when anything in it raises a TypeError.
        return fn(self, *args, **kwargs)


def refuse(reason: Text) -> Response:
    """The page, and the line in the log, of what no page of ours sends."""
    log.warning("refused what no page of ours sends, at %s", request.endpoint)
    return _page(400, "problem", reason=reason)


def _sign_in_first() -> Response:
    return redirect(url_for("door.start", to=request.path), 303)


def _page(status: int, name: str, **values: object) -> Response:
    return Response(render_template(f"console/{name}.html", status=status, **values), status, content_type=HTML)
