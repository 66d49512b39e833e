"""In which language a page speaks: what the person chose, else what the browser asks for, else the house's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from flask import abort, g, redirect, request, url_for
from jinja2 import Environment
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Response

from ..contracts.text import ENGLISH, Language, Text
from ..languages import WRITTEN_IN, Languages
from .cookie import Cookies

# What a link of the menu asks for.
ASKED = "language"
# Where people come who were spoken to elsewhere a moment ago, and what in their request names the entry.
DOORS = {
    **dict.fromkeys(("portal.arrive", "portal.arrive_to_unlock", "portal.arrive_at_methods"), "entry"),
    "provider.authorize": "client_id",
}
# Nobody reads more languages than fit into this, and a stranger's list is not worth sorting.
LONGEST_WISH = 100
FROM_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


@dataclass(frozen=True, slots=True)
class Typeset:
    """A catalogue as a page shows it: with the apostrophe of printers, which few keyboards have."""

    sentences: Language

    def gettext(self, message: str, /) -> str:
        return self.sentences.gettext(message).replace("'", "’")

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return self.sentences.ngettext(one, many, n).replace("'", "’")


@dataclass(frozen=True, slots=True)
class MenuLink:
    """One language of the menu."""

    tag: str
    name: str
    address: str
    current: bool


class SpokenLanguage:
    """Chooses, once for each request, and never by whom a page is about (P4). `of_entry`: what an entry speaks."""

    def __init__(self, languages: Languages, cookies: Cookies, of_entry: Callable[[str], str] = lambda key: "") -> None:
        self._languages = languages
        self._cookies = cookies
        self._of_entry = of_entry

    def choose(self) -> None:
        """Before anything else: errors are pages too."""
        tags = list(self._languages.names)
        chosen = self._cookies.language(request)
        g.suggested = "" if chosen in tags else self._suggested(tags)
        header = request.headers.get("Accept-Language", "")[:LONGEST_WISH]
        wished = g.suggested or _first(_asked_for(header), tags) or self._languages.default
        self.speak(chosen if chosen in tags else wished)

    def _suggested(self, tags: list[str]) -> str:
        """What the door says of the person's languages, the best first, as OpenID Connect spells it, or the entry's."""
        named = DOORS.get(request.endpoint or "")
        if named is None:
            return ""
        entry = (request.view_args or {}).get(named) or request.args.get(named, "")
        return _first([*request.args.get("ui_locales", "").split(), self._of_entry(entry)], tags)

    def speak(self, tag: str) -> None:
        """In this language, whoever asks."""
        g.language = tag
        g.sentences = Typeset(self._languages.catalogue(tag))

    def switch(self) -> Response | None:
        """Somebody chose from the menu: remember it, and back to where they were, without the question.

        It changes nothing but how pages read, so a link may do it. Only what the menu shows is taken (D7).
        """
        asked = request.args.getlist(ASKED)
        if not asked or request.method != "GET":
            return None
        if len(asked) > 1 or asked[0] not in self._languages.names:
            abort(400, "no such language")
        back = redirect(_here(), 303)
        self._cookies.speak(back, asked[0])
        return back

    def menu(self) -> list[MenuLink]:
        """Every language by its own name, leading back to the same page; nothing where there is no choice."""
        names = self._languages.names
        links = [MenuLink(tag, names[tag], menu_start() + urlencode([(ASKED, tag)]), tag == spoken()) for tag in names]
        return sorted(links, key=lambda link: link.name) if len(links) > 1 else []

    def name(self, response: Response) -> Response:
        """Say which language it was, to whoever keeps or reads pages; files and JSON have none."""
        if response.mimetype == "text/html":
            if g.get("suggested"):
                # The door knows it once; the pages behind it would ask the browser again.
                self._cookies.speak(response, g.suggested, for_good=False)
            # Added, not set: no page says so itself, and to look for each takes longer than to write them.
            response.headers.extend({"Content-Language": spoken(), "Vary": "Accept-Language, Cookie"})
        return response


def speak_in_templates(templates: Environment) -> None:
    """Templates write `_("A sentence")`; it, and every other Text, is said in the page's language when it is shown."""
    templates.globals.update(_=Text, ngettext=Text.plural)
    templates.filters.update(parted=_parted)
    templates.finalize = _finalize


def spoken() -> str:
    """The tag of this page's language."""
    tag: str = g.get("language", WRITTEN_IN)
    return tag


def direction() -> str:
    """Which way it is read."""
    return "rtl" if spoken().partition("-")[0] in FROM_RIGHT_TO_LEFT else "ltr"


def said(text: Text) -> str:
    """The sentence as this page says it."""
    return text.render(g.get("sentences", ENGLISH))


# Browsers ask for few different lists of languages, over and over.
@lru_cache(maxsize=256)
def _asked_for(header: str) -> tuple[str, ...]:
    """What the browser asks for, the dearest first."""
    return tuple(wish for wish, weight in parse_accept_header(header, LanguageAccept) if weight > 0)


def _first(wishes: Sequence[str], tags: list[str]) -> str:
    """The first wish that we can fulfil: whoever asks for "de-AT" understands "de"."""
    ours = {tag.lower(): tag for tag in tags}
    met = (ours.get(spelt) for wish in wishes for spelt in (wish.lower(), wish.lower().partition("-")[0]))
    return next((tag for tag in met if tag), "")


def _finalize(value: object) -> object:
    return said(value) if isinstance(value, Text) else value


def _parted(text: Text, gap: str) -> tuple[str, str]:
    """What stands before a gap and behind it, for a template that marks what fills it."""
    before, _, behind = said(text.filled(**{gap: "\0"})).partition("\0")
    return before, behind


def keep_place(address: str) -> None:
    """Where the menu leads from a page that a form brought, whose own address doesn't tell how one came."""
    g.place = address


def menu_start() -> str:
    """What the menu's links begin with, all that only this request knows of them.

    An address without a path stays where it is, and can lead nowhere else.
    """
    if start := g.get("menu_start", ""):
        return str(start)
    place = g.get("place", "") or (f"?{urlencode(others)}" if (others := _others()) else "")
    return f"{place}{'&' if '?' in place else '?'}"


@contextmanager
def menu_starting(start: str) -> Iterator[None]:
    """Inside, the menu's links begin so."""
    g.menu_start = start
    try:
        yield
    finally:
        del g.menu_start


def _here() -> str:
    """Made anew by routing, so that nobody's host can be meant. An unknown page leads to the start."""
    others = urlencode(_others())
    path = url_for(request.endpoint, **(request.view_args or {})) if request.endpoint else url_for("portal.welcome")
    return f"{path}?{others}" if others else path


def _others() -> list[tuple[str, str]]:
    return [(key, value) for key, value in request.args.items(multi=True) if key != ASKED]
