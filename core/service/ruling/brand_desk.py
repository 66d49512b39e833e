"""How the house looks and what it says of itself: read and saved for whoever administers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...contracts.brand import Brand, Logo
from ...contracts.errors import KeybackError
from ...db.documents import By, Document
from ...db.session import Transaction
from ...recovery.differences import Difference, between_values
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .brand_flaws import BrandFlaw, flaws_of
from .house_brand import BRAND, LOGO, FileSays, logo_from, logo_to
from .kept_rules import Change, Kept, Ledger


class UnfitBrand(KeybackError):
    """A brand that cannot be kept; nothing was saved."""

    def __init__(self, flaws: Sequence[BrandFlaw]) -> None:
        super().__init__("; ".join(f"{flaw.field}: {flaw.fault}" for flaw in flaws))
        self.flaws = tuple(flaws)


class Pinned(KeybackError):
    """keyback.toml decides this, and no page; nothing was saved."""


@dataclass(frozen=True)
class BrandDesk:
    """Every save is one commit: row, version, history and event. It holds from the next page on, of every process."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    @property
    def file(self) -> FileSays:
        """What keyback.toml says, and which of it stays."""
        return self.snapshots.file

    @property
    def ledger(self) -> Ledger[Brand]:
        """The saves so far, each over what the file says today."""
        return Ledger(records=self.records, around=self.around, kind=BRAND.kind, key=BRAND.key, read=self._read)

    @property
    def logos(self) -> Ledger[Logo | None]:
        """The saves of the picture."""
        return Ledger(records=self.records, around=self.around, kind=LOGO.kind, key=LOGO.key, read=logo_from)

    def now(self) -> Kept[Brand]:
        """What holds, but for the picture."""
        with self.records.db.read() as tx:
            return self._now(tx)

    def logo(self) -> Kept[Logo | None]:
        """The picture that holds."""
        with self.records.db.read() as tx:
            last = self.logos.last(tx)
            brand = self.file.with_logo(self.file.brand, self.records.settings.documents.get(tx, LOGO))
        return replace(last, rules=brand.logo) if last else Kept(brand.logo)

    def differences(self, brand: Brand) -> tuple[Difference, ...]:
        """What saving it would change."""
        return between_values(self.now().rules, brand)

    def save(self, brand: Brand, change: Change) -> int:
        """Keep it; returns the version. Raises UnfitBrand, Refused without a reason, or SavedMeanwhile."""
        mine = self._read(self.file.kept(brand))
        if found := flaws_of(mine):
            raise UnfitBrand(found)
        with self.records.db.write() as tx:
            before = self._now(tx).rules
            version = self._keep(tx, BRAND, self.file.kept(mine), change)
            self.ledger.note(tx, change, version, between_values(before, mine))
        self.snapshots.at_least(version)
        return version

    def save_logo(self, logo: Logo | None, change: Change) -> int:
        """Keep this picture, or none. Raises Pinned, Refused without a reason, or SavedMeanwhile."""
        if "logo" in self.file.pinned:
            raise Pinned
        with self.records.db.write() as tx:
            before = self.logos.last(tx)
            version = self._keep(tx, LOGO, logo_to(logo), change)
            old = before.rules if before else self.file.brand.logo
            self.logos.note(tx, change, version, [Difference("", "logo", _called(old), _called(logo))])
        self.snapshots.at_least(version)
        return version

    def _keep(self, tx: Transaction, document: Document, what: str, change: Change) -> int:
        by, documents = By(change.actor.name, change.line(), self.around.now()), self.records.settings.documents
        return documents.save(tx, document, what, by, after=change.after)

    def _now(self, tx: Transaction) -> Kept[Brand]:
        last, said = self.ledger.last(tx), self.records.settings.documents.get(tx, BRAND)
        brand = self._read(said or "")
        return replace(last, rules=brand) if last else Kept(brand)

    def _read(self, said: str) -> Brand:
        # The picture has saves of its own: 20 kB would stand in each of these otherwise.
        return replace(self.file.over(said), logo=None)


def _called(logo: Logo | None) -> str:
    return f"{logo.name}, {len(logo.content)} bytes" if logo else ""
