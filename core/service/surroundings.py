"""Where Keyback stands: clock, chance, company, and which names belong to which store."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from ..contracts.brand import Brand
from ..contracts.plugin import Context
from ..contracts.text import Language
from ..contracts.wording import InOwnWords
from ..languages import Languages
from ..meter import Meter
from ..recovery.names import canonical
from .sending.media import NO_RULES, MediumRules


def utc_now() -> datetime:
    """The one clock of a running Keyback."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Surroundings:
    """What the shell knows of the outside world; tests put their own clock and chance here."""

    company: str
    origin: str
    help_desk: str = ""
    help_desk_mail: str = ""
    # What stands behind the @ of addresses to which files may be mailed. Empty: none are.
    file_domains: tuple[str, ...] = ()
    languages: Languages = Languages()
    # Store key → the realms (what stands behind the @) that it alone answers for.
    realms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    netbios: tuple[str, ...] = ()
    # For who types a name at a page: an organisation's own name → the store of its people. Empty: nobody is asked.
    organisations: Mapping[str, str] = field(default_factory=dict)
    # Store key → the name whose record is read there for names that nobody has, in `masked`.
    canaries: Mapping[str, str] = field(default_factory=dict)
    trusted_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    # What holds for each medium by which messages go.
    media: Mapping[str, MediumRules] = field(default_factory=dict)
    # The house's own settings that name a file of authorities → the file.
    ca_files: Mapping[str, str] = field(default_factory=dict)
    # Whether anybody may be told of resets by shared signals.
    signals: bool = False
    now: Callable[[], datetime] = utc_now
    random: Callable[[int], bytes] = secrets.token_bytes
    meter: Meter = field(default_factory=Meter)
    # What holds by now, where administrators may say it anew; else what stands here does.
    brand: Callable[[], Brand | None] = lambda: None

    @property
    def short_name(self) -> str:
        """What the company is called where there is little room."""
        brand = self.brand()
        return brand.short_name if brand else self.company

    @property
    def whom_to_call(self) -> str:
        """The help desk, as messages name it."""
        brand = self.brand()
        return brand.help_desk if brand else self.help_desk

    def context(self, *, seconds: float = 1.0, language: str = "") -> Context:
        """What a plugin is told; its answer counts for so many seconds."""
        now = self.now()
        return Context(
            now,
            now + timedelta(seconds=seconds),
            self.languages.known(language),
            self.origin,
            self.short_name,
            self.random,
            self._in_own_words(language),
        )

    def _in_own_words(self, language: str) -> Language:
        """The language as messages speak it, where the company says some sentences otherwise."""
        brand, spoken = self.brand(), self.languages.catalogue(language)
        own = brand.wordings.get(self.languages.known(language)) if brand else None
        return InOwnWords(spoken, own) if own else spoken

    def spelling(self, name: str) -> str:
        """One for every way to type this name. With and without its realm it has one budget and one decoy."""
        realms = {realm for claimed in self.realms.values() for realm in claimed}
        try:
            return canonical(name, realms=realms, netbios=self.netbios)
        except ValueError:
            # Nothing but a realm.
            return canonical(name)

    def rules_of(self, medium: str) -> MediumRules:
        """What holds for this medium; the strict defaults where nobody said anything."""
        return self.media.get(medium, NO_RULES)

    def token(self) -> str:
        """128 bits as text, for ids."""
        return self.random(16).hex()
