"""Which of a person's directory contacts were seen before: a changed one must wait until it may carry a proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from ..contracts.people import Contact
from . import sealed
from .per_dialect import PerDialect
from .sealing import KeyPurpose, Keyring
from .tables import contact_seen as table

_of = select(table).where(table.c.person_ref == bindparam("person"))
_add = PerDialect(lambda insert: insert(table).on_conflict_do_nothing().returning(table.c.since))


class ContactsSeen:
    """Keeps keyed fingerprints only: the number or address itself stays in the directory."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def since(
        self, tx: Connection, person_id: str, contacts: Sequence[Contact], now: datetime
    ) -> dict[int, datetime | None]:
        """For each contact by its place: since when it is a changed one, or None if it was there from the first look.

        What is new is remembered, so `tx` must be able to write. Raises SealBroken.
        """
        rows = tx.execute(_of, {"person": person_id}).mappings().all()
        for row in rows:
            sealed.CONTACT_ROW.check(self._keyring, row)
        looked_at = {row["source"] for row in rows}
        answer: dict[int, datetime | None] = {}
        new: dict[tuple[str, bytes], dict[str, Any]] = {}
        for place, contact in enumerate(contacts):
            seen = self._seen(person_id, contact, rows)
            if seen is not None:
                answer[place] = seen["since"]
                continue
            answer[place] = now if _source(contact) in looked_at else None
            made = self._row(person_id, contact, answer[place])
            new[made["source"], made["fingerprint"]] = made
        if new:
            tx.execute(_add.on(tx), list(new.values()))
        return answer

    def _seen(self, person_id: str, contact: Contact, rows: Sequence[RowMapping]) -> RowMapping | None:
        parts = ("contact", person_id, _source(contact), contact.value)
        mine = (row for row in rows if row["source"] == _source(contact))
        # By check, not by equality: after a rotation the old fingerprints must still be known.
        fits = (row for row in mine if self._keyring.check_mac(KeyPurpose.CONTACT, row["fingerprint"], *parts))
        return next(fits, None)

    def _row(self, person_id: str, contact: Contact, since: datetime | None) -> dict[str, Any]:
        source = _source(contact)
        fingerprint = self._keyring.mac(KeyPurpose.CONTACT, "contact", person_id, source, contact.value)
        row: dict[str, Any] = {"person_ref": person_id, "source": source, "fingerprint": fingerprint, "since": since}
        return row | {"seal": sealed.CONTACT_ROW.seal(self._keyring, row)}


def _source(contact: Contact) -> str:
    return f"{contact.kind}:{contact.source}"
