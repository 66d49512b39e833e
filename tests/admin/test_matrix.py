"""Every address of the console, asked by everybody there can be, in every way: the list is the application's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened
from werkzeug.routing import Rule

from keyback.admin.access import Screen

# What nobody needs a role for: the way in and out, and the style sheet.
OPEN = {"root", "file", "door.start", "door.leave"}
ROLES = (ADMINISTRATOR, HELP_DESK, AUDITOR)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path_factory.mktemp("matrix")) as console:
        yield console


def _rules(console: SmallConsole) -> list[tuple[Rule, Screen, str]]:
    """Each address of a screen, the screen, and the address with something in each gap."""
    screens = {view.key: view for view in console.app.extensions["admin"][0]._views}
    adapter = console.app.url_map.bind("console.example.org")
    found = [
        (rule, screens[rule.endpoint.partition(".")[0]], adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1)))
        for rule in console.app.url_map.iter_rules()
        if rule.endpoint not in OPEN
    ]
    assert len(found) > len(screens)
    return found


def test_nobody_gets_a_page_of_any_screen(console: SmallConsole) -> None:
    stranger = console.app.test_client()
    for rule, _, path in _rules(console):
        for verb in rule.methods or ():
            sent = stranger.open(path, method=verb, headers={"Host": "console.example.org"})
            expected = 303 if verb in {"GET", "HEAD"} else 403
            assert sent.status_code == expected, (verb, path)


def test_a_person_without_a_role_gets_none_either(console: SmallConsole) -> None:
    person = console.as_()
    for rule, _, path in _rules(console):
        if "GET" in (rule.methods or ()):
            assert person.get(path).status_code == 403, path
        if "POST" in (rule.methods or ()):
            assert person.post(path).status_code == 403, path


def test_a_role_that_a_screen_does_not_name_is_refused_before_anything_is_read(console: SmallConsole) -> None:
    for rule, screen, path in _rules(console):
        name = rule.endpoint.rpartition(".")[2]
        for role in ROLES:
            if "GET" in (rule.methods or ()) and role not in screen.sees:
                assert console.as_(role).get(path).status_code == 403, (role, path)
            may = screen.sees if name in screen.asks else screen.changes
            if "POST" in (rule.methods or ()) and role not in may:
                assert console.as_(role).post(path).status_code == 403, (role, path)


def test_no_change_goes_through_without_a_token(console: SmallConsole) -> None:
    for rule, _, path in _rules(console):
        if "POST" in (rule.methods or ()):
            for role in ROLES:
                assert console.as_(role).post(path, token="").status_code == 403, (role, path)


def test_every_screen_says_who_sees_it_and_auditors_change_nothing(console: SmallConsole) -> None:
    for screen in console.app.extensions["admin"][0]._views:
        assert screen.sees
        assert AUDITOR not in screen.changes
        assert screen.changes <= screen.sees


def test_home_tells_everybody_of_somebody_who_came_by_a_link(console: SmallConsole) -> None:
    assert "by a link" not in console.get("/admin/").text
    console.desk.by_link = True
    assert "by a link" in console.as_(AUDITOR).get("/admin/").text
