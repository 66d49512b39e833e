"""The whole story in German, in a real browser on a small phone: pages, texts, e-mails, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from servers.demo import Visitor, eyes_of
from servers.human import read
from servers.story import wait_until

MAIL, PHONE = "maya@home.example", "+447700900142"
SMALL = {"width": 320, "height": 640}


class German(Visitor):
    """Looks at each page: is it German, and does it fit?"""

    def sees(self, page: str) -> None:
        super().sees(page)
        assert self.page.evaluate("document.documentElement.lang") == "de"
        assert self.page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]


@pytest.fixture(params=[True, False], ids=["with scripts", "without"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def german(chromium: Any, demo: str, scripts: bool) -> Iterator[German]:
    """Somebody whose browser asks for English, and who chooses German from the menu."""
    somebody = German(chromium, demo, "de", java_script_enabled=scripts, viewport=SMALL)
    somebody.overlook_what_came_before()
    somebody.page.goto(f"{demo}/go/alderwick?login_hint=maya")
    somebody.page.locator("summary", has_text="English").click()
    somebody.page.get_by_role("link", name="Deutsch").click()
    somebody.sees("start")
    yield somebody
    assert somebody.complaints == []
    somebody.context.close()


def letters(demo: str) -> list[dict[str, str]]:
    """Everything that was sent, the newest first."""
    kept: list[dict[str, str]] = requests.get(f"{demo}/demo/outbox.json", timeout=5).json()
    return kept


def test_maya_gets_back_in(german: German, scripts: bool, demo: str, demo_folder: Path) -> None:
    page, before, password = german.page, len(letters(demo)), f"drei stille Laternen {scripts}"
    # The place was kept, and the name that the link suggested.
    assert page.get_by_label("Dienstliche E-Mail-Adresse oder Benutzername").input_value() == "maya"
    if not scripts:
        german.press("Use a picture instead")
        task = page.locator("input[name=picture_task]").get_attribute("value")
        page.get_by_label("Geben Sie die Zeichen aus dem Bild ein").fill(read(eyes_of(demo_folder), task))
    german.press("Continue")
    german.sees("choosing")
    german.prove(MAIL, PHONE)
    if scripts:
        page.get_by_label("Neues Passwort", exact=True).press_sequentially("password")
        page.locator(".rules .needed", has_text="Mindestens 15 Zeichen: noch 7").wait_for()
        page.locator(".strength b:text-is('Zu einfach')").wait_for()
    german.renew(password)
    german.sees("done")
    assert page.get_by_role("heading", name="Ihr neues Passwort gilt").is_visible()
    _was_told_in_german(demo, before)
    page.get_by_role("link", name="Zurück zu Alderwick").click()
    assert german.signs_in("maya", password)


def _was_told_in_german(demo: str, before: int) -> None:
    """Two codes, and two notices on each of two ways."""
    wait_until(lambda: len(letters(demo)) >= before + 6, "all messages", 20)
    new = letters(demo)[: len(letters(demo)) - before]
    mails = {letter["subject"].lstrip("0123456789 "): letter["text"] for letter in new if letter["subject"]}
    texts = "\n".join(letter["text"] for letter in new if not letter["subject"])
    assert mails.keys() == {"ist Ihr Code für Alderwick", "Jemand setzt Ihr Passwort zurück", "Ihr neues Passwort gilt"}
    assert "Ihr Passwort bei Alderwick wurde am " in mails["Ihr neues Passwort gilt"]
    assert "Waren Sie das nicht? Das war ich nicht http" in mails["Ihr neues Passwort gilt"]
    assert "ist Ihr Code für Alderwick, 5 Minuten gültig." in texts
    assert "Ihr Passwort bei Alderwick wurde um " in texts
    assert " your " not in str(new)
