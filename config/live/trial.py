"""One test account in one directory, and all that the hard cases do with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.contracts.errors import KeybackError, PasswordRefused
from ...core.contracts.people import Account
from ...core.contracts.plugin import Context
from ...core.contracts.store import CanTell, Store
from ...core.contracts.text import Secret
from ...core.service.surroundings import Surroundings

# Some directories count seconds: a write may wait until its mark can be told from the one before.
SECONDS = 20.0
# What all rules ask for, and 48 bits of chance that only this run knows.
PATTERN = "Kb-{chance}-9"


class Broken(Exception):
    """What Keyback promises does not hold here."""


class Weaker(Exception):
    """This directory protects less than others do; Keyback works all the same."""


class NotTried(Exception):
    """It could not be found out here."""


@dataclass
class Trial:
    """The account is looked up anew for every step: its mark moves with each write."""

    store: Store
    name: str = field(repr=False)
    password: Secret
    around: Surroundings
    # How many wrong sign-ins may be spent to lock it; 0: it is not to be locked.
    tries: int = 0
    # Whether it may have another password by now than the one that the operator gave.
    written: bool = False
    # Every password that was ever in our hands, to be looked for in the log.
    known: list[Secret] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known.append(self.password)

    def context(self, seconds: float = SECONDS) -> Context:
        """A new call's time begins now."""
        return self.around.context(seconds=seconds)

    def account(self) -> Account:
        """As it is now. Raises Broken."""
        account = self.store.find(self.name, self.context())
        if account is None:
            raise Broken("the account was not found")
        return account

    def fresh(self, length: int = 0) -> Secret:
        """A password that nobody ever had; of this length, if one is given."""
        password = PATTERN.format(chance=self.around.random(6).hex())
        return self.noted(password[-length:] if length else password)

    def noted(self, password: str) -> Secret:
        """Remember that it must not turn up in the log."""
        self.known.append(Secret(password))
        return self.known[-1]

    def set(self, password: Secret, account: Account | None = None) -> None:
        """One write, as a reset does it."""
        self.written = True
        self.store.set_password(account or self.account(), password, unlock=True, ctx=self.context())
        self.password = password

    def refusal(self, password: Secret, account: Account | None = None) -> str:
        """Why it is refused, in the words that a person would read; empty when it was taken. Raises Broken."""
        try:
            self.set(password, account)
        except PasswordRefused as no:
            return " ".join(str(reason) for reason in no.reasons) or "no reason"
        except KeybackError as problem:
            raise Broken(f"it is no refusal but a fault: {problem}") from None
        return ""

    def opens(self, password: Secret | None = None) -> bool | None:
        """Whether it opens the account; None: this directory does not tell."""
        if not isinstance(self.store, CanTell):
            return None
        return self.store.accepts(self.account(), password or self.password, ctx=self.context())

    def must_open(self, what: str) -> None:
        """The password that is believed to be set opens the account. Raises Broken, or NotTried."""
        opened = self.opens()
        if opened is None:
            raise NotTried("this directory does not say whether a password opens an account")
        if not opened:
            raise Broken(f"{what} does not open the account")
