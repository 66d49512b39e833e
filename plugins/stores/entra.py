"""Microsoft Entra ID, through Graph: find, tell, and set a password of the cloud once."""

from __future__ import annotations

import logging
import re
import string
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from ...core import (
    Account,
    AccountKey,
    AccountState,
    Ambiguous,
    Context,
    DirectoryRules,
    PasswordRefused,
    PluginError,
    Secret,
    Store,
    StoreUnavailable,
    Text,
    hookimpl,
)
from . import _entra_people as people
from ._budget import Budget
from ._entra_check import examine
from ._entra_roles import standing
from ._entra_settings import EntraSettings
from ._entra_tokens import Tokens
from ._graph import Fields, Graph, Refused, Reply
from ._https import Https, Terms
from ._ripening import ripen
from ._spelling import fold, has_unspeakable

log = logging.getLogger(__name__)

# How long it is believed which domains sign in elsewhere.
BELIEVED = 600.0
SHORTEST, LONGEST, KINDS = 8, 256, 3
# What Graph says of an account that is mastered elsewhere, as people have reported it.
MASTERED = "on-premises mastered"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIGNS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation + " ")

_BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")
_SOMEBODY_ELSE = Text("Somebody else just changed this password. Start again.")
_RULES = (
    Text("Three of these four: small letters, capitals, digits, signs"),
    Text("Only A to Z, digits, blanks and the signs of an English keyboard"),
)
_TOO_FEW = Text("The directory says: use three of these four: small letters, capitals, digits, signs.")
_FOREIGN = Text("The directory says: use only A to Z, digits, blanks and the signs of an English keyboard.")
_POOR = Text("The directory says: doesn't meet its rules, and it doesn't say which. Leave out common words and names.")


class _Orders(Store):
    """What is ordered besides a password."""

    _graph: Graph

    @abstractmethod
    def _user(self, key: AccountKey, budget: Budget) -> Fields | None: ...

    def demand_change(self, account: Account, *, ctx: Context) -> None:
        """At the next sign-in, of an account whose password is kept here."""
        budget = Budget.of(ctx)
        user = self._user(account.key, budget)
        if user is None:
            raise StoreUnavailable("the account is not there any more")
        if people.is_synced(user):
            raise PasswordRefused([_BY_HAND])
        asked = {"passwordProfile": {"forceChangePasswordNextSignIn": True}}
        reply = self._graph.order("PATCH", f"users/{account.key.id}", asked, budget)
        if reply.status not in (200, 204):
            refused = self._graph.refused(reply, "users/*")
            raise PasswordRefused([_BY_HAND]) if reply.status in (400, 403) else refused

    def end_sessions(self, account: Account, *, ctx: Context) -> None:
        """Whoever is signed in must sign in again. What apps hold already may still open them for about an hour."""
        reply = self._graph.order("POST", f"users/{account.key.id}/revokeSignInSessions", {}, Budget.of(ctx))
        if reply.status not in (200, 204):
            raise self._graph.refused(reply, "revokeSignInSessions")


class Entra(_Orders):
    """A store whose application may write passwords, and never writes what is synced from elsewhere."""

    key = "entra"
    label = Text("Microsoft Entra ID")
    Settings = EntraSettings
    # After the directories whose rules are stricter: this one keeps no history on resets.
    strictness: ClassVar[int] = 40
    knows_passwords: ClassVar[bool] = False
    settings: EntraSettings

    def __init__(self, settings: EntraSettings) -> None:
        super().__init__(settings)
        self._https = Https(
            Terms(
                settings.ca_file,
                settings.proxy.get_secret_value(),
                settings.connect_timeout.total_seconds(),
                settings.receive_timeout.total_seconds(),
                settings.connections,
            )
        )
        self._tokens = Tokens(settings, self._https)
        self._graph = Graph(self._https, settings.graph, self._tokens)
        self._wanted = people.wanted(settings)
        self._federated: tuple[float, frozenset[str]] = (0.0, frozenset())

    @property
    def called(self) -> Text | str:
        return self.settings.called or self.label

    def check(self) -> Sequence[Text]:
        """Whether every consent is there that is needed; nothing is written."""
        budget = Budget(datetime.now(UTC), 20)
        try:
            return tuple(examine(self._graph, self._tokens, self.settings, budget))
        except StoreUnavailable as problem:
            raise PluginError(problem.said) from None

    def close(self) -> None:
        self._https.close()

    def find(self, identifier: str, ctx: Context) -> Account | None:
        if len(identifier) > 256 or has_unspeakable(identifier) or not fold(identifier):
            return None
        budget = Budget.of(ctx)
        condition = people.named(identifier, self.settings.identifiers)
        asked = {"$filter": condition, "$select": self._wanted, "$top": "2"}
        found = (self._graph.read("users", asked, budget) or {}).get("value", ())
        if len(found) > 1:
            raise Ambiguous("more than one user has this name")
        if not found or not people.answers_to(found[0], identifier, self.settings.identifiers):
            return None
        return self._account(found[0], budget)

    def look(self, key: AccountKey, ctx: Context) -> Account | None:
        budget = Budget.of(ctx)
        user = self._user(key, budget)
        return None if user is None else self._account(user, budget)

    def rules(self, account: Account, ctx: Context) -> DirectoryRules:
        """Microsoft's own, which no question brings: the same for every account, and kept by us as well."""
        return DirectoryRules(SHORTEST, LONGEST, sentences=_RULES)

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        """One order, after a fresh look. `unlock` is not asked: Graph has no lock that could be lifted."""
        typed = _fit(password)
        budget = Budget.of(ctx)
        ripen(_moment(account.stamp), budget)
        user = self._user(account.key, budget)
        if user is None:
            raise StoreUnavailable("the account is not there any more")
        if people.is_synced(user):
            # Graph would refuse, or would take it and leave the person with two passwords.
            raise PasswordRefused([_BY_HAND])
        if _stamp(user) != account.stamp:
            raise PasswordRefused([_SOMEBODY_ELSE])
        new = {"passwordProfile": {"password": typed, "forceChangePasswordNextSignIn": False}}
        reply = self._graph.order("PATCH", f"users/{account.key.id}", new, budget)
        if reply.status not in (200, 204):
            raise self._refusal(reply)

    def changed_since(self, account: Account, *, ctx: Context) -> bool | None:
        """Whether the mark moved. Graph reads where it has written, so an old mark is no stale one."""
        user = self._user(account.key, Budget.of(ctx))
        return None if user is None else _stamp(user) != account.stamp

    def accepts(self, account: Account, password: Secret, *, ctx: Context) -> bool | None:
        """Nobody can know: a try would be a sign-in, and count as a wrong one if it were."""
        return None

    def linked_to(self, account: Account, *, ctx: Context) -> Sequence[AccountKey]:
        """The account that this one is a copy of, by each of the marks that the directory has for it."""
        user = self._user(account.key, Budget.of(ctx))
        return tuple(AccountKey(self.settings.mastered_in, mark) for mark in people.masters(user or {}))

    def _user(self, key: AccountKey, budget: Budget) -> Fields | None:
        """By the id: a sign-in name can be given to somebody else."""
        if key.store != self.key or not _ID.fullmatch(key.id):
            return None
        return self._graph.read(f"users/{key.id}", {"$select": self._wanted}, budget)

    def _account(self, user: Fields, budget: Budget) -> Account | None:
        if not people.has_its_password_here(user, self._domains(budget)):
            return None
        key = AccountKey(self.key, people.text(user, "id"))
        stands = standing(self._graph, key.id, budget, eligible=self.settings.eligible_roles)
        return Account(
            key=key,
            name=people.text(user, "userPrincipalName"),
            display_name=people.text(user, "displayName"),
            state=AccountState(enabled=people.is_enabled(user)),
            groups=stands.groups,
            # Who is in a unit with restricted management was put out of reach of most administrators.
            privileged=stands.privileged or user.get("isManagementRestricted") is True,
            contacts=tuple(people.contacts(user, self._registered(key.id, budget), self.settings)),
            stamp=_stamp(user),
            synced_from=people.master(user, self.settings.mastered_in),
            upn=people.text(user, "userPrincipalName"),
        )

    def _registered(self, user_id: str, budget: Budget) -> Mapping[str, Sequence[str]]:
        """What the person has set up for signing in, if the settings ask for it."""
        found: dict[str, Sequence[str]] = {}
        for name, value in (("phoneMethods", "phoneNumber"), ("emailMethods", "emailAddress")):
            if name in (*self.settings.phones, *self.settings.mails):
                rows = self._graph.every(f"users/{user_id}/authentication/{name}", {}, budget)
                found[name] = tuple(people.text(row, value) for row in rows)
        return found

    def _domains(self, budget: Budget) -> frozenset[str]:
        """Those whose people sign in at another server: a password set here would open nothing."""
        until, known = self._federated
        if until <= time.monotonic():
            rows = self._graph.every("domains", {"$select": "id,authenticationType"}, budget)
            known = frozenset(str(row["id"]).lower() for row in rows if row.get("authenticationType") == "Federated")
            self._federated = (time.monotonic() + BELIEVED, known)
        return known

    def _refusal(self, reply: Reply) -> PasswordRefused | Refused:
        """Graph's no in the person's words. What is the operator's fault goes to the log as well."""
        if reply.status == 400 and MASTERED not in reply.words:
            # Nothing but the password was sent, so it is what Graph does not like.
            return PasswordRefused([_POOR])
        refused = self._graph.refused(reply, "users/*")
        return PasswordRefused([_BY_HAND]) if reply.status in (400, 403) else refused


def _stamp(user: Fields) -> str | None:
    return people.text(user, "lastPasswordChangeDateTime") or None


def _fit(password: Secret) -> str:
    """What Entra would refuse, or never take again at a sign-in, is refused before anything is sent."""
    typed = password.reveal()
    if not typed or has_unspeakable(typed):
        raise PasswordRefused([Text("This password holds a sign that cannot be typed everywhere. Choose another.")])
    if len(typed) < SHORTEST:
        raise PasswordRefused([Text("The directory says: too short for it, at least {n} characters.", n=SHORTEST)])
    if len(typed) > LONGEST:
        raise PasswordRefused([Text("The directory says: too long for it.")])
    if not typed.isascii():
        raise PasswordRefused([_FOREIGN])
    if sum(not set(signs).isdisjoint(typed) for signs in _SIGNS) < KINDS:
        raise PasswordRefused([_TOO_FEW])
    return typed


def _moment(stamp: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(stamp or "")
    except ValueError:
        return None


@hookimpl
def keyback_stores() -> list[type[Store]]:
    """Microsoft Entra ID."""
    return [Entra]
