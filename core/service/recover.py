"""All that a person can do in a recovery: what the pages hold."""

from __future__ import annotations

from dataclasses import dataclass

from .choose import Choosing
from .enrolling.phones import Phones
from .hear import Hearing
from .prove import Proving
from .start import Starting
from .stop import Stopping
from .ticket_office import TicketOffice
from .writing.renew import Renewing
from .writing.unlock import Unlocking


@dataclass(frozen=True)
class RecoveryService:
    """One part for each thing that pages ask of a person, in the order in which they ask."""

    starting: Starting
    tickets: TicketOffice
    choosing: Choosing
    proving: Proving
    hearing: Hearing
    renewing: Renewing
    unlocking: Unlocking
    stopping: Stopping
    phones: Phones
