"""Changing a known password in Active Directory: the old one goes along, and a wrong one counts at the server."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ...core import (
    Account,
    Context,
    Lockout,
    NotAllowed,
    PasswordRefused,
    Secret,
    StoreUnavailable,
    Text,
    WrongPassword,
)
from . import _active_directory_answers as answers
from . import _active_directory_facts as facts
from . import _ldap as ldap
from ._active_directory_rules import RuleBook
from ._budget import Budget
from ._ldap import Answer, Object, Wire
from ._ldap_pool import Pool
from ._spelling import has_unspeakable

# After a wrong password so many more must be left before the directory locks the account.
SPARE = 2


class Changing(ABC):
    """What a store needs for `CanChange` and `KnowsLockout`."""

    _pool: Pool
    _rules: RuleBook

    @abstractmethod
    def _mine(self, wire: Wire, account: Account) -> Object:
        """The account's object, if it may be written."""

    @abstractmethod
    def _unmoved(self, wire: Wire, account: Account) -> Object:
        """As `_mine`, if nothing happened to its password since it was read."""

    @abstractmethod
    def _refusal(
        self, wire: Wire, entry: Object, answer: Answer, password: Secret, *, too_soon_matters: bool
    ) -> PasswordRefused | WrongPassword | StoreUnavailable:
        """A no in the person's words."""

    def change_password(self, account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        """The old one is taken away and the new one put there in one order, so also for who may not sign in with it."""
        typed = bytes_of(new)
        if not old.reveal() or has_unspeakable(old.reveal()):
            raise WrongPassword("no password looks like this")
        changes = {"unicodePwd": ldap.swapped(_quoted(old), typed)}

        def write(wire: Wire) -> None:
            try:
                entry = self._unmoved(wire, account)
            except PasswordRefused as refused:
                raise NotAllowed(refused.reasons[0]) from None
            self._spare(wire, entry)
            answer = wire.modify(entry.dn, changes)
            if answer.code != ldap.SUCCESS:
                raise _said_to_nobody(answer, self._refusal(wire, entry, answer, new, too_soon_matters=True))

        self._pool.work(write, Budget.of(ctx), server=account.server)

    def lockout(self, account: Account, *, ctx: Context) -> Lockout | None:
        """Counted on the server that will be asked: controllers count for themselves."""

        def read(wire: Wire) -> Lockout | None:
            entry = self._mine(wire, account)
            rules = self._rules.binding(wire, entry)
            return None if rules is None else rules.lockout(entry, wire.budget.now)

        return self._pool.work(read, Budget.of(ctx), server=account.server)

    def _spare(self, wire: Wire, entry: Object) -> None:
        """A wrong old password counts at the server. The last ones before the lock are the owner's own (P6)."""
        if facts.state_of(entry, wire.budget.now).locked:
            raise NotAllowed(answers.LOCKED)
        rules = self._rules.binding(wire, entry)
        near = None if rules is None else rules.lockout(entry, wire.budget.now)
        if near is not None and near.threshold and near.counted + SPARE >= near.threshold:
            raise NotAllowed(answers.TOO_NEAR)


def _said_to_nobody(answer: Answer, refusal: Exception) -> Exception:
    """A rule is only broken by whoever knew the old one; every other no was said before anybody looked at it."""
    if isinstance(refusal, PasswordRefused) and answers.why(answer) != answers.Why.AGAINST_THE_RULES:
        return NotAllowed(refusal.reasons[0])
    return refusal


def _quoted(password: Secret) -> bytes:
    """As this directory wants it."""
    return f'"{password.reveal()}"'.encode("utf-16-le")


def bytes_of(password: Secret) -> bytes:
    """The exact signs; what could be set and then never be used is refused before anything is sent."""
    typed = password.reveal()
    # This server would take even a NUL, and then let nobody in.
    if not typed or has_unspeakable(typed):
        raise PasswordRefused([Text("This password holds a sign that cannot be typed everywhere. Choose another.")])
    return _quoted(password)
