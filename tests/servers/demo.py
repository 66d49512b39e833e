"""A running demo, and somebody who looks at it in a real browser."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import TimeoutError as NeverCame
from pydantic import SecretStr

from keyback.config import key_file
from keyback.config.demo.people import PEOPLE
from keyback.config.house import TRANSLATIONS
from keyback.core.contracts.text import Secret, Text
from keyback.core.db.sealing import KeyPurpose, Keyring
from keyback.core.db.session import Database
from keyback.core.languages import Languages
from keyback.plugins.human_checks.picture_and_sound import PictureAndSound, PictureAndSoundSettings
from keyback.plugins.stores.embedded import Embedded, EmbeddedSettings

from .chromium import LISTEN
from .keyback import COMMAND
from .ports import free_port
from .story import wait_until

LANGUAGES = Languages(TRANSLATIONS)
CODE = re.compile(r"\b\d{8}\b")


@contextmanager
def running_demo(folder: Path) -> Iterator[str]:
    """The demo's address."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEYBACK_")}
    with (folder / "demo.log").open("wb") as log:
        server = subprocess.Popen(
            [str(COMMAND), "demo", "--port", str(port)], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        base = f"http://localhost:{port}"
        wait_until(lambda: _answers(f"{base}/readyz"), "the demo", 180)
        yield base
    finally:
        server.terminate()
        server.wait(20)


def log_of(folder: Path) -> str:
    """What the demo said so far."""
    return (folder / "demo.log").read_text()


def eyes_of(folder: Path) -> PictureAndSound:
    """The demo's own check, by its own key: what stands in for the eyes of a person."""
    kept = folder / "var" / "demo"
    keyring = Keyring.load(Database(f"sqlite:///{kept / 'keyback.db'}"), key_file.read(kept / "keyback.key"))
    key = keyring.mac(KeyPurpose.PSEUDONYM, "picture-and-sound").hex()
    return PictureAndSound(PictureAndSoundSettings(key=SecretStr(key)))


def joins(folder: Path, password: str) -> str:
    """Somebody new at the pretend company, without a phone or a mailbox that it knows of; their user name."""
    name = f"new.{secrets.token_hex(4)}"
    store = Embedded(EmbeddedSettings(database=str(folder / "var" / "demo" / "people.db")))
    store.add_person(name=name, display_name="Robin New", password=Secret(password))
    return name


class Visitor:
    """Somebody at a real browser, and everything that went wrong there."""

    def __init__(self, chromium: Any, base: str, language: str = "en", **screen: Any) -> None:
        self.base = base
        self._catalogue = LANGUAGES.catalogue(language)
        self.context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **screen})
        self.context.add_init_script(LISTEN)
        self.context.set_default_timeout(20_000)
        self._scripts = screen.get("java_script_enabled", True)
        self.complaints: list[str] = []
        # Whom this browser may ask: us, unless a test knows somebody else.
        self.known = [base, "data:"]
        # Codes of somebody's earlier story, and those that were read.
        self.old: set[str] = set()
        self.page = self._tab()
        self.outbox = self._tab()

    def _tab(self) -> Any:
        page = self.context.new_page()
        page.on("console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else 0)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._judge)
        return page

    def words(self, sentence: str, **values: str) -> str:
        """How a page says this in the visitor's language."""
        return Text(sentence, **values).render(self._catalogue)

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=self.words(button), exact=True).click()

    def _judge(self, request: Any) -> None:
        if not request.url.startswith(tuple(self.known)):
            self.complaints.append(f"asked {request.url}")

    @property
    def stage(self) -> str:
        return str(self.page.locator("main").get_attribute("data-page"))

    def sees(self, page: str) -> None:
        """Waits until this page is there."""
        self._arrives(f"main[data-page={page}]")

    def reload(self) -> None:
        """As people do: once the page is there. Chromium refuses a reload while it still exchanges the one before."""
        self.page.wait_for_load_state()
        self.page.reload()

    def is_told_of_a_problem(self) -> None:
        """Waits until a page says what is wrong."""
        self._arrives(".summary")

    def _arrives(self, what: str) -> None:
        """We type faster than people: a page that asks for a moment goes on by itself, without scripts by a press."""
        waiting = "main[data-page=waiting]"
        if self._scripts:
            self._waits_for(what)
            return
        self._waits_for(f"{what}, {waiting}")
        while self.page.locator(waiting).count():
            self.press("Continue")
            self._waits_for(f"{what}, {waiting}")

    def _waits_for(self, what: str) -> None:
        try:
            self.page.wait_for_selector(what)
        except NeverCame as late:
            raise AssertionError(f"{what} never came; {self.page.url} says: {self.page.inner_text('main')}") from late

    def forgot(self, name: str) -> None:
        self.overlook_what_came_before()
        self.page.goto(f"{self.base}/demo")
        self.page.get_by_role("link", name=self.words("Forgot my password?")).click()
        self.page.get_by_label(self.words("Work e-mail or user name")).fill(name)
        self.press("Continue")
        self.sees("choosing")

    def choose(self, way: str) -> None:
        self.page.get_by_label(self.words(way)).check()
        self.press("Continue")

    def type_code(self, code: str) -> None:
        self.page.get_by_label(re.compile("^Code ")).fill(code)
        self.press("Continue")

    def overlook_what_came_before(self) -> None:
        """Whatever lies in the pretend phones and mailboxes is of somebody's earlier story."""
        self.old.update(CODE.findall(requests.get(f"{self.base}/demo/outbox.json", timeout=5).text))

    def code(self, medium: str, to: str) -> str:
        """Reads it in the second tab, as a person would, looking again until it is there."""
        person = next(person.name for person in PEOPLE if to in person.addresses)

        def new() -> str:
            self.outbox.goto(f"{self.base}/demo/outbox?person={person}")
            # A notice may lie on top of it.
            messages = self.outbox.locator(f"article[data-medium={medium}][data-to='{to}']").all_inner_texts()
            return next((code for text in messages for code in CODE.findall(text) if code not in self.old), "")

        code = wait_until(new, f"{medium} to {to}")
        self.old.add(code)
        return code

    def prove(self, mail: str, phone: str, then: str = "renewing") -> None:
        self.choose("E-mail")
        self.sees("answering")
        self.type_code(self.code("email", mail))
        self.sees("choosing")
        self.choose("Text message")
        self.sees("answering")
        self.type_code(self.code("sms", phone))
        self.sees(then)

    def renew(self, password: str) -> None:
        self.page.get_by_label(self.words("New password"), exact=True).fill(password)
        self.page.get_by_label(self.words("Type it again")).fill(password)
        self.press("Set new password")

    def signs_in(self, name: str, password: str) -> bool:
        self.page.get_by_label(self.words("User name")).fill(name)
        self.page.get_by_label(self.words("Password")).fill(password)
        self.press("Sign in")
        self.page.wait_for_selector("[role=status], [role=alert]")
        return bool(self.page.get_by_text(self.words("Signed in as {name}.", name=name)).count())


def enter_console(visitor: Visitor, name: str, password: str) -> Visitor:
    """Signed in at the company as one of those who run Keyback, at the console's Home."""
    page = visitor.page
    page.goto(f"{visitor.base}/admin")
    page.locator("[name=identifier]").fill(name)
    page.locator("[name=current_password]").fill(password)
    page.locator("form button").click()
    page.wait_for_selector("main .four")
    return visitor


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False
