"""What the attributes of Active Directory mean."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ...core import AccountState
from ._ldap import Object

# Read of one object alone: tokenGroups is worked out by the server, and only then.
STATE = (
    "objectGUID", "objectSid", "sAMAccountName", "userPrincipalName", "displayName", "cn", "proxyAddresses",
    "userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires", "lockoutTime", "pwdLastSet",
    "msDS-KeyVersionNumber", "badPwdCount", "badPasswordTime", "adminCount", "tokenGroups", "msDS-ResultantPSO",
)  # fmt: skip

# Every person, and neither computers nor contacts nor the accounts of trusts.
PEOPLE = "(sAMAccountType=805306368)"

_DISABLED, _NEVER_EXPIRES, _SMART_CARD_ONLY = 0x2, 0x10000, 0x40000
_LOCKED, _PASSWORD_EXPIRED = 0x10, 0x800000

# Moments are counted in ten millionths of a second from here; this one and the largest mean never.
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_NEVER = (0, 0x7FFFFFFFFFFFFFFF)

_SID = re.compile(r"S-1(-[0-9]{1,15}){2,16}")

# Groups that rule the domain or could make themselves its rulers, by the last part of their numbers.
_RULERS = {498, 512, 516, 518, 519, 521, 526, 527}
_BUILT_IN, _BUILT_IN_RULERS = bytes.fromhex("010200000000000520000000"), {544, 548, 549, 550, 551, 552}
# The first administrator, and the account whose key signs every ticket.
_RULING_ACCOUNTS = {500, 502}


def number(entry: Object, attribute: str) -> int | None:
    """A whole number; None where there is none, or it may not be read."""
    try:
        return int(entry.text(attribute))
    except ValueError:
        return None


def moment(count: int | None) -> datetime | None:
    """A moment as the directory counts; None for never."""
    if count is None or count in _NEVER or count < 0:
        return None
    try:
        return _EPOCH + timedelta(microseconds=count // 10)
    except OverflowError:
        return None


def span(count: int | None) -> timedelta:
    """How long a rule holds. Lengths of time are written as negative numbers."""
    return timedelta(microseconds=-(count or 0) // 10)


def guid(entry: Object) -> str:
    """The one thing about an account that never changes; empty where it may not be read."""
    raw = entry.values.get("objectguid", (b"",))[0]
    return str(UUID(bytes_le=raw)) if len(raw) == 16 else ""


def sid_bytes(written: str) -> bytes | None:
    """S-1-5-21-… as the directory keeps it; None where it is nothing of that kind."""
    if not _SID.fullmatch(written):
        return None
    authority, *parts = map(int, written.split("-")[2:])
    if authority >= 1 << 48 or len(parts) > 15 or any(part >= 1 << 32 for part in parts):
        return None
    return bytes((1, len(parts))) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}L", *parts)


def state_of(entry: Object, now: datetime) -> AccountState:
    """What the directory says about an account. One whose flags cannot be read is no account that we may open."""
    flags, computed = number(entry, "userAccountControl"), number(entry, "msDS-User-Account-Control-Computed") or 0
    ends = moment(number(entry, "accountExpires"))
    locked = bool(computed & _LOCKED)
    return AccountState(
        enabled=flags is not None and not flags & _DISABLED,
        locked=locked,
        locked_since=moment(number(entry, "lockoutTime")) if locked else None,
        expired=ends is not None and ends <= now,
        must_change=bool(computed & _PASSWORD_EXPIRED),
    )


def by_smart_card_only(entry: Object) -> bool:
    """Whether a password opens nothing here. Setting one would make it open something again."""
    return bool((number(entry, "userAccountControl") or 0) & _SMART_CARD_ONLY)


def never_expires(entry: Object) -> bool:
    """Whether its password holds for ever: then the server lets it in whatever else was demanded."""
    return bool((number(entry, "userAccountControl") or 0) & _NEVER_EXPIRES)


def rules_the_domain(entry: Object) -> bool:
    """Whether this account has power over others, by groups within groups too.

    Windows takes the right to reset such accounts away from everybody below them within an hour, Samba never does: we
    look ourselves, every time. Everybody is in some group, so an empty list is one that may not be read.
    """
    groups = entry.values.get("tokengroups", ())
    own = _last(entry.values.get("objectsid", (b"",))[0])
    once = (number(entry, "adminCount") or 0) > 0
    return once or not groups or own in _RULING_ACCOUNTS or any(_rules(group) for group in groups)


def sid_of_domain(sid: bytes, last: int) -> bytes:
    """The number of somebody whom every domain has, from the domain's own."""
    return sid[:1] + bytes((sid[1] + 1,)) + sid[2:] + struct.pack("<L", last)


def _rules(sid: bytes) -> bool:
    return _last(sid) in (_BUILT_IN_RULERS if sid.startswith(_BUILT_IN) else _RULERS)


def _last(sid: bytes) -> int:
    return int(struct.unpack("<L", sid[-4:])[0]) if len(sid) >= 12 else 0


@dataclass(frozen=True, slots=True)
class Stamp:
    """The directory's own mark of the last change: when it was, and how many writes there were, where that is told."""

    set_at: str
    writes: str = ""

    @classmethod
    def of(cls, entry: Object) -> Stamp:
        """As the account is now."""
        return cls(entry.text("pwdLastSet"), entry.text("msDS-KeyVersionNumber"))

    @classmethod
    def read(cls, text: str | None) -> Stamp:
        """One that was kept as text."""
        return cls(*(text or "").split("/", 1))

    def __str__(self) -> str:
        return f"{self.set_at}/{self.writes}"

    def moved_since(self, before: Stamp) -> bool:
        """Whether the password was written since.

        The count says it best: an administrator who ticks "must change" moves the moment and not the password.
        """
        if self.writes and before.writes:
            return self.writes != before.writes
        return self.set_at != before.set_at
