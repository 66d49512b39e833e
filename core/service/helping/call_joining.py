"""A recovery whose person typed an agent's code: found out where the person is found, and nothing shows it (P4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hmac import compare_digest

from ...contracts.desk_events import CallJoined, CallMissed
from ...db.session import Transaction
from ...recovery.moves import Found
from ...recovery.state import Lane, Recovery
from ..records import Records


def joined(tx: Transaction, records: Records, recovery: Recovery, found: Found, now: datetime) -> Found:
    """With the help desk's lane, if an agent waits for this person and this is their code; otherwise as it was.

    The lane is all that it gives: budgets that no stranger can have emptied (L1). The policy asks for the same proofs.
    """
    if not recovery.desk_code:
        return found
    person_id = found.subject.person.id if found.subject else ""
    # Asked for nobody too: the same reads for every name.
    caller = records.callers.expected(tx, person_id, now)
    if caller is None or found.subject is None:
        return found
    if not compare_digest(caller.code.encode(), recovery.desk_code.encode("utf-8", "surrogatepass")):
        records.callers.miss(tx, caller)
        records.audit.append(tx, [CallMissed()], at=now, recovery_id=recovery.id, person_id=person_id)
        return found
    if records.callers.join(tx, caller, recovery.id, now) is None:
        return found
    records.audit.append(tx, [CallJoined()], at=now, recovery_id=recovery.id, person_id=person_id)
    return replace(found, subject=replace(found.subject, lane=Lane.HELP_DESK))
