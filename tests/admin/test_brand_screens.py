"""Administrators choose how the company's pages look, see it before it holds, and cannot make it unreadable."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from examples.pictures import PNG
from servers.console_forms import sent, words
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, console_of, opened
from servers.small_house import SmallHouse
from werkzeug.test import TestResponse

from keyback.core.contracts.brand import Brand
from keyback.core.service.ruling.house_brand import FileSays

HERE = "/admin/brand/"
LOGO = f"{HERE}logo"
SCRIPT = "<script>alert(1)</script>"
FILE = FileSays(Brand("Alderwick", help_desk="01632 960 123"))


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        console.house.snapshots.file = FILE
        yield console


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SmallConsole]:
    """For tests in which nothing is saved."""
    with opened(migrated, tmp_path_factory.mktemp("brand")) as console:
        console.house.snapshots.file = FILE
        yield console


def now(house: SmallHouse) -> Brand:
    return house.snapshots.look_again().brand


def edit(console: SmallConsole, press: str = "look", **typed: Any) -> TestResponse:
    return console.post(HERE, sent(console.get(HERE), HERE, press=press, **typed))


def save(console: SmallConsole, reviewed: TestResponse, why: str = "because") -> TestResponse:
    return console.post(f"{HERE}save", sent(reviewed, f"{HERE}save", why=why))


def upload(console: SmallConsole, content: bytes = PNG, **typed: Any) -> TestResponse:
    form = {"after": "0", "why": "ours", "picture": (io.BytesIO(content), "../../etc/logo.svg"), **typed}
    return console.post(LOGO, form)


def test_administrators_change_auditors_look_and_nobody_else_comes_in(console: SmallConsole) -> None:
    form = sent(edit(console, "review", company="Elsewhere"), f"{HERE}save", why="because")
    for path in ("", "history", "logo"):
        seen = [console.as_(who).get(HERE + path).status_code for who in (ADMINISTRATOR, AUDITOR, HELP_DESK)]
        assert seen == [200, 200, 403]
    assert console.as_(AUDITOR).post(f"{HERE}save", form).status_code == 403
    assert upload(console.as_(AUDITOR)).status_code == 403
    assert console.post(f"{HERE}save", form, token="another").status_code == 403
    assert now(console.house).company != "Elsewhere"


def test_what_is_saved_holds_and_its_history_leads_back(console: SmallConsole) -> None:
    reviewed = edit(console, "review", company="Alderwick & Sons", accent="#C8102E")
    assert "Company: Alderwick → becomes Alderwick & Sons" in words(reviewed)
    assert save(console, reviewed, "we merged").status_code == 303
    assert (now(console.house).company, now(console.house).accent) == ("Alderwick & Sons", "#c8102e")
    assert "we merged" in words(console.get(f"{HERE}history"))
    assert "Alderwick & Sons" in words(console.get(HERE))


def test_an_older_version_is_compared_and_taken_back(console: SmallConsole) -> None:
    for name in ("First", "Second"):
        save(console, edit(console, "review", company=name))
    first = console_of(console.house).brand.ledger.past()[-1].version
    page = console.get(f"{HERE}version?number={first}")
    assert "Company: Alderwick → becomes First" in words(page)
    assert "Company: Second → becomes First" in words(page)
    reviewed = console.post(f"{HERE}review", sent(page, f"{HERE}review"))
    assert save(console, reviewed, "back").status_code == 303
    assert now(console.house).company == "First"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"company": ""}, "Type something here: people can't be left without it."),
        ({"company": "A" * 81}, "At most 80 characters"),
        ({"company": "Win at www.evil.example"}, "No web address here"),
        ({"company": "a\u202eb"}, "Something in it can't be shown"),
        ({"help_desk": " "}, "Type something here: people can't be left without it."),
        ({"help_desk_link": "javascript:alert(1)"}, "Type a link that begins with https:"),
        ({"privacy_link": "data:text/html,x"}, "Type a link that begins with https:"),
        ({"accent": "red"}, "Type a colour as #"),
        ({"accent": "}body{"}, "Type a colour as #"),
        ({"accent": "#ffcc00"}, "its contrast is 1.3, and 4.5 is the least. #826800 can be read."),
        ({"accent": "#0b5a70", "accent_dark": "#0b5a70"}, "its contrast is 1.7"),
        ({"accent_dark": "#6cc6dd"}, "Choose the colour for light screens too."),
        ({"advice_lines": "\n".join("abcdefg")}, "At most 6 lines"),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(unchanged: SmallConsole, typed: dict[str, Any], said: str) -> None:
    page = edit(unchanged, "review", **typed)
    assert page.status_code == 422
    assert said in words(page)
    assert not console_of(unchanged.house).brand.ledger.past()


def test_the_proposal_that_the_page_makes_is_taken(console: SmallConsole) -> None:
    assert edit(console, "review", accent="#826800").status_code == 200


def test_pages_and_messages_are_shown_before_anything_holds(console: SmallConsole) -> None:
    page = edit(console, company="Brightwater", accent="#c8102e")
    for drawn in ('fill="#c8102e"', "Brightwater", "The first page, Light", "The first page, Dark"):
        assert drawn in page.text
    assert "12345678 is your Brightwater code" in words(page)
    assert "Paid for as 1 text message" in words(page)
    assert "style=" not in page.text
    assert not console_of(console.house).brand.ledger.past()


def test_nothing_that_was_typed_becomes_markup(console: SmallConsole) -> None:
    fields = ("company", "company_short", "help_desk", "help_desk_hours", "name_example", "advice_lines")
    typed = dict.fromkeys(fields, SCRIPT)
    assert SCRIPT not in edit(console, **typed).text
    reviewed = edit(console, "review", **typed)
    assert SCRIPT not in reviewed.text
    save(console, reviewed, SCRIPT)
    assert now(console.house).company == SCRIPT
    for path in ("", "history", f"version?number={console_of(console.house).brand.now().version}"):
        assert SCRIPT not in console.get(HERE + path).text


def test_what_the_file_pins_is_shown_and_stays(console: SmallConsole) -> None:
    console.house.snapshots.file = FileSays(FILE.brand, frozenset({"company", "advice", "logo"}))
    page = console.get(HERE)
    assert "Set in keyback.toml and can only be changed there." in words(page)
    save(console, edit(console, "review", company="Elsewhere", help_desk="Room 7"))
    brand = now(console.house)
    assert (brand.company, brand.help_desk, brand.advice) == ("Alderwick", "Room 7", True)
    assert "Change it" not in console.get(LOGO).text
    assert upload(console).status_code == 422
    assert now(console.house).logo is None


def test_of_two_who_save_at_once_the_second_looks_again(console: SmallConsole) -> None:
    mine = edit(console, "review", company="Mine")
    save(console, edit(console, "review", help_desk="Theirs"))
    late = save(console, mine)
    assert late.status_code == 409
    assert "Somebody else was faster" in words(late)
    assert save(console, late).status_code == 303
    assert now(console.house).company == "Mine"


@pytest.mark.parametrize("hidden", ["logo", "pinned", "help_desk_mail"])
def test_hidden_fields_are_refused_and_change_nothing(unchanged: SmallConsole, hidden: str) -> None:
    assert edit(unchanged, "review", company="Mine", **{hidden: "x"}).status_code == 400
    assert not unchanged.services.brand.ledger.past()
    assert unchanged.services.brand.now().rules == FILE.brand


def test_a_logo_is_taken_by_what_it_is_and_not_by_what_it_is_called(console: SmallConsole) -> None:
    assert upload(console, says_name="y").status_code == 303
    logo = now(console.house).logo
    assert logo is not None
    assert (logo.name, logo.content, logo.says_name) == ("logo.png", PNG, True)
    shown = console.get(f"{LOGO}/picture")
    assert (shown.data, shown.content_type) == (PNG, "image/png")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "Choose a PNG, JPEG or WebP picture."),
        (b"<html>", "Choose a PNG, JPEG or WebP picture."),
        (PNG + bytes(20_000), "20,000 bytes are the most"),
        (PNG + b"acTL", "A picture that moves disturbs people"),
    ],
)
def test_what_is_no_picture_for_every_page_is_refused(unchanged: SmallConsole, content: bytes, said: str) -> None:
    page = upload(unchanged, content)
    assert page.status_code == 422
    assert said in words(page)
    assert now(unchanged.house).logo is None


def test_a_logo_needs_a_reason_is_kept_without_a_new_file_and_can_be_removed(console: SmallConsole) -> None:
    assert upload(console, why="").status_code == 422
    upload(console)
    version = str(console_of(console.house).brand.logo().version)
    assert upload(console, after="0").status_code == 409
    console.post(LOGO, {"after": version, "why": "wide one", "says_name": "y"})
    logo = now(console.house).logo
    assert logo is not None
    assert logo.says_name
    assert "wide one" in words(console.get(LOGO))
    version = str(console_of(console.house).brand.logo().version)
    console.post(LOGO, {"after": version, "why": "gone", "remove": "y"})
    assert now(console.house).logo is None
    assert console.get(f"{LOGO}/picture").status_code == 303


def test_what_was_to_be_saved_waits_for_a_new_sign_in(console: SmallConsole) -> None:
    form = sent(edit(console, "review", company="Later"), f"{HERE}save", why="soon")
    console.desk.kept[f"{HERE}save"] = {
        name: [value] if isinstance(value, str) else value for name, value in form.items()
    }
    page = console.get(f"{HERE}save")
    assert "becomes Later" in words(page)
    assert save(console, page, "soon").status_code == 303
    assert now(console.house).company == "Later"


def test_one_press_leads_back_to_no_logo(console: SmallConsole) -> None:
    upload(console)
    assert console.post(LOGO, sent(console.get(LOGO), LOGO)).status_code == 303
    assert now(console.house).logo is None
    page = console.get(LOGO)
    assert "The logo was taken away" in words(page)
    assert "Take the logo away" not in words(page)
