"""The help desk's pieces put together: it works with those that serve the people themselves."""

from __future__ import annotations

from dataclasses import dataclass

from ..campaigning.campaigns import Campaigns
from ..records import Records
from ..ruling.approvals import Approvals
from ..snapshot import Snapshots
from ..staff import Staff
from ..surroundings import Surroundings
from .caller_desk import CallerDesk
from .desk_file import Files
from .desk_reach import Reach
from .help_desk import HelpDesk


@dataclass(frozen=True)
class Desk:
    """Whoever helps people: finds them, and does what they may."""

    reach: Reach
    helping: HelpDesk
    calling: CallerDesk
    approvals: Approvals
    campaigns: Campaigns


def open_desk(
    records: Records,
    snapshots: Snapshots,
    around: Surroundings,
    staff: Staff,
    *,
    console_groups: frozenset[str] = frozenset(),
) -> Desk:
    """`console_groups`: directory groups whose members work in the console."""
    enrolling, proving = staff.enrolling, staff.service.proving
    approvals = Approvals(records=records, around=around)
    staff.office.also(approvals.expire)
    reach = Reach(
        records=records,
        snapshots=snapshots,
        recognising=staff.recognising,
        calls=staff.service.starting.gate.calls,
        around=around,
        console_groups=console_groups,
    )
    files = Files(records=records, snapshots=snapshots, mine=enrolling.mine, misses=proving.misses, around=around)
    helping = HelpDesk(
        records=records,
        reach=reach,
        files=files,
        inviting=staff.campaigning.turns.inviting,
        approvals=approvals,
        mover=proving.mover,
        notices=enrolling.notices,
        office=staff.office,
        around=around,
    )
    calling = CallerDesk(records=records, reach=reach, files=files, approvals=approvals, around=around)
    campaigns = Campaigns(work=staff.campaigning, approvals=approvals, spared=console_groups)
    for piece in (helping, calling, campaigns):
        piece.learn_to_decide()
    return Desk(reach, helping, calling, approvals, campaigns)
