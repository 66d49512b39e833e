"""The fetch-keys job: reads the public keys of clients that publish theirs, before anybody needs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPException

from ...contracts.bridge_events import ClientKeysChanged
from ...contracts.errors import DeliveryFailed
from ...db.client_key_sets import ClientKeySet
from ...db.jobs import Job
from ...outside import Outside, Request, failure, refusal
from ..back_office import BackOffice
from ..records import Records
from ..reporting.counted import tell
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from ..writing.end_sessions import place_of
from .entry_rules import keys_problem

KIND = "fetch-keys"
SECONDS = 8.0
# A client that turns its keys over is noticed within the hour, or as soon as it uses a key that nobody knows.
EVERY, AFTER_TROUBLE = timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class KeyFetching:
    """Never in a request of anybody's: who stands before us is judged by what was read before."""

    records: Records
    snapshots: Snapshots
    office: BackOffice
    around: Surroundings
    outside: Callable[[], Outside] = field(repr=False)

    def look(self, now: datetime) -> None:
        """A job for each address that nobody read yet, or not lately."""
        wanted = self._wanted()
        if not wanted:
            return
        with self.records.db.read() as tx:
            known = self.records.client_key_sets.all(tx)
        for entry, address in wanted.items():
            one = known.get(entry)
            if one is None or one.address != address:
                self._begin(ClientKeySet(entry, address), now)
            elif one.due_at is None or one.due_at <= now:
                self._order(entry, now)

    def work(self, job: Job) -> None:
        """Read it; what cannot be read or is no key set changes nothing."""
        entry = job.payload["entry"]
        address = self._wanted().get(entry)
        if address is None:
            return self.office.done(job)
        try:
            keys = self._read(address)
        except DeliveryFailed as failed:
            return self._missed(job, entry, failed.kind)
        if keys_problem(keys):
            return self._missed(job, entry, "no-key-set")
        return self._keep(job, ClientKeySet(entry, address, keys, self.around.now()))

    def _wanted(self) -> Mapping[str, str]:
        entries = self.snapshots.current.entries.items()
        return {key: entry.client.jwks_uri for key, entry in entries if entry.client and entry.client.jwks_uri}

    def _begin(self, one: ClientKeySet, now: datetime) -> None:
        with self.records.db.write() as tx:
            self.records.client_key_sets.put(tx, one, tried_at=now - EVERY, due_at=now)
        self._order(one.entry, now)

    def _order(self, entry: str, now: datetime) -> None:
        with self.records.db.write() as tx:
            if not self.records.client_key_sets.hold(tx, entry, now, now + AFTER_TROUBLE):
                return
            job = self.office.put(tx, place_of(entry), KIND, "", {"entry": entry})
        self.office.hand_over(job)

    def _read(self, address: str) -> str:
        request = Request("GET", address, {"Accept": "application/jwk-set+json, application/json"})
        try:
            answer = self.outside().ask(request, time.monotonic() + SECONDS)
        except (OSError, HTTPException, ValueError) as error:
            failed = failure(error)
        else:
            if answer.status == 200:
                return answer.text
            failed = refusal(answer.status)
        raise failed

    def _missed(self, job: Job, entry: str, why: str) -> None:
        with self.records.db.write() as tx:
            self.records.client_key_sets.miss(tx, entry, why, self.around.now() + AFTER_TROUBLE)
            self.records.jobs.done(tx, [job.id])

    def _keep(self, job: Job, new: ClientKeySet) -> None:
        now = self.around.now()
        with self.records.db.write() as tx:
            before = self.records.client_key_sets.get(tx, new.entry)
            happened = [] if before and before.keys == new.keys else [ClientKeysChanged(new.entry)]
            self.records.client_key_sets.put(tx, replace(new, fetched_at=now), tried_at=now, due_at=now + EVERY)
            self.records.audit.append(tx, happened, at=now)
            self.records.jobs.done(tx, [job.id])
        tell(self.around.meter, happened)
