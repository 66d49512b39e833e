"""A Keyback behind TLS, as browsers reach it, and somebody at one who gets back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .authority import Authority
from .demo import Visitor
from .keyback import Keyback
from .outfit import SWIFT, post_pins
from .ports import free_port
from .round_robin import RoundRobin
from .story import Post


@dataclass
class Front:
    """What a test needs of it."""

    keyback: Keyback
    url: str
    post: Post
    chromium: Any

    @contextmanager
    def guest(self, phone: str, mail: str, **screen: Any) -> Iterator[Guest]:
        """Somebody in a browser of their own, which has nothing to complain about."""
        guest = Guest(self.chromium, self.url, self.post, phone, mail, **screen)
        yield guest
        # Chromium notes in the console what a status already says.
        assert [said for said in guest.complaints if "status of 422" not in said] == []
        guest.context.close()


class Guest(Visitor):
    """Whose phone and mailbox are these."""

    def __init__(self, chromium: Any, base: str, post: Post, phone: str, mail: str, **screen: Any) -> None:
        super().__init__(chromium, base, ignore_https_errors=True, **screen)
        self._post, self._phone, self._mail = post, phone, mail

    def begins(self, path: str, name: str) -> None:
        """Says who it is."""
        self.page.goto(f"{self.base}{path}")
        self.page.get_by_label("Work e-mail or user name").fill(name)
        self.press("Continue")

    def gives_both_proofs(self, then: str) -> None:
        """A mail and a text, until this page."""
        self.sees("choosing")
        self.choose("E-mail")
        self.sees("answering")
        self.type_code(self._post.mail_code(self._mail))
        self.sees("choosing")
        self.choose("Text message")
        self.sees("answering")
        self.type_code(self._post.text_code(self._phone))
        self.sees(then)

    def changes(self, old: str, new: str, then: str) -> None:
        """Types the current password and a new one, and waits for what became of it: a step, or a sentence."""
        self.page.get_by_label("Current password").fill(old)
        self.page.get_by_label("New password", exact=True).fill(new)
        self.page.get_by_label("Type it again").fill(new)
        self.press("Change password")
        self.page.wait_for_selector(then)


@contextmanager
def running_front(
    folder: Path,
    chromium: Any,
    post: Post,
    stores: Mapping[str, Mapping[str, Any]],
    *,
    authority: Authority | None = None,
    **more: object,
) -> Iterator[Front]:
    """With these stores behind it."""
    authority = authority or Authority(folder / "front")
    port = free_port()
    url = f"https://localhost:{port}"
    pins = {**stores, **post_pins(post), **SWIFT}
    with (
        Keyback(folder / "keyback", pins, more={"portal_url": url, **more}) as keyback,
        RoundRobin([keyback.port], port=port, tls=authority.issue("localhost")),
    ):
        yield Front(keyback, url, post, chromium)
