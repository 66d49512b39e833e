"""My accounts: those that are one person's, joined and parted."""

from __future__ import annotations

from datetime import datetime

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed, OutOfTurn
from ..contracts.text import Secret, Text
from ..service.enrolling.enrol import Enrolling, SignInAgain
from ..service.enrolling.linking import Linking
from ..service.enrolling.my_accounts import MyAccount
from ..service.enrolling.signed_in import SignedIn
from . import dates, words
from .for_signed_in import ForSignedIn, Rule
from .headers import clear_cache
from .language import keep_place, spoken
from .prompt_form import Problem
from .said import NOTHING, Said, warning
from .settings import PortalSettings
from .sign_in_pages import Whoever

ALWAYS = ("token", "move")
FIELDS = (*ALWAYS, "store", "identifier", "current_password")
CHOOSE_STORE = Text("Choose where that account is")
EMPTY_NAME = Text("Enter the sign-in name")
EMPTY_PASSWORD = Text("Enter the password")
BACK = Text("Back to my accounts")
# What has just been done, and since when it counts.
Done = tuple[Text, Text | None]


class AccountPages:
    """See, join, part."""

    def __init__(self, linking: Linking, enrolling: Enrolling, who: Whoever, settings: PortalSettings) -> None:
        self._linking = linking
        self._desk = ForSignedIn(enrolling, who, home=("portal.accounts", BACK))
        self._settings = settings

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return self._desk.rules(
            ("/accounts", "accounts", self._list, "GET"),
            ("/accounts/join", "accounts_join", self._ask, "GET"),
            ("/accounts/join", "accounts_joined", self._join, "POST"),
            ("/accounts/join/signed-in", "accounts_vouched", self._ask_to_join, "GET"),
            ("/accounts/join/signed-in", "accounts_join_vouched", self._join_vouched, "POST"),
            ("/accounts/part/<value>", "accounts_part", self._ask_to_part, "GET"),
            ("/accounts/part/<value>", "accounts_parted", self._part, "POST"),
        )

    def _list(self, who: SignedIn, done: Done | None = None) -> Response:
        if done is not None:
            keep_place(url_for("portal.accounts"))
        lines = [(account, _texts(account)) for account in self._linking.accounts.look(who)]
        can_join = bool(self._linking.other.places() or self._by_sign_in())
        return self._desk.page("accounts.html", who, done=done, lines=lines, can_join=can_join)

    # Join ---------------------------------------------------------------------------------------------------------

    def _ask(self, who: SignedIn, said: Said = NOTHING) -> Response:
        # Asked for before anything is typed: a password is not to be typed twice.
        self._linking.may_change(who)
        places = self._linking.other.places()
        # Most probably where they are not signed in.
        first = next((key for key in places if key != who.person.accounts[0].key.store), "")
        there = {"by_sign_in": self._by_sign_in()}
        return self._desk.page("join_account.html", who, said, places=places, first=first, **there)

    def _join(self, who: SignedIn) -> Response:
        form = self._desk.form(who, FIELDS)
        place, name, password = (form.get(field, "") for field in FIELDS[len(ALWAYS) :])
        typed = {"store": place, "identifier": name}
        problems = _missing(place, name, password)
        if problems:
            return self._ask(who, Said(problems, typed=typed, status=422))
        try:
            link = self._linking.join(who, place, name, Secret(password), language=spoken())
        except SignInAgain:
            raise
        except NotAllowed as refused:
            return self._ask(who, Said((Problem("identifier", refused.reason),), typed=typed, status=422))
        except MustWait as wait:
            seconds = max(1, words.seconds_until(wait.until, self._settings.now()))
            return self._ask(who, warning(words.wait_first(seconds), status=429, retry_after=seconds))
        return self._joined(who, link.counts_from)

    def _ask_to_join(self, who: SignedIn, said: Said = NOTHING) -> Response:
        account = self._linking.vouched(who)
        if account is None:
            # Too long ago, used already, or by another browser: asked for again.
            return redirect(url_for("portal.accounts_join"), 303)
        return self._desk.page("join_signed_in.html", who, said, name=account.name)

    def _join_vouched(self, who: SignedIn) -> Response:
        if self._desk.form(who, ALWAYS).get("move") != "join":
            abort(400, "not our button")
        try:
            return self._joined(who, self._linking.join_signed_in(who, language=spoken()).counts_from)
        except SignInAgain:
            raise
        except NotAllowed as refused:
            return self._ask(who, Said((Problem("by-sign-in", refused.reason),), status=422))
        except OutOfTurn:
            return redirect(url_for("portal.accounts_join"), 303)

    def _by_sign_in(self) -> Text | str:
        return self._linking.other.by_sign_in(self._settings.sign_in_store)

    def _joined(self, who: SignedIn, counts_from: datetime) -> Response:
        waits = counts_from > self._settings.now()
        text = Text("It counts from {moment}.", moment=dates.moment(counts_from)) if waits else None
        return self._list(who, done=(Text("Your accounts are joined"), text))

    # Part ---------------------------------------------------------------------------------------------------------

    def _ask_to_part(self, who: SignedIn, value: str) -> Response:
        account = self._one(who, value)
        return self._desk.page("part_account.html", who, account=account, name=account.name or account.called)

    def _part(self, who: SignedIn, value: str) -> Response:
        if self._desk.form(who, ALWAYS).get("move") != "part":
            abort(400, "not our button")
        account = self._one(who, value)
        try:
            stays = self._linking.part(who, value, language=spoken())
        except OutOfTurn:
            abort(404)
        done = Text("{account} is parted", account=account.name or account.called)
        if stays:
            return self._list(who, done=(done, None))
        # They were signed in as the person that this account is no more.
        return clear_cache(self._desk.page("parted.html", who, done=done))

    def _one(self, who: SignedIn, value: str) -> MyAccount:
        found = [each for each in self._linking.accounts.look(who) if each.value == value and each.can_be_parted]
        if not found:
            abort(404)
        return found[0]


def _missing(place: str, name: str, password: str) -> tuple[Problem, ...]:
    needed = (("store", place, CHOOSE_STORE), ("identifier", name.strip(), EMPTY_NAME))
    problems = [Problem(field, words) for field, typed, words in needed if not typed]
    return (*problems, *(() if password else (Problem("current_password", EMPTY_PASSWORD),)))


def _texts(account: MyAccount) -> tuple[Text, ...]:
    """What stands below an account's name."""
    if account.mine:
        return (Text("You're signed in with this one."),)
    if account.given:
        return (Text("From your organisation (can't be parted here)"),)
    if account.waits_until:
        return (Text("Counts from {moment}.", moment=dates.moment(account.waits_until)),)
    return (Text("One reset can set both passwords."),)
