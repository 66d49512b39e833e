"""What administrators say of the company holds in every process; the file fills the rest, and what it pins stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from servers.small_house import SmallHouse
from sqlalchemy import update

from keyback.core.contracts.brand import Brand, Logo
from keyback.core.db import tables
from keyback.core.db.sealing import SealBroken
from keyback.core.db.settings_store import SavedMeanwhile
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.brand_desk import BrandDesk, Pinned, UnfitBrand
from keyback.core.service.ruling.brand_flaws import Fault
from keyback.core.service.ruling.house_brand import FileSays
from keyback.core.service.ruling.kept_rules import Change, Refused
from keyback.core.service.sending.samples import samples
from keyback.core.service.snapshot import Snapshots

FILE = FileSays(Brand("Alderwick", help_desk="Room 7", logo=Logo("logo.svg", b"<svg/>")))
RED = replace(FILE.brand, company="Alderwick & Sons", accent="#c8102e", logo=None)
PICTURE = Logo("logo.png", b"\x89PNG\r\n\x1a\n\0\xff", says_name=True)


def desk_over(house: SmallHouse, file: FileSays = FILE) -> BrandDesk:
    return BrandDesk(house.records, another(house, file), house.around)


def another(house: SmallHouse, file: FileSays = FILE) -> Snapshots:
    """As another process over the same tables sees them."""
    return Snapshots(
        house.snapshots.host, house.records, pinned={}, human_checks=house.snapshots.human_checks, file=file
    )


def by(after: int = 0, why: str = "because") -> Change:
    return Change(Actor("sub", "Ines Roth"), why, after)


def test_the_file_holds_until_somebody_saves(on_either: SmallHouse) -> None:
    desk = desk_over(on_either)
    assert (desk.now().rules, desk.now().version) == (replace(FILE.brand, logo=None), 0)
    assert another(on_either).current.brand == FILE.brand
    version = desk.save(RED, by())
    assert desk.snapshots.current.brand == replace(RED, logo=FILE.brand.logo)
    assert another(on_either).current.brand == desk.snapshots.current.brand
    assert (desk.now().version, desk.now().who, desk.now().why) == (version, "Ines Roth", "because")


def test_another_process_sees_it_when_it_looks_again(house: SmallHouse) -> None:
    elsewhere = another(house)
    desk_over(house).save(RED, by())
    assert elsewhere.current.brand.company == "Alderwick"
    assert elsewhere.look_again().brand.company == "Alderwick & Sons"


def test_what_was_not_changed_follows_the_file_also_tomorrow(house: SmallHouse) -> None:
    desk_over(house).save(RED, by())
    tomorrow = FileSays(replace(FILE.brand, help_desk="Room 8", company="Elsewhere"))
    brand = another(house, tomorrow).current.brand
    assert (brand.help_desk, brand.company) == ("Room 8", "Alderwick & Sons")


def test_what_the_file_pins_stays_whatever_was_saved(house: SmallHouse) -> None:
    desk_over(house).save(RED, by())
    pinned = FileSays(FILE.brand, frozenset({"company", "logo"}))
    assert another(house, pinned).current.brand == replace(FILE.brand, accent="#c8102e")
    with pytest.raises(Pinned):
        desk_over(house, pinned).save_logo(None, by())


def test_nothing_is_kept_that_nobody_could_read(house: SmallHouse) -> None:
    desk = desk_over(house)
    with pytest.raises(UnfitBrand) as refused:
        desk.save(replace(RED, accent="#ffcc00", help_desk="", privacy_link="javascript:1"), by())
    assert [(flaw.field, flaw.fault) for flaw in refused.value.flaws] == [
        ("help_desk", Fault.EMPTY),
        ("privacy_link", Fault.NO_LINK),
        ("accent", Fault.HARD_TO_READ),
    ]
    with pytest.raises(Refused):
        desk.save(RED, by(why=" "))
    assert desk.now().version == 0


def test_of_two_who_save_the_second_is_told(house: SmallHouse) -> None:
    desk = desk_over(house)
    desk.save(RED, by())
    desk.save_logo(PICTURE, by())
    for late in (lambda: desk.save(FILE.brand, by()), lambda: desk.save_logo(None, by())):
        with pytest.raises(SavedMeanwhile):
            late()


def test_the_logo_comes_back_as_it_was_and_can_be_none(house: SmallHouse) -> None:
    desk = desk_over(house)
    assert desk.logo().rules == FILE.brand.logo
    version = desk.save_logo(PICTURE, by())
    assert another(house).current.brand.logo == PICTURE
    assert desk.logo().rules == PICTURE
    desk.save_logo(None, by(version))
    assert another(house).current.brand.logo is None
    assert [one.rules for one in desk.logos.past()] == [None, PICTURE]


def test_a_brand_that_somebody_changed_without_the_key_is_none(house: SmallHouse) -> None:
    desk_over(house).save(RED, by())
    with house.records.db.write() as tx:
        tx.execute(
            update(tables.public_rules).where(tables.public_rules.c.key == "brand").values(rules='{"company":"x"}')
        )
    with pytest.raises(SealBroken):
        another(house)


def test_messages_and_password_rules_name_the_company_as_it_is_now(house: SmallHouse) -> None:
    desk = desk_over(house)
    around = replace(house.around, brand=lambda: desk.snapshots.current.brand)
    desk.save(replace(RED, company_short="A&S", help_desk="Room 9"), by())
    assert (around.context().company, around.short_name, around.whom_to_call) == ("A&S", "A&S", "Room 9")


def test_samples_are_the_methods_own_words_in_every_language(house: SmallHouse) -> None:
    made = list(samples(house.snapshots.current.plugins.methods, house.around, RED))
    assert {one.language for one in made} == set(house.around.languages.names)
    texts = [one for one in made if one.texts]
    assert all("12345678 is your Alderwick & Sons code" in one.text for one in texts)
    assert [one.texts for one in texts] == [1]
