"""How many messages one address, one person and everybody may have asked for, whoever it is about."""

from __future__ import annotations

from collections.abc import Mapping

from ...contracts.method import Offer
from ...db.counters import Mark
from ...recovery import limits
from ...recovery.limits import Quota
from ...recovery.state import Lane, Recovery
from .media import PHONE_MEDIA

# Whoever has proven something takes nothing from those who have not, nor they from them.
PROVEN = "proven"
# Somebody signed in tries an address of their own choice.
ADDING_LANE = "adding"
EVERYBODY = "everybody"


def paying_lane(recovery: Recovery) -> str:
    """Whose share a message is taken from. Strangers can use up one of three, and it is never the only one left to an
    owner whose browser is known, or who proves something else first."""
    if recovery.proofs:
        return PROVEN
    return recovery.subject.lane if recovery.subject else Lane.UNKNOWN_BROWSER


def to_one_offer(recovery: Recovery, offer: Offer) -> Mark:
    """What messages to this way are counted by within a day."""
    quota = limits.DESTINATION_SENDS_DAY
    return Mark(quota.name, f"{paying_lane(recovery)}:{offer.private.get('to', offer.id)}", quota.window)


def to_be_counted(recovery: Recovery, medium: str, offer: Offer | None, name: str) -> Mapping[Quota, Mark]:
    """Each limit with whom it is counted for. Nobody is counted by their `name`, so that both cost alike."""
    pick, lane = recovery.pick, paying_lane(recovery)
    # By method: a person's mailbox and phone have a budget each, so a name that nobody has runs out no sooner (A8).
    nobody = f"nobody:{pick.method if pick else ''}:{name}"
    where = offer.private.get("to", offer.id) if offer else nobody
    day = limits.DESTINATION_CALLS_DAY if medium == "voice" else limits.DESTINATION_SENDS_DAY
    subjects = {limits.DESTINATION_SENDS_QUARTER: f"{lane}:{where}", day: f"{lane}:{where}"}
    if medium in PHONE_MEDIA:
        # All their numbers together: fraud would ask for each of them. What fits none of theirs uses nothing of it up.
        who = recovery.subject.person.id if recovery.subject and offer else nobody
        subjects[limits.PERSON_CODES_DAY] = f"{lane}:{who}"
    subjects[limits.SYSTEM_SENDS] = EVERYBODY
    return {quota: Mark(quota.name, subject, quota.window) for quota, subject in subjects.items()}
