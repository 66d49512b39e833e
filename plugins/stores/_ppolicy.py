"""The password policy overlay of OpenLDAP: its control, its policy entries, and the marks it leaves on accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from ...core import AccountState
from ._ldap import Answer, Control, Object

POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"
ASSERTION_CONTROL = "1.3.6.1.1.12"
ASK_POLICY: Control = (POLICY_CONTROL, False, None)

# An administrator's lock "for ever". A successful reset would lift it, so it must be seen before.
LOCKED_BY_ADMIN = "000001010000Z"

STATE = (
    "pwdAccountLockedTime",
    "pwdChangedTime",
    "pwdReset",
    "pwdEndTime",
    "pwdPolicySubentry",
    "pwdFailureTime",
)
POLICY = (
    "pwdMinLength",
    "pwdMaxLength",
    "pwdInHistory",
    "pwdMinAge",
    "pwdCheckQuality",
    "pwdSafeModify",
    "pwdLockout",
    "pwdLockoutDuration",
    "pwdMaxFailure",
    "pwdFailureCountInterval",
)


class Rule(IntEnum):
    """Why the overlay says no; the numbers are those of its control."""

    EXPIRED = 0
    LOCKED = 1
    MUST_CHANGE = 2
    MAY_NOT_CHANGE = 3
    OLD_ONE_NEEDED = 4
    POOR = 5
    TOO_SHORT = 6
    TOO_YOUNG = 7
    USED_BEFORE = 8
    TOO_LONG = 9


@dataclass(frozen=True, slots=True)
class Remark:
    """What the response control says; everything may be missing."""

    rule: Rule | None = None
    expires_in: int | None = None
    grace_left: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one policy entry; zero or None where it says nothing."""

    min_length: int | None = None
    max_length: int | None = None
    history: int | None = None
    min_age: timedelta = timedelta()
    check_quality: int = 0
    safe_modify: bool = False
    lockout: timedelta = timedelta()
    # So many wrong passwords lock, none ever where it is 0; each counts for so long, for ever where it is nothing.
    lock_after: int = 0
    forget_after: timedelta = timedelta()

    @classmethod
    def of(cls, entry: Object) -> Policy:
        """Read a policy entry. Lengths count only where quality is checked at all."""
        checked = _number(entry, "pwdCheckQuality")
        return cls(
            min_length=(checked and _number(entry, "pwdMinLength")) or None,
            max_length=(checked and _number(entry, "pwdMaxLength")) or None,
            history=_number(entry, "pwdInHistory") or None,
            min_age=timedelta(seconds=_number(entry, "pwdMinAge")),
            check_quality=checked,
            safe_modify=_says(entry, "pwdSafeModify"),
            lockout=timedelta(seconds=_number(entry, "pwdLockoutDuration")),
            lock_after=_number(entry, "pwdMaxFailure") if _says(entry, "pwdLockout") else 0,
            forget_after=timedelta(seconds=_number(entry, "pwdFailureCountInterval")),
        )


def remark(answer: Answer) -> Remark:
    """Decode the response control: a sequence of a warning [0] and an error [1], each optional."""
    rule = expires_in = grace_left = None
    for _, sequence in _pieces(answer.controls.get(POLICY_CONTROL, b"")):
        for tag, value in _pieces(sequence):
            if tag == 0x81:
                rule = next((known for known in Rule if known == int.from_bytes(value, "big")), None)
            elif tag == 0xA0:
                warning = dict(_pieces(value))
                expires_in = _integer(warning.get(0x80))
                grace_left = _integer(warning.get(0x81))
    return Remark(rule, expires_in, grace_left)


def unless_changed_since(stamp: str | None) -> Control:
    """A critical control (RFC 4528): the write happens only while the password's change mark is still this one.

    Never entryCSN: every failed sign-in moves that, so a stranger could stop a reset.
    """
    if stamp is None:
        return ASSERTION_CONTROL, True, _ber(0xA2, _ber(0x87, b"pwdChangedTime"))
    return ASSERTION_CONTROL, True, _ber(0xA3, _ber(0x04, b"pwdChangedTime") + _ber(0x04, stamp.encode()))


def moment(stamp: str) -> datetime | None:
    """A generalized time, to the second."""
    try:
        return datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def state_of(entry: Object, policy: Policy, now: datetime) -> AccountState:
    """What the overlay's marks mean today."""
    locked_at = entry.text("pwdAccountLockedTime")
    by_admin = locked_at == LOCKED_BY_ADMIN
    since = moment(locked_at)
    # Without a duration a lock holds until somebody lifts it; a lock we cannot read is a lock.
    over = since is not None and bool(policy.lockout) and since + policy.lockout <= now
    ends = moment(entry.text("pwdEndTime"))
    locked = bool(locked_at) and not over
    return AccountState(
        locked=locked,
        locked_since=since if locked and not by_admin else None,
        locked_by_admin=by_admin,
        expired=ends is not None and ends <= now,
        must_change=_says(entry, "pwdReset"),
    )


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of each element; stops where the bytes stop making sense. Lengths here are always short."""
    while len(data) >= 2 and data[1] < 0x80 and len(data) >= 2 + data[1]:
        yield data[0], data[2 : 2 + data[1]]
        data = data[2 + data[1] :]


def _ber(tag: int, value: bytes) -> bytes:
    if len(value) > 0x7F:
        raise ValueError("too long for a change mark")
    return bytes((tag, len(value))) + value


def _integer(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, "big")


def _number(entry: Object, attribute: str) -> int:
    text = entry.text(attribute)
    return int(text) if text.isascii() and text.isdigit() else 0


def _says(entry: Object, attribute: str) -> bool:
    return entry.text(attribute).upper() == "TRUE"
