"""What happened to one person, by four witnesses, and whether their stories fit together.

The person's own log says what pages told; the directory says what was written and which password opens; the sinks say
what arrived; Keyback's event log and ledger say what it believes that it did. Everything here is a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# After a fault everybody is through within this time.
HEALED = 60.0
OUTCOMES = {"password.set", "password.not-set"}


@dataclass(frozen=True)
class Told:
    """What a page said to the person: the stage it showed, and what they had typed last in this recovery."""

    at: float
    recovery: str
    stage: str
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Recorded:
    """One event of the log."""

    name: str
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class History:
    """One person's. `events` and `ledger` are by recovery, `arrived` by medium and by what a notice is about."""

    name: str
    told: Sequence[Told] = ()
    spent: Sequence[tuple[str, str]] = field(default=(), repr=False)
    opens: frozenset[str] = field(default=frozenset(), repr=False)
    # The password from before: it opens until another one is set.
    old: str = field(default="", repr=False)
    writes: int = 0
    events: Mapping[str, Sequence[Recorded]] = field(default_factory=dict)
    ledger: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    arrived: Mapping[str, Counter[str]] = field(default_factory=dict)
    # When processes were killed: a notice that was sent and not recorded then is sent again.
    faults: Sequence[float] = ()
    chain: str = "whole\n"
    half_done: Sequence[str] = ()


def violations(history: History) -> list[str]:
    """Everything that cannot have happened if the promises hold."""
    checks = (_lies, _doubled, _unrecorded, _spent_twice, _notices, _stuck, _broken)
    return [f"{history.name}: {problem}" for check in checks for problem in check(history)]


def _lies(history: History) -> Iterator[str]:
    """The last promise opens, and nothing else does (P3)."""
    promises = [told.password for told in history.told if told.stage == "done"]
    right = promises[-1] if promises else history.old
    if right not in history.opens:
        yield "was told that it is set, and it does not open" if promises else "was promised nothing, and is locked out"
    if history.opens - {right}:
        yield "another password opens than the one that was promised"
    for told in history.told:
        names = [event.name for event in history.events.get(told.recovery, ())]
        if told.stage == "done" and "password.set" not in names:
            yield f"was told that it is set by {told.recovery}, which knows of no such thing"


def _doubled(history: History) -> Iterator[str]:
    """One accepted write for each recovery that says so, and no other (P3)."""
    sets = {recovery: _count(events, "password.set") for recovery, events in history.events.items()}
    yield from (f"{recovery} set it {times} times" for recovery, times in sets.items() if times > 1)
    if history.writes > sum(sets.values()):
        yield f"the directory saw {history.writes} writes, the log {sum(sets.values())}"
    if history.writes < sum(sets.values()):
        yield f"the log has {sum(sets.values())} writes, the directory saw {history.writes}"


def _unrecorded(history: History) -> Iterator[str]:
    """Before a write stands its intent, behind it what became of it (P7)."""
    for recovery, events in history.events.items():
        waiting = 0
        for event in events:
            waiting += event.name == "password.intended"
            if event.name in OUTCOMES:
                waiting -= 1
                if waiting < 0:
                    yield f"{recovery} has an outcome without an intent"
        if waiting > 0:
            yield f"{recovery} has an intent without an outcome"


def _spent_twice(history: History) -> Iterator[str]:
    """A code makes one proof, and a proof is one row and one event (P2)."""
    yield from (f"a code was taken {n} times" for n in Counter(code for _, code in history.spent).values() if n > 1)
    for recovery, events in history.events.items():
        rows = Counter(method for method, _ in history.ledger.get(recovery, ()))
        said = Counter(str(event.data["method"]) for event in events if event.name == "proof.given")
        if rows != said:
            yield f"{recovery} has the proofs {dict(rows)} and tells of {dict(said)}"
        yield from (f"{recovery} took {method} {n} times" for method, n in rows.items() if n > 1)
        if sum(1 for spent, _ in history.spent if spent == recovery) > rows.total():
            yield f"{recovery} took a code and has no proof of it"
    challenges = Counter(challenge for rows in history.ledger.values() for _, challenge in rows)
    yield from (f"challenge {challenge} proved {n} times" for challenge, n in challenges.items() if n > 1)


def _notices(history: History) -> Iterator[str]:
    """Whatever the person must hear of arrives, and nothing arrives that did not happen (S21)."""
    owed = Counter(event.name for events in history.events.values() for event in events if _is_told(event))
    for medium, arrived in history.arrived.items():
        for about in owed | arrived:
            if arrived[about] < owed[about]:
                yield f"{owed[about] - arrived[about]} of {owed[about]} notices of {about} by {medium} are missing"
            if arrived[about] > (owed[about] + len(history.faults) if owed[about] else 0):
                yield f"{arrived[about]} notices of {about} by {medium} for {owed[about]} events"


def _stuck(history: History) -> Iterator[str]:
    """A minute after the last fault nobody waits any more."""
    done = [told.at for told in history.told if told.stage == "done"]
    before = [fault for fault in history.faults if done and fault < done[-1]]
    if before and done[-1] - max(before) > HEALED:
        yield f"was done {done[-1] - max(before):.0f} s after the fault"
    yield from (f"{what} is still under way" for what in history.half_done)


def _broken(history: History) -> Iterator[str]:
    """The event log is whole (P7)."""
    if history.chain != "whole\n":
        yield f"the event log is not whole: {history.chain}"


def _count(events: Sequence[Recorded], name: str) -> int:
    return sum(event.name == name for event in events)


def _is_told(event: Recorded) -> bool:
    """The last proof is told together with what came of it."""
    return event.name == "password.set" or (event.name == "proof.given" and event.data.get("enough") is False)
