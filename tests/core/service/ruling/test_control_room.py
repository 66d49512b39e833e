"""Administrators save rules as a whole or not at all, and every save can be told, compared and taken back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.settings_events import RulesSaved
from keyback.core.contracts.text import Text
from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.recovery.flaws import Fault
from keyback.core.recovery.policy import Audience, Disclosure, Policy, ProofRules, PublicRules, Scope
from keyback.core.recovery.weaker import Weakness
from keyback.core.service.administrators.actor import Actor, Role
from keyback.core.service.ruling.approvals import Approvals
from keyback.core.service.ruling.control_room import ControlRoom
from keyback.core.service.ruling.kept_rules import PAGE, Change, NeedsSecond, Refused
from keyback.core.service.ruling.policy_desk import BUILT_IN
from keyback.plugins.methods.sms import Sms
from keyback.plugins.methods.voice import Voice

ADMIN = frozenset({Role.ADMINISTRATOR})
INES, NOOR = Actor("canary-subject", "Ines Canary", ADMIN), Actor("noor-subject", "Noor", ADMIN)
NURSES = Policy("nurses", audience=Audience(groups=frozenset({"nurses"})))
EVERYBODY = Policy("everybody")
BOTH = (NURSES, EVERYBODY)


@pytest.fixture
def room(on_either: SmallHouse) -> ControlRoom:
    return opened(on_either)


def opened(house: SmallHouse, pinned: Disclosure | None = None) -> ControlRoom:
    with house.records.db.write() as tx:
        # The small house judges at once, which nobody may save.
        house.records.settings.save_public_rules(tx, PublicRules(), who="the tests", why="tests")
    approvals = Approvals(records=house.records, around=house.around)
    return ControlRoom.open(house.records, house.snapshots, house.around, approvals, pinned=pinned)


def by(after: int, actor: Actor = INES, why: str = "because canary") -> Change:
    return Change(actor, why, after)


def events(room: ControlRoom) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """What each save wrote down, and the details that are sealed beside it."""
    audit = room.policies.records.audit
    with room.policies.records.db.read() as tx:
        rows = tx.execute(select(tables.event).where(tables.event.c.name == RulesSaved.name)).mappings()
        found = [(json.loads(row["data"]), dict(audit.details(tx, row) or {})) for row in rows.all()]
    return sorted(found, key=lambda one: int(one[0]["version"]))


def test_before_the_first_save_the_built_in_policy_holds(room: ControlRoom) -> None:
    assert (room.policies.now().rules, room.policies.now().version) == (BUILT_IN, 0)


def test_what_was_saved_holds_and_says_who_and_why(room: ControlRoom) -> None:
    version = room.policies.save(BOTH, by(0))
    now = room.policies.now()
    assert [(policy.name, policy.position) for policy in now.rules] == [("nurses", 10), ("everybody", 20)]
    assert (now.version, now.who, now.why) == (version, "Ines Canary", "because canary")
    assert room.policies.snapshots.current.policies == now.rules


def test_a_save_is_an_event_with_old_and_new_value(room: ControlRoom) -> None:
    first = room.policies.save((EVERYBODY,), by(0))
    second = room.policies.save((replace(EVERYBODY, proof=ProofRules(at_least=3)),), by(first, why="three\n things"))
    (_, (said, details)) = events(room)
    assert said == {"what": "policies", "version": second, "changes": ["everybody.proof.at_least: 2 > 3"]}
    assert details == {"who": "Ines Canary", "subject": "canary-subject", "why": "three things"}


def test_no_table_names_who_saved_in_the_clear(room: ControlRoom) -> None:
    room.policies.save(BOTH, by(0))
    with room.policies.records.db.read() as tx:
        for table in (tables.event, tables.settings_save, tables.policy):
            assert "anary" not in str([tuple(row) for row in tx.execute(select(table))])


def test_the_second_of_two_administrators_is_told_and_overwrites_nothing(room: ControlRoom) -> None:
    read = room.policies.now().version
    room.policies.save(BOTH, by(read, NOOR))
    with pytest.raises(SavedMeanwhile):
        room.policies.save((EVERYBODY,), by(read))
    assert len(room.policies.now().rules) == 2
    assert len(events(room)) == 1


def test_of_those_who_save_at_once_one_does(room: ControlRoom) -> None:
    barrier = Barrier(4)

    def save(number: int) -> bool:
        barrier.wait(30)
        try:
            room.policies.save((Policy(f"everybody {number}"),), by(0))
        except SavedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(save, range(4))) == 1
    assert len(events(room)) == 1


@pytest.mark.parametrize("why", ["", "  \n ", "x" * 301, "bell \x07"])
def test_nothing_is_saved_without_a_reason(room: ControlRoom, why: str) -> None:
    with pytest.raises(Refused) as refused:
        room.policies.save(BOTH, by(0, why=why))
    assert [flaw.fault for flaw in refused.value.flaws] == [Fault.NO_WHY]
    assert room.policies.now().version == 0


@pytest.mark.parametrize(
    ("policies", "fault"),
    [
        ((replace(EVERYBODY, proof=ProofRules(at_least=0)),), Fault.NO_PROOF),
        ((replace(EVERYBODY, proof=ProofRules(optional=frozenset({"questions"}), at_least=1)),), Fault.NONE_SHOWN),
        ((NURSES,), Fault.NOT_FOR_ALL),
        ((), Fault.NOT_FOR_ALL),
        ((EVERYBODY, NURSES), Fault.UNREACHED),
    ],
)
def test_policies_that_cannot_work_are_refused_whole(
    room: ControlRoom, policies: tuple[Policy, ...], fault: Fault
) -> None:
    with pytest.raises(Refused) as refused:
        room.policies.save(policies, by(0))
    assert fault in [flaw.fault for flaw in refused.value.flaws]
    assert (room.policies.now().version, events(room)) == (0, [])


@pytest.mark.parametrize(
    ("policy", "weakness"),
    [
        (replace(EVERYBODY, proof=ProofRules(at_least=1)), Weakness.SINGLE),
        (replace(EVERYBODY, scope=Scope(privileged=True)), Weakness.PRIVILEGED),
    ],
)
def test_one_administrator_alone_cannot_make_a_policy_weak(
    room: ControlRoom, policy: Policy, weakness: Weakness
) -> None:
    with pytest.raises(NeedsSecond) as needed:
        room.policies.save((policy,), by(0))
    assert [one.weakness for one in needed.value.weaker] == [weakness]
    assert (room.policies.now().version, events(room)) == (0, [])


def test_nor_one_that_would_be_weak_with_a_method_that_is_off_or_may_not_come_first_today(
    room: ControlRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = frozenset({"email", "saved_codes", "sms", "voice"})
    one_phone = replace(EVERYBODY, proof=ProofRules(optional=named, different_carriers=False))
    assert room.policies.review((one_phone,)).weaker == ()
    off = {("method", "sms"): Sms, ("method", "voice"): Voice}
    monkeypatch.setattr(room.policies.snapshots.host, "classes", off)
    with pytest.raises(NeedsSecond) as needed:
        room.policies.save((one_phone,), by(0))
    assert [one.weakness for one in needed.value.weaker] == [Weakness.SINGLE]


def test_an_older_version_can_be_taken_back(room: ControlRoom) -> None:
    first = room.policies.save((EVERYBODY,), by(0))
    second = room.policies.save(BOTH, by(first))
    old = room.policies.ledger.version(first)
    assert old is not None
    room.policies.save(old.rules, by(second, NOOR, "too early for nurses"))
    assert room.policies.now().rules == old.rules
    assert [kept.who for kept in room.policies.ledger.past()] == ["Noor", "Ines Canary", "Ines Canary"]


def test_the_history_comes_in_pages(room: ControlRoom) -> None:
    version = 0
    for _ in range(PAGE + 2):
        version = room.policies.save((EVERYBODY,), by(version))
    page = room.policies.ledger.past()
    assert len(page) == PAGE + 1, "one more says that there are older ones"
    assert [kept.version for kept in room.policies.ledger.past(page[PAGE].version)] == [page[PAGE].version - 1]


def test_a_review_says_what_would_change_and_saves_nothing(room: ControlRoom) -> None:
    weak = replace(EVERYBODY, proof=ProofRules(at_least=1))
    room.policies.save((EVERYBODY,), by(0))
    review = room.policies.review((weak,))
    assert [str(one) for one in review.differences] == ["everybody.proof.at_least: 2 > 1"]
    assert (review.flaws, [one.weakness for one in review.weaker]) == ((), [Weakness.SINGLE])
    (risk,) = review.risks
    assert risk.before is not None
    assert 0 <= risk.before < risk.after
    assert room.policies.now().rules[0].proof == ProofRules()


# Two of them -----------------------------------------------------------------------------------------------------

WEAK = replace(EVERYBODY, proof=ProofRules(at_least=1))
ABOUT = Text("One proof would be enough")


def test_what_a_second_administrator_agrees_to_is_saved(room: ControlRoom) -> None:
    desk = room.policies
    desk.put_up((WEAK,), by(0), ABOUT)
    assert desk.now().version == 0
    (asked,) = desk.approvals.waiting()
    with pytest.raises(NotAllowed):
        desk.approvals.approve(INES, asked.id)
    desk.approvals.approve(NOOR, asked.id)
    now = desk.now()
    assert (now.rules[0].proof.at_least, now.who, now.why) == (1, "Ines Canary, Noor", "because canary")
    assert [said["changes"] for said, _ in events(room)] == [
        ["everybody.name: default > everybody", "everybody.proof.at_least: 2 > 1"]
    ]


def test_what_was_overtaken_or_cannot_work_any_more_is_not_saved_by_agreeing(room: ControlRoom) -> None:
    desk = room.policies
    desk.put_up((WEAK,), by(0), ABOUT)
    version = desk.save((EVERYBODY,), by(0))
    (asked,) = desk.approvals.waiting()
    with pytest.raises(NotAllowed):
        desk.approvals.approve(NOOR, asked.id)
    assert (desk.now().version, desk.approvals.waiting()) == (version, (asked,))


def test_what_cannot_work_or_is_out_of_date_is_not_put_up(room: ControlRoom) -> None:
    with pytest.raises(Refused):
        room.policies.put_up((replace(EVERYBODY, proof=ProofRules(at_least=0)),), by(0), ABOUT)
    with pytest.raises(SavedMeanwhile):
        room.policies.put_up((WEAK,), by(7), ABOUT)
    assert room.policies.approvals.waiting() == ()


# The public rules ------------------------------------------------------------------------------------------------


def public(room: ControlRoom, **changes: object) -> PublicRules:
    return replace(room.public.now().rules, **changes)  # type: ignore[arg-type]


def test_public_rules_are_saved_and_hold(room: ControlRoom) -> None:
    read = room.public.now().version
    version = room.public.save(public(room, answers_per_challenge=3), by(read))
    assert (room.public.now().rules.answers_per_challenge, room.public.now().version) == (3, version)
    assert room.policies.snapshots.current.public.answers_per_challenge == 3
    assert events(room)[0][0]["changes"] == ["answers_per_challenge: 5 > 3"]
    with pytest.raises(SavedMeanwhile):
        room.public.save(public(room), by(read))


def test_masked_is_not_switched_on_without_its_parts(room: ControlRoom) -> None:
    rules = public(room, disclosure=Disclosure.MASKED)
    wanted = {Fault.NO_CANARY, Fault.FEW_SHAPES}
    assert {flaw.fault for flaw in room.public.review(rules).flaws} == wanted
    with pytest.raises(Refused) as refused:
        room.public.save(rules, by(room.public.now().version))
    assert {flaw.fault for flaw in refused.value.flaws} == wanted


def test_what_the_file_pins_is_not_changed_by_a_save(on_either: SmallHouse) -> None:
    room = opened(on_either, Disclosure.GENERIC)
    room.public.save(public(room, disclosure=Disclosure.MASKED), by(room.public.now().version))
    assert room.public.now().rules.disclosure is Disclosure.GENERIC


def test_public_rules_by_which_nobody_could_begin_are_refused(room: ControlRoom) -> None:
    room.policies.save((replace(EVERYBODY, proof=ProofRules(optional=frozenset({"email", "saved_codes"}))),), by(0))
    with pytest.raises(Refused) as refused:
        room.public.save(public(room, methods=("sms",)), by(room.public.now().version))
    assert [(flaw.fault, flaw.policy) for flaw in refused.value.flaws] == [(Fault.NONE_SHOWN, "everybody")]


# Two processes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def twins(tmp_path: Path, migrated: Path) -> Iterator[Callable[[], SmallHouse]]:
    """Houses over one database, as two processes have them."""
    file, opened = shutil.copy(migrated, tmp_path / "keyback.db"), list[Database]()

    def another() -> SmallHouse:
        opened.append(Database(f"sqlite:///{file}"))
        return small_house(opened[-1])

    yield another
    for database in opened:
        database.close()


def test_policies_that_public_rules_of_another_process_forbid_are_refused(twins: Callable[[], SmallHouse]) -> None:
    room, other = opened(twins()), opened(twins())
    mail_and_paper = replace(EVERYBODY, proof=ProofRules(optional=frozenset({"email", "saved_codes"})))
    other.policies.save((mail_and_paper,), by(0))
    with pytest.raises(Refused):
        room.public.save(public(room, methods=("sms",)), by(room.public.now().version))
