"""The password rules of Active Directory: the domain's, or those of a person's own (a PSO), where they can be read."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...core import DirectoryRules, Lockout, Text
from . import _active_directory_facts as facts
from ._ldap import Object, Wire
from ._ldap_names import BELIEVED

log = logging.getLogger(__name__)

_OF_A_DOMAIN = (
    "minPwdLength", "pwdHistoryLength", "pwdProperties", "minPwdAge", "lockoutThreshold", "lockOutObservationWindow",
)  # fmt: skip
_OWN = (
    "msDS-MinimumPasswordLength", "msDS-PasswordHistoryLength", "msDS-PasswordComplexityEnabled",
    "msDS-MinimumPasswordAge", "msDS-LockoutThreshold", "msDS-LockoutObservationWindow",
)  # fmt: skip

# What sign-in pages of Windows take.
LONGEST = 127

_COMPLEX = Text("Three of these: small letters, capitals, digits, other signs")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one set of rules says."""

    min_length: int
    history: int
    complex: bool
    min_age: timedelta
    threshold: int
    window: timedelta

    @classmethod
    def of_domain(cls, entry: Object) -> Rules | None:
        """Read from the domain itself."""
        return cls._of(entry, _OF_A_DOMAIN, complex_=bool((facts.number(entry, "pwdProperties") or 0) & 1))

    @classmethod
    def own(cls, entry: Object) -> Rules | None:
        """Read from somebody's own rules."""
        return cls._of(entry, _OWN, complex_=entry.text("msDS-PasswordComplexityEnabled").upper() == "TRUE")

    @classmethod
    def _of(cls, entry: Object, names: tuple[str, ...], *, complex_: bool) -> Rules | None:
        length, history, _, age, threshold, window = (facts.number(entry, name) for name in names)
        if length is None or threshold is None:
            # The object is there and may not be read.
            return None
        return cls(length, history or 0, complex_, facts.span(age), threshold, facts.span(window))

    def shown(self, *, history: bool) -> DirectoryRules:
        """What people are told beforehand; `history` where a reset is really held to it."""
        sentences = (_COMPLEX,) if self.complex else ()
        return DirectoryRules(self.min_length or None, LONGEST, (history and self.history) or None, sentences)

    def lockout(self, entry: Object, now: datetime) -> Lockout:
        """How near this account is to being locked. Wrong passwords are forgotten after a while without any."""
        last = facts.moment(facts.number(entry, "badPasswordTime"))
        forgotten = last is not None and bool(self.window) and last + self.window <= now
        return Lockout(self.threshold, 0 if forgotten else facts.number(entry, "badPwdCount") or 0)


class RuleBook:
    """Knows which rules bind whom, and remembers them for a minute."""

    def __init__(self, domain: str) -> None:
        self._domain = domain
        self._container = f"CN=Password Settings Container,CN=System,{domain}"
        self._read: dict[str, tuple[float, Rules | None]] = {}
        self._sees_until = 0.0

    def binding(self, wire: Wire, entry: Object) -> Rules | None:
        """The rules for this account; None where we may not see whether it has its own."""
        for own in entry.texts("msDS-ResultantPSO", longest=2048):
            return self._at(wire, own)
        # Without the right to see the container, an account with rules of its own looks like one without.
        return self._at(wire, self._domain) if self.sees_all(wire) else None

    def sees_all(self, wire: Wire) -> bool:
        """Whether rules of people's own can be seen."""
        if self._sees_until < time.monotonic() and wire.read(self._container, ["1.1"]) is not None:
            self._sees_until = time.monotonic() + BELIEVED
        return self._sees_until > time.monotonic()

    def _at(self, wire: Wire, dn: str) -> Rules | None:
        until, known = self._read.get(dn, (0.0, None))
        if until > time.monotonic():
            return known
        whole = dn == self._domain
        entry = wire.read(dn, _OF_A_DOMAIN if whole else _OWN)
        rules = None if entry is None else Rules.of_domain(entry) if whole else Rules.own(entry)
        if rules is None:
            log.warning("the password rules that bind an account may not be read: %s", dn)
        self._read[dn] = (time.monotonic() + BELIEVED, rules)
        return rules
