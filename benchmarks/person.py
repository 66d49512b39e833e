"""One person's whole way, from the first page to a password that opens the directory."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from letterbox import Letterbox
from servers.human import solve
from wire import Answer

NEW = "violet anchors drift homeward"
SECONDS_TO_WAIT, SECONDS_BETWEEN = 30.0, 0.1


class Way(Protocol):
    """How requests get to Keyback: over a socket, or straight into the application."""

    def send(self, method: str, path: str, cookie: str, form: Mapping[str, str] | None = None) -> Answer: ...


@dataclass(frozen=True)
class Somebody:
    """Who it is."""

    uid: str
    dn: str
    mail: str
    phone: str = ""


@dataclass
class Journey:
    """A reset. `watch` is told of every step as it begins and ends; `seconds` keeps what each step's requests took."""

    who: Somebody
    way: Way
    letterbox: Letterbox
    watch: Callable[[str], None] = lambda step: None
    seconds: dict[str, float] = field(default_factory=dict)
    slowest: float = 0.0
    _cookie: str = ""
    _page: Answer = field(default_factory=lambda: Answer(0, "", "", ""))

    def live(self, proofs: int, opens: Callable[[str, str], int]) -> None:
        """All of it. `opens(dn, password)`: the directory's own word, as an LDAP result code."""
        with self._step("first page"):
            self._go("GET", "/recover")
        solution = solve(html.unescape(_found(r'data-challenge="([^"]*)"', self._page)))
        with self._step("name"):
            self._go("POST", "/recover", identifier=self.who.uid, proof_of_work=solution)
        self._prove("email", self.who.mail, "")
        if proofs > 1:
            self._prove("sms", self.who.phone, " 2")
        self._expect("renewing")
        with self._step("password"):
            self._submit(new_password=NEW, new_password_again=NEW)
        self._expect("done")
        code = opens(self.who.dn, NEW)
        if code:
            raise AssertionError(f"the directory does not let {self.who.uid} in: {code}")

    def _prove(self, method: str, to: str, number: str) -> None:
        self._expect("choosing")
        offer = _found(rf'name="offer" value="({method}[^"]*)"', self._page)
        with self._step(f"choice{number}"):
            self._submit(offer=offer)
        code = self.letterbox.code(to)
        self._expect("answering")
        with self._step(f"code{number}"):
            self._give(code)

    def _give(self, code: str) -> None:
        """As the page's script does: while nothing can be judged yet, the same code again."""
        self._submit(code=code)
        patience = time.monotonic() + SECONDS_TO_WAIT
        while 'data-page="waiting"' in self._page.html and time.monotonic() < patience:
            time.sleep(SECONDS_BETWEEN)
            self._submit(code=code)

    def _submit(self, **form: str) -> None:
        path = _found(r'<form method="post" action="([^"]+)"', self._page)
        self._go("POST", path, token=_found(r'name="token" value="([^"]+)"', self._page), move="continue", **form)

    def _go(self, method: str, path: str, **form: str) -> None:
        answer = self._send(method, path, form or None)
        if answer.status == 303:
            answer = self._send("GET", urlsplit(answer.location)._replace(scheme="", netloc="").geturl(), None)
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {_said(answer)}")
        self._page = answer

    def _send(self, method: str, path: str, form: Mapping[str, str] | None) -> Answer:
        began = time.perf_counter()
        answer = self.way.send(method, path, self._cookie, form)
        self.slowest = max(self.slowest, time.perf_counter() - began)
        self._cookie = answer.cookie or self._cookie
        return answer

    def _expect(self, stage: str) -> None:
        if f'data-stage="{stage}"' not in self._page.html:
            raise AssertionError(f"{self.who.uid} is not {stage}: {_said(self._page)}")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.watch(name)
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began
        self.watch("")


def _found(pattern: str, page: Answer) -> str:
    found = re.search(pattern, page.html)
    if found is None:
        raise AssertionError(f"no {pattern} on the page: {_said(page)}")
    return found[1]


def _said(page: Answer) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.html.partition("<main")[2]).split())[:200]
