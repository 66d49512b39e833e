"""Ways whose proof comes from elsewhere: a message, a call, a press on the phone."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any, ClassVar

from keyback.config.demo.people import PEOPLE

from .demo import Visitor
from .story import wait_until
from .ways import MORE_THAN_ENOUGH, App, Paper, Passkey, Questions, Way

# Whose pretend mailbox and phones get it. Nobody is kept from adding an address that somebody else has as well. Texts
# and calls go to a number each: strangers may have one number called three times in a quarter of an hour, not more.
READER, LISTENER = (next(person for person in PEOPLE if person.name == name) for name in ("lee", "rosa"))


class Sent(Way):
    """A code that goes to an address of their own, and is read there."""

    medium: ClassVar[str]
    to: ClassVar[str]
    outbox: ClassVar[str] = f"/demo/outbox?person={READER.name}"

    def __init__(self) -> None:
        self._spent: set[str] = set()

    @abstractmethod
    def _give_address(self, visitor: Visitor) -> None:
        """On the page that asks for it."""

    def enrol(self, visitor: Visitor) -> None:
        visitor.sees("add-address")
        self._spent.update(self._codes(visitor))
        self._give_address(visitor)
        visitor.sees("add-code")
        self.answer(visitor)

    def answer(self, visitor: Visitor) -> None:
        unused = wait_until(lambda: [code for code in self._codes(visitor) if code not in self._spent], self.to)
        self._spent.update(unused)
        visitor.page.bring_to_front()
        self._type(visitor, unused[0])

    def err(self, visitor: Visitor) -> None:
        self._type(visitor, "00000000")

    def is_worth_nothing(self, visitor: Visitor) -> None:
        """By a code of another time, for none comes: what is judged was looked for, and so was its address."""
        self._spent.update(self._codes(visitor))
        self.err(visitor)
        visitor.is_told_of_a_problem()
        assert self._spent.issuperset(self._codes(visitor))

    def _type(self, visitor: Visitor, code: str) -> None:
        visitor.page.locator("#code").fill(code)
        visitor.press("Continue")

    def _codes(self, visitor: Visitor) -> list[str]:
        """All that came there, the newest first."""
        visitor.outbox.goto(f"{visitor.base}{self.outbox}")
        came = visitor.outbox.locator(f"article[data-medium={self.medium}][data-to='{self.to}']")
        return [code for each in came.all_inner_texts() for code in re.findall(r"\b\d{8}\b", each)[:1]]


class Mail(Sent):
    """To a private mailbox."""

    key, label, medium, to = "email", "E-mail", "email", READER.mail

    def _give_address(self, visitor: Visitor) -> None:
        visitor.page.get_by_label("E-mail address").fill(self.to)
        visitor.press("Send code")


class TextMessage(Sent):
    """To a phone of their own."""

    key, label, medium, to = "sms", "Text message", "sms", READER.phone

    def _give_address(self, visitor: Visitor) -> None:
        visitor.page.get_by_label("Phone number").fill(self.to)
        visitor.press("Send code")

    def reach(self, visitor: Visitor) -> None:
        """Before the first proof the whole number is typed, so that nobody learns its end."""
        visitor.page.wait_for_selector("main[data-page=destination], main[data-page=answering]")
        if visitor.stage == "destination":
            visitor.page.locator("#destination").fill(self.to)
            visitor.press("Continue")
        super().reach(visitor)


class PhoneCall(TextMessage):
    """Nothing is said until the key is pressed."""

    key, label, medium, to = "voice", "Phone call", "voice", LISTENER.phone
    outbox = f"/demo/outbox?person={LISTENER.name}"

    def _give_address(self, visitor: Visitor) -> None:
        visitor.page.get_by_label("Phone number").fill(self.to)
        visitor.press("Send code")

    def _codes(self, visitor: Visitor) -> list[str]:
        visitor.outbox.goto(f"{visitor.base}{self.outbox}")
        while (key := visitor.outbox.get_by_role("button", name="Press #")).count():
            with visitor.outbox.expect_navigation():
                key.first.click()
        said = visitor.outbox.locator("article[data-medium=voice] .bubble").all_inner_texts()
        return [digits for each in said if len(digits := re.sub(r"\D", "", each.partition(".")[0])) == 8]


class PhoneApproval(Way):
    """A page that the phone keeps; the number that is shown elsewhere is typed there."""

    key, label = "phone_approval", "Approve on my phone"

    def enrol(self, visitor: Visitor) -> None:
        visitor.sees("phone-adding")
        visitor.page.get_by_text("No camera?").click()
        address, code = visitor.page.locator(".typed").all_inner_texts()
        device = visitor.context.browser.new_context(viewport={"width": 390, "height": 780})
        self._phone: Any = device.new_page()
        self._phone.goto(address)
        self._phone.get_by_label("Code from the page where you’re signed in").fill(code)
        self._phone.get_by_role("button", name="Use this phone").click()
        number = self._phone.locator("[data-part=number]")
        number.filter(has_text=re.compile(r"\d{3} \d{3}")).wait_for()
        visitor.page.bring_to_front()
        visitor.page.locator("#code").fill(re.sub(r"\D", "", number.inner_text()))
        visitor.press("Confirm")

    def answer(self, visitor: Visitor) -> None:
        self._type(visitor.page.locator(".shown-number").inner_text())
        self._phone.get_by_text("Approved. Go on where you started.").wait_for()
        # The page would go on by itself in a moment; whoever is in a hurry presses.
        visitor.page.bring_to_front()

    def err(self, visitor: Visitor) -> None:
        shown = visitor.page.locator(".shown-number").inner_text()
        self._type(f"{(int(shown) + 1) % 1000:03}")

    def is_told(self, visitor: Visitor) -> None:
        self._phone.get_by_text("That isn’t the number on the page.").wait_for()

    def guess_on(self, visitor: Visitor) -> int:
        """On the phone that lies about: after a few wrong numbers it hears no more of this."""
        for judged in range(1, MORE_THAN_ENOUGH):
            self.err(visitor)
            if self._told != "wrong":
                self._phone.get_by_text("This request is over.").wait_for()
                return judged
        raise AssertionError("the phone takes every number")

    def opens(self, visitor: Visitor) -> bool:
        """Without an approval the page goes nowhere."""
        self._phone.reload()
        self._phone.get_by_text("Nothing waits for you.").wait_for()
        return self._goes_on(visitor)

    def is_worth_nothing(self, visitor: Visitor) -> None:
        self._phone.bring_to_front()
        self._phone.get_by_text("This phone was removed from your methods.").wait_for()
        assert not self._goes_on(visitor)

    def _type(self, number: str) -> None:
        self._phone.bring_to_front()
        self._phone.get_by_label("Number on the page").last.fill(number)
        # What it asks all the time is another thing than what it says of a decision.
        with self._phone.expect_response(lambda answer: "decides" in (answer.request.post_data or "")) as answer:
            self._phone.get_by_role("button", name="Approve").last.click()
        self._told = answer.value.json()["said"]

    @staticmethod
    def _goes_on(visitor: Visitor) -> bool:
        visitor.page.bring_to_front()
        with visitor.page.expect_navigation():
            visitor.press("I’ve done it")
        visitor.page.wait_for_selector("main:not([data-page=waiting])")
        return visitor.stage != "answering"


WAYS: tuple[type[Way], ...] = (Mail, TextMessage, PhoneCall, App, Passkey, PhoneApproval, Questions, Paper)
