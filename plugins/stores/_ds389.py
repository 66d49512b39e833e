"""389 Directory Server, spoken to under the names that OpenLDAP's overlay has for the same things.

Written from its documentation; it was never run against a real one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import _ldap as ldap
from . import _ppolicy as ppolicy
from ._ldap import Answer, Changes, Control, Found, Object, Wire

# What it calls alike things that are written alike.
RENAMED: Mapping[str, str] = {
    "entryUUID": "nsUniqueId",
    "pwdChangedTime": "pwdUpdateTime",
    "pwdMinLength": "passwordMinLength",
    "pwdMinAge": "passwordMinAge",
    "pwdInHistory": "passwordInHistory",
    "pwdMaxFailure": "passwordMaxFailure",
    "pwdLockoutDuration": "passwordLockoutDuration",
    "pwdFailureCountInterval": "passwordResetFailureCount",
}
# What has to be read to say the rest.
READ: Mapping[str, tuple[str, ...]] = {
    "pwdAccountLockedTime": ("accountUnlockTime", "nsAccountLock"),
    "pwdReset": ("passwordExpirationTime",),
    "pwdFailureTime": ("passwordRetryCount", "retryCountResetTime"),
    "pwdCheckQuality": ("passwordCheckSyntax",),
    "pwdLockout": ("passwordLockout", "passwordUnlock"),
}
# A time that means "never", and one that means "at once".
EPOCH = "19700101000000Z"
UNLOCKING = ("accountUnlockTime", "passwordRetryCount", "retryCountResetTime")


class Wire389(Wire):
    """A connection whose questions, answers and orders are translated; who uses it knows only the overlay's names."""

    def search(
        self, base: str, condition: str, attributes: Sequence[str], *, subtree: bool = True, most: int = 0
    ) -> Found:
        # Values are escaped byte for byte, so this can only be the attribute's name.
        condition = condition.replace("(entryUUID=", f"({RENAMED['entryUUID']}=")
        found = super().search(base, condition, _theirs(attributes), subtree=subtree, most=most)
        return Found(self._told(found.objects), found.more)

    def pages(self, base: str, condition: str, attributes: Sequence[str], *, size: int) -> Iterator[tuple[Object, ...]]:
        yield from map(self._told, super().pages(base, condition, _theirs(attributes), size=size))

    def _told(self, entries: Iterable[Object]) -> tuple[Object, ...]:
        now = f"{self.budget.now:%Y%m%d%H%M%SZ}"
        return tuple(told(entry, now) for entry in entries)

    def modify(self, dn: str, changes: Changes, controls: Sequence[Control] = ()) -> Answer:
        # It has no assertion control: what it would do about a critical one is to refuse the order.
        kept = [control for control in controls if control[0] != ppolicy.ASSERTION_CONTROL]
        return super().modify(dn, ordered(changes), kept)


def _theirs(attributes: Sequence[str]) -> list[str]:
    return [theirs for name in attributes for theirs in READ.get(name, (RENAMED.get(name, name),))]


def ordered(changes: Changes) -> Changes:
    """Unlocking takes three attributes away, whether or not they are there."""
    if changes == {"pwdAccountLockedTime": ldap.replaced()}:
        return {name: ldap.replaced() for name in UNLOCKING}
    return {"accountUnlockTime" if name == "pwdAccountLockedTime" else name: steps for name, steps in changes.items()}


def told(entry: Object, now: str) -> Object:
    """The same object in the overlay's words; `now` as the directory writes times."""
    values = dict(entry.values)
    for name, theirs in RENAMED.items():
        if theirs.lower() in values:
            values[name.lower()] = values.pop(theirs.lower())
    for name, value in _said_otherwise(entry, now).items():
        values[name.lower()] = tuple(one.encode() for one in value)
    if entry.text("passwordUnlock").lower() == "off":
        values["pwdlockoutduration"] = (b"0",)
    return Object(entry.dn, values)


def _said_otherwise(entry: Object, now: str) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    until = entry.text("accountUnlockTime")
    if entry.text("nsAccountLock").lower() == "true":
        said["pwdAccountLockedTime"] = [ppolicy.LOCKED_BY_ADMIN]
    elif until == EPOCH or until > now:
        # Since when is not known: what cannot be read as a time is a lock all the same.
        said["pwdAccountLockedTime"] = [f"until {until}"]
    if entry.text("passwordExpirationTime") == EPOCH:
        said["pwdReset"] = ["TRUE"]
    count = entry.text("passwordRetryCount")
    if count.isdigit() and entry.text("retryCountResetTime") > now:
        said["pwdFailureTime"] = [f"try {number}" for number in range(int(count))]
    if entry.text("passwordCheckSyntax").lower() == "on":
        said["pwdCheckQuality"] = ["2"]
    if entry.text("passwordLockout").lower() == "on":
        said["pwdLockout"] = ["TRUE"]
    return said
