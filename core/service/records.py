"""Everything that is written down, opened once."""

from __future__ import annotations

from dataclasses import dataclass

from ..db.approvals import Approvals
from ..db.audit import Audit
from ..db.callers import Callers
from ..db.campaigns import Campaigns
from ..db.census import Census
from ..db.certificate_ends import CertificateEnds
from ..db.changes import Changes
from ..db.client_key_sets import ClientKeySets
from ..db.console_sessions import ConsoleSessions
from ..db.contacts import ContactsSeen
from ..db.counters import Counters
from ..db.deliveries import Deliveries
from ..db.enrolments import Enrolments
from ..db.entries import SavedEntries
from ..db.freezes import Freezes
from ..db.grants import Grants
from ..db.heard import HeardAnswers
from ..db.jobs import Job, Jobs
from ..db.leases import Leases
from ..db.links import Links
from ..db.pending import Pending
from ..db.proofs import Proofs
from ..db.question_sets import SavedQuestionSets
from ..db.receivers import Receivers
from ..db.recoveries import Recoveries
from ..db.schedules import Schedules
from ..db.sealing import Keyring
from ..db.session import Database
from ..db.sessions import Sessions
from ..db.settings_store import SettingsStore
from ..db.sign_ins import SignIns
from ..db.signals import Signals
from ..db.standings import Standings
from ..db.token_keys import TokenKeys
from ..db.waiting_links import WaitingLinks
from ..recovery.state import Recovery


@dataclass(frozen=True)
class Records:
    """The tables' keepers. All take an open transaction, so that one move is one commit."""

    db: Database
    keyring: Keyring
    recoveries: Recoveries
    changes: Changes
    proofs: Proofs
    heard: HeardAnswers
    enrolments: Enrolments
    pending: Pending
    contacts: ContactsSeen
    counters: Counters
    deliveries: Deliveries
    freezes: Freezes
    audit: Audit
    jobs: Jobs
    leases: Leases
    links: Links
    waiting_links: WaitingLinks
    settings: SettingsStore
    question_sets: SavedQuestionSets
    sign_ins: SignIns
    sessions: Sessions
    console_sessions: ConsoleSessions
    standings: Standings
    approvals: Approvals
    callers: Callers
    entries: SavedEntries
    grants: Grants
    token_keys: TokenKeys
    client_key_sets: ClientKeySets
    certificate_ends: CertificateEnds
    census: Census
    campaigns: Campaigns
    receivers: Receivers
    signals: Signals
    schedules: Schedules

    def recovery_of(self, job: Job) -> Recovery | None:
        """As the move left it that caused this job, or as it stands now. Raises SealBroken."""
        if job.seen is not None:
            return job.seen
        with self.db.read() as tx:
            return self.recoveries.load(tx, job.recovery_id)

    @classmethod
    def open(cls, db: Database, keyring: Keyring) -> Records:
        """One keeper each, over one keyring."""
        return cls(
            db=db,
            keyring=keyring,
            recoveries=Recoveries(keyring),
            changes=Changes(keyring),
            proofs=Proofs(keyring),
            heard=HeardAnswers(keyring),
            enrolments=Enrolments(keyring),
            pending=Pending(keyring),
            contacts=ContactsSeen(keyring),
            counters=Counters(keyring),
            deliveries=Deliveries(keyring),
            freezes=Freezes(keyring),
            audit=Audit(keyring),
            jobs=Jobs(keyring),
            leases=Leases(),
            links=Links(keyring),
            waiting_links=WaitingLinks(keyring),
            settings=SettingsStore(keyring),
            question_sets=SavedQuestionSets(keyring),
            sign_ins=SignIns(keyring),
            sessions=Sessions(keyring),
            console_sessions=ConsoleSessions(keyring),
            standings=Standings(keyring),
            approvals=Approvals(keyring),
            callers=Callers(keyring),
            entries=SavedEntries(keyring),
            grants=Grants(keyring),
            token_keys=TokenKeys(keyring),
            client_key_sets=ClientKeySets(keyring),
            certificate_ends=CertificateEnds(),
            census=Census(keyring),
            campaigns=Campaigns(keyring),
            receivers=Receivers(keyring),
            signals=Signals(keyring),
            schedules=Schedules(keyring),
        )
