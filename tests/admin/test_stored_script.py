"""Whatever somebody types, or a plugin of somebody else's says, is words on every page; none of it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from flask import Flask
from pretend_portal import portal_settings
from pydantic import Field, SecretStr
from servers.console_pages import PageForm, Walk, form_at, read
from servers.doors import doors
from servers.lived_in import lived_in, seen
from servers.small_console import SmallConsole
from servers.small_house import OpenDoor
from werkzeug.test import TestResponse

from keyback.core import Channel, Context, Message, PluginError, PluginSettings, Receipt, Text
from keyback.core.contracts.entry import Entry
from keyback.core.contracts.human_check import Widget
from keyback.core.contracts.plugin import Plugin
from keyback.core.portal import create_portal
from keyback.plugins.methods.sms import Sms

RUNS = '"><script>evil()</script><img src=x onerror=evil()>'
COUNTS = "{{7*191}}${7*191}"
COUNTED = "1337"
SCHEMES = {"", "http", "https", "mailto", "tel"}
# Where a link may be typed, and what would be none of ours.
ADDRESS = re.compile(r"url|uri|link|endpoint|host|issuer|audience|\bto\b", re.ASCII)
LINKS = ("javascript:evil()", "DATA:text/html,<script>evil()</script>")


class Choice(StrEnum):
    PLAIN = "plain"
    EVIL = RUNS


class EvilSettings(PluginSettings):
    """Everything that a settings form draws."""

    word: str = Field(RUNS, title=RUNS, description=RUNS + COUNTS)
    choice: Choice = Field(Choice.EVIL, title=RUNS, description=RUNS)
    lines: tuple[str, ...] = Field((RUNS, COUNTS), title=COUNTS, description=RUNS)
    lasts: timedelta = Field(timedelta(minutes=1), title=RUNS, description=RUNS)
    on: bool = Field(True, title=RUNS, description=RUNS)
    secret: SecretStr = Field(SecretStr(RUNS), title=RUNS, description=RUNS)


class Evil(Channel):
    """A channel of somebody else's."""

    key = "evil"
    label = Text("{words}", words=RUNS + COUNTS)
    media: ClassVar[frozenset[str]] = frozenset({"sms"})
    Settings = EvilSettings

    def send(self, message: Message, ctx: Context) -> Receipt:
        return Receipt(RUNS)

    def check(self) -> None:
        raise PluginError(RUNS + COUNTS)


class EvilWay(Sms):
    """A method of somebody else's, in whose words people choose it."""

    key = "evil_way"
    label = summary = Text("{words}", words=RUNS + COUNTS)


PLUGINS: Mapping[tuple[str, str], type[Plugin]] = {("channel", "evil"): Evil}


@dataclass
class Typist:
    """Types into every field of every form, and looks at each page that answers."""

    console: SmallConsole
    sent: int = 0
    kept: int = 0

    def type_into(self, form: PageForm, name: str, words: str) -> None:
        """One field; the others as they stand. What is kept only once it was looked through is looked through."""
        stands = form_at(form.page, self.console.get(form.page).text, form.action)
        if stands is None or name not in stands.typed:
            return
        press = {"press": "review"} if stands.action.endswith(("/policy", "/first-page/", "/brand/")) else {}
        why = {"why": RUNS} if "why" in stands.typed else {}
        page = self.post(stands.action, {**stands.as_it_stands(), **why, **press, name: words})
        for last in read(form.action, page.text).forms:
            if last.action.endswith("/save") and page.status_code == 200:
                self.post(last.action, {**last.as_it_stands(), "why": RUNS})

    def post(self, action: str, sent: Mapping[str, object]) -> TestResponse:
        page = self.console.post(action, sent)
        assert page.status_code not in {400, 500}, (action, sent)
        self.sent += 1
        self.kept += page.status_code == 303
        if page.content_type.startswith("text/html"):
            harmless(action, page.text)
        return page


def harmless(address: str, text: str) -> None:
    """Nothing on this page runs, was counted, or leads elsewhere than a browser's own ways."""
    page = read(address, text)
    assert not page.scripts, address
    assert "<script>" not in text, address
    assert COUNTED not in text, address
    for target in page.targets:
        assert urlsplit(target.strip()).scheme.lower() in SCHEMES, (address, target)
        assert "evil.example" not in urlsplit(target).netloc, (address, target)


def last_first(form: PageForm) -> bool:
    """What ends something comes last, or there would be nothing left to type into."""
    return form.typed == ["why"]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SmallConsole]:
    way = EvilWay(EvilWay.Settings())
    with lived_in(migrated, tmp_path_factory.mktemp("script"), PLUGINS, methods=[way]) as console:
        yield console


def portal(console: SmallConsole, *entries: Entry) -> Flask:
    """The pages that everybody sees, with what administrators typed for them."""
    house = console.house
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    brand = house.snapshots.look_again().brand
    app.register_blueprint(create_portal(house.service, doors(*entries), portal_settings(brand=lambda: brand)))
    return app


def test_words_typed_anywhere_are_words_everywhere(console: SmallConsole, monkeypatch: pytest.MonkeyPatch) -> None:
    walk, typist = seen(console), Typist(console)
    for address, text in walk.pages.items():
        harmless(address, text)
    for form in sorted(walk.forms.values(), key=last_first):
        for name in form.typed:
            for words in (RUNS + COUNTS, *(LINKS if ADDRESS.search(name) else ())):
                typist.type_into(form, name, words)
    # And each button: what a page sends by itself is never what it does not offer.
    for form in walk.forms.values():
        if not form.typed:
            typist.post(form.action, form.as_it_stands())
    assert typist.sent > 200
    assert typist.kept > 30
    after = seen(console)
    assert any("&lt;script&gt;evil()" in text for text in after.pages.values())
    for address, text in after.pages.items():
        harmless(address, text)
    # A pretend check has no part of a page.
    monkeypatch.setattr(OpenDoor, "widget", lambda *_, **__: Widget("proof_of_work", {}))
    browser = portal(console, *console.house.snapshots.current.entries.values()).test_client()
    for address in ("/", "/recover", "/unlock", "/call"):
        page = browser.get(address, base_url="https://reset.alderwick.example")
        assert page.status_code == 200, address
        assert not [target for target in read(address, page.text).targets if urlsplit(target).scheme not in SCHEMES]
        assert "<script>evil" not in page.text


def test_what_a_plugin_says_of_itself_is_words(console: SmallConsole) -> None:
    address = "/admin/plugins/channel/evil"
    page = console.get(address)
    assert page.text.count("&lt;script&gt;evil()") > 12
    walk = Walk(console).from_("/admin/", "/admin/plugins/channel/", address, f"{address}/switch", f"{address}/history")
    assert len(walk.pages) > 30
    assert "&lt;script&gt;evil()" in walk.pages["/admin/policies/policy"]
    for where, text in walk.pages.items():
        harmless(where, text)
