"""Every way to prove it's you, as a person has it: in their pocket, in a drawer, in their head."""

from __future__ import annotations

import re
import secrets
import time
from abc import ABC, abstractmethod
from typing import ClassVar

from pyotp import TOTP

from .demo import Visitor
from .virtual_phone import VirtualPhone

# Wrong answers that end every method's turn in one recovery; more are a fault.
MORE_THAN_ENOUGH = 10


class Way(ABC):
    """What somebody added of one method, and what they do on its pages."""

    key: ClassVar[str]
    label: ClassVar[str]
    # May it come before another proof?
    first: ClassVar[bool] = True

    @abstractmethod
    def enrol(self, visitor: Visitor) -> None:
        """From the method's first page until it is added."""

    @abstractmethod
    def answer(self, visitor: Visitor) -> None:
        """As its owner does, on the page that asks."""

    @abstractmethod
    def err(self, visitor: Visitor) -> None:
        """As somebody does who guesses."""

    def reach(self, visitor: Visitor) -> None:
        """From the choice to the page that asks."""
        visitor.sees("answering")

    def is_told(self, visitor: Visitor) -> None:
        """Waits until somebody is told that the answer was wrong."""
        visitor.is_told_of_a_problem()

    def is_copied_by(self, visitor: Visitor) -> None:
        """Somebody else has got hold of it, and is at another browser."""
        assert visitor

    def guess_on(self, visitor: Visitor) -> int:
        """How many are judged before nothing is asked any more, or no answer is heard."""
        for judged in range(1, MORE_THAN_ENOUGH):
            with visitor.page.expect_navigation():
                self.err(visitor)
            visitor.page.wait_for_selector("main:not([data-page=waiting])")
            if visitor.stage != "answering" or visitor.page.get_by_text("Too many tries for now").count():
                return judged
        raise AssertionError("nobody stops whoever guesses")

    def opens(self, visitor: Visitor) -> bool:
        """Whether the right answer does it after all those guesses."""
        if visitor.stage != "answering":
            # Used up: it is not even offered.
            return visitor.page.get_by_label(self.label).count() > 0
        with visitor.page.expect_navigation():
            self.answer(visitor)
        return visitor.stage != "answering"

    def is_worth_nothing(self, visitor: Visitor) -> None:
        """Asked for once it is removed: answered as before, and refused."""
        self.answer(visitor)
        visitor.is_told_of_a_problem()


class App(Way):
    """By the key, because the picture is for cameras."""

    key, label = "authenticator", "Authenticator app"

    def enrol(self, visitor: Visitor) -> None:
        visitor.sees("add-app")
        visitor.page.get_by_text("Show the key").click()
        self._app = TOTP(re.sub(r"\s", "", visitor.page.locator(".typed").inner_text()))
        visitor.page.get_by_label("6-digit code").fill(self._app.now())
        visitor.press("Confirm")

    def answer(self, visitor: Visitor) -> None:
        # What was typed when it was added is spent; the next one counts already.
        self._type(visitor, self._app.at(time.time() + self._app.interval))

    def err(self, visitor: Visitor) -> None:
        self._type(visitor, "000000" if self._app.now() != "000000" else "111111")

    def _type(self, visitor: Visitor, code: str) -> None:
        visitor.page.get_by_label("6-digit code").fill(code)
        visitor.press("Continue")


class Paper(Way):
    """Ten codes; each is good once."""

    key, label = "saved_codes", "Saved code"

    def enrol(self, visitor: Visitor) -> None:
        visitor.sees("saved-codes")
        self._codes: list[str] = visitor.page.locator(".paper li").all_inner_texts()
        visitor.page.get_by_label("I’ve put them somewhere safe").check()
        visitor.press("Done")

    def answer(self, visitor: Visitor) -> None:
        self._type(visitor, self._codes.pop())

    def err(self, visitor: Visitor) -> None:
        # One that is on the paper, up to its last sign.
        *rest, last = self._codes[0]
        self._type(visitor, "".join([*rest, "B" if last == "A" else "A"]))

    def _type(self, visitor: Visitor, code: str) -> None:
        visitor.page.get_by_label("Saved code", exact=True).fill(code)
        visitor.press("Continue")


class Passkey(Way):
    """On the owner's phone; somebody else has a copy that lags behind."""

    key, label = "webauthn", "Passkey or security key"

    def enrol(self, visitor: Visitor) -> None:
        self._phones = {visitor: VirtualPhone(visitor)}
        visitor.sees("add-passkey")
        visitor.press("Add it")
        visitor.page.get_by_role("heading", name=f"{self.label} is added").wait_for()
        self._passkey = self._phones[visitor].holds()

    def answer(self, visitor: Visitor) -> None:
        self._passkey["signCount"] += 10
        self._sign(visitor, self._passkey["signCount"])

    def err(self, visitor: Visitor) -> None:
        self._sign(visitor, 0)

    def is_copied_by(self, visitor: Visitor) -> None:
        self._phones[visitor] = VirtualPhone(visitor)

    def _sign(self, visitor: Visitor, count: int) -> None:
        visitor.page.bring_to_front()
        self._phones[visitor].has_signed(self._passkey, count)
        visitor.press("Use passkey or key")


class Questions(Way):
    """What only they know; after another proof, and never alone."""

    key, label, first = "questions", "Security questions", False

    def enrol(self, visitor: Visitor) -> None:
        visitor.sees("add-questions")
        page = visitor.page
        self._answers: dict[str, str] = {}
        for number in range(1, page.locator("select").count() + 1):
            question = page.locator(f"#question-{number}")
            question.select_option(index=number)
            asked = question.evaluate("select => select.selectedOptions[0].textContent")
            self._answers[asked] = secrets.token_hex(6)
            page.locator(f"#answer-{number}").fill(self._answers[asked])
        visitor.press("Confirm")

    def answer(self, visitor: Visitor) -> None:
        self._type(visitor, self._answers)

    def err(self, visitor: Visitor) -> None:
        self._type(visitor, dict.fromkeys(self._answers, "the baker"))

    def _type(self, visitor: Visitor, answers: dict[str, str]) -> None:
        for label in visitor.page.locator("[data-method=questions] label").all():
            visitor.page.locator(f"#{label.get_attribute('for')}").fill(answers[label.inner_text()])
        visitor.press("Continue")
