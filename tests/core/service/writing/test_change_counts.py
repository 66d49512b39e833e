"""How often an old password may be tried: never so often that the directory locks, and no name or page adds any."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.changing import asking, begin, begin_signed_in
from servers.small_house import NEW, OLD, SmallHouse
from signed_in_sessions import sign_in

from keyback.core.contracts.errors import PasswordRefused
from keyback.core.contracts.people import Account, AccountKey
from keyback.core.contracts.plugin import Context
from keyback.core.contracts.store import Lockout
from keyback.core.contracts.text import Secret, Text
from keyback.core.recovery import limits
from keyback.core.recovery.changing import MOST_TRIES, Change, Result, Step

WRONG = "not the password of jo"
JO = AccountKey("fake", "id-of-jo")


def shown(change: Change) -> tuple[Step, Result | None, tuple[str, ...], int]:
    """What a page shows, and nothing else."""
    told = change.told
    return change.step, told and told.result, tuple(map(str, told.reasons)) if told else (), change.tries_left


@pytest.mark.parametrize(("threshold", "before", "tried"), [(5, 0, 3), (5, 2, 1), (5, 3, 0), (3, 0, 1), (2, 0, 0)])
def test_two_tries_are_left_to_the_owner_before_the_directory_locks(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, threshold: int, before: int, tried: int
) -> None:
    asked = _counting(house, monkeypatch)
    monkeypatch.setattr(house.store, "lockout", lambda account, *, ctx: Lockout(threshold, before + len(asked)))
    visit = begin(house)
    for _ in range(4):
        assert visit.exchange(WRONG, NEW).told is not None
    assert len(asked) == tried


def test_ours_stay_below_the_threshold_also_where_the_directory_counts_none_of_them(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _counting(house, monkeypatch)
    monkeypatch.setattr(house.store, "lockout", lambda account, *, ctx: Lockout(5, 0))
    for _ in range(4):
        begin(house).exchange(WRONG, NEW)
    assert len(asked) == 3


@pytest.mark.parametrize("threshold", [0, 5])
def test_being_refused_gives_nobody_more_tries_of_an_account(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch, threshold: int
) -> None:
    """Whoever sits at somebody's open session guesses the password no oftener than a stranger."""
    asked, who = _counting(house, monkeypatch), sign_in(house).who
    monkeypatch.setattr(house.store, "lockout", lambda account, *, ctx: Lockout(threshold, 0))
    monkeypatch.setattr(limits, "SUBJECT_MISSES", replace(limits.SUBJECT_MISSES, free=1000))
    for _ in range(20):
        begin_signed_in(house, who).exchange(WRONG, NEW)
    assert len(asked) == (3 if threshold else limits.ACCOUNT_PASSWORDS.most)


def test_a_refusal_before_the_old_one_was_looked_at_makes_nothing_undone(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_once(*_: object, **__: object) -> None:
        raise PasswordRefused([Text("No brackets here.")])

    visit = begin_signed_in(house, sign_in(house).who)
    visit.exchange(WRONG, NEW)
    monkeypatch.setattr(house.store, "change_password", at_once)
    assert shown(visit.exchange(WRONG, NEW))[1] is Result.REFUSED
    with house.records.db.read() as tx:
        (count,) = house.records.counters.peek(tx, [visit.account_mark(JO)], house.clock())
    assert count.count == 2


def _counting(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    change = house.store.change_password

    def counted(account: Account, old: Secret, new: Secret, *, ctx: Context) -> None:
        asked.append(old.reveal())
        change(account, old, new, ctx=ctx)

    monkeypatch.setattr(house.store, "change_password", counted)
    return asked


def test_the_right_one_is_not_tried_either_when_too_few_are_left(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.store, "lockout", lambda account, *, ctx: Lockout(5, 3))
    assert shown(begin(house).exchange(OLD, NEW)) == (Step.ASKING, Result.FAILED, (), MOST_TRIES - 1)
    signed_in = begin_signed_in(house, sign_in(house).who).exchange(OLD, NEW)
    assert shown(signed_in)[1:3] == (Result.REFUSED, ("Too many wrong passwords lately. Wait an hour, or reset it.",))
    assert house.opens("jo", OLD)


def test_where_the_threshold_is_unknown_only_who_is_signed_in_may_try(
    house: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.store, "lockout", lambda account, *, ctx: None)
    assert begin(house).exchange(OLD, NEW).told is not None
    assert house.opens("jo", OLD)
    assert begin_signed_in(house, sign_in(house).who).exchange(OLD, NEW).step is Step.CHANGED


def test_wrong_ones_by_all_names_of_an_account_count_together(house: SmallHouse) -> None:
    """Each name has its own budget, the same for everybody; the account's is looked at in silence."""
    house.store.change(JO.id, name="jo")
    original = house.store.find
    house.store.find = lambda identifier, ctx: original("jo" if identifier.startswith("jo") else identifier, ctx)  # type: ignore[method-assign]
    for place in range(11):
        asking(house, begin(house, f"jo{place}"), WRONG)
    assert shown(begin(house, "jo-too").exchange(OLD, NEW))[1] is Result.FAILED
    house.clock.forward(hours=1, seconds=1)
    assert begin(house, "jo-too").exchange(OLD, NEW).step is Step.CHANGED


def test_a_right_one_makes_the_wrong_ones_before_it_undone(house: SmallHouse) -> None:
    visit = begin(house)
    visit.exchange(WRONG, NEW)
    visit.exchange(OLD, NEW)
    with house.records.db.read() as tx:
        (count,) = house.records.counters.peek(tx, [visit.account_mark(JO)], house.clock())
    assert count.count == 0
