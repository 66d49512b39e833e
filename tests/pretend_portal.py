"""A small pretend service behind the real pages: it keeps one recovery and writes down what it was asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from flask import Flask
from flask.testing import FlaskClient
from pretend_changing import PretendChanging
from pretend_enrolling import PretendEnrolling
from pretend_linking import PretendLinking
from servers.doors import doors

from keyback.config.house import TRANSLATIONS
from keyback.core.contracts.brand import Brand
from keyback.core.contracts.channel import Heard
from keyback.core.contracts.device import Statement
from keyback.core.contracts.entry import Entry
from keyback.core.contracts.errors import NotAllowed, OutOfTurn
from keyback.core.contracts.human_check import Part, Widget
from keyback.core.contracts.method import Alphabet, Challenge, Field, Offer, Prompt
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind, Person
from keyback.core.contracts.store import DirectoryRules, OutcomeKind
from keyback.core.contracts.text import Secret, Text
from keyback.core.languages import Languages
from keyback.core.portal import (
    AccountPages,
    EnrolmentPages,
    HelpDesk,
    PortalSettings,
    SignInPages,
    create_portal,
    create_sign_in,
)
from keyback.core.recovery.passwords import Line, PasswordContext, judge, requirements
from keyback.core.recovery.policy import Disclosure, PasswordRules, Policy, Proof, PublicRules, Purpose
from keyback.core.recovery.release import released
from keyback.core.recovery.state import Pick, Recovery, Sent, Stage, Subject
from keyback.core.service.enrolling.door import Door
from keyback.core.service.enrolling.enrol import Enrolling
from keyback.core.service.enrolling.linking import Linking
from keyback.core.service.enrolling.phones import Reply, Said
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.core.service.enrolling.signing_in import Arrived, SetOut
from keyback.core.service.recover import RecoveryService
from keyback.core.service.start import Arrival
from keyback.core.service.tickets import Answered, Choice, Target, Ticket
from keyback.core.service.writing.measure import Measured

LANGUAGES = Languages(TRANSLATIONS)
NOW = datetime(2026, 11, 20, 10, 31, tzinfo=UTC)
ORIGIN = "https://reset.alderwick.example"
ID = "0123456789abcdef0123456789abcdef"
HOME = "https://sign-in.alderwick.example/"
LISTED = "https://sign-in.alderwick.example/back?from=reset"
HINT = Text("Good for {time}. Spaces don't matter.", time=Text.plural("{n} minute", "{n} minutes", n=5))
CODE = Field("code", Text("Code from the text message"), HINT, Alphabet.DIGITS, 8, "one-time-code")
TEXTED = Text("If that number is yours, it gets a text with {digits} digits. It can take a minute.", digits=8)
PROMPT = Prompt(Text("Enter the code we texted"), TEXTED, (CODE,))
NUMBER = Field("destination", Text("Your whole number"), autocomplete="tel")
MAYA = Account(AccountKey("embedded", "7"), "maya.okafor", "Maya Okafor")
PERSON = Person(
    "p1", (MAYA,), (Contact(ContactKind.PHONE, "+441632960005"), Contact(ContactKind.MAIL, "maya@home.example"))
)
SUBJECT = Subject(PERSON, Policy("everybody"), (Offer("email", "e1", Text("We send a code to m••••@ho••••.example")),))
OFFERED = (
    Offer("email", "e1", Text("We send a code to {end}", end="m••••@ho••••.example")),
    Offer("sms", "s1", Text("We send a code to {end}", end="+XX XXXXXXX05")),
)
MASKED = (
    Choice("email.0", "email", Text("E-mail"), OFFERED[0].label),
    Choice("sms.1", "sms", Text("Text message"), OFFERED[1].label,
           replace(NUMBER, label=Text("Whole number ending in {n}", n="05"))),
)  # fmt: skip
DIRECTORY, CONTEXT = DirectoryRules(history=12), PasswordContext(("maya.okafor", "Maya Okafor"), "Alderwick")
LEAKED = "correct horse battery"
SIGNED_IN, PROOF = SignedIn("session-1", PERSON, NOW), Proof("sms", "phone", "c1", "ch1")


def a_recovery(**values: Any) -> Recovery:
    """One that was just started for a name that nobody was looked up for yet."""
    given = {
        "id": ID,
        "purpose": Purpose.RESET,
        "stage": Stage.CHOOSING,
        "name": "maya.okafor",
        "rules": PublicRules(),
        "started_at": NOW,
        "expires_at": NOW + timedelta(minutes=20),
        "moved_at": NOW,
    }
    return Recovery(**{**given, **values})


def a_pick(**values: Any) -> Pick:
    """A text message that was asked for at NOW."""
    return replace(Pick("sms", "ch1", Challenge(PROMPT, timedelta(minutes=5)), NOW), **values)


def answering(**values: Any) -> Recovery:
    """A recovery that waits for the code of a text message."""
    return a_recovery(stage=Stage.ANSWERING, pick=a_pick(), sent=(Sent("sms", NOW),), **values)


@dataclass
class PretendService:
    """Answers what a test put in; an exception put in is raised."""

    recovery: Recovery = field(default_factory=a_recovery)
    key: str = "first-key"
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def _heard(self, what: str, *details: Any) -> Any:
        self.asked.append((what, *details))
        answer = self.answers.get(what)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def as_parts(self) -> RecoveryService:
        """It stands for every part of the real one."""
        names = ("starting", "tickets", "choosing", "proving", "hearing", "renewing", "unlocking", "stopping", "phones")
        return cast("RecoveryService", SimpleNamespace(**dict.fromkeys(names, self)))

    has_alternative = True

    @property
    def organisations(self) -> tuple[str, ...]:
        names: tuple[str, ...] = self.answers.get("organisations", ())
        return names

    def widget(self, address: str, *, alternative: bool = False, refused: NotAllowed | None = None) -> Widget:
        self.asked.append(("widget", address))
        if alternative:
            task = str(self.answers.get("task", "riddle"))
            return Widget("picture_and_sound", {"task": task}, {"media-src": ("'self'",)})
        return Widget("proof_of_work", {"challenge": "puzzle"})

    def part(self, name: str, address: str) -> Part | None:
        return Part("audio/wav", b"0123456789") if name == "riddle.wav" else None

    def start(self, name: str, response: Mapping[str, str], arrival: Arrival) -> Ticket:
        self._heard("start", name, dict(response), arrival)
        return Ticket(self.recovery.id, self.key)

    def look(self, ticket: Ticket) -> Recovery:
        if ticket != Ticket(self.recovery.id, self.key):
            raise NotAllowed(Text("not yours"))
        return self.recovery

    lifetime = timedelta(minutes=20)
    usual_proofs = 2

    def stands(self, recovery: Recovery) -> str:
        return str(self.answers.get("stands", ""))

    def heard(self, recovery: Recovery) -> bool:
        return bool(self.answers.get("heard"))

    def call_back(
        self, channel: str, token: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> Heard | None:
        heard: Heard | None = self._heard("call_back", channel, token, dict(fields))
        return heard

    def fits(self, recovery: Recovery, token: str) -> bool:
        return token == self.form_token(recovery)

    def form_token(self, recovery: Recovery) -> str:
        return f"token-{recovery.turn}"

    def choices(self, recovery: Recovery) -> tuple[Choice, ...]:
        if recovery.proofs:
            return (Choice("email.0", "email", Text("E-mail"), OFFERED[0].label),)
        if recovery.rules.disclosure is Disclosure.MASKED:
            return () if self.waits(recovery) else MASKED
        sms = Choice("sms", "sms", Text("Text message"), Text("We text a code to the number you type"), NUMBER)
        mail = Choice("email", "email", Text("E-mail"), Text("If this account has an e-mail address, it gets a code"))
        return () if self.paused_until(recovery) else (mail, sms)

    def word(self, recovery: Recovery) -> str:
        return "Oslo-Lima" if recovery.desk_code else ""

    def paused_until(self, recovery: Recovery) -> datetime | None:
        return cast("datetime | None", self.answers.get("paused_until"))

    def liked(self, recovery: Recovery) -> str:
        return ""

    def waits(self, recovery: Recovery) -> bool:
        return not recovery.proofs and not released(recovery, NOW)

    def resend_at(self, recovery: Recovery, method: str) -> datetime:
        return NOW + timedelta(seconds=30)

    def _move(self, what: str, token: str, *details: Any, to: Recovery | None = None) -> Recovery:
        answer = self._heard(what, *details)
        if token != self.form_token(self.recovery):
            raise OutOfTurn("an earlier turn")
        self.recovery = answer or replace(to or self.recovery, turn=self.recovery.turn + 1)
        return self.recovery

    def pick(self, ticket: Ticket, token: str, choice: str, destination: str = "") -> Recovery:
        return self._move("pick", token, choice, destination, to=answering(turn=self.recovery.turn))

    def again(self, ticket: Ticket, token: str) -> Recovery:
        return self._move("again", token)

    def go_back(self, ticket: Ticket, token: str) -> Recovery:
        return self._move("go_back", token, to=replace(self.recovery, stage=Stage.CHOOSING, pick=None))

    def more_time(self, ticket: Ticket, token: str) -> Recovery:
        return self._move("more_time", token, to=replace(self.recovery, extended=True))

    def cancel(self, ticket: Ticket, token: str) -> Recovery:
        closed = replace(self.recovery, stage=Stage.CLOSED, closed_because="cancelled", pick=None)
        return self._move("cancel", token, to=closed)

    def answer(self, ticket: Ticket, token: str, answer: Mapping[str, str]) -> Answered:
        answered = self._heard("answer", dict(answer))
        assert isinstance(answered, Answered)
        self.recovery, self.key = answered.recovery, answered.ticket.key
        return answered

    def targets(self, recovery: Recovery) -> tuple[Target, ...]:
        accounts = recovery.subject.person.accounts if recovery.subject and recovery.proofs else ()
        done = {outcome.account for outcome in recovery.outcomes if outcome.kind is OutcomeKind.SET}
        return tuple(
            Target(
                str(place),
                account.key,
                Text(account.key.store.title()),
                account.name,
                is_set=account.key in done,
                mirrors=self.answers.get("mirrors", ()),
            )
            for place, account in enumerate(accounts, 1)
        )

    silent_ones: tuple[Text, ...] = ()

    def signed_out(self, recovery: Recovery) -> bool:
        return bool(self.answers.get("signed_out"))

    def silent(self, recovery: Recovery) -> tuple[Text, ...]:
        return self.silent_ones

    def renew(self, ticket: Ticket, token: str, password: Secret, chosen: Collection[str]) -> tuple[Recovery, Ticket]:
        renewed = self._heard("renew", password.reveal(), *chosen)
        self.recovery, self.key = renewed, "key-after-renewing"
        return renewed, Ticket(self.recovery.id, self.key)

    @property
    def offered(self) -> bool:
        return bool(self.answers.get("offered"))

    def unlock(self, ticket: Ticket, token: str) -> tuple[Recovery, Ticket]:
        unlocked = self._heard("unlock", token)
        self.recovery, self.key = unlocked, "key-after-unlocking"
        return unlocked, Ticket(self.recovery.id, self.key)

    def rules(self, recovery: Recovery) -> tuple[Line, ...]:
        return requirements(PasswordRules(), DIRECTORY, CONTEXT)

    def check(self, ticket: Ticket, token: str, password: Secret) -> Measured:
        recovery = self.look(ticket)
        if recovery.stage is not Stage.RENEWING or not self.fits(recovery, token):
            raise OutOfTurn("no password is asked for")
        self._heard("check", typed := password.reveal())
        easy = Text("it repeats itself") if len(set(typed)) < 5 else None
        judged = judge(typed, PasswordRules(), DIRECTORY, CONTEXT, breached=LEAKED.__eq__, easy=lambda _: easy)
        return Measured(judged, 0 if easy else min(4, len(typed) // 5))

    def browser_mark(self, recovery: Recovery, cookie: str) -> str | None:
        return f"marked.{cookie}" if cookie else "marked"

    def wake_key(self) -> str:
        return "the-public-half"

    def hear(self, statement: Statement) -> Reply:
        reply = self._heard("hear", statement)
        return reply if isinstance(reply, Reply) else Reply(Said.UNKNOWN)

    def may_stop(self, token: str) -> bool:
        return bool(self._heard("may_stop", token))

    def stop(self, token: str) -> bool:
        return bool(self._heard("stop", token))

    def set_out(self, address: str, browser: str, **wishes: Any) -> SetOut:
        self._heard("set_out", address, browser, wishes)
        return SetOut("https://idp.alderwick.example/authorize?state=s", browser or "first-browser")

    def come_back(self, answer: Mapping[str, str], browser: str, address: str) -> Arrived:
        there = self._heard("come_back", dict(answer), browser) or "/"
        return there if isinstance(there, Arrived) else Arrived("session-key", "next-browser", there)

    def whoever(self, key: str) -> SignedIn | None:
        found = self._heard("whoever", key)
        assert found is None or isinstance(found, SignedIn)
        return found

    def leave(self, key: str) -> str:
        return self._heard("leave", key) or ""

    def told(self, logout_token: str) -> None:
        self._heard("told", logout_token)

    def asked_for(self, what: str) -> list[tuple[Any, ...]]:
        """What it was asked, by kind."""
        return [details for kind, *details in self.asked if kind == what]  # type: ignore[misc]


@dataclass
class Portal:
    """The pages in front of the pretend service, and a browser."""

    service: PretendService
    app: Flask
    browser: FlaskClient
    clock: list[datetime]

    def fresh(self) -> Portal:
        """The same pages with a new browser and a service that was asked nothing: compiled templates are kept."""
        self.service.__dict__.update(PretendService().__dict__)
        self.clock[:] = [NOW]
        return replace(self, browser=self.app.test_client())

    def holding(self, recovery: Recovery | None = None) -> Portal:
        """The browser holds this recovery's cookie."""
        self.service.recovery = recovery or self.service.recovery
        value = f"{ID}.{self.service.key}"
        self.browser.set_cookie("__Host-kb_j", value, domain="reset.alderwick.example", secure=True)
        return self

    def get(self, path: str = f"/recover/{ID}", **more: Any) -> Any:
        return self.browser.get(path, base_url=ORIGIN, **more)

    def post(self, path: str = f"/recover/{ID}", headers: Mapping[str, str] | None = None, **fields: Any) -> Any:
        """As our own page in a browser would send it."""
        given = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        if path not in ("/recover", "/unlock", "/call"):
            fields = {"token": self.service.form_token(self.service.recovery), "move": "continue", **fields}
        return self.browser.post(path, base_url=ORIGIN, data=fields, headers=given)

    def moved(self, response: Any) -> bool:
        """Whether it was redirected to its own page."""
        return response.status_code == 303 and response.location == f"/recover/{ID}"


def portal_settings(**values: Any) -> PortalSettings:
    given = {
        "company": "Alderwick",
        "portal_url": ORIGIN,
        "help_desk": HelpDesk("01632 960 123", hours="weekdays 7–19"),
        "name_example": "jo.frost@alderwick.example or jfrost",
        "languages": LANGUAGES,
    } | values
    brand = brand_of(**{name: given.pop(name) for name in WORN if name in given})
    return PortalSettings(**{"brand": lambda: brand, **given})


# What the company says of itself, as tests name it.
WORN = ("company", "help_desk", "name_example", "privacy_link", "accessibility_link", "advice", "logo")


def brand_of(*, help_desk: HelpDesk | None = None, advice: tuple[str, ...] | None = None, **said: Any) -> Brand:
    """As it would be saved."""
    desk = help_desk or HelpDesk("")
    said |= {"help_desk": desk.words, "help_desk_link": desk.link, "help_desk_hours": desk.hours}
    return Brand(**said, advice=advice != (), advice_lines=advice or ())


def open_portal(*, methods: bool = False, entry_language: str = "", **values: Any) -> Portal:
    service, clock = PretendService(), [NOW]
    parts = service.as_parts()
    entries = doors(Entry("alderwick", "Alderwick sign-in", (LISTED,), HOME, language=entry_language))
    app = Flask(__name__, static_folder=None)
    settings = portal_settings(now=lambda: clock[0], **values)
    # A page that nobody foresaw to break; with a secret in the exception, as a library might put it there.
    app.add_url_rule("/broken", view_func=lambda: {}["hunter22"])
    signing_in = SignInPages(cast("Door", SimpleNamespace(signing_in=service, sessions=service)), settings)
    app.register_blueprint(create_sign_in(signing_in, settings))
    whoever, enrolling = signing_in.whoever_is_signed_in, cast("Enrolling", PretendEnrolling(service))
    mine: dict[str, Any] = {}
    if methods:

        def somebody(_: object) -> SignedIn | None:
            return service.answers.get("whoever", SIGNED_IN)

        mine["methods"] = EnrolmentPages(enrolling, somebody, settings, entries)
        mine["accounts"] = AccountPages(cast("Linking", PretendLinking(service)), enrolling, somebody, settings)
    mine["changing"] = PretendChanging(service, NOW)
    app.register_blueprint(create_portal(parts, entries, settings, **mine, whoever_is_signed_in=whoever))
    return Portal(service, app, app.test_client(), clock)
