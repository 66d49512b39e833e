"""What a company sets reaches its pages."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from keyback.config.app import look_of
from keyback.config.brand import file_says
from keyback.config.settings import PageSettings, Settings
from keyback.core.contracts.brand import Logo
from keyback.core.portal import HelpDesk, PortalSettings
from keyback.core.portal.settings import ADVICE
from keyback.core.service.surroundings import Surroundings

AROUND = Surroundings(company="Alderwick", origin="https://reset.example.org")


def look(**pages: object) -> PortalSettings:
    """The look of a house with these `[pages]`."""
    settings = Settings(
        portal_url="https://reset.example.org",
        company="Alderwick",
        help_desk="Room 7",
        pages=PageSettings.model_validate(pages),
    )
    current = SimpleNamespace(brand=file_says(settings).brand)
    return look_of(settings, AROUND, cast("Any", SimpleNamespace(current=current, look_again=None)))


def test_whom_to_call_and_where_to_read_more_reach_the_pages() -> None:
    told = look(
        help_desk_link="tel:+441632960123",
        help_desk_hours="weekdays 7–19",
        privacy_link="https://alderwick.example/privacy",
        accessibility_link="mailto:access@alderwick.example",
    )
    assert told.help_desk == HelpDesk("Room 7", "tel:+441632960123", "weekdays 7–19")
    assert told.brand().privacy_link == "https://alderwick.example/privacy"
    assert told.brand().accessibility_link == "mailto:access@alderwick.example"


@pytest.mark.parametrize(
    ("pages", "advice"),
    [
        ({}, ADVICE),
        ({"advice_lines": ["Restart it, then sign in."]}, ("Restart it, then sign in.",)),
        ({"advice": False}, ()),
        ({"advice": False, "advice_lines": ["Restart it."]}, ()),
    ],
)
def test_the_advice_is_ours_or_the_companys_or_none(pages: dict[str, object], advice: tuple[object, ...]) -> None:
    assert look(**pages).advice == advice


@pytest.mark.parametrize(("first", "sign_in"), [("needs", False), ("sign-in", True)])
def test_what_stands_first_is_set(first: str, sign_in: bool) -> None:
    assert look(welcome_first=first).sign_in_first is sign_in


def test_the_logo_is_read_and_the_rest_is_passed_on(tmp_path: Path) -> None:
    picture = tmp_path / "our.svg"
    picture.write_text("<svg></svg>", encoding="utf-8")
    told = look(logo_file=picture, logo_says_name=True, name_example="jfrost", keeps_old_password=["openldap"])
    assert told.brand().logo == Logo("logo.svg", b"<svg></svg>", says_name=True)
    assert (told.name_example, told.keeps_old_password) == ("jfrost", frozenset({"openldap"}))
