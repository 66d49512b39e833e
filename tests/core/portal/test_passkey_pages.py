"""Use your passkey: what the page asks the browser for, and what it says when nothing comes of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from pretend_portal import ID, NOW, Portal, a_recovery

from keyback.core.portal.form_body import MOST_BYTES
from keyback.core.portal.prompt_form import LONGEST_BY_SCRIPT
from keyback.core.recovery.state import Pick, Recovery, Stage
from keyback.core.service.tickets import Answered, Ticket
from keyback.core.testing import a_context
from keyback.plugins.methods.webauthn import WebAuthn

METHOD = WebAuthn(WebAuthn.Settings())
FIRST = Ticket(ID, "first-key")
STOPPED = "Your device stopped before it was done"


def asked(seed: str = "first") -> Recovery:
    pick = Pick("webauthn", "c1", METHOD.begin(None, a_context(seed)), NOW)
    return a_recovery(stage=Stage.ANSWERING, pick=pick)


@pytest.fixture
def held(portal: Portal) -> Portal:
    return portal.holding(asked())


def options(page: Any) -> Any:
    """What the page's script reads."""
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found is not None
    return json.loads(unescape(found[1]))


def test_the_button_is_there_for_scripts_and_the_notice_for_everybody_else(held: Portal) -> None:
    page = held.get()
    assert 'data-page="answering"' in page.text
    assert re.search(r'<button id="passkey"[^>]* hidden>Use passkey or key</button>', page.text)
    assert "JavaScript is switched off. Choose another way." in page.text
    assert options(page)["allowCredentials"] == []


def test_a_browser_may_list_its_passkeys_at_a_field_that_is_sent_nowhere(portal: Portal) -> None:
    page = portal.holding(replace(asked(), name='jo" autofocus x="')).get()
    (at,) = re.findall(r'<input id="known-as"[^>]*>', page.text)
    assert 'autocomplete="username webauthn"' in at
    assert "name=" not in at
    assert "jo&#34; autofocus" in at
    # Its place is kept, so that nothing moves when the script shows it.
    assert '<div class="field waits" data-lists>' in page.text


def test_what_the_script_filled_in_is_the_answer(held: Portal) -> None:
    held.service.answers["answer"] = Answered(a_recovery(turn=2), FIRST)
    held.post(passkey='{"id": "x"}')
    assert held.service.asked_for("answer") == [[{"passkey": '{"id": "x"}'}]]


@pytest.mark.parametrize("answer", ["", "x" * (LONGEST_BY_SCRIPT + 1)])
def test_what_no_device_says_is_no_try(held: Portal, answer: str) -> None:
    page = held.post(passkey=answer)
    assert (page.status_code, held.service.asked_for("answer")) == (422, [])
    assert STOPPED in page.text
    assert LONGEST_BY_SCRIPT < MOST_BYTES


def test_a_passkey_of_nobody_here_is_told_so_without_counting_codes(held: Portal) -> None:
    held.service.answers["answer"] = Answered(asked(), FIRST, "wrong")
    page = held.post(passkey="{}")
    assert page.status_code == 422
    assert "This passkey isn’t one you added here." in page.text
    assert "code" not in re.sub(r"<[^>]+>", "", page.text)


def test_the_last_wrong_one_leads_back_to_the_choice(held: Portal) -> None:
    held.service.answers["answer"] = Answered(a_recovery(), FIRST, "wrong")
    page = held.post(passkey="{}")
    assert 'data-page="choosing"' in page.text
    assert "This passkey isn’t one you added here." in page.text


def test_one_that_is_too_late_gets_a_new_challenge_to_press_for(held: Portal) -> None:
    held.service.answers["answer"] = Answered(asked(), FIRST, "expired")
    held.service.answers["again"] = replace(asked("second"), turn=2)
    page = held.post(passkey="{}")
    assert page.status_code == 422
    assert STOPPED in page.text
    drawn = METHOD.begin(None, a_context("second")).secret["challenge"]
    assert options(page)["challenge"] == drawn
