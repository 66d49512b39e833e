"""Notices say what happened in the company's words; how to object, links and codes stay ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from servers.console_forms import words
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from werkzeug.test import TestResponse

from keyback.core.contracts.wording import Part
from keyback.core.languages import Languages
from keyback.core.service.ruling.wording_desk import WordingDesk

HERE = "/admin/messages/"
ONE = f"{HERE}one/account_notice.password-set"
OURS = "Your {company} password was reset for {accounts} on {date}, {time} (UTC)."
THEIRS = "Hello! {accounts} at {company} has a new password, since {date} at {time}."
SCRIPT = "<script>alert(1)</script> {accounts} {company} {date} {time}"
TRANSLATIONS = Path(__file__).parents[2] / "core" / "portal" / "translations"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path, languages=Languages(TRANSLATIONS)) as console:
        yield console


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SmallConsole]:
    """For tests in which nothing is saved."""
    with opened(migrated, tmp_path_factory.mktemp("words"), languages=Languages(TRANSLATIONS)) as console:
        yield console


def desk(console: SmallConsole) -> WordingDesk:
    return console.services.wordings


def save(console: SmallConsole, press: str = "", **typed: Any) -> TestResponse:
    """`mail_en` is the English first paragraph. What is not said is sent as it stands."""
    now = desk(console).now()
    wording = desk(console).wordings()["account_notice.password-set"]
    stands = {f"{part}-{tag}": said for (tag, part), said in desk(console).words(wording, now.rules).items()}
    changed = {name.replace("_", "-"): said for name, said in typed.items() if name not in {"why", "after"}}
    fixed = {"why": typed.get("why", "because"), "after": typed.get("after", str(now.version)), "press": press}
    return console.post(ONE, {**stands, **changed, **fixed})


def told(console: SmallConsole, language: str) -> str:
    """What a notice would say."""
    console.house.snapshots.look_again()
    around = replace(console.house.around, brand=lambda: console.house.snapshots.current.brand)
    return around.context(language=language).language.gettext(OURS)


def test_administrators_change_auditors_look_and_nobody_else_comes_in(unchanged: SmallConsole) -> None:
    for path in (HERE, ONE, f"{HERE}history"):
        seen = [unchanged.as_(who).get(path).status_code for who in (ADMINISTRATOR, AUDITOR, HELP_DESK)]
        assert seen == [200, 200, 403]
    assert save(unchanged.as_(AUDITOR), mail_en=THEIRS).status_code == 403
    assert unchanged.get(f"{HERE}one/nothing").status_code == 404
    assert told(unchanged, "en") == OURS


def test_own_words_take_the_place_of_ours_in_one_language(console: SmallConsole) -> None:
    assert save(console, mail_en=THEIRS).status_code == 303
    assert told(console, "en") == THEIRS
    assert "password was reset" not in told(console, "en")
    assert told(console, "de").startswith("Ihr Passwort")
    page = words(console.get(HERE))
    assert "Your new password is set Yours Deutsch" in page


def test_an_empty_field_is_ours_again(console: SmallConsole) -> None:
    save(console, mail_en=THEIRS)
    assert save(console, mail_en="").status_code == 303
    assert told(console, "en") == OURS
    assert desk(console).now().rules == {}


def test_a_notice_is_shown_in_every_language_before_anything_is_kept(unchanged: SmallConsole) -> None:
    page = words(save(unchanged, "look", mail_en=THEIRS, why=""))
    assert "Hello! jfrost at Acme has a new password, since Monday, 2 March at 10:31." in page
    assert "Wasn't you? Call Call 123 at once." in page
    assert "1 text message, 0.10 at your usual price" in page
    assert "Montag, 2. März" in page
    assert desk(unchanged).now().version == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"mail_en": "A new password for {accounts}."}, "These gaps must stand in it: {company} {date} {time}"),
        ({"text_en": "Your {company} password was reset at {time} UTC."}, "These gaps must stand in it: {help_desk}"),
        ({"mail_en": THEIRS + " {wasnt_me}"}, "Nobody fills these gaps: {wasnt_me}"),
        ({"mail_en": THEIRS + " {company.__class__}"}, "Braces stand around the name of a gap and nowhere else."),
        ({"mail_en": THEIRS + " {company!r:>99}"}, "Braces stand around the name of a gap and nowhere else."),
        ({"mail_en": THEIRS + " {}"}, "Braces stand around the name of a gap and nowhere else."),
        ({"mail_en": THEIRS + " Press https://evil.example/reset"}, "No web or mail address here"),
        ({"mail_en": THEIRS + " Go to evil.example"}, "No web or mail address here"),
        ({"mail_en": THEIRS + " Write to me@evil"}, "No web or mail address here"),
        ({"subject_en": "Two\nlines"}, "Something in it can't be shown"),
        ({"mail_en": THEIRS + "\u202e"}, "Something in it can't be shown"),
        ({"mail_en": THEIRS + "x" * 1000}, "At most 1000 characters"),
        ({"text_en": "ж" * 120 + " {company} {time} {help_desk}"}, "It takes more than 2 text messages"),
        ({"why": ""}, "Say why, in one line."),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(unchanged: SmallConsole, typed: dict[str, str], said: str) -> None:
    page = save(unchanged, **typed)
    assert page.status_code == 422
    assert said in words(page)
    assert desk(unchanged).now().version == 0


def test_no_words_of_anybody_take_away_how_to_object(unchanged: SmallConsole) -> None:
    for wording in desk(unchanged).wordings().values():
        assert "{help_desk}" in wording.end.message
        assert "{help_desk}" in wording.ours(Part.TEXT).message or wording.key == "invited"


def test_nothing_that_was_typed_becomes_markup(console: SmallConsole) -> None:
    assert "<script>" not in save(console, "look", mail_en=SCRIPT).text
    save(console, mail_en=SCRIPT, why="<script>")
    version = desk(console).now().version
    for path in (HERE, ONE, f"{HERE}history", f"{HERE}version?number={version}"):
        assert "<script>" not in console.get(path).text


def test_an_older_version_is_compared_and_taken_back(console: SmallConsole) -> None:
    save(console, mail_en=THEIRS)
    first = desk(console).now().version
    save(console, mail_en=THEIRS + " Bye", subject_de="Neues Kennwort")
    page = console.get(f"{HERE}version?number={first}")
    assert "de: Your new password is set: Neues Kennwort → becomes" in words(page)
    form = {"number": str(first), "after": str(desk(console).now().version)}
    assert console.post(f"{HERE}version", {**form, "why": ""}).status_code == 422
    assert console.post(f"{HERE}version", {**form, "after": "1", "why": "late"}).status_code == 409
    assert console.post(f"{HERE}version", {**form, "why": "better before"}).status_code == 303
    assert desk(console).now().rules == {"en": {OURS: THEIRS}}
    assert "better before" in words(console.get(f"{HERE}history"))


def test_of_two_who_save_at_once_the_second_looks_again(console: SmallConsole) -> None:
    save(console, mail_en=THEIRS)
    late = save(console, mail_en=THEIRS + " Bye", after="0")
    assert late.status_code == 409
    assert "Somebody else saved this while you were here." in words(late)
    assert told(console, "en") == THEIRS
