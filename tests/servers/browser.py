"""A person at a browser, over plain HTTP: keeps cookies, reads forms, presses buttons."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeAlias

import requests

# A list where several boxes of one name are ticked.
Fields: TypeAlias = Mapping[str, str | list[str]]


@dataclass
class Form:
    """A form as a browser would send it."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    radios: dict[str, list[str]] = field(default_factory=dict)
    # Boxes that stand there ticked.
    ticks: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.main: dict[str, str] = {}
        self.marks: list[dict[str, str]] = []
        self.text: list[str] = []
        # Each link's words, and where it leads.
        self.links: list[tuple[list[str], str]] = []
        self._inside: Form | None = None
        self._link: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.main = given
        if any(name.startswith("data-") for name in given):
            self.marks.append(given)
        if tag == "a":
            self._link = []
            self.links.append((self._link, given.get("href", "")))
        if tag == "form":
            self._inside = Form(given.get("action", ""))
            self.forms.append(self._inside)
        if self._inside is not None and tag in {"input", "button"}:
            self._take(self._inside, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._link is not None:
            self._link.append(data)

    @staticmethod
    def _take(form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if given.get("type") == "button":
            return
        if tag == "button" or given.get("type") == "submit":
            form.buttons.append((name, value))
        elif given.get("type") == "radio":
            form.radios.setdefault(name, []).append(value)
            if "checked" in given:
                form.fields[name] = value
        elif given.get("type") != "checkbox":
            form.fields[name] = value
        elif "checked" in given:
            form.ticks.setdefault(name, []).append(value)


@dataclass
class Page:
    """What came back."""

    status: int
    url: str
    headers: dict[str, str]
    html: str
    at: float = field(default_factory=time.time)
    # From the request to the head of the answer.
    seconds: float = 0.0

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        self.forms, self.main, self.marks = reader.forms, reader.main, reader.marks
        self.text = " ".join(" ".join(reader.text).split())
        self._links = [(" ".join("".join(words).split()), target) for words, target in reader.links]

    @property
    def stage(self) -> str:
        """The page's `data-stage`."""
        return self.main.get("data-stage", "")

    @property
    def name(self) -> str:
        """The page's `data-page`."""
        return self.main.get("data-page", "")

    def marked(self, mark: str) -> list[str]:
        """Values of one data attribute, in order."""
        return [given[mark] for given in self.marks if mark in given]

    def links(self, words: str) -> list[str]:
        """Where the links with these words lead."""
        return [target for said, target in self._links if said == words]

    @property
    def form(self) -> Form:
        """The page's main form."""
        assert self.forms, f"no form on {self.url}: {self.text[:300]}"
        return self.forms[0]


class Browser:
    """Cookies as a browser keeps them. Secure ones are sent over the loopback too, which stands for TLS's far end."""

    def __init__(self, base: str, *, host: str = "", address: str = "") -> None:
        self.base = base.rstrip("/")
        self.cookies: dict[str, str] = {}
        # Every answer as it came, redirects too.
        self.history: list[Page] = []
        self._session = requests.Session()
        self._session.trust_env = False
        self._headers = {"Host": host} if host else {}
        if address:
            self._headers["X-Forwarded-For"] = address
        self.origin = f"https://{host}" if host else self.base
        self.page: Page | None = None

    def copy(self) -> Browser:
        """The same cookies and page in another window, or in the hands of whoever took them."""
        other = Browser(self.base)
        other._headers, other.origin = dict(self._headers), self.origin
        other.cookies, other.page = dict(self.cookies), self.page
        return other

    def get(self, path: str, *, follow: bool = True) -> Page:
        """Open a page."""
        return self._go("GET", path, None, follow=follow, site="none")

    def post(self, path: str, fields: Fields, *, follow: bool = True, **headers: str) -> Page:
        """Send a form."""
        return self._go("POST", path, fields, follow=follow, site="same-origin", **headers)

    def submit(self, page: Page, *, button: tuple[str, str] | None = None, **fields: str | list[str]) -> Page:
        """Fill in the page's main form and press a button: its first one unless another is named."""
        form = page.form
        pressed = button or (form.buttons[0] if form.buttons else ("", ""))
        sent: dict[str, str | list[str]] = {name: value for name, value in form.fields.items() if name}
        sent |= form.ticks
        sent |= {pressed[0]: pressed[1]} if pressed[0] else {}
        return self.post(form.action or page.url, {**sent, **fields})

    def _go(self, method: str, path: str, fields: Fields | None, *, follow: bool, site: str, **more: str) -> Page:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self._headers, "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", **more}
        headers |= {"Cookie": cookie} if cookie else {}
        headers |= {"Origin": self.origin} if method == "POST" else {}
        answer = self._session.request(
            method, self.base + path, data=fields, headers=headers, allow_redirects=False, timeout=30
        )
        for one in answer.raw.headers.getlist("Set-Cookie"):
            name, _, value = one.partition(";")[0].partition("=")
            if value and value != '""':
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        seconds = answer.elapsed.total_seconds()
        came = Page(answer.status_code, path, dict(answer.headers), answer.text, seconds=seconds)
        self.history.append(came)
        if follow and answer.status_code in {301, 302, 303, 307}:
            target = answer.headers["Location"]
            target = target.removeprefix(self.origin).removeprefix(self.base)
            return self._go("GET", target, None, follow=True, site="same-origin")
        self.page = came
        return came
