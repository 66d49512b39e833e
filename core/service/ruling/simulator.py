"""As this person, what happens? The very functions that serve people are asked; nothing is sent, counted or kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...contracts.console_events import PersonSimulated
from ...contracts.errors import MustWait
from ...contracts.people import Account, AccountKey, Person
from ...contracts.store import DirectoryRules
from ...db.counters import Mark
from ...db.session import Transaction
from ...recovery import limits
from ...recovery.policy import Disclosure, Policy, PublicRules, Purpose
from ...recovery.reach import help_from, ways_in
from ...recovery.state import Recovery, Stage, Subject
from ..administrators.actor import Actor
from ..finding.ask import Asking
from ..finding.disguise import showable
from ..finding.find import each_once, strictest_first
from ..finding.join import Joining
from ..finding.named import searched
from ..finding.recognise import Facts, Recognising
from ..records import Records
from ..snapshot import Drafted, Snapshot, Snapshots
from ..surroundings import Surroundings
from .simulated import Sight, Simulated, considered, not_offered, sights

Seen = tuple[Account, DirectoryRules] | str


@dataclass(frozen=True, slots=True)
class Draft:
    """Rules that nobody saved."""

    policies: tuple[Policy, ...]
    public: PublicRules


@dataclass(frozen=True, slots=True)
class _Found:
    """What the directories said: the accounts of the name, the strictest first, and how each linked one looks."""

    accounts: tuple[Account, ...] = ()
    linked: Mapping[AccountKey, Seen] | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """For administrators. Who looked at whom is an event, written before anything is shown."""

    records: Records
    snapshots: Snapshots
    asking: Asking
    recognising: Recognising
    joining: Joining
    around: Surroundings

    def look(self, actor: Actor, name: str, purpose: Purpose = Purpose.RESET, draft: Draft | None = None) -> Simulated:
        """What would happen if this name were typed now. Raises MustWait, or StoreUnavailable."""
        self._count(actor)
        now = self.snapshots.current
        snapshot = now.with_rules(draft.policies, draft.public) if draft else now
        recovery = self._recovery(name, purpose, snapshot)
        found = self._found(name, recovery, snapshot)
        recognising, joining = self._over(snapshot)
        with self.records.db.never_kept() as tx:
            person, answer = self._answer(tx, recovery, found, (recognising, joining))
        with self.records.db.write() as tx:
            by = self.records.keyring.pseudonym("console", actor.subject)
            event, details = PersonSimulated(purpose.value, by), {"who": actor.name, "name": name}
            self.records.audit.append(tx, [event], at=self.around.now(), person_id=person, details=details)
        return answer

    def _count(self, actor: Actor) -> None:
        quota, now = limits.SIMULATIONS, self.around.now()
        with self.records.db.write() as tx:
            (count,) = self.records.counters.bump(tx, [Mark(quota.name, actor.subject, quota.window)], now)
        verdict = limits.decide(quota, count.count, count.window_start, count.locked_until, now)
        if isinstance(verdict, limits.Wait):
            raise MustWait(verdict.until)

    def _recovery(self, name: str, purpose: Purpose, snapshot: Snapshot) -> Recovery:
        now = self.around.now()
        # The stores are asked as for `generic`: what balances the time of an answer tells administrators nothing.
        public = replace(snapshot.public, disclosure=Disclosure.GENERIC)
        return Recovery(
            id="",
            purpose=purpose,
            stage=Stage.CHOOSING,
            name=name,
            rules=public,
            started_at=now,
            expires_at=now + public.lifetime,
            moved_at=now,
        )

    def _found(self, name: str, recovery: Recovery, snapshot: Snapshot) -> _Found:
        stores = snapshot.plugins.stores
        try:
            asked, keys = searched(name, snapshot, self.around)
        except ValueError:
            return _Found(why="unknown")
        told = []
        for key in keys:
            answer = self.asking.ask(stores[key], replace(recovery, name=asked))
            copy = answer.account if answer.account and answer.account.synced_from else None
            is_ours = copy is not None and copy.synced_from is not None and copy.synced_from.store in stores
            told.append(self.asking.master(copy) if copy and is_ours else answer)
        accounts = strictest_first(each_once(one.account for one in told if one.account), stores)
        if not accounts:
            return _Found(why=next((one.why for one in told if one.why == "ambiguous"), "unknown"))
        with self.records.db.read() as tx:
            _, theirs = self.recognising.whose(tx, accounts[0].key)
        return _Found(tuple(accounts), {key: self.joining.look(key) for key in theirs if key != accounts[0].key})

    def _over(self, snapshot: Snapshot) -> tuple[Recognising, Joining]:
        """Who recognises and joins people, by these rules."""
        drafted = Drafted(snapshot)
        ways = replace(self.recognising.ways, snapshots=drafted)
        recognising = replace(self.recognising, snapshots=drafted, ways=ways)
        return recognising, replace(self.joining, snapshots=drafted, ways=ways)

    def _answer(
        self, tx: Transaction, recovery: Recovery, found: _Found, staff: tuple[Recognising, Joining]
    ) -> tuple[str, Simulated]:
        recognising, joining = staff
        people = dict(recognising.whose(tx, account.key) for account in found.accounts)
        if len(people) != 1:
            return "", Simulated(found.why or "ambiguous")
        person = Person(min(people), found.accounts[:1])
        facts = recognising.facts(tx, person, people[person.id], None)
        served = recognising.found(facts, recovery, DirectoryRules())
        if served.subject is None:
            subject = Subject(facts.person, facts.policy, facts.offers)
            return person.id, replace(self._told(tx, subject, facts, recognising), refusal=served.reason, ways=())
        subject, left_out = self._joined(tx, replace(recovery, subject=served.subject), found, joining)
        return person.id, replace(self._told(tx, subject, facts, recognising), left_out=left_out)

    @staticmethod
    def _joined(
        tx: Transaction, recovery: Recovery, found: _Found, joining: Joining
    ) -> tuple[Subject, tuple[tuple[str, str], ...]]:
        left_out = []
        for key, seen in (found.linked or {}).items():
            move = joining.joined(tx, recovery, key, seen)
            recovery = replace(recovery, subject=move.subject)
            if move.reason:
                left_out.append((key.store, move.reason))
        assert recovery.subject is not None
        return recovery.subject, tuple(left_out)

    def _told(self, tx: Transaction, subject: Subject, facts: Facts, recognising: Recognising) -> Simulated:
        snapshot = recognising.snapshots.current
        methods, rules = snapshot.plugins.methods, snapshot.rules
        # Decided when they are found: what a linked account brings later is not shown before the first proof.
        shown = showable(facts.offers, snapshot.public, methods)
        masked = snapshot.public.disclosure is Disclosure.MASKED
        account = subject.person.accounts[0]
        enrolled = self.records.enrolments.of(tx, subject.person.id)
        return Simulated(
            name=account.display_name or account.name,
            stores=tuple(each.key.store for each in subject.person.accounts),
            considered=considered(rules, facts.person),
            policy=subject.policy,
            first=sights(shown, methods) if masked else self._public(rules.first, snapshot),
            masked=masked,
            offers=sights(subject.offers, methods),
            not_offered=not_offered(subject, enrolled, methods, self.around.now()),
            ways=ways_in(rules, subject, shown),
            help=help_from(rules, subject),
        )

    @staticmethod
    def _public(first: Sequence[str], snapshot: Snapshot) -> tuple[Sight, ...]:
        methods = snapshot.plugins.methods
        return tuple(Sight(key, methods[key].label, methods[key].summary) for key in first)
