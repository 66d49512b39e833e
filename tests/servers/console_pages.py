"""The console's pages as somebody finds them who follows every link, and the forms that stand on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from .small_console import SmallConsole

HOST = "console.example.org"
# So many pages of one kind are looked at; a history of a hundred versions says no more than one of a few.
MOST_ALIKE = 6
Sent = dict[str, list[str]]


@dataclass(frozen=True)
class Control:
    """One field as the page draws it."""

    name: str
    kind: str
    value: str
    on: bool = False

    @property
    def is_typed(self) -> bool:
        """Whether somebody types into it."""
        return self.kind in {"text", "password", "textarea"}

    @property
    def is_chosen(self) -> bool:
        """Whether its values are the page's own."""
        return self.kind in {"radio", "checkbox", "option"}


@dataclass(frozen=True)
class PageForm:
    """A form that posts: the page it stands on, where it leads, and what is in it."""

    page: str
    action: str
    controls: tuple[Control, ...] = ()

    def as_it_stands(self) -> Sent:
        """What a browser sends that nobody touched, without the token, which the console's browser adds."""
        found: Sent = {}
        for one in self.controls:
            if (
                one.name
                and one.name != "token"
                and (one.on or not one.is_chosen)
                and one.kind not in {"file", "button"}
            ):
                found.setdefault(one.name, []).append(one.value)
        return found

    @property
    def typed(self) -> list[str]:
        """The names of the fields that somebody types into."""
        return list(dict.fromkeys(one.name for one in self.controls if one.is_typed))

    @property
    def chosen(self) -> list[str]:
        """The names of those in which somebody chooses one of several."""
        return list(dict.fromkeys(one.name for one in self.controls if one.kind in {"radio", "option"}))


@dataclass
class Reader(HTMLParser):
    """Reads the forms that post, the links, and whatever could run, off one page."""

    page: str
    forms: list[PageForm] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    _open: PageForm | None = None
    _list: str = ""
    _area: str | None = None

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.scripts += [f"{tag} {name}" for name in said if name.startswith("on") or name == "style"]
        self.scripts += [tag] if tag in {"script", "iframe", "object", "embed", "base"} and "src" not in said else []
        self.links += [said["href"]] if tag == "a" and said.get("href") else []
        self.targets += [said[name] for name in ("href", "src", "action", "formaction") if said.get(name)]
        if tag == "form" and said.get("method") == "post":
            self._open = PageForm(self.page, urlsplit(urljoin(self.page, said.get("action", ""))).path)
        elif tag == "select":
            self._list = said.get("name", "")
        elif tag == "textarea":
            self._area = said.get("name", "")
            self._add(Control(self._area, "textarea", ""))
        elif tag in {"input", "button", "option"}:
            self._control(tag, said)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open:
            self.forms.append(self._open)
            self._open = None
        self._area = None if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area is not None and self._open:
            *others, last = self._open.controls
            text = (last.value + data).removeprefix("\n")
            self._open = replace(self._open, controls=(*others, replace(last, value=text)))

    def _control(self, tag: str, said: dict[str, str]) -> None:
        kind = tag if tag != "input" else said.get("type", "text")
        name = self._list if tag == "option" else said.get("name", "")
        if "disabled" not in said:
            self._add(Control(name, kind, said.get("value", ""), "checked" in said or "selected" in said))

    def _add(self, control: Control) -> None:
        if self._open:
            self._open = replace(self._open, controls=(*self._open.controls, control))


@dataclass
class Walk:
    """What was found: every page by its address, and the forms by where they lead."""

    console: SmallConsole
    pages: dict[str, str] = field(default_factory=dict)
    forms: dict[str, PageForm] = field(default_factory=dict)
    _alike: dict[str, int] = field(default_factory=dict)

    def from_(self, *begin: str) -> Walk:
        """Follow every link from these addresses on."""
        waiting = list(begin)
        while waiting:
            address = waiting.pop(0)
            if address not in self.pages and self._is_new(address):
                waiting += self.read(address, self.console.get(address))
        return self._looked_through()

    def read(self, address: str, page: TestResponse) -> list[str]:
        """Keep this page and its forms; the links on it."""
        if not page.content_type.startswith("text/html"):
            return [page.location] if page.status_code in range(300, 400) else []
        self.pages[address] = page.text
        reader = read(address, page.text)
        for form in reader.forms:
            self.forms.setdefault(form.action, form)
        inside = (urljoin(address, link) for link in reader.links)
        return [link for link in inside if link.startswith("/admin/") and "/static/" not in link]

    def _looked_through(self) -> Walk:
        """With the pages that ask once more before something is saved."""
        for form in list(self.forms.values()):
            if form.action.endswith("/review"):
                page = self.console.post(form.action, form.as_it_stands())
                assert page.status_code == 200, form.action
                self.read(form.action, page)
        return self

    def _is_new(self, address: str) -> bool:
        kind = f"{endpoint_of(self.console, address)}?{sorted(urlsplit(address).query.split('='))[:1]}"
        self._alike[kind] = self._alike.get(kind, 0) + 1
        return self._alike[kind] <= MOST_ALIKE


def read(address: str, text: str) -> Reader:
    """What stands on this page."""
    reader = Reader(address)
    reader.feed(text)
    return reader


def form_at(page: str, text: str, action: str) -> PageForm | None:
    """The form on this page that leads there."""
    return next((form for form in read(page, text).forms if form.action == action), None)


def endpoint_of(console: SmallConsole, address: str, verb: str = "GET") -> str:
    """Which page of which screen an address leads to."""
    found, _ = console.app.url_map.bind(HOST).match(urlsplit(address).path, method=verb)
    return str(found)


def posts(console: SmallConsole) -> Iterator[Rule]:
    """Every address of a screen that takes a form."""
    screens = {view.key for view in console.app.extensions["admin"][0]._views}
    for rule in console.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint.partition(".")[0] in screens:
            yield rule
