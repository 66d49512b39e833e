"""In which language the console speaks: what was chosen here, else what the browser asks for, else the house's own."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from flask import g, redirect, request, url_for
from jinja2 import Environment
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from ..core.contracts.text import ENGLISH, Language, Text
from ..core.languages import Languages
from .look import ConsoleLook
from .numbers import number

ASKED = "language"
COOKIE = "kb_language"
REMEMBERED = timedelta(days=180)
# Nobody reads more languages than fit into this.
LONGEST_WISH = 200


class SpokenHere:
    """Chooses once for each request."""

    def __init__(self, look: ConsoleLook) -> None:
        self._languages: Languages = look.languages
        self._secure = look.secure
        self._cookie = f"__Host-{COOKIE}" if look.secure else COOKIE

    def choose(self) -> Response | None:
        """Before anything else: errors are pages too. A link of the menu leads back to the page it stood on."""
        asked = request.args.get(ASKED, "")
        if asked in self._languages.names and request.method == "GET":
            back = redirect(self._here(), 303)
            back.set_cookie(
                self._cookie, asked, REMEMBERED, path="/", secure=self._secure, httponly=True, samesite="Lax"
            )
            return back
        chosen = request.cookies.get(self._cookie, "")
        g.language = chosen if chosen in self._languages.names else self._wished()
        g.sentences = self._languages.catalogue(g.language)
        return None

    def menu(self) -> list[tuple[str, str, str, bool]]:
        """Every language: tag, own name, address, and whether it is the one; nothing where there is no choice."""
        others = [(key, value) for key, value in request.args.items(multi=True) if key != ASKED]
        names = self._languages.names
        links = [(tag, names[tag], f"?{urlencode([*others, (ASKED, tag)])}", tag == spoken()) for tag in names]
        return links if len(links) > 1 else []

    def _wished(self) -> str:
        tags = {tag.lower(): tag for tag in self._languages.names}
        wishes = parse_accept_header(request.headers.get("Accept-Language", "")[:LONGEST_WISH], LanguageAccept)
        spelt = (form for wish, weight in wishes if weight > 0 for form in (wish.lower(), wish.lower().split("-")[0]))
        return next((tags[form] for form in spelt if form in tags), self._languages.default)

    @staticmethod
    def _here() -> str:
        """Made anew by routing, so that nobody's host can be meant. An unknown page leads to the start."""
        others = urlencode([(key, value) for key, value in request.args.items(multi=True) if key != ASKED])
        path = url_for(request.endpoint or "home.index", **(request.view_args or {}))
        return f"{path}?{others}" if others else path


def speak_in_templates(templates: Environment) -> None:
    """Templates write `_("A sentence")`; it, and every other Text, is said in the page's language when it is shown."""
    templates.globals.update(_=Text, ngettext=Text.plural, number=number)
    templates.finalize = _finalize


def spoken() -> str:
    """The tag of this page's language."""
    tag: str = g.get("language", "en")
    return tag


def said(text: Text) -> str:
    """The sentence as this page says it, with the apostrophe of printers."""
    sentences: Language = g.get("sentences", ENGLISH)
    return text.render(sentences)


def _finalize(value: object) -> object:
    return said(value) if isinstance(value, Text) else value
