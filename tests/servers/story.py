"""The story that people live through, told to a running Keyback over HTTP, one step a function."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .browser import Browser, Page
from .http_sink import HttpSink
from .human import solve
from .keyback import PATIENCE, Keyback
from .mail_sink import MailSink

T = TypeVar("T")

NEW = "violet anchors drift homeward"


@dataclass
class Post:
    """Where mails and texts of the test arrive."""

    mail: MailSink
    texts: HttpSink

    def mail_code(self, to: str, *, after: str = "") -> str:
        """The newest code that was mailed to this address; waits for one, and for another than `after`."""
        return wait_until(lambda: code if (code := self._newest_mail(to)) != after else "", f"a mail to {to}")

    def text_code(self, to: str) -> str:
        """The newest code that was texted to this number; waits for one."""
        return wait_until(lambda: self._newest_text(to), f"a text to {to}")

    def wasnt_me(self, to: str) -> str:
        """Where the newest notice to this address leads whoever says "this wasn't me"; waits for one."""
        return wait_until(lambda: self._newest_link(to), f"a link to {to}")

    def mails(self, to: str) -> list[str]:
        """Subjects of the mails to this address."""
        return [str(mail.parsed["Subject"]) for mail in list(self.mail.messages) if to in mail.recipients]

    def texts_to(self, number: str) -> list[str]:
        """The texts to this number."""
        return [asked.form["text"][0] for asked in list(self.texts.asked) if asked.form["to"] == [number]]

    def _newest_link(self, to: str) -> str:
        texts = [mail.text for mail in list(self.mail.messages) if to in mail.recipients]
        links = [match[0] for text in texts if (match := re.search(r"/wasnt-me/\S+", text))]
        return links[-1] if links else ""

    def _newest_mail(self, to: str) -> str:
        codes = [match[1] for subject in self.mails(to) if (match := re.match(r"(\d{8}) is your", subject))]
        return codes[-1] if codes else ""

    def _newest_text(self, to: str) -> str:
        codes = [match[0] for text in self.texts_to(to) if (match := re.match(r"\d{8}", text))]
        return codes[-1] if codes else ""


@dataclass
class Story:
    """One person at one browser."""

    keyback: Keyback
    post: Post
    name: str
    mail: str
    phone: str
    browser: Browser

    @classmethod
    def of(cls, keyback: Keyback, post: Post, name: str, *, mail: str = "", phone: str = "") -> Story:
        """Somebody who has just opened a browser."""
        return cls(keyback, post, name, mail or f"{name}@alderwick.example", phone, keyback.browser())

    def start(self, path: str = "/recover") -> Page:
        """Say who it is, and pass the human check."""
        page = self.browser.get(path)
        assert page.status == 200, page.text
        return self.browser.submit(page, identifier=self.name, proof_of_work=solve_on(page))

    def pick_mail(self) -> Page:
        """Have a code mailed."""
        return self.browser.submit(self.here(), offer=self._offer("email"))

    def pick_text(self) -> Page:
        """Have a code texted: to the whole number before the first proof, to the masked one after it."""
        page = self.browser.submit(self.here(), offer=self._offer("sms"))
        return self.browser.submit(page, destination=self.phone) if page.name == "destination" else page

    def pick_paper(self) -> Page:
        """Use a saved code."""
        return self.browser.submit(self.here(), offer=self._offer("saved_codes"))

    def type_code(self, code: str) -> Page:
        """Answer; while the person is still being looked up, ask again as the page says."""
        page = self.browser.submit(self.here(), code=code)
        patience = time.monotonic() + PATIENCE
        while page.name == "waiting" and time.monotonic() < patience:
            page = self.browser.submit(self.browser.get(page.url), code=code)
        return page

    def prove(self) -> Page:
        """Both proofs: a mail and a text."""
        self.pick_mail()
        self.type_code(self.post.mail_code(self.mail))
        self.pick_text()
        return self.type_code(self.post.text_code(self.phone))

    def renew(self, password: str = NEW, **more: str | list[str]) -> Page:
        """Set the new password."""
        return self.browser.submit(self.here(), new_password=password, new_password_again=password, **more)

    def whole(self, password: str = NEW) -> Page:
        """From the first page to the last."""
        self.start()
        self.prove()
        return self.renew(password)

    def here(self) -> Page:
        """The page as it is now."""
        page = self.browser.page
        assert page is not None
        return page

    def press(self, move: str, **fields: str) -> Page:
        """Press the button of this move: back, again, more_time or cancel."""
        return self.browser.submit(self.here(), button=("move", move), **fields)

    @property
    def recovery_id(self) -> str:
        """Which recovery this browser holds."""
        cookie = next(value for name, value in self.browser.cookies.items() if name.endswith("kb_j"))
        return cookie.partition(".")[0]

    def reload(self) -> Page:
        """Where the recovery stands."""
        return self.browser.get(f"/recover/{self.recovery_id}")

    def wait_for_stage(self, *stages: str, seconds: float = PATIENCE) -> Page:
        """Reload until it stands there."""
        return wait_until(lambda: page if (page := self.reload()).stage in stages else None, f"stage {stages}", seconds)

    def _offer(self, method: str) -> str:
        offers = self.here().form.radios.get("offer", [])
        return next(offer for offer in offers if offer.partition(".")[0] == method)


def solve_on(page: Page) -> str:
    """What the page's script would find."""
    return solve(page.marked("data-challenge")[0])


def wait_until(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """What it finds, once it finds something."""
    patience = time.monotonic() + seconds
    while time.monotonic() < patience:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s for {what}")
