"""Nothing changes by a form that no page of this very session sent: every form of the console, by every forgery."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from servers.console_pages import Walk
from servers.foreign import FOREIGN, HOST, SAME, in_words
from servers.rows import Row
from servers.small_console import AUDITOR, HELP_DESK


def forged(walk: Walk, headers: Mapping[str, str], **token: str) -> set[int]:
    """What becomes of every form with these headers and this token."""
    console, statuses = walk.console, set()
    for form in walk.forms.values():
        sent = {**form.as_it_stands(), **token}
        statuses.add(console.client.post(form.action, data=sent, headers={**console._headers(), **headers}).status_code)
    return statuses


@pytest.mark.parametrize("headers", FOREIGN, ids=in_words)
def test_a_page_of_another_site_changes_nothing(
    walk: Walk, rows: Callable[[], set[Row]], headers: Mapping[str, str]
) -> None:
    before = rows()
    assert forged(walk, headers, token=f"form of {walk.console.key}") == {403}
    assert rows() == before


def test_a_form_without_its_token_changes_nothing(walk: Walk, rows: Callable[[], set[Row]]) -> None:
    before = rows()
    assert forged(walk, SAME) == {403}
    for token in ("", " ", "x" * 64, "form of ", f"form of {walk.console.key}x"):
        assert forged(walk, SAME, token=token) == {403}
    assert rows() == before


def test_a_token_of_another_session_changes_nothing(walk: Walk, rows: Callable[[], set[Row]]) -> None:
    before, console = rows(), walk.console
    others = (console.colleague(), console.as_(HELP_DESK), console.as_(AUDITOR), console.as_())
    for other in others:
        assert forged(walk, SAME, token=f"form of {other.key}") == {403}
    assert rows() == before


def test_nobody_who_is_not_signed_in_changes_anything(walk: Walk, rows: Callable[[], set[Row]]) -> None:
    before, console = rows(), walk.console
    for form in walk.forms.values():
        sent = {**form.as_it_stands(), "token": f"form of {console.key}"}
        for cookie in ("", "__Host-kb_a=", "kb_a=administrator", "__Host-kb_A=administrator"):
            headers = {"Host": HOST, "Cookie": cookie, **SAME}
            assert console.client.post(form.action, data=sent, headers=headers).status_code == 403, form.action
    assert rows() == before


def test_another_host_name_answers_nothing(walk: Walk, rows: Callable[[], set[Row]]) -> None:
    before = rows()
    for host in ("evil.example", f"{HOST}.evil.example", f"{HOST}:444", ""):
        assert forged(walk, {**SAME, "Host": host}, token=f"form of {walk.console.key}") == {400}
    assert rows() == before
