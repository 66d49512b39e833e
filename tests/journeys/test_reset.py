"""Forgot my password: from the first page to a password that opens the real directory."""

from __future__ import annotations

from servers.outfit import opens
from servers.slapd import PASSWORD, Slapd
from servers.story import NEW, Story


def test_somebody_who_forgot_gets_a_new_password(somebody: Story, slapd: Slapd) -> None:
    page = somebody.whole()
    assert page.stage == "done"
    assert page.marked("data-outcome") == ["set"]
    assert opens(slapd, somebody, NEW)
    assert not opens(slapd, somebody, PASSWORD)
