"""People, a context, a store and a channel to test with: quick, predictable, and ready to fail on demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from itertools import count
from threading import RLock

from ..contracts.channel import Channel, Message, Receipt
from ..contracts.errors import DeliveryFailed, NotAllowed, OutcomeUnknown, PasswordRefused, WrongPassword
from ..contracts.people import Account, AccountKey, Contact, ContactKind, Person
from ..contracts.plugin import Context, NoSettings, PluginSettings
from ..contracts.store import NeverLocks, Store
from ..contracts.text import Secret, Text

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)
PHONE, MAIL = "+43664123456789", "ada.lovelace@mail.example"


def a_context(seed: str = "", *, now: datetime = NOON, seconds: float = 10) -> Context:
    """A context whose randomness repeats: the same seed draws the same bytes in the same order."""
    draw = count()

    def random(size: int) -> bytes:
        return shake_256(f"{seed}/{next(draw)}".encode()).digest(size)

    deadline = now + timedelta(seconds=seconds)
    return Context(now, deadline, "en", "https://reset.example.org", "Acme", random)


def an_account(store: str = "fake", name: str = "ada") -> Account:
    """An account with one phone and one mailbox."""
    phone = Contact(ContactKind.PHONE, PHONE, "telephoneNumber", trusted=True)
    mail = Contact(ContactKind.MAIL, MAIL, "mail", trusted=True)
    number = str(int.from_bytes(shake_256(name.encode()).digest(8)))
    return Account(AccountKey(store, number), name, "Ada Lovelace", contacts=(phone, mail), stamp="1")


def a_person(*accounts: Account) -> Person:
    """Somebody with these accounts, or with one; all their contacts may carry proofs."""
    accounts = accounts or (an_account(),)
    return Person("p-ada", accounts, tuple(dict.fromkeys(c for account in accounts for c in account.contacts)))


class FakeStore(NeverLocks, Store):
    """A directory in memory. `trouble` is raised instead of an answer; `loses_answers` writes and then says unknown."""

    key = "fake"
    label = Text("Fake directory")

    def __init__(self, settings: PluginSettings | None = None) -> None:
        super().__init__(settings or NoSettings())
        self.trouble: Exception | None = None
        self.loses_answers = False
        self.writes: list[AccountKey] = []
        self.unlocks: list[AccountKey] = []
        self.demands: list[AccountKey] = []
        self._lock = RLock()
        self._accounts: dict[str, Account] = {}
        self._passwords: dict[str, str] = {}

    def add(self, account: Account, password: str) -> AccountKey:
        """Put this account in, or in the place of the one with the same id."""
        key = AccountKey(self.key, account.key.id)
        self._accounts[key.id] = replace(account, key=key, server=self.key)
        self._passwords[key.id] = password
        return key

    def find(self, identifier: str, ctx: Context) -> Account | None:
        self._answer()
        return next((one for one in self._accounts.values() if one.name == identifier), None)

    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        self._answer()
        return self._accounts.get(key.id) if key.store == self.key else None

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        self._answer()
        with self._lock:
            now = self._accounts[account.key.id]
            wanted = password.reveal()
            if now.stamp != account.stamp or not wanted or not wanted.isprintable():
                raise PasswordRefused([Text("The directory refused this password.")])
            state = replace(now.state, locked=now.state.locked and not unlock, must_change=False)
            self._accounts[now.key.id] = replace(now, stamp=str(int(now.stamp or 0) + 1), state=state)
            self._passwords[now.key.id] = wanted
            self.writes.append(now.key)
        if self.loses_answers:
            raise OutcomeUnknown("the answer was lost on purpose")

    def change_password(self, account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        """With the old one."""
        self._answer()
        state = self._accounts[account.key.id].state
        if state.locked or not state.enabled:
            raise NotAllowed(Text("This account is locked."))
        if not self.accepts(account, old, ctx=ctx):
            raise WrongPassword("the old password is another")
        self.set_password(account, new, unlock=False, ctx=ctx)

    def unlock(self, account: Account, *, ctx: Context) -> None:
        """Open it again."""
        self._answer()
        with self._lock:
            now = self._accounts[account.key.id]
            self._accounts[now.key.id] = replace(now, state=replace(now.state, locked=False))
            self.unlocks.append(now.key)
        if self.loses_answers:
            raise OutcomeUnknown("the answer was lost on purpose")

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """At the next sign-in."""
        self._answer()
        with self._lock:
            now = self._accounts[account.key.id]
            self._accounts[now.key.id] = replace(now, state=replace(now.state, must_change=True))
            self.demands.append(now.key)
        if self.loses_answers:
            raise OutcomeUnknown("the answer was lost on purpose")

    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        """Whether the stamp moved."""
        self._answer()
        return self._accounts[account.key.id].stamp != account.stamp

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        """Whether this is the password."""
        self._answer()
        return self._passwords[account.key.id] == password.reveal()

    def _answer(self) -> None:
        if self.trouble:
            raise self.trouble


class FakeChannel(Channel):
    """Keeps what it is given in `sent`; `trouble` is raised instead."""

    key = "fake"
    label = Text("Fake carrier")
    media = frozenset({"sms", "email"})
    attaches = True

    def __init__(self, settings: PluginSettings | None = None) -> None:
        super().__init__(settings or NoSettings())
        self.trouble: Exception | None = None
        self.sent: list[Message] = []

    def send(self, message: Message, ctx: Context) -> Receipt:
        if self.trouble:
            raise self.trouble
        if message.medium not in self.media or not message.to.isprintable():
            raise DeliveryFailed("cannot be carried", retry=False)
        self.sent.append(message)
        return Receipt(str(len(self.sent)))
