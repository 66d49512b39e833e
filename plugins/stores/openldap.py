"""OpenLDAP with its password policy overlay: find, tell, and set a password once."""

from __future__ import annotations

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from ...core import (
    Account,
    AccountKey,
    AccountState,
    Ambiguous,
    Contact,
    ContactKind,
    Context,
    DirectoryRules,
    PasswordRefused,
    Secret,
    Store,
    StoreUnavailable,
    Text,
    hookimpl,
)
from . import _ldap as ldap
from . import _ppolicy as ppolicy
from ._budget import Budget
from ._ds389 import Wire389
from ._ldap import Answer, Object, Wire
from ._ldap_names import BELIEVED, Groups, any_of, equals, is_under, normal_dn
from ._ldap_store import LdapStore
from ._openldap_bytes import bytes_of
from ._openldap_change import SOMEBODY_ELSE, Changing
from ._openldap_check import examine
from ._openldap_settings import OpenLdapSettings, Server
from ._ripening import ripen
from ._spelling import fold, has_unspeakable

log = logging.getLogger(__name__)

# More than are ever found at once, before their rules are asked for.
MOST_FOUND = 1000

# entryUUID, or nsUniqueId.
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8}(-[0-9a-f]{8}){3}")

_BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")
_CANNOT_DEMAND = Text("This kind of directory can't be told to ask for another password.")
_REASONS: Mapping[ppolicy.Rule, Text] = {
    ppolicy.Rule.TOO_SHORT: Text("The directory says: too short for it."),
    ppolicy.Rule.TOO_LONG: Text("The directory says: too long for it."),
    ppolicy.Rule.USED_BEFORE: Text("The directory says: used before."),
    ppolicy.Rule.TOO_YOUNG: Text("The directory says: changed too recently."),
}
_POOR = Text(
    "The directory says: doesn't meet its rules, and it doesn't say which. Try a longer one with digits and signs."
)


class OpenLdap(Changing, LdapStore):
    """A store whose service account may write passwords and not read them, so that the overlay rules our resets."""

    key = "openldap"
    label = Text("OpenLDAP")
    Settings = OpenLdapSettings
    strictness: ClassVar[int] = 60
    settings: OpenLdapSettings

    def __init__(self, settings: OpenLdapSettings) -> None:
        super().__init__(settings)
        self._kind = Wire389 if settings.kind is Server.DS389 else Wire
        self._groups = Groups(settings.groups_below)
        self._policies: dict[str, tuple[float, ppolicy.Policy]] = {}
        # Where the policies of accounts stand that were found and whose rules nobody has asked for yet.
        self._ruled_by: OrderedDict[str, str] = OrderedDict()
        self._wanted = tuple(
            {"entryUUID", "cn", "displayName", "memberOf", *ppolicy.STATE}
            | {*settings.identifiers, *settings.phones, *settings.mails}
        )

    def rules(self, account: Account, ctx: Context) -> DirectoryRules:
        """What the policy entry of this account says, as far as the service account may read it."""

        def read(wire: Wire) -> DirectoryRules:
            # Asked right after the account was found, and then nothing has to be searched again.
            dn = self._ruled_by.pop(account.key.id, None)
            if dn is None:
                entry = self._object(wire, account.key)
                dn = "" if entry is None else self._ruler(entry)
            policy = self._policy_at(wire, dn)
            return DirectoryRules(policy.min_length, policy.max_length, policy.history)

        return self._pool.work(read, Budget.of(ctx))

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        """One test-and-set. A reset unlocks by itself, so what may not be unlocked gets no new password."""
        typed = bytes_of(password)
        budget = Budget.of(ctx)
        ripen(ppolicy.moment(account.stamp or ""), budget)
        self._pool.work(lambda wire: self._write(wire, account, typed, unlock=unlock), budget, server=account.server)

    def unlock(self, account: Account, *, ctx: Context) -> None:
        """Lift the lock of too many wrong tries; harmless when there is none."""

        def lift(wire: Wire) -> None:
            entry = self._mine(wire, account)
            # Replaced by nothing: a delete would fail on whoever is not locked.
            answer = wire.modify(entry.dn, {"pwdAccountLockedTime": ldap.replaced()})
            if answer.code != ldap.SUCCESS:
                raise self._refusal(wire, entry, answer)

        self._pool.work(lift, Budget.of(ctx), server=account.server)

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """At the next sign-in, by the overlay's own mark."""
        if self._kind is not Wire:
            raise PasswordRefused([_CANNOT_DEMAND])

        def demand(wire: Wire) -> None:
            entry = self._mine(wire, account)
            answer = wire.modify(entry.dn, {"pwdReset": ldap.replaced(b"TRUE")})
            if answer.code != ldap.SUCCESS:
                raise self._refusal(wire, entry, answer)

        self._pool.work(demand, Budget.of(ctx), server=account.server)

    def _write(self, wire: Wire, account: Account, typed: bytes, *, unlock: bool) -> None:
        entry = self._mine(wire, account)
        if not unlock and self._state(wire, entry).locked:
            raise PasswordRefused([_BY_HAND])
        if self._moved(entry, account):
            raise PasswordRefused([SOMEBODY_ELSE])
        controls = (ppolicy.ASK_POLICY, ppolicy.unless_changed_since(account.stamp))
        written = {"userPassword": ldap.replaced(typed)}
        answer = wire.modify(entry.dn, written, controls)
        if answer.code == ldap.NO_SUCH_ATTRIBUTE:
            # Two resets met in a full history: nothing was written, and the mark tells if the other one was.
            answer = wire.modify(entry.dn, written, controls)
        if answer.code != ldap.SUCCESS:
            raise self._refusal(wire, entry, answer)

    def _examine(self, wire: Wire) -> Iterator[Text]:
        return examine(wire, self.settings)

    def _moved(self, entry: Object, account: Account) -> bool:
        return (entry.text("pwdChangedTime") or None) != account.stamp

    def _opens(self, wire: Wire) -> bool | None:
        return _opened(wire.bind([ppolicy.ASK_POLICY]))

    def _named(self, wire: Wire, identifier: str) -> Account | None:
        named = any_of([equals(attribute, identifier) for attribute in self.settings.identifiers])
        condition = f"(&{equals('objectClass', self.settings.person_class)}{named})"
        found = wire.search(self.settings.base, condition, self._wanted, most=2)
        if found.more or len(found.objects) > 1:
            raise Ambiguous("more than one object has this name")
        # The server's own idea of equal is wider than ours; what it finds must also be what was asked for.
        if not found.objects or fold(identifier) not in self._names(found.objects[0]):
            return None
        account = self._account(wire, found.objects[0])
        self._ruled_by[account.key.id] = self._ruler(found.objects[0])
        if len(self._ruled_by) > MOST_FOUND:
            self._ruled_by.popitem(last=False)
        return account

    def _names(self, entry: Object) -> set[str]:
        return {fold(name) for attribute in self.settings.identifiers for name in entry.texts(attribute)}

    def _object(self, wire: Wire, key: AccountKey) -> Object | None:
        if not _ID.fullmatch(key.id):
            return None
        found = wire.search(self.settings.base, equals("entryUUID", key.id), self._wanted, most=2)
        return found.objects[0] if len(found.objects) == 1 else None

    @property
    def _people_there(self) -> str:
        return equals("objectClass", self.settings.person_class)

    @property
    def _listed(self) -> Sequence[str]:
        return self._wanted

    def _listed_account(self, wire: Wire, entry: Object) -> Account | None:
        return self._account(wire, entry) if _ID.fullmatch(entry.text("entryUUID")) else None

    def _mine(self, wire: Wire, account: Account) -> Object:
        entry = self._object(wire, account.key)
        if entry is None:
            raise StoreUnavailable("the account is not there any more")
        if entry.text("pwdAccountLockedTime") == ppolicy.LOCKED_BY_ADMIN:
            # A successful reset would lift even this lock, and it was somebody's decision.
            raise PasswordRefused([_BY_HAND])
        return entry

    def _account(self, wire: Wire, entry: Object) -> Account:
        groups = self._groups.all_of(wire, entry.dn, entry.texts("memberOf", longest=2048))
        return Account(
            key=AccountKey(self.key, entry.text("entryUUID")),
            name=entry.text(self.settings.identifiers[0]) or entry.dn,
            display_name=entry.text("displayName") or entry.text("cn"),
            state=self._state(wire, entry),
            groups=groups,
            privileged=self._privileged(entry, groups),
            contacts=tuple(self._contacts(entry)),
            stamp=entry.text("pwdChangedTime") or None,
            server=str(wire.server),
        )

    def _state(self, wire: Wire, entry: Object) -> AccountState:
        policy = self._policy(wire, entry) if entry.text("pwdAccountLockedTime") else ppolicy.Policy()
        return ppolicy.state_of(entry, policy, wire.budget.now)

    def _privileged(self, entry: Object, groups: frozenset[str]) -> bool:
        admins = {normal_dn(group) for group in self.settings.admin_groups}
        inside = any(is_under(entry.dn, tree) for tree in self.settings.privileged_subtrees)
        return inside or not admins.isdisjoint(normal_dn(group) for group in groups)

    def _contacts(self, entry: Object) -> Iterator[Contact]:
        """Every value by itself: which of several is the person's is not ours to guess."""
        kinds = ((ContactKind.PHONE, self.settings.phones), (ContactKind.MAIL, self.settings.mails))
        for kind, attributes in kinds:
            for attribute in attributes:
                for value in entry.texts(attribute):
                    if not has_unspeakable(value):
                        yield Contact(kind, value, attribute, attribute in self.settings.trusted_contacts)

    def _policy(self, wire: Wire, entry: Object) -> ppolicy.Policy:
        return self._policy_at(wire, self._ruler(entry))

    def _ruler(self, entry: Object) -> str:
        return entry.text("pwdPolicySubentry") or self.settings.default_policy

    def _policy_at(self, wire: Wire, dn: str) -> ppolicy.Policy:
        until, known = self._policies.get(dn, (0.0, ppolicy.Policy()))
        if not dn or until > time.monotonic():
            return known
        read = wire.read(dn, ppolicy.POLICY)
        policy = ppolicy.Policy() if read is None else ppolicy.Policy.of(read)
        self._policies[dn] = (time.monotonic() + BELIEVED, policy)
        return policy

    def _refusal(self, wire: Wire, entry: Object, answer: Answer) -> PasswordRefused | StoreUnavailable:
        """The server's no in the person's words. What is the operator's fault goes to the log as well."""
        rule = ppolicy.remark(answer).rule
        if answer.code == ldap.ASSERTION_FAILED:
            return PasswordRefused([SOMEBODY_ELSE])
        if answer.code == ldap.REFUSED and rule is not ppolicy.Rule.MAY_NOT_CHANGE:
            return PasswordRefused([self._reason(wire, entry, rule)])
        log.error("%s refused a write: %s %s (rule %s)", wire.server, answer.code, answer.words, rule)
        if answer.code in (ldap.REFUSED, ldap.NO_RIGHT, ldap.UNWILLING):
            return PasswordRefused([_BY_HAND])
        return StoreUnavailable(f"{wire.server} answered a write with {answer.code}")

    def _reason(self, wire: Wire, entry: Object, rule: ppolicy.Rule | None) -> Text:
        try:
            policy = self._policy(wire, entry)
        except StoreUnavailable:
            # The no stands, whether or not we can say more about it.
            policy = ppolicy.Policy()
        changed = ppolicy.moment(entry.text("pwdChangedTime"))
        if rule is ppolicy.Rule.TOO_SHORT and policy.min_length:
            return Text("The directory says: too short for it, at least {n} characters.", n=policy.min_length)
        if rule is ppolicy.Rule.TOO_YOUNG and policy.min_age and changed:
            after = changed + policy.min_age
            return Text(
                "The directory says: changed too recently; try after {date}.", date=f"{after:%Y-%m-%d %H:%M} UTC"
            )
        return _POOR if rule is None else _REASONS.get(rule, _POOR)


def _opened(answer: Answer) -> bool | None:
    rule = ppolicy.remark(answer).rule
    if answer.code == ldap.SUCCESS:
        return True
    if answer.code == ldap.WRONG_PASSWORD and rule is not ppolicy.Rule.LOCKED:
        # "Expired" is only said to the right password.
        return rule is ppolicy.Rule.EXPIRED
    return None


@hookimpl
def keyback_stores() -> list[type[Store]]:
    """OpenLDAP."""
    return [OpenLdap]
