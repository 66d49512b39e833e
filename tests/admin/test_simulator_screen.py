"""The simulator's page: who may ask, what is said, and what no name can do to it."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from servers.small_house import SmallHouse

from keyback.core.contracts.errors import StoreUnavailable
from keyback.core.recovery.limits import SIMULATIONS

HERE = "/admin/simulator/"
STORED = "<script>alert(1)</script>"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        yield console


@pytest.fixture
def house(console: SmallConsole) -> SmallHouse:
    return console.house


def asked(console: SmallConsole, name: str = "jo", purpose: str = "reset") -> str:
    return console.post(HERE, {"name": name, "purpose": purpose}).get_data(as_text=True)


def test_only_administrators_look_at_people_here(console: SmallConsole) -> None:
    assert console.get(HERE).status_code == 200
    for other in (HELP_DESK, AUDITOR):
        assert console.as_(other).get(HERE).status_code == 403
        assert console.as_(other).post(HERE, {"name": "jo", "purpose": "reset"}).status_code == 403
    assert console.as_(ADMINISTRATOR).post(HERE, {"name": "jo", "purpose": "reset"}).status_code == 200
    assert console.post(HERE, {"name": "jo", "purpose": "reset"}, token="another").status_code == 403


def test_it_says_whether_by_which_policy_and_by_which_combinations(console: SmallConsole) -> None:
    page = asked(console)
    assert "Jo could get back in today" in page
    assert "3 combinations are enough." in page
    assert "No policy was saved yet" in page
    assert "+XX XXXXXXX05" in page
    assert "+436641234505" not in page


def test_it_says_what_is_missing(house: SmallHouse, console: SmallConsole) -> None:
    house.store.change("id-of-jo", contacts=())
    page = asked(console)
    assert "Jo could not get back in today" in page
    assert "One method counts, and 2 proofs are needed." in page
    assert "Any of these would be enough, once set up: E-mail, Text message" in page
    assert "E-mail – not set up" in page


@pytest.mark.parametrize(("name", "words"), [("nobody", "Nobody has this name."), ("*", "Nobody has this name.")])
def test_a_name_that_is_nobodys_is_said_to_be(console: SmallConsole, name: str, words: str) -> None:
    assert words in asked(console, name)


def test_whoever_is_not_served_is_said_not_to_be(house: SmallHouse, console: SmallConsole) -> None:
    house.store.change("id-of-jo", privileged=True)
    page = asked(console)
    assert "This account rules others" in page
    assert "Jo could not get back in today" in page


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "", "purpose": "reset"}, "Type a name."),
        ({"name": "x" * 300, "purpose": "reset"}, "Use 256 characters at most."),
        ({"name": "jo", "purpose": "become-root"}, "Choose one of these."),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(console: SmallConsole, form: dict[str, str], words: str) -> None:
    answer = console.post(HERE, form)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_no_name_becomes_part_of_the_page(house: SmallHouse, console: SmallConsole) -> None:
    house.store.change("id-of-jo", display_name=STORED)
    assert STORED not in asked(console)
    assert STORED not in asked(console, STORED)


def test_a_directory_that_is_silent_and_too_many_questions_are_said_plainly(
    house: SmallHouse, console: SmallConsole
) -> None:
    house.store.trouble = StoreUnavailable("down")
    answer = console.post(HERE, {"name": "jo", "purpose": "reset"})
    assert answer.status_code == 503
    assert "A directory doesn't answer" in unescape(answer.get_data(as_text=True))
    house.store.trouble = None
    for _ in range(SIMULATIONS.most - 1):
        console.post(HERE, {"name": "jo", "purpose": "reset"})
    assert console.post(HERE, {"name": "jo", "purpose": "reset"}).status_code == 429
