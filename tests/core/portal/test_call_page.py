"""The page of a call: what to do, a clock that is everybody's, and a code or a word."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from pretend_portal import ID, NOW, PROOF, SUBJECT, Portal, a_recovery

from keyback.core.contracts.method import Challenge
from keyback.core.recovery.state import Pick, Recovery, Sent, Stage
from keyback.core.testing import a_context
from keyback.plugins.methods.voice import Voice, VoiceSettings

HEAR = Voice(VoiceSettings()).begin(None, a_context())
APPROVE = Voice(VoiceSettings(approve=True)).begin(None, a_context())


def called(challenge: Challenge, seconds: float = 0, times: int = 1) -> Recovery:
    at = NOW - timedelta(seconds=seconds)
    pick = Pick("voice", "c1", challenge, at)
    return a_recovery(stage=Stage.ANSWERING, pick=pick, sent=(Sent("voice", at),) * times)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))


def test_the_page_says_what_to_do_with_the_phone(portal: Portal) -> None:
    page = portal.holding(called(HEAR)).get().text
    assert "Answer your phone" in page
    assert "Nothing is said before you do, so voicemail never hears your code." in page
    assert "Type the 8 digits you hear." in page
    assert re.search(r'<input id="code"[^>]*inputmode="numeric"', page)
    assert "data-poll" not in page
    assert "Call again" in page


def test_where_the_key_approves_the_page_shows_the_word_and_waits(portal: Portal) -> None:
    page = portal.holding(called(APPROVE)).get().text
    assert f"<b>{APPROVE.prompt.data['word']}</b>" in page
    assert f'data-poll="/recover/{ID}/stage"' in page
    assert re.search("<button[^>]*data-go-on>I pressed #", page)
    assert not re.search(r'<input(?![^>]*type="hidden")', page)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 seconds"), (1.9, "1 second"), (8, "8 seconds"), (89, "89 seconds")]
)
def test_it_rings_by_the_clock(seconds: float, said: str, portal: Portal) -> None:
    assert f"Ringing. Since {said}" in words(portal.holding(called(HEAR, seconds)).get().text)


def test_after_a_minute_and_a_half_it_should_be_over(portal: Portal) -> None:
    page = words(portal.holding(called(HEAR, 90)).get().text)
    assert "The call should be over by now." in page
    assert "Ringing." not in page


@pytest.mark.parametrize("challenge", [HEAR, APPROVE])
def test_whoever_is_known_sees_what_nobody_sees(challenge: Challenge, portal: Portal) -> None:
    nobody = called(challenge, 8)
    somebody = replace(nobody, found=True, found_at=NOW, subject=SUBJECT)
    pages = [portal.holding(each).get().text for each in (nobody, somebody)]
    assert len({re.sub(' nonce="[^"]*"', "", page) for page in pages}) == 1


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        ("delivered", "Answered."),
        ("failed", "The call didn’t come through. Call again, or choose another way."),
        ("sent", "Ringing."),
    ],
)
def test_after_the_first_proof_the_page_says_how_the_call_goes_and_asks_on(
    stands: str, said: str, portal: Portal
) -> None:
    known = replace(called(HEAR), found=True, subject=SUBJECT, proofs=(PROOF,))
    portal.service.answers["stands"] = stands
    page = portal.holding(known).get().text
    assert f'data-poll="/recover/{ID}/stage"' in page
    line = re.search("data-line>(.*?)</div>", page, re.S)
    assert line
    assert said in words(line[1])
    assert portal.get(f"/recover/{ID}/stage").json["stands"] == stands


def test_another_call_is_said_to_come_as_truly_as_the_first(portal: Portal) -> None:
    assert "If that number is yours, it rings again." in portal.holding(called(HEAR, times=2)).get().text
    known = replace(called(HEAR, times=2), found=True, subject=SUBJECT, proofs=(PROOF,))
    assert "If that number is yours, it rings again." in portal.holding(known).get().text
