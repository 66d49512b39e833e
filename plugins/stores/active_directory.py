"""Active Directory: find, tell, unlock, set a password once, and change a known one."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import ClassVar

from ...core import (
    Account,
    AccountKey,
    Context,
    DirectoryRules,
    PasswordRefused,
    Secret,
    Store,
    StoreUnavailable,
    Text,
    WrongPassword,
    hookimpl,
)
from . import _active_directory_answers as answers
from . import _active_directory_facts as facts
from . import _ldap as ldap
from ._active_directory_answers import Tried
from ._active_directory_change import Changing, bytes_of
from ._active_directory_check import FORGETS, examine
from ._active_directory_facts import Stamp
from ._active_directory_hints import Hints
from ._active_directory_people import People
from ._active_directory_rules import RuleBook
from ._active_directory_settings import ActiveDirectorySettings
from ._budget import Budget
from ._ldap import Answer, Object, Step, Wire
from ._ldap_store import LdapStore

log = logging.getLogger(__name__)


class ActiveDirectory(Changing, LdapStore):
    """A store whose service account may reset, unlock and demand a change, of people in one place, and nothing else."""

    key = "active_directory"
    label = Text("Active Directory")
    Settings = ActiveDirectorySettings
    strictness: ClassVar[int] = 80
    settings: ActiveDirectorySettings

    def __init__(self, settings: ActiveDirectorySettings) -> None:
        super().__init__(settings)
        self._people = People(self.key, settings)
        self._rules = RuleBook(self._people.domain)
        self._hints = Hints()

    def rules(self, account: Account, ctx: Context) -> DirectoryRules:
        """The domain's, or those of the person's own; nothing where it cannot be seen which of them bind."""

        def read(wire: Wire) -> DirectoryRules:
            entry = self._object(wire, account.key)
            rules = None if entry is None else self._rules.binding(wire, entry)
            enforced = bool(self._hints.asked_of(wire))
            return DirectoryRules() if rules is None else rules.shown(history=enforced)

        return self._pool.work(read, Budget.of(ctx))

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        """One order for password, lock and must-change: all of it happens or nothing."""
        typed = bytes_of(password)
        changes = {"unicodePwd": ldap.replaced(typed)}
        if unlock:
            changes["lockoutTime"] = ldap.replaced(b"0")
        if self.settings.must_change:
            changes["pwdLastSet"] = ldap.replaced(b"0")
        mark = ctx.random(12).hex().encode()

        def write(wire: Wire) -> None:
            entry = self._unmoved(wire, account)
            hints = self._hints.asked_of(wire)
            answer = wire.modify(entry.dn, {**changes, **self._fenced(entry, mark)}, hints)
            if answer.code != ldap.SUCCESS:
                raise self._refusal(wire, entry, answer, password, too_soon_matters=bool(hints))
            self._look_again(wire, entry)

        self._pool.work(write, Budget.of(ctx), server=account.server)

    def unlock(self, account: Account, *, ctx: Context) -> None:
        """Lift the lock of too many wrong tries; harmless when there is none."""

        def lift(wire: Wire) -> None:
            entry = self._mine(wire, account)
            answer = wire.modify(entry.dn, {"lockoutTime": ldap.replaced(b"0")})
            if answer.code != ldap.SUCCESS:
                raise self._refusal(wire, entry, answer, Secret(""), too_soon_matters=False)

        self._pool.work(lift, Budget.of(ctx), server=account.server)

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """At the next sign-in. From a password that never expires the server demands nothing, and does not say so."""

        def demand(wire: Wire) -> None:
            entry = self._mine(wire, account)
            if facts.never_expires(entry):
                raise PasswordRefused([answers.NEVER_EXPIRES])
            answer = wire.modify(entry.dn, {"pwdLastSet": ldap.replaced(b"0")})
            if answer.code != ldap.SUCCESS:
                raise self._refusal(wire, entry, answer, Secret(""), too_soon_matters=False)

        self._pool.work(demand, Budget.of(ctx), server=account.server)

    def _examine(self, wire: Wire) -> Iterator[Text]:
        yield from examine(wire, self.settings, self._people, self._rules)
        if not self._hints.asked_of(wire):
            yield FORGETS.filled(server=str(wire.server))

    def _named(self, wire: Wire, identifier: str) -> Account | None:
        entry = self._people.named(wire, identifier)
        return None if entry is None else self._account(wire, entry)

    def _object(self, wire: Wire, key: AccountKey) -> Object | None:
        return self._people.keyed(wire, key)

    def _account(self, wire: Wire, entry: Object) -> Account:
        return self._people.account(wire, entry)

    @property
    def _people_there(self) -> str:
        return facts.PEOPLE

    @property
    def _listed(self) -> Sequence[str]:
        return ["1.1"]

    def _listed_account(self, wire: Wire, entry: Object) -> Account | None:
        # The server tells somebody's groups, with those that hold them, of one object alone.
        whole = self._people.read(wire, entry.dn)
        return None if whole is None else self._account(wire, whole)

    def _moved(self, entry: Object, account: Account) -> bool:
        return Stamp.of(entry).moved_since(Stamp.read(account.stamp))

    def _opens(self, wire: Wire) -> bool | None:
        """It may be a former one: they work for an hour more."""
        return answers.opened(wire.bind())

    def _mine(self, wire: Wire, account: Account) -> Object:
        """Read once more before every order: the server would take orders for disabled and powerful accounts too."""
        entry = self._object(wire, account.key)
        if entry is None:
            raise StoreUnavailable("the account is not there any more")
        state = facts.state_of(entry, wire.budget.now)
        if not state.enabled or state.expired or self._people.privileged(wire, entry):
            raise PasswordRefused([answers.BY_HAND])
        return entry

    def _unmoved(self, wire: Wire, account: Account) -> Object:
        """As `_mine`, if nothing happened to its password since. The server offers no such condition by itself."""
        entry = self._mine(wire, account)
        if str(Stamp.of(entry)) != account.stamp:
            raise PasswordRefused([answers.SOMEBODY_ELSE])
        return entry

    def _fenced(self, entry: Object, mark: bytes) -> dict[str, Sequence[Step]]:
        """Whoever read the same old value and comes second fails as a whole: it is gone."""
        if not self.settings.fence:
            return {}
        stands = entry.values.get(self.settings.fence.lower(), ())
        return {self.settings.fence: ldap.swapped(stands[0], mark) if stands else ldap.added(mark)}

    def _look_again(self, wire: Wire, before: Object) -> None:
        """Somebody who had to choose another password has done so; without a right of its own the demand stays."""
        if self.settings.must_change or before.text("pwdLastSet") != "0":
            return
        # It is set, and nothing that happens here may say otherwise.
        with suppress(StoreUnavailable):
            now = wire.read(before.dn, ["pwdLastSet"])
            if now is not None and now.text("pwdLastSet") == "0":
                log.error("%s: without the right Unexpire Password, people must choose yet another one", wire.server)

    def _refusal(
        self, wire: Wire, entry: Object, answer: Answer, password: Secret, *, too_soon_matters: bool
    ) -> PasswordRefused | WrongPassword | StoreUnavailable:
        """The server's no in the person's words. What is the operator's fault goes to the log as well."""
        try:
            rules = self._rules.binding(wire, entry)
        except StoreUnavailable:
            # The no stands, whether or not we can say more about it.
            rules = None
        if told := answers.refusal(answer, Tried(entry, len(password.reveal()), rules, too_soon_matters)):
            return told
        log.error("%s refused a write: %s %s", wire.server, answer.code, answer.words)
        if answer.code == answers.UNKNOWN_CONTROL:
            self._hints.forget(wire)
        if answer.code in (ldap.REFUSED, ldap.NO_RIGHT, ldap.UNWILLING):
            return PasswordRefused([answers.BY_HAND])
        return StoreUnavailable(f"{wire.server} answered a write with {answer.code}")


@hookimpl
def keyback_stores() -> list[type[Store]]:
    """Active Directory."""
    return [ActiveDirectory]
