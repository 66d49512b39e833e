"""What clients of OpenID Connect asked for, and what they may fetch. Knows no protocol; `idp_bridge` speaks it."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import TypeAdapter, ValidationError

from ...contracts import events
from ...contracts.bridge_events import ClientAnswered, CodeCameAgain
from ...contracts.entry import Entry
from ...db.grants import Done, Grant
from ...db.sealing import KeyPurpose, SealBroken
from ...recovery.policy import Purpose
from ...recovery.state import Recovery
from ..records import Records
from ..reporting.counted import tell
from ..surroundings import Surroundings
from .sightings import Sightings

__all__ = ["Asked", "ClientDesk", "Done", "Fetched", "Grant"]

# How long the start page may stand open with somebody's request in it.
REQUEST_LIFE = timedelta(minutes=10)
# A code is on its way for as long as two redirects take.
CODE_LIFE = timedelta(minutes=1)
TOKEN_LIFE = timedelta(minutes=5)
# How long it is remembered that a code was taken, so that a second one who brings it is noticed.
REMEMBERED = timedelta(minutes=10)
# How long published keys are believed that cannot be read again, and how often a stranger can have them read.
KEYS_BELIEVED, DOUBTED_EVERY = timedelta(hours=24), timedelta(minutes=1)
# A whole request; a form field with more in it is none of ours, and not worth decoding.
LONGEST = 5000
_PLACE = "oidc request"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asked for. It goes sealed through the start page, and stays in the recovery."""

    entry: str
    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    challenge: str = field(repr=False)
    scopes: tuple[str, ...]
    purpose: Purpose
    # So many proofs at least; fewer are no answer to what was asked.
    proofs: int
    until: datetime


_ASKED: TypeAdapter[Asked] = TypeAdapter(Asked)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a client got for a code, and the token by which it may ask once more."""

    grant: Grant
    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ClientDesk:
    """Every code is good once, whichever process is asked."""

    records: Records
    around: Surroundings
    sightings: Sightings
    _doubted: dict[str, datetime] = field(default_factory=dict, repr=False)

    def seal(self, asked: Asked) -> str:
        """As it goes through a browser, which can neither read nor change it."""
        plain, keyring = _ASKED.dump_json(asked), self.records.keyring
        sealed = keyring.seal(KeyPurpose.FORM, plain, table=_PLACE, column="request", row=asked.entry)
        return urlsafe_b64encode(sealed).decode()

    def read(self, entry: str, sealed: str) -> Asked | None:
        """What this entry's client asked; None for whatever is none of ours, or another's."""
        if not sealed or len(sealed) > LONGEST:
            return None
        try:
            made, keyring = b64decode(sealed, altchars=b"-_", validate=True), self.records.keyring
            plain = keyring.open(KeyPurpose.FORM, made, table=_PLACE, column="request", row=entry)
            return _ASKED.validate_json(plain)
        except (SealBroken, ValidationError, ValueError):
            return None

    def proven_at(self, recovery: Recovery) -> datetime | None:
        """When its person last proved something, as the ledger has it."""
        if recovery.subject is None:
            return None
        with self.records.db.read() as tx:
            return self.records.proofs.last_at(tx, recovery.id, recovery.subject.person.id)

    def issue(self, grant: Grant) -> str:
        """A code for it. One that was issued before for the same recovery, and not taken, is over."""
        code = self.around.random(32).hex()
        with self.records.db.write() as tx:
            self.records.grants.put(tx, code, grant, self.around.now() + CODE_LIFE)
        return code

    def redeem(self, entry: str, code: str) -> Fetched | None:
        """What the code is good for, once; None for every other one. A second time ends what the first one got."""
        now, token = self.around.now(), self.around.random(32).hex()
        grants = self.records.grants
        with self.records.db.write() as tx:
            grant = grants.take(tx, entry, code, token=token, until=now + TOKEN_LIFE, now=now)
            again = "" if grant else grants.revoke(tx, entry, code)
            happened = [ClientAnswered(entry)] if grant else [CodeCameAgain(entry)] if again else []
            if grant:
                self.records.entries.note(tx, entry, "answered_at", now)
            if happened:
                about = grant.recovery_id if grant else again
                self.records.audit.append(tx, happened, at=now, recovery_id=about)
        tell(self.around.meter, happened)
        return Fetched(grant, token) if grant else None

    def of_token(self, token: str) -> Grant | None:
        """What this token still says."""
        with self.records.db.read() as tx:
            return self.records.grants.of_token(tx, token, self.around.now())

    def keys_of(self, entry: Entry) -> str:
        """The public keys by which this client proves who it is; empty where none are known, or not lately.

        A key that it took back is believed for a day at most, and then only while its address is silent.
        """
        client = entry.client
        if client is None or client.keys or not client.jwks_uri:
            return client.keys if client else ""
        try:
            with self.records.db.read() as tx:
                known = self.records.client_key_sets.get(tx, entry.key)
        except SealBroken as broken:
            return self._forged(broken.table)
        if known is None or known.fetched_at is None or known.address != client.jwks_uri:
            return ""
        return known.keys if self.around.now() < known.fetched_at + KEYS_BELIEVED else ""

    def _forged(self, table: str) -> str:
        """Whoever wrote a row without the key gets nothing by it, and is heard of."""
        event = events.SealBroken(table)
        with self.records.db.write() as tx:
            self.records.audit.append(tx, [event], at=self.around.now())
        tell(self.around.meter, [event])
        return ""

    def doubt_keys(self, entry: Entry) -> None:
        """Its proof fits none of the keys that are known: it may have others by now. Nobody waits for them.

        A stranger's proof fits none either, so each process doubts a client's once a minute and writes nothing else.
        """
        now, last = self.around.now(), self._doubted.get(entry.key)
        if entry.client is None or not entry.client.jwks_uri or (last and now < last + DOUBTED_EVERY):
            return
        self._doubted[entry.key] = now
        with self.records.db.write() as tx:
            self.records.client_key_sets.hurry(tx, entry.key, now, now - DOUBTED_EVERY)

    def first_time(self, entry: str, once: str, until: datetime) -> bool:
        """Whether nobody brought this statement of the client's before."""
        with self.records.db.write() as tx:
            return self.records.counters.spend_once(tx, f"assertion {entry} {once}", until, self.around.now())
