"""Which of a person's offers are meant by what was picked. Nobody has none."""

from __future__ import annotations

from ...contracts.method import Method, Offer
from ...recovery.state import Recovery


def fitting_offers(recovery: Recovery, method: Method | None) -> tuple[Offer, ...]:
    """The offers that an answer may prove: the one picked by name, or all that the typed destination fits."""
    subject, pick = recovery.subject, recovery.pick
    if subject is None or pick is None or method is None or recovery.void:
        return ()
    offers = tuple(o for o in subject.offers if o.method == pick.method and pick.offer in ("", o.id))
    if not recovery.proofs and pick.method in recovery.rules.type_destination:
        return tuple(offer for offer in offers if method.fits(offer, pick.destination))
    if pick.offer:
        return offers
    # Without a typed end the first one is meant: a code goes to one place, and counts for that place alone.
    return offers if method.medium is None else offers[:1]
