"""What `masked` offers before the first proof: a person's own offers, or decoys that look like somebody's."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...contracts.errors import StoreUnavailable
from ...contracts.masking import is_masked_mail, is_masked_phone, masked_end
from ...contracts.method import Method, Offer
from ...contracts.one_time_code import OneTimeCode
from ...contracts.text import Text
from ...db.sealing import KeyPurpose, Keyring
from ...recovery.decoys import Seen, decoy
from ...recovery.policy import Disclosure, PublicRules
from ...recovery.state import Recovery, Subject
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .nobody import nobody

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Disguise:
    """Decides once, when everybody was asked; the recovery keeps it."""

    records: Records
    snapshots: Snapshots
    around: Surroundings

    def shown(self, recovery: Recovery, subject: Subject | None) -> tuple[Offer, ...]:
        """Their own offers, or decoys for whoever has none to show; nothing in `generic`.

        Raises StoreUnavailable where decoys cannot be made: then nobody sees offers.
        """
        if recovery.rules.disclosure is not Disclosure.MASKED:
            return ()
        # Made for everybody, so that it costs the same.
        decoys = self._decoys(recovery)
        methods = self.snapshots.current.plugins.methods
        own = showable(subject.offers, recovery.rules, methods) if subject else ()
        return own or decoys

    def _decoys(self, recovery: Recovery) -> tuple[Offer, ...]:
        frozen, methods = self.snapshots.current.shapes, self.snapshots.current.plugins.methods
        shapes = frozen.only([key for key in recovery.rules.methods if key in methods]) if frozen else None
        if not shapes or not shapes.counted:
            log.error("no shapes are frozen for these methods, so nobody is offered anything")
            raise StoreUnavailable("there are no decoys")
        keyring = self.records.keyring
        name = nobody(recovery, self.around, keyring, self.snapshots.current.plugins.stores)

        def offer(place: int, one: Seen) -> Offer:
            number = digest(keyring, "id", name, str(place)).hex()[:16]
            return Offer(one.method, number, label_of(methods[one.method], one.end))

        drawn = decoy(shapes, lambda *words: digest(keyring, *words), name, self.around.now())
        return tuple(offer(place, one) for place, one in enumerate(drawn))


def showable(offers: Sequence[Offer], rules: PublicRules, methods: Mapping[str, Method]) -> tuple[Offer, ...]:
    """The offers that may be shown before the first proof, in the public rules' order.

    None whose label says what a decoy could not say: then it would say that there is somebody.
    """
    return tuple(
        offer
        for key in rules.methods
        for offer in offers
        if offer.method == key and key in methods and label_of(methods[key], masked_end(offer.label)) == offer.label
    )


def seen(offers: Sequence[Offer]) -> tuple[Seen, ...]:
    """What they show."""
    return tuple(Seen(offer.method, masked_end(offer.label)) for offer in offers)


def digest(keyring: Keyring, *words: str) -> bytes:
    """By the key that is never rotated; without that key's version in front, which would not be random."""
    return keyring.mac(KeyPurpose.DECOY, *words)[-32:]


def label_of(method: Method, end: str) -> Text:
    """The label of an offer with this masked end; masking what is masked changes nothing."""
    ends = is_masked_phone(end) or is_masked_mail(end)
    return method.masked(end) if ends and isinstance(method, OneTimeCode) else method.summary
