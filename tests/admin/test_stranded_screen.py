"""Who is stranded: the numbers, the groups, the list, and how truthful they say they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from servers.console_forms import sent
from servers.listed import Listed
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened
from servers.small_house import SmallHouse

from keyback.core.contracts.people import Contact, ContactKind
from keyback.core.recovery.policy import Policy, PublicRules, Scope
from keyback.core.service.ruling.stranded import PAGE

HERE = "/admin/stranded/"
STORED = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, directory=Listed()) as console:
        yield console


@pytest.fixture
def house(console: SmallConsole) -> SmallHouse:
    return console.house


def page(console: SmallConsole, path: str = HERE) -> str:
    answer = console.get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def first_group(console: SmallConsole) -> str:
    return re.findall(f'href="({HERE}[^"]+)"', page(console))[0]


def test_before_anybody_was_counted_it_says_so(console: SmallConsole) -> None:
    assert "Nobody was counted yet" in page(console)


def test_it_shows_the_three_numbers_and_groups_by_what_people_lack(house: SmallHouse, console: SmallConsole) -> None:
    house.add("kim", contacts=())
    house.add("lee", privileged=True)
    house.staff.counting.work()
    told = page(console)
    assert "<b>3</b> people" in told
    assert "<b>2</b> enabled" in told
    assert "<b>1</b> capable" in told
    assert "1 person has only one method." in told
    assert "This account rules others" in told
    assert "Counted 2030-06-01 12:00 UTC." in told


def test_the_list_names_them_fifty_at_a_time(house: SmallHouse, console: SmallConsole) -> None:
    for number in range(PAGE + 1):
        house.add(f"kim{number}", contacts=(), display_name=STORED if not number else f"Kim {number}")
    house.staff.counting.work()
    first = page(console, first_group(console))
    more = first.split("Show more")[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(console, more)
    names = [f">Kim {number}<" for number in range(1, PAGE + 1)]
    assert sum((name in first) + (name in second) for name in names) == PAGE
    assert "Show more" not in second
    assert STORED not in console.get(first_group(console)).get_data(as_text=True)
    assert STORED not in console.get(more).get_data(as_text=True)
    assert console.get(HERE + "0" * 64).status_code == 404


def test_everybody_with_a_role_sees_it_and_administrators_alone_count_again(
    house: SmallHouse, console: SmallConsole
) -> None:
    house.staff.counting.work()
    for other in (HELP_DESK, AUDITOR):
        assert "Count again" not in page(console.as_(other))
        assert console.as_(other).post(HERE + "count").status_code == 403
    assert console.as_().get(HERE).status_code == 403
    assert console.post(HERE + "count", token="another").status_code == 403
    assert console.post(HERE + "count").status_code == 303
    assert "Counting Fake directory, 0 so far." in page(console)


def test_the_help_desk_sees_the_numbers_and_nobodys_name(house: SmallHouse, console: SmallConsole) -> None:
    """Otherwise it would read there whom it may not look up, and as many as it likes without an event."""
    house.add("lee", privileged=True, display_name="Lee who rules")
    house.staff.counting.work()
    groups = re.findall(f'href="({HERE}[^"]+)"', page(console))
    assert "Lee who rules" in "".join(page(console, group) for group in groups)
    agent = console.as_(HELP_DESK)
    assert "This account rules others" in page(agent)
    assert f'href="{HERE}' not in page(agent).replace(f'href="{HERE}"', "")
    assert {agent.get(group).status_code for group in groups} == {403}
    assert {console.as_(AUDITOR).get(group).status_code for group in groups} == {200}


def test_a_directory_that_cannot_say_who_is_there_is_named(tmp_path: Path, migrated: Path) -> None:
    with opened(migrated, tmp_path) as console:
        assert "Fake directory can't say who is in it" in page(console)


def review(console: SmallConsole, **typed: str) -> str:
    """What the page of the usual policy says about a change of it."""
    form = "/admin/policies/policy"
    answer = console.post(form, sent(console.get(f"{form}?name=everybody"), form, press="look", **typed))
    return unescape(answer.get_data(as_text=True))


def with_rules(house: SmallHouse) -> None:
    with house.records.db.write() as tx:
        house.records.settings.save_public_rules(tx, PublicRules(), who="the tests", why="tests")
        house.records.settings.save_policies(tx, [Policy("everybody")], who="the tests", why="tests")


def test_a_review_says_who_would_be_stranded(house: SmallHouse, console: SmallConsole) -> None:
    with_rules(house)
    # With saved codes like the other one, but without a telephone.
    house.add("kim", contacts=(Contact(ContactKind.MAIL, "kim@mail.example", "mail", trusted=True),))
    assert "People were not counted yet" in review(console, method__email="off")
    house.staff.counting.work()
    told = review(console, method__email="off")
    assert "1 person would be stranded" in told
    assert "Today 2 of 2 people can. After: 1." in told
    assert "1 in everybody, with Saved code" in told
    told = review(console, password__min_length="16")
    assert "Nobody would be stranded." in told
    assert "Today 2 of 2 people can. After: 2." in told


def test_a_group_that_nobody_was_told_apart_by_yet_is_named(house: SmallHouse, console: SmallConsole) -> None:
    with_rules(house)
    house.staff.counting.work()
    assert "told apart" not in review(console, password__min_length="16")
    assert "Nobody was told apart by board yet" in review(console, scope__forbidden_groups="board")
    apart = Policy("everybody", scope=Scope(forbidden_groups=frozenset({"board"})))
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [apart], who="the tests", why="tests")
    house.snapshots.look_again()
    assert "Nobody was told apart by board yet" in page(console)
    house.staff.stranded.count_again({"board"})
    house.staff.counting.work()
    assert "told apart" not in page(console)
