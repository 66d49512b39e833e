"""What a signed-in person has, and whether they could get back in with it today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ...contracts.masking import masked_end
from ...contracts.method import Carrier, Method, Offer
from ...contracts.people import Enrolment, Person
from ...contracts.text import Text
from ...db.session import Transaction
from ...recovery.policy import Policy, Purpose, enough
from ...recovery.renewals import Standing, old_since, short
from ..finding.recognise import Facts, Recognising
from ..records import Records
from ..sending.to_be_told import New, everybody
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .addable import Addable
from .signed_in import SignedIn

# What could be somebody else's by a slip of the finger.
ADDRESSES = frozenset({Carrier.PHONE, Carrier.MAILBOX})


@dataclass(frozen=True, slots=True)
class Mine:
    """One line of the list. What their organisation knows of them has no id: it is not theirs to remove."""

    method: str
    label: Text | str
    end: str = ""
    id: str = ""
    added: datetime | None = None
    used: datetime | None = None
    # Until then it cannot carry a proof; None when it can.
    waits_until: datetime | None = None
    off: bool = False
    # Whether they may call it something; an address goes by its end.
    has_name: bool = False
    # Whether another one can take its place in one go.
    can_change: bool = False
    # How often it can still be used; None: as often as they like.
    left: int | None = None
    # Which way it is in a recovery ("method.offer"), empty while it is none, and whether they like that one best.
    way: str = ""
    default: bool = False
    # Since when nobody has said or shown that it is right, where that is too long ago.
    old_since: datetime | None = None
    # Whether it may come first, and with which of their methods together it counts once.
    first: bool = False
    shares: tuple[str, ...] = ()
    # What their organisation knows and nobody has proven: its way, to be confirmed.
    unproven: str = ""


@dataclass(frozen=True, slots=True)
class GetBack:
    """Whether they could get back in today. `have`: kinds that count; `help`: each of these would do, or bring nearer.

    `refusal`: why nothing would help, in the flow's own words.
    """

    yes: bool
    asked_for: int
    have: tuple[str, ...]
    help: tuple[str, ...]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The page."""

    mine: tuple[Mine, ...]
    get_back: GetBack
    can_add: tuple[tuple[str, Text], ...]
    # Whether their policy needs more of them, and they could add it; and how they stand to being asked.
    short: bool = False
    standing: Standing = Standing()
    # How long a new address waits until it counts.
    cool_down: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class MyMethods:
    """Asks the very functions that find people and judge their proofs: a second opinion would one day be wrong."""

    records: Records
    snapshots: Snapshots
    recognising: Recognising
    around: Surroundings

    def look(self, who: SignedIn, *, without: str = "") -> Overview:
        """Everything; `without`: as if that enrolment were gone. Raises SealBroken."""
        with self.records.db.write() as tx:
            facts = self.facts(tx, who)
            enrolments = [e for e in self.records.enrolments.of(tx, who.person.id) if e.id != without]
            offers = self._offers(tx, facts, without)
            standing, _ = self.records.standings.of(tx, who.person.id)
            unproven = self._adding.unproven(who.person, facts, enrolments)
        mine, get_back = self._mine(facts, enrolments, offers, standing), self._get_back(facts, offers)
        short = self._short(facts.policy, mine) and not get_back.refusal and bool(get_back.help)
        return Overview(
            mine + self._unconfirmed(unproven),
            get_back,
            self.can_add(facts.policy),
            short,
            standing,
            facts.policy.cool_down,
        )

    def unproven(self, who: SignedIn) -> tuple[Offer, ...]:
        """Addresses that only their directory names. Theirs, once a code that was sent there came back."""
        with self.records.db.write() as tx:
            enrolments = self.records.enrolments.of(tx, who.person.id)
            return self._adding.unproven(who.person, self.facts(tx, who), enrolments)

    def to_be_told(self, tx: Transaction, who: SignedIn, new: New | None = None) -> Person:
        """With every address that they proved or their directory vouches for, and the one that is `new`."""
        methods, enrolments = self.snapshots.current.plugins.methods, self.records.enrolments.of(tx, who.person.id)
        return everybody(self.facts(tx, who), methods, enrolments, new)

    def can_add(self, policy: Policy) -> tuple[tuple[str, Text], ...]:
        """Which methods they may add: what their policy would never count is not worth the trouble."""
        return self._adding.listed(policy)

    def addable(self, policy: Policy) -> tuple[Method, ...]:
        """The same with those of which only what the directory knows can be confirmed."""
        return self._adding.methods(policy)

    @property
    def _adding(self) -> Addable:
        return Addable(self.snapshots, self.around)

    def _unconfirmed(self, offers: Sequence[Offer]) -> tuple[Mine, ...]:
        methods = self.snapshots.current.plugins.methods
        return tuple(
            Mine(offer.method, methods[offer.method].label, masked_end(offer.label), unproven=offer.id)
            for offer in offers
        )

    def has_name(self, enrolment: Enrolment) -> bool:
        """Whether people may call it something: an address goes by its end, and what is off by nothing."""
        method = self.snapshots.current.plugins.methods.get(enrolment.method)
        return method is not None and method.rides_on not in ADDRESSES

    def facts(self, tx: Transaction, who: SignedIn) -> Facts:
        """All that is known of them, as a recovery would find it."""
        accounts = self.records.links.accounts_of(tx, who.person.id)
        return self.recognising.facts(tx, who.person, accounts, None)

    def _offers(self, tx: Transaction, facts: Facts, without: str) -> tuple[Offer, ...]:
        return (
            self.recognising.ways.offers(tx, facts.person, facts.policy, without=without) if without else facts.offers
        )

    def _mine(
        self, facts: Facts, enrolments: Sequence[Enrolment], offers: Sequence[Offer], standing: Standing
    ) -> tuple[Mine, ...]:
        methods, public = self.snapshots.current.plugins.methods, self.snapshots.current.public
        added = {enrolment.data.get("to") for enrolment in enrolments}
        given = [
            Mine(offer.method, methods[offer.method].label, masked_end(offer.label), way=_way(offer))
            for offer in offers
            if methods[offer.method].rides_on in ADDRESSES and offer.private.get("to") not in added
        ]
        lines = [*(self._line(facts, enrolment, standing) for enrolment in enrolments), *given]
        on = dict.fromkeys(line.method for line in lines if not line.off)
        apart = facts.policy.proof.different_carriers
        return tuple(
            replace(
                line,
                default=bool(line.way) and line.way == standing.default,
                first=line.method in public.methods,
                shares=tuple(key for key in on if apart and key != line.method and self._same(key, line.method)),
            )
            for line in lines
        )

    def _same(self, key: str, other: str) -> bool:
        """Whether both ride on the same thing."""
        methods = self.snapshots.current.plugins.methods
        return other in methods and methods[key].rides_on is methods[other].rides_on

    def _line(self, facts: Facts, enrolment: Enrolment, standing: Standing) -> Mine:
        method, now = self.snapshots.current.plugins.methods.get(enrolment.method), self.around.now()
        if method is None:
            return Mine(
                enrolment.method, enrolment.method, enrolment.label, enrolment.id, enrolment.proven_at, off=True
            )
        alone = method.offers(replace(facts.person, contacts=()), [enrolment], self.around.context())
        shown = max(filter(None, (enrolment.proven_at, enrolment.used_at)))
        return Mine(
            enrolment.method,
            method.label,
            enrolment.label,
            enrolment.id,
            enrolment.proven_at,
            enrolment.used_at,
            enrolment.usable_from if enrolment.usable_from > now else None,
            has_name=self.has_name(enrolment),
            can_change=method.rides_on in ADDRESSES and method.key in dict(self.can_add(facts.policy)),
            left=method.uses_left(enrolment.data),
            way=_way(alone[0]) if alone else "",
            old_since=old_since(facts.policy.enrolment, standing, enrolment.id, shown, now=now),
        )

    def _short(self, policy: Policy, mine: Sequence[Mine]) -> bool:
        methods = self.snapshots.current.plugins.methods
        carriers = {
            line.method: methods[line.method].rides_on.value
            for line in mine
            if line.method in methods and line.left != 0
        }
        return short(policy, carriers, self._first())

    def _first(self) -> list[str]:
        methods, public = self.snapshots.current.plugins.methods, self.snapshots.current.public
        return [key for key in public.methods if key in methods and methods[key].first]

    def _get_back(self, facts: Facts, offers: tuple[Offer, ...]) -> GetBack:
        methods, first = self.snapshots.current.plugins.methods, self._first()
        rules, carriers = facts.policy.proof, {offer.method: methods[offer.method].rides_on.value for offer in offers}
        more = [key for key, _ in self.can_add(facts.policy) if key not in carriers]
        alone = [key for key in more if enough(rules, {**carriers, key: methods[key].rides_on.value}, first)]
        refusal = facts.refusal
        if not refusal and Purpose.RESET not in facts.policy.purposes:
            refusal = "out-of-scope"
        return GetBack(
            yes=bool(enough(rules, carriers, first)) and not refusal,
            asked_for=max(rules.at_least, len(rules.required)),
            have=tuple(key for key in methods if key in carriers),
            help=tuple(alone or more),
            # Having nothing yet is no refusal.
            refusal="" if refusal == "no-methods" else refusal,
        )


def _way(offer: Offer) -> str:
    return f"{offer.method}.{offer.id}"
