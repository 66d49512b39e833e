"""A user as Graph shows it: by which names it is found, whose password it has, how it is reached."""

from __future__ import annotations

import uuid
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Iterable, Iterator, Sequence

from ...core import AccountKey, Contact, ContactKind, StoreUnavailable, Text
from ._entra_settings import EntraSettings
from ._graph import Fields
from ._spelling import fold, has_unspeakable

# What is asked of every user; names and contacts come on top.
WANTED = (
    "id",
    "accountEnabled",
    "displayName",
    "userPrincipalName",
    "userType",
    "isManagementRestricted",
    "lastPasswordChangeDateTime",
    "onPremisesSyncEnabled",
    "onPremisesImmutableId",
    "onPremisesSecurityIdentifier",
)
LISTS = {"proxyAddresses": ("smtp:{}", "SMTP:{}"), "otherMails": ("{}",)}
# Longer ones are no address and no number.
LONGEST = 320


def wanted(settings: EntraSettings) -> str:
    """The properties to ask for, as Graph wants them."""
    registered = {"phoneMethods", "emailMethods"}
    named = {*settings.identifiers, *settings.phones, *settings.mails} - registered - set(WANTED)
    return ",".join((*WANTED, *sorted(named)))


def named(identifier: str, properties: Iterable[str]) -> str:
    """A condition for exactly this name. In it, only an apostrophe could end the text."""
    safe = identifier.replace("'", "''")
    return " or ".join(_condition(name, safe) for name in properties)


def _condition(name: str, value: str) -> str:
    if name not in LISTS:
        return f"{name} eq '{value}'"
    return " or ".join(f"{name}/any(x:x eq '{spelt.format(value)}')" for spelt in LISTS[name])


def answers_to(user: Fields, identifier: str, properties: Iterable[str]) -> bool:
    """Whether this is one of its names: Graph's own idea of equal may be wider than ours."""
    known = {fold(name) for each in properties for name in texts(user, each)}
    return fold(identifier) in known | {name.removeprefix("smtp:") for name in known}


def has_its_password_here(user: Fields, federated: Collection[str]) -> bool:
    """Not a guest, whose password is another organisation's; nor whoever signs in at a server of another kind."""
    name = text(user, "userPrincipalName")
    guest = text(user, "userType").lower() == "guest" or "#ext#" in name.lower()
    return not guest and (is_synced(user) or name.lower().rpartition("@")[2] not in federated)


def is_synced(user: Fields) -> bool:
    """Null and false are accounts of the cloud: never synced, or not any more."""
    return user.get("onPremisesSyncEnabled") is True


def is_enabled(user: Fields) -> bool:
    """Raises StoreUnavailable when it cannot be seen: that is no reason to believe it."""
    enabled = user.get("accountEnabled")
    if not isinstance(enabled, bool):
        raise StoreUnavailable(
            Text("whether accounts are enabled cannot be seen: the consent {name} is missing", name="User.Read.All")
        )
    return enabled


def master(user: Fields, store: str) -> AccountKey | None:
    """The account that this one is a copy of, by what never changes hands: never by a name or an address.

    Its id is empty where the directory does not say which one it is.
    """
    return AccountKey(store, next(iter(masters(user)), "")) if is_synced(user) else None


def masters(user: Fields) -> tuple[str, ...]:
    """The marks of that account. Most syncs take the objectGUID for the immutable id; some took an attribute of the
    house's own, which may look like one: then the SID tells.
    """
    marks = (_guid(text(user, "onPremisesImmutableId")), text(user, "onPremisesSecurityIdentifier"))
    return tuple(mark for mark in marks if mark) if is_synced(user) else ()


def contacts(user: Fields, registered: Fields, settings: EntraSettings) -> Iterator[Contact]:
    """Every value by itself; `registered` is what the person has set up for signing in."""
    for kind, properties in ((ContactKind.PHONE, settings.phones), (ContactKind.MAIL, settings.mails)):
        for name in properties:
            for value in texts(registered if name in registered else user, name):
                if not has_unspeakable(value):
                    yield Contact(kind, value, name, name in settings.trusted_contacts)


def text(user: Fields, name: str) -> str:
    """The value, or nothing."""
    return next(iter(texts(user, name)), "")


def texts(user: Fields, name: str) -> Sequence[str]:
    """All sensible values; what is too long is somebody's mischief and left out."""
    value = user.get(name)
    several = value if isinstance(value, (list, tuple)) else [value]
    return tuple(one for one in several if isinstance(one, str) and 0 < len(one) <= LONGEST)


def _guid(immutable: str) -> str:
    """As directories write it; nothing where the mark is something else."""
    try:
        return str(uuid.UUID(bytes_le=b64decode(immutable, validate=True)))
    except (NotBase64, ValueError):
        return ""
