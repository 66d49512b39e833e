"""Each case finds the lie that it is there for: stores that break one promise each, and are told apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from keyback.config.live.run import Finding, Verdict, run
from keyback.config.live.trial import Trial
from keyback.core import Account, AccountKey, Context, PasswordRefused, PluginError, Secret, StoreUnavailable, Text
from keyback.core.contracts.store import DirectoryRules
from keyback.core.service.surroundings import Surroundings
from keyback.core.testing import FakeStore, an_account

FIRST, LAST = Secret("the one it has"), Secret("the one to leave it with")


class Honest(FakeStore):
    """Keeps every promise: a minimal length, a history, and a lock after three wrong tries."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()
        self.wrong = 0

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        typed = password.reveal()
        if len(typed) < 8 or typed in self.used:
            raise PasswordRefused([Text("The directory refused this password.")])
        super().set_password(account, password, unlock=unlock, ctx=ctx)
        self.used.add(typed)

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        right = super().accepts(account, password, ctx=ctx)
        self.wrong = 0 if right else self.wrong + 1
        if self.wrong >= 3:
            now = self._accounts[account.key.id]
            self._accounts[now.key.id] = replace(now, state=replace(now.state, locked=True))
        return right and not self._accounts[account.key.id].state.locked

    def rules(self, account: Account, ctx: Context) -> DirectoryRules:
        return DirectoryRules(min_length=8)


class Deaf(Honest):
    """Its settings do not work."""

    def check(self) -> None:
        raise PluginError("no server answers")


class Careless(Honest):
    """Takes a pattern for a name."""

    def find(self, identifier: str, ctx: Context) -> Account | None:
        return super().find("ada" if identifier == "*" else identifier, ctx)


class Forgetful(Honest):
    """Reads another account by an id."""

    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        return replace(an_account(name="bob"), key=AccountKey(self.key, "another"))


class Greedy(Honest):
    """Takes what nobody can type."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        self._passwords[account.key.id] = password.reveal()


class Blunt(Honest):
    """Calls a refusal a fault."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        try:
            super().set_password(account, password, unlock=unlock, ctx=ctx)
        except PasswordRefused:
            raise StoreUnavailable("code 19") from None


class Idle(Honest):
    """Says that it has set what it has not."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        kept = self._passwords[account.key.id]
        super().set_password(account, password, unlock=unlock, ctx=ctx)
        self._passwords[account.key.id] = kept


class Hasty(Honest):
    """Looks at no mark."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        super().set_password(self._accounts[account.key.id], password, unlock=unlock, ctx=ctx)


class Chatty(Honest):
    """Logs what it sets."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        logging.getLogger("chatty").debug("setting %r", password.reveal())
        super().set_password(account, password, unlock=unlock, ctx=ctx)


class Stubborn(Honest):
    """Never unlocks."""

    def unlock(self, account: Account, *, ctx: Context) -> None:
        return


class Softie(Honest):
    """Unlocks whether or not the password is good."""

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        self.unlock(account, ctx=ctx)
        super().set_password(account, password, unlock=unlock, ctx=ctx)


def found(store: FakeStore, password: Secret = FIRST, *, tries: int = 5, **unlike: Any) -> list[Finding]:
    store.add(replace(an_account(), **unlike), FIRST.reveal())
    findings: list[Finding] = []
    trial = Trial(store, "ada", password, Surroundings("Acme", "https://x.example", now=lambda: datetime.now(UTC)))
    trial.tries = tries
    held = run(trial, LAST, findings.append)
    assert held is not any(finding.verdict is Verdict.BROKEN for finding in findings)
    return findings


def broken(store: FakeStore, password: Secret = FIRST) -> list[str]:
    return [finding.case for finding in found(store, password) if finding.verdict is Verdict.BROKEN]


@pytest.fixture(autouse=True)
def _the_root_logger_stays_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    yield
    assert (root.level, list(root.handlers)) == before


def test_an_honest_store_holds_all_and_is_left_as_told() -> None:
    store = Honest()
    assert {finding.verdict for finding in found(store)} == {Verdict.HELD}
    assert list(store._passwords.values()) == [LAST.reveal()]


@pytest.mark.parametrize(
    ("store", "case"),
    [
        (Deaf(), "the settings of the store work"),
        (Forgetful(), "the account is found by its name, and again by its id"),
        (Careless(), "no pattern brings anybody"),
        (Greedy(), "a password that cannot be typed is refused"),
        (Blunt(), "a password that is too short is refused"),
        (Idle(), "after a reset the new password opens it"),
        (Hasty(), "whoever was overtaken writes nothing"),
        (Chatty(), "no password is in what was logged"),
        (Stubborn(), "unlocking lets the same password in, and does no harm twice"),
        (Softie(), "a refused reset leaves it locked"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, FakeStore) else "",
)
def test_a_store_that_breaks_a_promise_is_found_out(store: FakeStore, case: str) -> None:
    assert case in broken(store)


def test_whoever_does_not_know_the_password_changes_nothing() -> None:
    store = Honest()
    assert broken(store, Secret("a guess")) == ["the password that you gave opens it"]
    assert store.writes == []


def test_an_account_that_is_not_served_is_left_alone() -> None:
    store = Honest()
    findings = found(store, privileged=True)
    assert [finding.case for finding in findings if finding.verdict is Verdict.BROKEN] == [
        "it is an ordinary account that is in use"
    ]
    assert store.writes == []


def test_what_a_directory_lacks_is_no_fault() -> None:
    findings = found(FakeStore(), tries=0)
    weaker = {finding.case for finding in findings if finding.verdict is Verdict.WEAKER}
    assert weaker == {"a password that is too short is refused", "a password that was used before is refused"}
    untold = {finding.case for finding in findings if finding.verdict is Verdict.NOT_TRIED}
    assert untold == {"the rules that people are shown bind"}


def test_a_run_that_is_interrupted_leaves_the_password_that_was_named() -> None:
    store = Honest()
    store.add(an_account(), FIRST.reveal())

    def interrupt(finding: Finding) -> None:
        if finding.case.startswith("after a reset"):
            raise KeyboardInterrupt

    trial = Trial(store, "ada", FIRST, Surroundings("Acme", "https://x.example"))
    with pytest.raises(KeyboardInterrupt):
        run(trial, LAST, interrupt)
    assert list(store._passwords.values()) == [LAST.reveal()]
