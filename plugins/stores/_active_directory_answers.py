"""Why an Active Directory says no. The words differ between its makers, the eight digits before them do not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from ...core import PasswordRefused, Text, WrongPassword
from . import _active_directory_facts as facts
from . import _ldap as ldap
from ._active_directory_rules import Rules
from ._ldap import Answer, Object

BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")
NEVER_EXPIRES = Text("Its password never expires, so the directory would not ask for another one.")
SOMEBODY_ELSE = Text("Somebody else just changed this password. Start again.")
LOCKED = Text("This account is locked. Unlock it, or reset the password.")
TOO_NEAR = Text("Too many wrong passwords were tried for this account. Reset the password instead.")
_POOR = Text(
    "The directory says: doesn't meet its rules, and it doesn't say which. Try a longer one with digits and signs."
)

# A control that must be obeyed, and that this server does not know.
UNKNOWN_CONTROL = 12
# The fence was moved by somebody else: its old value is gone, or another one stands there.
_FENCED_OFF = (ldap.NO_SUCH_ATTRIBUTE, 20)


class Why(IntEnum):
    """What the eight digits mean."""

    WRONG_PASSWORD = 0x56
    AGAINST_THE_RULES = 0x52D
    LOCKED = 0x775


def why(answer: Answer) -> int | None:
    """The eight digits; None where there are none."""
    digits = re.match(r"([0-9A-Fa-f]{8}):", answer.words)
    return int(digits[1], 16) if digits else None


@dataclass(frozen=True, slots=True)
class Tried:
    """A password that was sent: whose, how long it is, what binds it, and whether a change just before forbids it."""

    entry: Object
    length: int
    rules: Rules | None
    too_soon_matters: bool


def refusal(answer: Answer, tried: Tried) -> PasswordRefused | WrongPassword | None:
    """What people are told; None when it is the operator's to mend."""
    if answer.code in _FENCED_OFF:
        return PasswordRefused([SOMEBODY_ELSE])
    if answer.code not in (ldap.REFUSED, ldap.UNWILLING):
        return None
    match why(answer):
        case Why.WRONG_PASSWORD:
            return WrongPassword("the old password is another")
        case Why.LOCKED:
            return PasswordRefused([LOCKED])
        case Why.AGAINST_THE_RULES:
            return PasswordRefused([_against(tried)])
    return None


def _against(tried: Tried) -> Text:
    """Which rule it was is never said. What we can see ourselves, we say."""
    rules = tried.rules
    if rules is None:
        return _POOR
    if tried.length < rules.min_length:
        return Text("The directory says: too short for it, at least {n} characters.", n=rules.min_length)
    set_at = facts.moment(facts.number(tried.entry, "pwdLastSet"))
    if tried.too_soon_matters and set_at and set_at + rules.min_age > datetime.now(UTC):
        after = f"{set_at + rules.min_age:%Y-%m-%d %H:%M} UTC"
        return Text("The directory says: changed too recently; try after {date}.", date=after)
    return _POOR


def opened(answer: Answer) -> bool | None:
    """Whether this answer to a sign-in means that the password is right; None where it does not tell."""
    if answer.code == ldap.SUCCESS:
        return True
    told = re.search(r"\bdata ([0-9a-f]{3}),", answer.words)
    if answer.code != ldap.WRONG_PASSWORD or told is None:
        return None
    # Disabled, expired and must-change are only said to whoever knows the password; "locked" is said to everybody.
    return {"52e": False, "532": True, "533": True, "701": True, "773": True}.get(told[1])
