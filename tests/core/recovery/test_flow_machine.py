"""The whole flow, walked at random by honest and dishonest hands, beside the plain model of `flow_model`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from examples.flow_model import CODES_LAST, Model, enough
from examples.flow_model import Picked as ModelPick
from examples.recoveries import (
    ALL_THREE,
    JO,
    LINKED,
    METHODS,
    NOW,
    OFFERS,
    POLICY,
    RULES,
    SOMEBODY_ELSE,
    SUBJECT,
    THIRD,
    a_pick,
    a_proof,
    a_recovery,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from keyback.core.contracts.errors import OutOfTurn
from keyback.core.contracts.events import Event
from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.store import Outcome, OutcomeKind
from keyback.core.recovery.flow import step, ways_left
from keyback.core.recovery.moves import (
    Cancelled,
    Expired,
    Found,
    Interrupted,
    Joined,
    Looked,
    Missed,
    MoreTime,
    Move,
    NothingToUnlock,
    PasswordAccepted,
    Picked,
    Proved,
    Settled,
    Superseded,
    UnlockOrdered,
    WentBack,
    Wrote,
)
from keyback.core.recovery.policy import ProofRules, PublicRules, Purpose
from keyback.core.recovery.state import Recovery, Stage

MINUTE = timedelta(minutes=1)
ACCOUNTS = {account.key.id: account for account in (*JO.accounts, THIRD, SOMEBODY_ELSE)}
OWN = frozenset(account.key.id for account in JO.accounts)
MEANT = [["jo", "jo-too"], ["jo"], ["jo-too"], ["jo-too", "jo-too"], ["jo", "kim"], ["jo", "jo-three"], []]
ENDS: dict[str, Move] = {"cancelled": Cancelled(), "expired": Expired(), "superseded": Superseded()}

some_methods = st.sets(st.sampled_from(METHODS)).map(frozenset)
usual = st.builds(ProofRules, st.just(frozenset()), st.just(frozenset(METHODS)), st.integers(1, 3), st.booleans())
proof_rules = usual | st.builds(ProofRules, some_methods, some_methods, st.integers(0, 3), st.booleans())
public_rules = st.builds(
    replace,
    st.just(RULES),
    methods=st.lists(st.sampled_from(METHODS), min_size=1, unique=True).map(tuple),
    answers_per_challenge=st.integers(1, 3),
    sends_per_recovery=st.integers(1, 8),
)
kinds = st.sampled_from([kind.value for kind in OutcomeKind])
# What is known beforehand of accounts that cannot be written now.
left_outs = st.sampled_from(
    [
        (),
        (),
        (),
        (("jo-too", "not-set"),),
        (("jo", "refused"),),
        (("jo", "set"),),
        (("jo", "unknown"),),
        (("kim", "not-set"),),
    ]
)
challenges = st.sampled_from(["one", "two", "three"])


class Walk(RuleBasedStateMachine):
    """One recovery and its model, moved together."""

    @initialize(
        public=public_rules, copied=proof_rules, purpose=st.sampled_from(Purpose), honest_moves=st.integers(0, 12)
    )
    def begin(self, public: PublicRules, copied: ProofRules, purpose: Purpose, honest_moves: int) -> None:
        self.now = NOW
        self.public = public
        self.subject = replace(LINKED, policy=replace(POLICY, proof=copied))
        self.recovery = a_recovery(rules=public, purpose=purpose)
        self.model = Model(public, copied, OWN, unlocks=purpose is Purpose.UNLOCK)
        self.accepted_by: ProofRules | None = None
        self.written: Counter[AccountKey] = Counter()
        for _ in range(honest_moves):
            self.go_on_honestly()

    def go_on_honestly(self) -> None:
        """The next move of a person who does everything right, up to a lost answer: so that every stage is walked."""
        model = self.model
        if model.somebody is None:
            self.find(somebody=True)
        elif model.stage == "choosing" and model.ways():
            method = sorted(model.ways())[0]
            self.pick(method, "-1" if model.proven else "", f"challenge {len(model.proven)}")
        elif model.stage == "answering":
            self.prove(twist="")
        elif model.stage == "renewing":
            self.order(sorted(OWN), model.copied, same=True)
        elif model.stage == "writing":
            self.tell(["set", "unknown"], wrong="")

    def move(self, move: Move, expected: str | None) -> None:
        before = self.recovery
        try:
            self.recovery, _ = step(before, move, self.now)
        except OutOfTurn:
            assert expected is None, f"{move} was refused"
            return
        assert expected is not None, f"{move} was taken"
        assert self.recovery.stage == expected
        assert self.recovery.turn >= before.turn
        assert before.stage not in (Stage.DONE, Stage.CLOSED)

    @precondition(lambda self: self.recovery.is_open)
    @rule(seconds=st.sampled_from([1, 1, 20, 20, 90, 299, 300, 899, 900]))
    def time_goes_by(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: self.model.stage in ("choosing", "answering"))
    @rule(somebody=st.booleans())
    def find(self, somebody: bool) -> None:
        move = Found(self.subject) if somebody else Found(None, "unknown")
        self.move(move, self.model.find(somebody=somebody))

    @precondition(lambda self: self.model.stage in ("choosing", "answering"))
    @rule()
    def look(self) -> None:
        looking = self.model.somebody is None and self.model.stage in ("choosing", "answering")
        self.move(Looked("openldap", None), self.model.stage if looking else None)

    @precondition(lambda self: self.model.somebody is not None)
    @rule(twist=st.sampled_from(["", "", "", "left out", "other person", "other account", "another policy"]))
    def join(self, twist: str) -> None:
        joined = replace(ALL_THREE, policy=self.subject.policy)
        if twist == "left out":
            joined = replace(SUBJECT, policy=self.subject.policy)
        if twist == "other person":
            joined = replace(joined, person=replace(joined.person, id="person-kim"))
        if twist == "other account":
            joined = replace(joined, person=replace(joined.person, accounts=(*JO.accounts, SOMEBODY_ELSE)))
        if twist == "another policy":
            joined = replace(joined, policy=replace(POLICY, name="another"))
        honest = twist in ("", "left out")
        expected = self.model.join("" if twist else THIRD.key.id) if honest else None
        self.move(Joined(THIRD.key, joined, "gone" if twist == "left out" else ""), expected)

    @precondition(lambda self: self.model.stage in ("choosing", "answering"))
    @rule(method=st.sampled_from(METHODS), end=st.sampled_from(["", "-1", "-2", "-9"]), challenge=challenges)
    def pick(self, method: str, end: str, challenge: str) -> None:
        offer, sends = (method + end if end else ""), method != "saved_codes"
        expected = self.model.pick(ModelPick(method, challenge, offer, self.now), sends=sends)
        self.move(Picked(a_pick(method, challenge, at=self.now, offer=offer), sends), expected)

    @precondition(lambda self: self.model.stage == "answering")
    @rule()
    def go_back(self) -> None:
        self.move(WentBack(), self.model.go_back(self.now))

    @precondition(lambda self: self.model.stage == "answering")
    @rule()
    def miss(self) -> None:
        self.move(Missed(), self.model.miss(self.now))

    @precondition(lambda self: self.model.stage == "answering")
    @rule()
    def ask_for_another_code(self) -> None:
        assert self.model.picked is not None
        method, offer = self.model.picked.method, self.model.picked.offer
        self.pick(method, offer.removeprefix(method), self.model.picked.challenge + ", again")

    @precondition(lambda self: self.model.stage == "answering")
    @rule(twist=st.sampled_from(["", "", "other end", "other offer", "other method", "other challenge", "late"]))
    def prove(self, twist: str) -> None:
        picked = self.model.picked
        assert picked is not None
        other = METHODS[METHODS.index(picked.method) - 1]
        method = other if twist == "other method" else picked.method
        meant = other if twist == "other offer" else picked.method
        offers = [o for o in OFFERS if o.method == meant and picked.offer in ("", o.id)] or OFFERS[:1]
        offer = (
            next(o for o in OFFERS if o.method == meant and o is not offers[0]) if twist == "other end" else offers[0]
        )
        challenge = "another one" if twist == "other challenge" else picked.challenge
        self.now += CODES_LAST if twist == "late" else timedelta()
        expected = self.model.prove((offer.method, offer.id), method, challenge, self.now)
        self.move(Proved(a_proof(method, challenge), offer), expected)

    @precondition(lambda self: self.model.stage == "renewing")
    @rule(names=st.sampled_from(MEANT), today=proof_rules, same=st.booleans(), left=left_outs, other=st.booleans())
    def order(
        self,
        names: list[str],
        today: ProofRules,
        same: bool,
        left: Sequence[tuple[str, str]] = (),
        other: bool = False,
    ) -> None:
        """A password is accepted, or accounts are to be unlocked; `other`: not what this recovery is for."""
        today = self.model.copied if same else today
        expected = None if other else self.model.accept(names, today, self.now, left)
        accounts = tuple(ACCOUNTS[name] for name in names)
        outcomes = tuple(Outcome(ACCOUNTS[name].key, OutcomeKind(kind)) for name, kind in left)
        kind = UnlockOrdered if self.model.unlocks is not other else PasswordAccepted
        self.move(kind(accounts, replace(POLICY, proof=today), outcomes), expected)
        self.accepted_by = today if expected else self.accepted_by

    @precondition(lambda self: self.model.stage == "renewing" and self.now > NOW + MINUTE)
    @rule()
    def find_nothing_locked(self) -> None:
        self.move(NothingToUnlock("not-locked"), self.model.find_nothing_locked(self.now))

    @precondition(lambda self: self.model.stage in ("writing", "unsettled"))
    @rule(ends=st.lists(kinds, min_size=2, max_size=2), wrong=st.sampled_from(["", "more", "fewer", "twice"]))
    def tell(self, ends: list[str], wrong: str) -> None:
        told = list(zip(self.model.awaited, ends, strict=False))
        if wrong == "more":
            told.append(("kim", "set"))
        told = told[1:] if wrong == "fewer" else told
        told = told + told[:1] if wrong == "twice" else told
        outcomes = tuple(Outcome(ACCOUNTS[name].key, OutcomeKind(end)) for name, end in told)
        settled = self.model.stage == "unsettled"
        before = self.model.stage
        expected = self.model.tell(told, self.now, settled=settled)
        self.move(Settled(outcomes) if settled else Wrote(outcomes), expected)
        if expected and before in ("writing", "unsettled"):
            self.written.update(o.account for o in outcomes if o.kind is OutcomeKind.SET)

    @precondition(lambda self: self.model.stage == "writing")
    @rule()
    def interrupt(self) -> None:
        told = [(name, "unknown") for name in self.model.awaited]
        self.move(Interrupted(), self.model.tell(told, self.now, settled=False))

    @precondition(lambda self: self.recovery.is_open and not self.recovery.extended)
    @rule()
    def ask_for_more_time(self) -> None:
        self.move(MoreTime(), self.model.more_time(self.now))

    @rule(why=st.sampled_from([*ENDS, "expired", "expired"]))
    @precondition(lambda self: not self.model.noted and (not self.recovery.is_open or self.now > NOW + MINUTE))
    def end(self, why: str) -> None:
        self.move(ENDS[why], self.model.end(why, self.now))

    @precondition(lambda self: self.model.stage in ("done", "closed"))
    @rule()
    def nothing_more_happens(self) -> None:
        anything = (Picked(a_pick("sms", at=self.now), False), Missed(), PasswordAccepted(JO.accounts, POLICY))
        for move in (*anything, Found(self.subject), Wrote(()), Settled(()), Interrupted(), *ENDS.values()):
            self.move(move, None)

    @invariant()
    def both_say_the_same(self) -> None:
        recovery, model = self.recovery, self.model
        assert recovery.stage == model.stage
        assert set(recovery.used_up) == model.used_up
        assert [proof.method for proof in recovery.proofs] == model.proven
        assert recovery.deadline == model.deadline or not recovery.is_open

    @invariant()
    def nothing_is_renewed_without_enough_proofs(self) -> None:
        methods = [proof.method for proof in self.recovery.proofs]
        if self.recovery.stage in (Stage.RENEWING, Stage.WRITING, Stage.UNSETTLED, Stage.DONE):
            assert self.recovery.subject is not None
            assert enough(self.recovery.subject.policy.proof, methods)
        if self.recovery.stage in (Stage.WRITING, Stage.UNSETTLED, Stage.DONE):
            assert self.accepted_by is not None
            assert enough(self.accepted_by, methods)

    @invariant()
    def nobody_never_passes(self) -> None:
        if self.recovery.subject is None:
            assert not self.recovery.proofs
            assert self.recovery.stage in (Stage.CHOOSING, Stage.ANSWERING, Stage.CLOSED)

    @invariant()
    def only_the_persons_own_accounts_are_written_and_each_is_set_once(self) -> None:
        keys = [account.key.id for account in self.recovery.intents]
        assert set(keys) <= OWN
        assert len(set(keys)) == len(keys)
        assert all(times == 1 for times in self.written.values())

    @invariant()
    def tries_and_sends_never_exceed_the_rules(self) -> None:
        assert len(self.recovery.sent) <= self.public.sends_per_recovery
        misses = Counter(self.recovery.missed).values()
        assert all(times <= self.public.answers_per_challenge for times in misses)
        assert self.recovery.pick is None or self.recovery.pick.tries < self.public.answers_per_challenge

    @invariant()
    def a_used_up_method_is_not_picked(self) -> None:
        assert self.recovery.pick is None or self.recovery.pick.method not in self.recovery.used_up


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=150, stateful_step_count=40)


# Nobody and somebody who always misses ---------------------------------------------------------------------------

outside_moves = st.one_of(
    st.tuples(st.just("pick"), st.sampled_from(METHODS)),
    st.tuples(st.sampled_from(["miss", "miss", "miss", "back", "more", "find", "cancel", "supersede"]), st.just("")),
)


def seen(events: tuple[Event, ...]) -> list[tuple[str, ...]]:
    """What of an event shows outside: that somebody or nobody was found is for the administrators alone."""
    shown = [event for event in events if event.name not in ("person.found", "person.nobody")]
    return [(event.name, repr(event)) for event in shown]


def outside(recovery: Recovery) -> tuple[object, ...]:
    """Everything a page can be made of before the first proof."""
    return (
        recovery.stage,
        recovery.used_up,
        ways_left(recovery),
        recovery.turn,
        recovery.deadline,
        recovery.pick,
        recovery.sent,
        recovery.closed_because,
    )


def walk(moves: list[tuple[str, str]], found: Found, public: PublicRules) -> list[object]:
    recovery, now = a_recovery(rules=public), NOW
    shown: list[object] = []
    for kind, method in moves:
        now += timedelta(seconds=31)
        if kind == "supersede":
            # Happens to somebody alone: nobody has no other recovery.
            mine = recovery.subject is not None and recovery.is_open
            recovery, events = step(recovery, Superseded(), now) if mine else (recovery, ())
            shown.append((outside(recovery), seen(events)))
            continue
        try:
            recovery, events = step(recovery, a_move(kind, method, found, now), now)
        except OutOfTurn:
            shown.append("refused")
        else:
            shown.append((outside(recovery), seen(events)))
    return shown


def a_move(kind: str, method: str, found: Found, now: datetime) -> Move:
    by_name: dict[str, Move] = {
        "miss": Missed(),
        "back": WentBack(),
        "more": MoreTime(),
        "find": found,
        "cancel": Cancelled(),
    }
    return by_name.get(kind) or Picked(a_pick(method, at=now), method != "saved_codes")


@given(st.lists(outside_moves, max_size=40), public_rules, proof_rules)
@settings(max_examples=150)
def test_before_the_first_proof_nobody_looks_like_somebody_who_always_misses(
    moves: list[tuple[str, str]], public: PublicRules, copied: ProofRules
) -> None:
    somebody = Found(replace(SUBJECT, policy=replace(POLICY, proof=copied), offers=OFFERS[:2]))
    assert walk(moves, Found(None, "unknown"), public) == walk(moves, somebody, public)
