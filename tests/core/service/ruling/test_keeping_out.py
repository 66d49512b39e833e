"""Settings that keep people out: the console alone lets nobody in by them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import Field
from servers.parts_house import INES, Works, works
from servers.small_house import Clock

from keyback.core import PluginSettings, only_grows
from keyback.core.contracts.plugin import growing_settings
from keyback.core.service.ruling.keeping_out import LESS
from keyback.core.service.ruling.part_values import Change
from keyback.core.service.ruling.parts import Unfit
from keyback.core.testing import FakeChannel
from keyback.plugins.stores._active_directory_settings import ActiveDirectorySettings
from keyback.plugins.stores._entra_settings import EntraSettings
from keyback.plugins.stores._openldap_settings import OpenLdapSettings

NAME = ("channel", "guarded")


class GuardedSettings(PluginSettings):
    host: str = Field(title="Host", description="Where it is.")
    groups: tuple[str, ...] = Field((), title="Groups", description="Left out.", json_schema_extra=only_grows())
    strict: bool = Field(True, title="Strict", description="Leaves more out.", json_schema_extra=only_grows())


class Guarded(FakeChannel):
    key = "guarded"
    Settings = GuardedSettings


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[Works]:
    """In which it is set up, and never was on."""
    url = f"sqlite:///{shutil.copy(migrated, tmp_path / 'keyback.db')}"
    process = works(url, tmp_path, Clock(), {NAME: Guarded})
    process.save(*NAME, host="a.example", groups=("admins", "baord"))
    yield process
    process.close()


def less(house: Works, **values: object) -> list[str]:
    """Which settings are refused because they would keep fewer people out."""
    before = house.stored(*NAME)
    with pytest.raises(Unfit) as refused:
        house.save(*NAME, **values)
    assert house.stored(*NAME) == before
    assert {fault.kind for fault in refused.value.faults} == {LESS}
    return [fault.field for fault in refused.value.faults]


def test_what_was_typed_wrongly_is_mended_before_it_is_on(house: Works) -> None:
    house.save(*NAME, groups=("admins", "board"), strict=False)
    assert house.stored(*NAME)["groups"] == ["admins", "board"]


def test_once_it_was_on_more_are_kept_out_and_never_fewer(house: Works) -> None:
    house.switch(*NAME, True)
    assert less(house, groups=("admins",)) == ["groups"]
    assert less(house, groups=(), strict=False) == ["groups", "strict"]
    assert less(house, host="b.example", groups=("Admins", "baord")) == ["groups"]
    house.save(*NAME, host="b.example", groups=("board", "baord", "admins"))
    assert house.stored(*NAME)["groups"] == ["board", "baord", "admins"]


def test_to_switch_it_off_first_changes_nothing_about_that(house: Works) -> None:
    house.switch(*NAME, True)
    house.switch(*NAME, False, why="Maintenance", anyway=True)
    assert less(house, groups=()) == ["groups"]
    assert less(house, strict=False) == ["strict"]


def test_whoever_may_write_on_the_server_takes_away(house: Works) -> None:
    house.switch(*NAME, True)
    house.parts.save(INES, house.part(*NAME), Change({"groups": ("admins",)}), on_server=True)
    assert house.stored(*NAME)["groups"] == ["admins"]


def test_who_is_an_administrator_of_a_directory_is_such_a_setting() -> None:
    for kind in (ActiveDirectorySettings, OpenLdapSettings):
        assert growing_settings(kind) == {"admin_groups", "privileged_subtrees"}
    assert growing_settings(EntraSettings) == {"eligible_roles"}
