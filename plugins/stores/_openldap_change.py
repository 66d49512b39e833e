"""Changing a known password in OpenLDAP: the old one goes along, and the overlay judges it before all else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

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
from . import _ldap as ldap
from . import _ppolicy as ppolicy
from ._budget import Budget
from ._ldap import Answer, Object, Wire
from ._ldap_pool import Pool
from ._openldap_bytes import bytes_of
from ._ripening import ripen
from ._spelling import has_unspeakable

LOCKED = Text("This account is locked. Unlock it, or reset the password.")
SOMEBODY_ELSE = Text("Somebody else just changed this password. Start again.")


class Changing(ABC):
    """What a store needs for `CanChange` and `KnowsLockout`."""

    _pool: Pool

    @abstractmethod
    def _mine(self, wire: Wire, account: Account) -> Object:
        """The account's object, if it may be written."""

    @abstractmethod
    def _policy(self, wire: Wire, entry: Object) -> ppolicy.Policy:
        """What rules this object's password."""

    @abstractmethod
    def _refusal(self, wire: Wire, entry: Object, answer: Answer) -> PasswordRefused | StoreUnavailable:
        """A no in the person's words."""

    def change_password(self, account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        """One test-and-set by the service account, so also for who must change it before they may sign in."""
        typed = bytes_of(new)
        if not old.reveal() or has_unspeakable(old.reveal()):
            # Nobody can have set it, and ldap3 would choke on it.
            raise WrongPassword("no password looks like this")
        budget = Budget.of(ctx)
        ripen(ppolicy.moment(account.stamp or ""), budget)
        known = old.reveal().encode()
        self._pool.work(lambda wire: self._exchange(wire, account, known, typed), budget, server=account.server)

    def lockout(self, account: Account, *, ctx: Context) -> Lockout | None:
        """The overlay counts sign-ins only: a wrong password that we bring along leaves no mark."""

        def read(wire: Wire) -> Lockout:
            entry = self._mine(wire, account)
            policy = self._policy(wire, entry)
            failures = entry.texts("pwdFailureTime")
            return Lockout(policy.lock_after, _recent(failures, policy.forget_after, wire.budget.now))

        return self._pool.work(read, Budget.of(ctx), server=account.server)

    def _exchange(self, wire: Wire, account: Account, old: bytes, new: bytes) -> None:
        try:
            entry = self._mine(wire, account)
        except PasswordRefused as refused:
            raise NotAllowed(refused.reasons[0]) from None
        if ppolicy.state_of(entry, self._policy(wire, entry), wire.budget.now).locked:
            # The server would take it and lift the lock: whoever is locked out could guess here for ever.
            raise NotAllowed(LOCKED)
        if (entry.text("pwdChangedTime") or None) != account.stamp:
            raise NotAllowed(SOMEBODY_ELSE)
        controls = (ppolicy.ASK_POLICY, ppolicy.unless_changed_since(account.stamp))
        answer = wire.modify(entry.dn, {"userPassword": ldap.swapped(old, new)}, controls)
        if ppolicy.remark(answer).rule is ppolicy.Rule.TOO_YOUNG:
            # The only rule that is asked before the old password: "too young" would be said to whoever guesses. This
            # order asks the old one first, and is as much refused.
            answer = wire.exchange_password(entry.dn, old, new, [ppolicy.ASK_POLICY])
        if answer.code != ldap.SUCCESS:
            raise _wrong(answer) or _said_to_nobody(answer, self._refusal(wire, entry, answer))


def _wrong(answer: Answer) -> WrongPassword | None:
    """Whether it says that the old password is not the one. Without any password there is no attribute to delete."""
    refused = answer.code == ldap.UNWILLING and ppolicy.remark(answer).rule in (None, ppolicy.Rule.OLD_ONE_NEEDED)
    return WrongPassword("the old password is another") if refused or answer.code == ldap.NO_SUCH_ATTRIBUTE else None


def _said_to_nobody(answer: Answer, refusal: PasswordRefused | StoreUnavailable) -> Exception:
    """A rule is only broken by whoever knew the old one; every other no was said before anybody looked at it."""
    if answer.code == ldap.REFUSED or isinstance(refusal, StoreUnavailable):
        return refusal
    return NotAllowed(refusal.reasons[0])


def _recent(failures: tuple[str, ...], forget_after: timedelta, now: datetime) -> int:
    moments = [ppolicy.moment(failure) for failure in failures]
    # One that cannot be read counts: better one too many than a lock.
    return sum(moment is None or not forget_after or moment + forget_after > now for moment in moments)
