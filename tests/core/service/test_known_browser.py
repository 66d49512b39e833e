"""The known-browser cookie: a lane of its own, never a proof."""

from __future__ import annotations

import pytest
from servers.small_house import SmallHouse

from keyback.core.service.known_browser import MOST_PEOPLE, knows, remember


def test_it_knows_whom_it_remembered_and_nobody_else(house: SmallHouse) -> None:
    keyring = house.records.keyring
    cookie = remember(keyring, "", "person-a", "browser")
    assert knows(keyring, cookie, "person-a")
    assert not knows(keyring, cookie, "person-b")


def test_a_tag_means_nothing_in_another_browser(house: SmallHouse) -> None:
    keyring = house.records.keyring
    _, tag = remember(keyring, "", "person-a", "browser").split(".")
    assert not knows(keyring, f"other.{tag}", "person-a")


def test_a_few_people_share_a_browser_and_the_newest_stay(house: SmallHouse) -> None:
    keyring, cookie = house.records.keyring, ""
    for number in range(MOST_PEOPLE + 1):
        cookie = remember(keyring, cookie, f"person-{number}", "browser")
    assert not knows(keyring, cookie, "person-0")
    assert all(knows(keyring, cookie, f"person-{number}") for number in range(1, MOST_PEOPLE + 1))


@pytest.mark.parametrize("cookie", ["", ".", "..", "a", "a.b", "a.b.c.d.e.f.g.h", "é.ü"])
def test_odd_cookies_know_nobody(house: SmallHouse, cookie: str) -> None:
    assert not knows(house.records.keyring, cookie, "person-a")
