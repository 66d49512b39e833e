"""Somebody at the console who has no mouse: goes to things by Tab and the arrows, and presses Enter or Space."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .demo import Visitor
from .story import wait_until

# More than the longest page has places that Tab stops at.
PATIENCE = 250
NO_MOUSE = "addEventListener('pointerdown', () => console.error('the mouse was used'), true)"
HAS_FOCUS = "one => one === document.activeElement"
# Tab stops once at all the radio buttons of one name; arrows go on from there.
GROUP_HAS_FOCUS = "one => one.form === document.activeElement.form && one.name === document.activeElement.name"
IS_CHOSEN = "one => one.checked"


class Typist:
    """What a keyboard can do, and what a page says. Nothing here clicks, and a page that is clicked complains."""

    def __init__(self, chromium: Any, base: str, **screen: Any) -> None:
        self.visitor = Visitor(chromium, base, **screen)
        self.visitor.context.add_init_script(NO_MOUSE)
        self.page = self.visitor.page
        self.base = base

    def enter(self, name: str, password: str) -> None:
        """Sign in at the company, and come to the first screen of the console."""
        self.page.goto(f"{self.base}/admin")
        self.fill("User name", name)
        self.fill("Password", password)
        self.press("Sign in", then="/admin/")
        self.page.locator("nav.side").wait_for()

    def open(self, *names: str) -> None:
        """Follow these links one after the other."""
        for name in names:
            self._leave(self.page.get_by_role("link", name=name, exact=True).first)

    def press(self, name: str, then: str = "") -> None:
        """A button; `then`: part of the address that it leads to."""
        self._leave(self.page.get_by_role("button", name=name, exact=True).first)
        if then:
            self.page.wait_for_url(re.compile(re.escape(then)))

    def says_why(self, why: str, button: str, told: str = "") -> None:
        """What every change is asked for before it is made; `told`: what the page says of it afterwards."""
        self.fill("Why?", why)
        self.press(button)
        if told:
            self.reads(told)

    def fill(self, label: str, text: str) -> None:
        """Put this in place of what stands there."""
        field = self.page.get_by_role("textbox", name=label, exact=True).first
        if label == "Password":
            field = self.page.get_by_label(label, exact=True)
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(text)

    def tick(self, label: str) -> None:
        """Turn a box around."""
        self._reach(self.page.get_by_role("checkbox", name=label))
        self.page.keyboard.press("Space")

    def choose(self, label: str, group: str) -> None:
        """One of several."""
        one = self.page.get_by_role("group", name=group).get_by_role("radio", name=label).first
        self._reach(one, GROUP_HAS_FOCUS)
        self._until(lambda: one.evaluate(IS_CHOSEN), "ArrowDown", label)

    def select(self, label: str, option: str) -> None:
        """One of a list that opens."""
        field = self.page.get_by_role("combobox", name=label, exact=True)
        self._reach(field)
        self.page.keyboard.press("Home")
        chosen = "one => one.selectedOptions[0].label"
        self._until(lambda: field.evaluate(chosen) == option, "ArrowDown", option)

    def reads(self, words: str) -> None:
        """Waits until the page says this."""
        self.page.get_by_text(words).first.wait_for()

    def looks_again_until(self, words: str) -> None:
        """The page does not change by itself."""

        def there() -> bool:
            self.visitor.reload()
            return bool(self.page.get_by_text(words).count())

        wait_until(there, words, 60)

    def saves(self, name: str) -> str:
        """What the file is called that this button gives."""
        self._reach(self.page.get_by_role("button", name=name, exact=True).first)
        with self.page.expect_download() as began:
            self.page.keyboard.press("Enter")
        return str(began.value.suggested_filename)

    def _leave(self, what: Any) -> None:
        self._reach(what)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def _reach(self, what: Any, question: str = HAS_FOCUS) -> None:
        what.wait_for()
        self._until(lambda: what.evaluate(question), "Tab", str(what))

    def _until(self, done: Callable[[], bool], key: str, what: str) -> None:
        for _ in range(PATIENCE):
            if done():
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{key} does not reach {what} on {self.page.url}")
