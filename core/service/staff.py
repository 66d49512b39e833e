"""Puts the shell together: who needs whom, once, at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..contracts.text import Text
from .back_office import BackOffice
from .calls import Calls
from .choose import Choosing
from .chores import Chores
from .conclude import Concluding
from .find import Finding
from .gate import Gate
from .messages import Messenger
from .mover import Mover
from .notices import Notices
from .prove import Proving
from .records import Records
from .recover import RecoveryService
from .renew import Renewing
from .settle import Settling
from .snapshot import Snapshots
from .start import Starting
from .surroundings import Surroundings
from .ticket_office import TicketOffice
from .write import Writer


@dataclass(frozen=True)
class Staff:
    """What serves the pages, and what works behind them."""

    service: RecoveryService
    office: BackOffice


def employ(
    records: Records,
    snapshots: Snapshots,
    around: Surroundings,
    *,
    breached: Callable[[str], bool],
    easy: Callable[[str, tuple[str, ...]], Text | None],
) -> Staff:
    """The whole shell over these records and plugins."""
    office, calls = BackOffice(records, around), Calls()
    mover = Mover(records, office, around)
    messenger = Messenger(records, snapshots, mover, calls, office=office, around=around)
    notices = Notices(records, snapshots, mover, calls, messenger=messenger, office=office, around=around)
    writer = Writer(snapshots, calls, around)
    concluding = Concluding(records, mover, notices, around)
    _teach(
        office,
        records,
        snapshots,
        mover,
        messenger=messenger,
        notices=notices,
        writer=writer,
        concluding=concluding,
        calls=calls,
        around=around,
    )
    tickets = TicketOffice(records, snapshots, mover, around)
    gate = Gate(records, snapshots, calls, around)
    service = RecoveryService(
        starting=Starting(records, snapshots, mover, gate, tickets=tickets, around=around),
        tickets=tickets,
        choosing=Choosing(records, snapshots, mover, messenger, tickets=tickets, around=around),
        proving=Proving(records, snapshots, mover, notices, tickets=tickets, around=around),
        renewing=Renewing(
            records,
            snapshots,
            mover,
            writer,
            concluding=concluding,
            tickets=tickets,
            around=around,
            breached=breached,
            easy=easy,
        ),
    )
    return Staff(service, office)


def _teach(
    office: BackOffice,
    records: Records,
    snapshots: Snapshots,
    mover: Mover,
    *,
    messenger: Messenger,
    notices: Notices,
    writer: Writer,
    concluding: Concluding,
    calls: Calls,
    around: Surroundings,
) -> None:
    finding = Finding(records, snapshots, mover, messenger, calls=calls, office=office, around=around)
    settling = Settling(records, mover, writer, concluding, office=office, around=around)
    office.teach("find", finding.work)
    office.teach("message", messenger.work)
    office.teach("notify", notices.tell)
    office.teach("carry", notices.carry)
    office.teach("settle", settling.work)
    chores = Chores(records, snapshots, mover)
    office.also(chores.see_new_settings)
    office.also(chores.close_overdue)
    office.also(chores.chain_events)
    office.also(chores.purge)
