"""Whether `masked` has all its parts: without one of them its pages would tell who exists."""

from __future__ import annotations

from ...contracts.errors import Ambiguous, StoreUnavailable
from ...recovery.decoys import FEWEST_PEOPLE
from ...recovery.flaws import Fault, Flaw
from ...recovery.policy import Disclosure
from ..snapshot import Snapshot
from ..surroundings import Surroundings

PRICE = (
    "disclosure is masked: who knows a person, or looks often, can learn from the first pages who exists, "
    "and sees the ends of numbers and addresses (docs/masked.md)"
)
FIND_SECONDS = 8.0


def disclosure_flaws(snapshot: Snapshot, around: Surroundings) -> tuple[Flaw, ...]:
    """What `masked` lacks, each with what to do. Nothing in `generic`."""
    if snapshot.public.disclosure is not Disclosure.MASKED:
        return ()
    stores = [key for key in snapshot.plugins.stores if not around.canaries.get(key)]
    found = [Flaw(Fault.NO_CANARY, "disclosure", (key,)) for key in stores]
    people = snapshot.shapes.people if snapshot.shapes else 0
    if people < FEWEST_PEOPLE:
        found.append(Flaw(Fault.FEW_SHAPES, "disclosure", n=people, m=FEWEST_PEOPLE))
    return tuple(found)


def disclosure_problems(snapshot: Snapshot, around: Surroundings) -> list[str]:
    """Why it may not start like this, in words."""
    return [str(flaw) for flaw in disclosure_flaws(snapshot, around)]


def missing_canaries(snapshot: Snapshot, around: Surroundings) -> list[str]:
    """Canaries that their store does not find; asks the directories."""
    context = around.context(seconds=FIND_SECONDS)
    missing = []
    for key, name in around.canaries.items():
        store = snapshot.plugins.stores.get(key)
        try:
            if store is None or store.find(name, context) is None:
                missing.append(f"canaries.{key}: nobody has this name there")
        except (Ambiguous, StoreUnavailable) as problem:
            missing.append(f"canaries.{key}: {type(problem).__name__}")
    return missing
