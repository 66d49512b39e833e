"""Finds people in an Active Directory and says who they are: one object, read whole, as it is now."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from uuid import UUID

from ...core import Account, AccountKey, Ambiguous, Contact, ContactKind
from . import _active_directory_facts as facts
from ._active_directory_facts import Stamp
from ._active_directory_settings import ActiveDirectorySettings
from ._ldap import Object, Wire
from ._ldap_names import BELIEVED, any_of, equals, is_under, normal_dn
from ._spelling import fold, has_unspeakable

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Mail addresses that are not the first are kept with what they are for.
_ADDRESSES, _FOR_MAIL = "proxyAddresses", "smtp:"
# So many groups are asked for their names at once.
_AT_ONCE = 100


class People:
    """Looks up people below one place of one domain."""

    def __init__(self, store: str, settings: ActiveDirectorySettings) -> None:
        self._store = store
        self._settings = settings
        parts = [part for part in normal_dn(settings.base) if part.startswith("dc=")]
        self.domain = ",".join(parts)
        self._dns_domain = ".".join(part[3:] for part in parts)
        more = (*settings.phones, *settings.mails, *settings.identifiers)
        self._attributes = [*facts.STATE, *more, *([settings.fence] if settings.fence else [])]
        self._groups: dict[bytes, tuple[float, str]] = {}

    def named(self, wire: Wire, identifier: str) -> Object | None:
        """The one person with this name. Raises Ambiguous."""
        condition = self._condition(identifier)
        if condition is None:
            return None
        found = wire.search(self._settings.base, f"(&{facts.PEOPLE}{condition})", ["1.1"], most=2)
        if found.more or len(found.objects) > 1:
            raise Ambiguous("more than one object has this name")
        entry = self.read(wire, found.objects[0].dn) if found.objects else None
        # The server's own idea of equal is wider than ours; what it finds must also be what was asked for.
        return entry if entry is not None and fold(identifier) in self._names(entry) else None

    def keyed(self, wire: Wire, key: AccountKey) -> Object | None:
        """By what never goes to somebody else, as names and places do: the GUID, or the SID where a copy names that."""
        if _GUID.fullmatch(key.id):
            mark = equals("objectGUID", UUID(key.id).bytes_le)
        elif sid := facts.sid_bytes(key.id):
            mark = equals("objectSid", sid)
        else:
            return None
        condition = f"(&{facts.PEOPLE}{mark})"
        found = wire.search(self._settings.base, condition, ["1.1"], most=2)
        return self.read(wire, found.objects[0].dn) if len(found.objects) == 1 else None

    def read(self, wire: Wire, dn: str) -> Object | None:
        """All that matters of the object at this place."""
        entry = wire.read(dn, self._attributes)
        return entry if entry is not None and facts.guid(entry) else None

    def account(self, wire: Wire, entry: Object) -> Account:
        """All that Keyback wants to know of somebody."""
        groups = self._names_of(wire, entry.values.get("tokengroups", ()))
        return Account(
            key=AccountKey(self._store, facts.guid(entry)),
            name=entry.text("sAMAccountName"),
            display_name=entry.text("displayName") or entry.text("cn"),
            state=facts.state_of(entry, wire.budget.now),
            groups=groups,
            privileged=self.privileged(wire, entry),
            contacts=tuple(self._contacts(entry)),
            stamp=str(Stamp.of(entry)),
            server=str(wire.server),
            upn=entry.text("userPrincipalName"),
        )

    def privileged(self, wire: Wire, entry: Object) -> bool:
        """Whether a reset is none of ours: power over others, or an account that no password opens."""
        if facts.rules_the_domain(entry) or facts.by_smart_card_only(entry):
            return True
        if any(is_under(entry.dn, tree) for tree in self._settings.privileged_subtrees):
            return True
        admins = {normal_dn(group) for group in self._settings.admin_groups}
        groups = self._names_of(wire, entry.values.get("tokengroups", ()))
        return not admins.isdisjoint(normal_dn(group) for group in groups)

    def _condition(self, identifier: str) -> str | None:
        domain, backslash, name = identifier.rpartition("\\")
        if backslash:
            ours = bool(name) and bool(self._settings.domain) and fold(domain) == fold(self._settings.domain)
            return equals("sAMAccountName", name) if ours else None
        conditions = [
            equals(attribute, f"{_FOR_MAIL}{name}" if attribute == _ADDRESSES else name)
            for attribute in self._settings.identifiers
        ]
        before, _, realm = name.rpartition("@")
        if before and fold(realm) == self._dns_domain:
            # Everybody may sign in so, whatever stands in userPrincipalName.
            conditions.append(equals("sAMAccountName", before))
        return any_of(conditions)

    def _names(self, entry: Object) -> set[str]:
        name = entry.text("sAMAccountName")
        typed = {name, f"{name}@{self._dns_domain}", f"{self._settings.domain}\\{name}"}
        for attribute in self._settings.identifiers:
            for value in entry.texts(attribute):
                if attribute != _ADDRESSES:
                    typed.add(value)
                elif value.lower().startswith(_FOR_MAIL):
                    typed.add(value[len(_FOR_MAIL) :])
        return {fold(one) for one in typed}

    def _contacts(self, entry: Object) -> Iterator[Contact]:
        """Every value by itself: which of several is the person's is not ours to guess."""
        kinds = ((ContactKind.PHONE, self._settings.phones), (ContactKind.MAIL, self._settings.mails))
        for kind, attributes in kinds:
            for attribute in attributes:
                for value in entry.texts(attribute):
                    if not has_unspeakable(value):
                        yield Contact(kind, value, attribute, attribute in self._settings.trusted_contacts)

    def _names_of(self, wire: Wire, groups: tuple[bytes, ...]) -> frozenset[str]:
        """What these groups are called. The server has climbed from group to group already, it gives numbers."""
        now = time.monotonic()
        unknown = [group for group in groups if self._groups.get(group, (0.0, ""))[0] <= now]
        if len(self._groups) > 10_000:
            self._groups.clear()
        for start in range(0, len(unknown), _AT_ONCE):
            some = unknown[start : start + _AT_ONCE]
            condition = any_of([equals("objectSid", group) for group in some])
            found = wire.search(self.domain, condition, ["objectSid"]).objects
            called = {entry.values.get("objectsid", (b"",))[0]: entry.dn for entry in found}
            self._groups |= {group: (now + BELIEVED, called.get(group, "")) for group in some}
        return frozenset(name for group in groups if (name := self._groups.get(group, (0.0, ""))[1]))
