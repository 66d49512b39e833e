"""Somebody who does not give up: reloads, waits for mails, picks again, starts anew, until the page says done."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import requests

from .browser import Page
from .event_log import events
from .slapd import PEOPLE
from .story import Story, solve_on

# How long somebody looks into the mailbox before asking for another code.
MAIL_COMES = 60.0
# A person takes a breath before looking again, and a longer one where the house asks for it: time itself is meant, for
# nothing tells a person when to look.
PAUSE, LONG_PAUSE = 0.1, 1.0


@dataclass(frozen=True)
class Wish:
    """A new password that was typed, when, and in which recovery."""

    at: float
    recovery: str
    password: str = field(repr=False)


class _Shaken(Exception):
    """The page did not come, or said that something broke: look again."""


@dataclass
class Persistent:
    """One person. Types a wrong code once, and another password each time."""

    story: Story
    errs_first: bool = True
    # What happened: the recoveries in their order, the passwords that were typed, the codes that were taken, each with
    # its recovery, and what the last page promised.
    recoveries: list[str] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list, repr=False)
    spent: list[tuple[str, str]] = field(default_factory=list, repr=False)
    promised: str = field(default="", repr=False)
    done_at: float = 0.0
    troubles: list[str] = field(default_factory=list)
    stops_at: str = "done"
    _tried: set[str] = field(default_factory=set, repr=False)
    _before: int = 0

    def live(self, seconds: float = 240) -> None:
        """Until done. Raises AssertionError with what was seen when it takes too long."""
        patience = time.monotonic() + seconds
        page: Page | None = None
        while time.monotonic() < patience:
            try:
                page = self._where()
                if page.stage == self.stops_at:
                    return self._note(page)
                self._step(page)
            except (_Shaken, requests.RequestException) as trouble:
                self.troubles.append(f"{type(trouble).__name__} {str(trouble)[:80]}")
                time.sleep(PAUSE)
        seen = page.text[:200] if page else "nothing"
        told = [events(self.story.keyback, recovery) for recovery in self.recoveries]
        raise AssertionError(f"{self.story.name} is not done: {seen!r}, after {self.troubles} and {told}")

    @property
    def every_password(self) -> list[str]:
        """All that were typed, the last one last."""
        return [wish.password for wish in self.wishes]

    @property
    def dn(self) -> str:
        """Their entry in the directory."""
        return f"uid={self.story.name.partition('@')[0]},{PEOPLE}"

    @property
    def recovery(self) -> str:
        """The one in the cookie, if any."""
        cookies = self.story.browser.cookies
        return next((value.partition(".")[0] for name, value in cookies.items() if name.endswith("kb_j")), "")

    def _note(self, page: Page) -> None:
        self.done_at = time.time()
        self.promised = next((wish.password for wish in self.wishes[::-1] if wish.recovery == self.recovery), "")

    def _where(self) -> Page:
        """The page as a reload shows it; the start page for whoever holds nothing that still lives."""
        if not self.recovery:
            return self._sound(self.story.browser.get("/recover"))
        if self.recovery not in self.recoveries:
            self.recoveries.append(self.recovery)
        page = self._sound(self.story.reload())
        if page.status in {403, 404} or page.stage == "closed":
            self.troubles.append(f"starts anew after {page.status} {page.text[:60]}")
            return self._sound(self.story.browser.get("/recover"))
        return page

    def _step(self, page: Page) -> None:
        match page.stage:
            case "choosing":
                self._pick(page)
            case "answering":
                self._answer(page)
            case "renewing":
                self._patiently(self.renew(page))
            case "writing" | "unsettled":
                time.sleep(PAUSE)
            case _:
                self._start(page)

    def _start(self, page: Page) -> None:
        self._tried.clear()
        answer = self._sound(self.story.browser.submit(page, identifier=self.story.name, proof_of_work=solve_on(page)))
        if answer.status != 200:
            self.troubles.append(f"could not start: {answer.status} {answer.text[:60]}")

    def _pick(self, page: Page) -> None:
        offers = page.form.radios.get("offer", [])
        offer = next((o for o in offers if o.partition(".")[0] == "email"), None)
        offer = offer or next(o for o in offers if o.partition(".")[0] == "sms")
        self._before = len(self._codes(offer.partition(".")[0]))
        self._patiently(self.story.browser.submit(page, offer=offer))

    def _answer(self, page: Page) -> None:
        method = page.marked("data-method")[0]
        code = self._wait_for_code(method)
        if code and self.errs_first:
            answer = self._sound(self.story.browser.submit(page, code=f"{(int(code) + 1) % 10**8:08}"))
            self.errs_first = "That code isn’t right" not in answer.text
            self._patiently(answer)
            return
        if not code:
            self._before = len(self._codes(method))
            self._patiently(self.story.browser.submit(page, button=("move", "again")))
            return
        answer = self._sound(self.story.browser.submit(page, code=code))
        if "too old" in answer.text:
            self._before = len(self._codes(method))
            self._patiently(self.story.browser.submit(answer, button=("move", "again")))
        elif answer.status == 422:
            self.troubles.append(f"a code of {method} was wrong")
            self._tried.add(code)
        elif answer.status == 200 and answer.stage in {"choosing", "renewing"}:
            self.spent.append((self.recovery, code))
        elif answer.name == "waiting" or answer.status == 429:
            self._patiently(answer)

    def renew(self, page: Page) -> Page:
        """Type a new password, another one each time."""
        password = f"violet {secrets.token_hex(6)} anchors drift {secrets.token_hex(4)}"
        self.wishes.append(Wish(time.time(), self.recovery, password))
        return self.story.browser.submit(page, new_password=password, new_password_again=password)

    def _wait_for_code(self, method: str) -> str:
        """The newest code that came since it was asked for and was not wrong; nothing if none comes."""
        patience = time.monotonic() + MAIL_COMES
        while time.monotonic() < patience:
            fresh = [code for code in self._codes(method)[self._before :] if code not in self._tried]
            if fresh:
                return fresh[-1]
            time.sleep(0.02)
        self.troubles.append(f"no code by {method}")
        return ""

    def _codes(self, method: str) -> list[str]:
        post = self.story.post
        said = post.mails(self.story.mail) if method == "email" else post.texts_to(self.story.phone)
        return [match[0] for words in said if (match := re.match(r"\d{8}", words))]

    def _sound(self, page: Page) -> Page:
        if page.status == 503:
            time.sleep(LONG_PAUSE)
        if page.status >= 500:
            raise _Shaken(f"{page.status} {page.text[:60]}")
        return page

    def _patiently(self, page: Page) -> None:
        """Wait as long as the page says before looking again."""
        self._sound(page)
        if page.status == 429 or page.name == "waiting":
            time.sleep(min(5.0, float(page.headers.get("Retry-After", "0.3"))))


def together(people: Sequence[Persistent], seconds: float = 240) -> None:
    """All of them at the same time. Raises what the first one raised."""
    raised: list[BaseException] = []

    def live(person: Persistent) -> None:
        try:
            person.live(seconds)
        except BaseException as problem:
            raised.append(problem)

    threads = [threading.Thread(target=live, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
