"""Sign-ins that were refused: each is an event, but no stranger fills the log by knocking all night."""

from __future__ import annotations

from ..contracts.console_events import ConsoleRefused
from ..contracts.events import SignInFailed
from ..recovery.limits import HOUR
from .gate import source_of
from .records import Records
from .reporting.counted import tell
from .surroundings import Surroundings

# Why, where nothing is needed for it: no sign-in that was begun here, which is counted, and no link of ours.
ANYBODYS = frozenset({"link", "no-such-way-back"})


def record_refusal(
    event: SignInFailed | ConsoleRefused, address: str, *, records: Records, around: Surroundings
) -> None:
    """Write it down; what anybody can bring about once an hour for each source. In the figures each one counts."""
    now, (_, source) = around.now(), source_of(address)
    with records.db.write() as tx:
        said = f"{event.name} {event.reason} {source}"
        if event.reason not in ANYBODYS or records.counters.spend_once(tx, said, now + HOUR, now):
            records.audit.append(tx, [event], at=now)
    tell(around.meter, [event])
