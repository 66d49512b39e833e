"""Small pretend methods of a signed-in person behind the real pages: they say what a test puts in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from keyback.core.contracts.method import Alphabet, Asked, Challenge, Field, Prompt
from keyback.core.contracts.text import Text
from keyback.core.recovery.renewals import Later
from keyback.core.service.enrolling.my_methods import GetBack, Mine, Overview
from keyback.core.service.enrolling.new_address import Underway
from keyback.core.service.enrolling.renewal import Due
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.tickets import Choice
from keyback.core.testing import a_context, a_person
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.email import Email
from keyback.plugins.methods.phone_approval import PhoneApproval
from keyback.plugins.methods.questions import Questions
from keyback.plugins.methods.saved_codes import SavedCodes
from keyback.plugins.methods.sms import Sms
from keyback.plugins.methods.voice import Voice
from keyback.plugins.methods.webauthn import WebAuthn

APP, CODES = Text("Authenticator app"), Text("Saved code")
# Whatever can stand in the list.
DAY = datetime(2026, 3, 3, 9, 5, tzinfo=a_context().now.tzinfo)
MINE = (
    Mine("authenticator", APP, id="e1", added=DAY, used=DAY + timedelta(days=200), has_name=True,
         way="authenticator.app", default=True, first=True, shares=("webauthn",)),
    Mine("webauthn", Text("Passkey or security key"), "My key", "e6", DAY, has_name=True, way="webauthn.passkey",
         first=True, shares=("authenticator",)),
    Mine("saved_codes", CODES, id="e2", added=DAY, has_name=True, left=2, way="saved_codes.e2", first=True),
    Mine("saved_codes", CODES, id="e5", added=DAY, used=DAY, has_name=True, left=0),
    Mine("email", Text("E-mail"), "m••••@ho••••.org", "e3", DAY, waits_until=DAY + timedelta(days=270)),
    Mine("gone", "gone", id="e4", added=DAY, off=True),
    Mine("sms", Text("Text message"), "+XX XXXXXXX05", way="sms.1", first=True),
    Mine("sms", Text("Text message"), "+XX XXXXXXX17", unproven="0123456789abcdef"),
)  # fmt: skip
DAYS = timedelta(hours=72)
CAN_ADD = (
    ("authenticator", APP), ("saved_codes", CODES), ("sms", Text("Text message")), ("voice", Text("Phone call")),
)  # fmt: skip
ENOUGH = Overview(MINE, GetBack(True, 2, ("sms", "authenticator", "saved_codes"), ()), CAN_ADD, cool_down=DAYS)
TOO_LITTLE = Overview(MINE[6:7], GetBack(False, 2, ("sms",), ("authenticator", "saved_codes")), CAN_ADD)
# What is asked after a sign-in.
ONE_MORE, NOW_OR_NEVER = Due(adding=Later(2, DAY)), Due(adding=Later(0, DAY))
OLD = Due(old=tuple(replace(mine, old_since=DAY) for mine in MINE[:2]))
BY_APP = (Choice("authenticator.app", "authenticator", APP, Text("You type the code your app shows")),)
AN_APP = Authenticator(Authenticator.Settings()).enrol(a_person(), (), a_context())
A_PASSKEY = WebAuthn(WebAuthn.Settings()).enrol(a_person(), (), a_context())
A_PHONE = PhoneApproval(PhoneApproval.Settings()).enrol(a_person(), (), a_context())
TEN_CODES = SavedCodes(SavedCodes.Settings(pepper="p" * 32)).enrol(a_person(), (), a_context())
QUESTIONS = Questions(Questions.Settings(pepper="p" * 32, accepted_by="Ada Lee")).enrol(a_person(), (), a_context())
# As a plugin of somebody else's could ask.
BADGE_FIELDS = (
    Field("code", Text("Badge number"), Text("The ten digits on its back."), Alphabet.DIGITS, 10),
    Field("answer-1", Text("Its colour"), choices=(Text("Red"), Text("Blue"))),
)
A_BADGE = Challenge(Prompt(Text("Add your badge"), Text("Have it in your hand."), BADGE_FIELDS), timedelta(minutes=10))
SMS, EMAIL = Sms(Sms.Settings(country_code="44")), Email(Email.Settings())
VOICE = Voice(Voice.Settings())
A_NUMBER, A_MAILBOX, A_CALL = (way.enrol(a_person(), (), a_context()) for way in (SMS, EMAIL, VOICE))
TEXTED, RUNG, MAILED = (
    cast("Asked", way.confirm(step, {"destination": to}, a_context())).challenge
    for way, step, to in (
        (SMS, A_NUMBER, "+447700900142"),
        (VOICE, A_CALL, "+441632960142"),
        (EMAIL, A_MAILBOX, "jo.frost@home.example"),
    )
)


@dataclass
class PretendEnrolling:
    """Answers out of the pretend service's `answers`; an exception put in is raised."""

    service: Any

    @property
    def answers(self) -> Mapping[str, Any]:
        answers: Mapping[str, Any] = self.service.answers
        return answers

    @property
    def mine(self) -> PretendEnrolling:
        return self

    @property
    def drafts(self) -> PretendEnrolling:
        return self

    def keep(self, who: SignedIn, path: str, typed: Mapping[str, str]) -> None:
        self._raise("keep")

    def take(self, who: SignedIn, path: str) -> Mapping[str, str]:
        return {}

    @property
    def renewal(self) -> PretendEnrolling:
        return self

    def due(self, who: SignedIn) -> Due:
        due = self.answers.get("due", Due())
        assert isinstance(due, Due)
        return due

    def want(self, who: SignedIn, page: str) -> None:
        self._raise("want")

    def came_by(self, who: SignedIn, entry: str) -> None:
        self._raise("came_by")

    def enough(self, who: SignedIn) -> None:
        self._raise("enough")

    @property
    def arranging(self) -> PretendEnrolling:
        return self

    def rename(self, who: SignedIn, enrolment_id: str, name: str) -> None:
        self._raise("rename")

    @property
    def checks(self) -> PretendProofs:
        return PretendProofs(self.service)

    @property
    def proofs(self) -> PretendProofs:
        return PretendProofs(self.service)

    def look(self, who: SignedIn, *, without: str = "") -> Overview:
        overview = self.answers.get("overview", ENOUGH)
        assert isinstance(overview, Overview)
        return overview

    def pending(self, who: SignedIn, key: str) -> Challenge | None:
        challenge = self.answers.get("pending")
        assert challenge is None or isinstance(challenge, Challenge)
        return challenge

    @property
    def addresses(self) -> PretendEnrolling:
        return self

    def underway(self, who: SignedIn, key: str) -> Underway:
        underway = self.answers.get("underway", Underway(None, 0, undelivered=False, phone=key == "sms"))
        assert isinstance(underway, Underway)
        return underway

    def again(self, who: SignedIn, key: str, language: str) -> None:
        self._raise("again")

    def begin(self, who: SignedIn, key: str, given: str = "", *, instead_of: str = "", language: str = "") -> None:
        self._raise("begin")

    def confirm(self, who: SignedIn, key: str, answer: Mapping[str, str], *, language: str = "") -> datetime | None:
        self._raise("confirm")
        return DAY

    def give_up(self, who: SignedIn, key: str) -> None:
        self._raise("give_up")

    def remove(self, who: SignedIn, enrolment_id: str, *, language: str = "") -> None:
        self._raise("remove")

    def form_token(self, who: SignedIn) -> str:
        return "methods-token"

    def fits(self, who: SignedIn, token: str) -> bool:
        return token == "methods-token"

    def _raise(self, what: str) -> None:
        if isinstance(self.answers.get(what), Exception):
            raise self.answers[what]


@dataclass
class PretendProofs(PretendEnrolling):
    """The same where somebody proves who they are instead of signing in again."""

    def choices(self, who: SignedIn) -> tuple[Choice, ...]:
        choices: tuple[Choice, ...] = self.answers.get("choices", BY_APP)
        return choices

    def underway(self, who: SignedIn, key: str) -> Underway | None:  # type: ignore[override]
        """Nothing is sent unless a test says so."""
        return super().underway(who, key) if "underway" in self.answers else None

    def answer(self, who: SignedIn, value: str, answer: Mapping[str, str], *, language: str = "") -> None:
        self._raise("prove")
