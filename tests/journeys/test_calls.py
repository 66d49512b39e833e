"""Prove it by a call: a real server, and a stand-in for Twilio that rings, presses keys and signs what it says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from servers.browser import Page
from servers.event_log import events
from servers.http_sink import Answer
from servers.keyback import HOST, Keyback
from servers.outfit import SWIFT, a_story, opens, pins
from servers.slapd import Slapd
from servers.story import NEW, Post, Story, wait_until
from servers.twilio import TOKEN, Twilio, callback, key_goes_to, refused, said

CODE = re.compile(r"^Your code is ([0-9, –]+)\.$")


@dataclass
class Phone:
    """A person's phone, at Twilio's end of the line."""

    keyback: Keyback
    twilio: Twilio
    number: str

    def rings(self, times: int = 1) -> str:
        """The script of the newest call; waits for it."""
        calls = wait_until(lambda: found if len(found := self.twilio.calls(self.number)) >= times else None, "a call")
        return str(calls[-1]["Twiml"][0])

    def press(self, key: str, script: str, *, token: str = TOKEN, **more: str) -> requests.Response:
        """Twilio tells where it was told to; over the loopback, which stands for TLS's far end."""
        address = key_goes_to(script)
        assert address
        return self.tells(address, token=token, Digits=key, CallStatus="in-progress", **more)

    def tells(self, address: str, *, token: str = TOKEN, at: str = "", **fields: str) -> requests.Response:
        """Anything at all, signed for this address, and sent to another one if `at` says so."""
        told = callback(address, token=token, **{"To": self.number, "CallSid": "CA" + "1" * 32, **fields})
        url = f"{self.keyback.url}{urlsplit(at or address).path}"
        return requests.post(url, dict(told.fields), headers={"Host": HOST, **told.headers}, timeout=10)


def heard(answer: requests.Response) -> str:
    """The code that is said, twice."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    first, second = said(answer.text)
    found = CODE.match(first)
    assert first == second
    assert found
    return re.sub("[^0-9]", "", found[1])


@contextmanager
def calling(folder: Path, fitted: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[Keyback, Twilio]]:
    with Twilio(folder / "twilio") as twilio:
        outfit = {**fitted, **SWIFT, "channel.twilio": twilio.pins, "method.voice": fitted.get("method.voice", {})}
        with Keyback(folder / "keyback", outfit) as server:
            yield server, twilio


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[tuple[Keyback, Twilio]]:
    with calling(tmp_path_factory.mktemp("hearing"), pins(post, slapd)) as both:
        yield both


@pytest.fixture(scope="module")
def approving(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[tuple[Keyback, Twilio]]:
    approve = {"method.voice": {"approve": True}}
    with calling(tmp_path_factory.mktemp("approving"), {**pins(post, slapd), **approve}) as both:
        yield both


def caller(served: tuple[Keyback, Twilio], post: Post, slapd: Slapd) -> tuple[Story, Phone]:
    """Somebody who picked the call, and their phone."""
    story = a_story(served[0], post, slapd)
    story.start()
    pick(story)
    return story, Phone(*served, story.phone)


def pick(story: Story) -> Page:
    page = story.browser.submit(story.here(), offer=story._offer("voice"))
    return story.browser.submit(page, destination=story.phone) if page.name == "destination" else page


def goes_on(story: Story) -> Page:
    """Press the page's button; while the person is still being looked up, again."""
    page = story.browser.submit(story.reload())
    patience = time.monotonic() + 20
    while page.name == "waiting" and time.monotonic() < patience:
        page = story.browser.submit(story.reload())
    return page


# Press # and hear the code ----------------------------------------------------------------------------------------


def test_a_code_that_was_heard_and_a_mail_lead_to_a_new_password(
    hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    story, phone = caller(hearing, post, slapd)
    script = phone.rings()
    assert not re.search("[0-9]", " ".join(said(script)))
    assert story.type_code(heard(phone.press("#", script))).stage == "choosing"
    story.pick_mail()
    assert story.type_code(post.mail_code(story.mail)).stage == "renewing"
    assert story.renew().stage == "done"
    assert opens(slapd, story, NEW)


def test_as_the_second_proof_the_masked_end_is_called(
    hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    story = a_story(hearing[0], post, slapd)
    story.start()
    story.pick_mail()
    page = story.type_code(post.mail_code(story.mail))
    assert f"We call +XX XXXXXXX{story.phone[-2:]}" in page.text
    pick(story)
    phone = Phone(*hearing, story.phone)
    assert story.type_code(heard(phone.press("#", phone.rings()))).stage == "renewing"


@pytest.mark.parametrize(("status", "stands"), [("in-progress", "delivered"), ("no-answer", "failed")])
def test_how_the_call_goes_is_told_after_the_first_proof_alone(
    status: str, stands: str, hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    first, early = caller(hearing, post, slapd)
    later = a_story(hearing[0], post, slapd)
    later.start()
    later.pick_mail()
    later.type_code(post.mail_code(later.mail))
    pick(later)
    late = Phone(*hearing, later.phone)
    for phone in (early, late):
        address = key_goes_to(phone.rings())
        assert address
        assert phone.tells(address, CallStatus=status).status_code == 200
    assert stood(first) == ""
    wait_until(lambda: stood(later) == stands, "the state")


def stood(story: Story) -> str:
    """What a page that waits is told of the call."""
    return str(json.loads(story.browser.get(f"/recover/{story.recovery_id}/stage").html)["stands"])


def test_a_code_pressed_for_again_is_the_same_and_one_of_another_call_is_another(
    hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    story, phone = caller(hearing, post, slapd)
    script = phone.rings()
    assert heard(phone.press("#", script)) == heard(phone.press("#", script))
    page = story.press("again")
    assert page.status == 429, page.text
    assert "You can ask for another code in" in page.text


def test_wrong_codes_close_this_way(hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd) -> None:
    story, phone = caller(hearing, post, slapd)
    right = heard(phone.press("#", phone.rings()))
    wrong = f"{(int(right) + 1) % 10**8:08}"
    page = story.type_code(wrong)
    assert (page.status, page.stage) == (422, "answering")
    for _ in range(4):
        page = story.type_code(wrong)
    assert (page.status, page.stage) == (422, "choosing")
    assert "5 wrong codes" in page.text
    assert not any(offer.startswith("voice") for offer in page.form.radios["offer"])
    # Whoever heard the right one meanwhile comes too late.
    assert phone.press("#", phone.rings()).status_code == 404


# Press # to approve -----------------------------------------------------------------------------------------------


def test_a_pressed_key_is_the_proof_once_the_page_goes_on(
    approving: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    story, phone = caller(approving, post, slapd)
    page = goes_on(story)
    assert "heard nothing from your phone yet" in page.text
    script = phone.rings()
    word = re.search(r"The word is: (\w+)\.", said(script)[0])
    assert word
    assert word[1] in page.text
    answer = phone.press("#", script)
    assert said(answer.text) == ["Thank you. You can hang up."]
    # The key alone moves nothing: the person's own browser does.
    assert story.reload().stage == "answering"
    cookies = dict(story.browser.cookies)
    assert goes_on(story).stage == "choosing"
    assert story.browser.cookies != cookies
    story.pick_mail()
    assert story.type_code(post.mail_code(story.mail)).stage == "renewing"


def test_another_key_approves_nothing(approving: tuple[Keyback, Twilio], post: Post, slapd: Slapd) -> None:
    story, phone = caller(approving, post, slapd)
    script = phone.rings()
    for key in ("1", "*", "##", ""):
        assert said(phone.press(key, script).text) == said(script)
    assert goes_on(story).stage == "answering"


# Who may call back ------------------------------------------------------------------------------------------------


def test_call_backs_that_are_forged_replayed_or_for_somebody_else_change_nothing(
    approving: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    mine, my_phone = caller(approving, post, slapd)
    theirs, their_phone = caller(approving, post, slapd)
    script, foreign = my_phone.rings(), their_phone.rings()
    address, other = key_goes_to(script), key_goes_to(foreign)
    assert address
    assert other
    # Without a signature, by another token, for another address, about another phone, and to a channel that isn't one.
    here = f"{my_phone.keyback.url}{urlsplit(address).path}"
    forged = [
        requests.post(here, {"Digits": "#"}, headers={"Host": HOST}, timeout=10),
        my_phone.press("#", script, token="another"),
        my_phone.tells(other, at=address, Digits="#"),
        their_phone.tells(address, Digits="#"),
        my_phone.tells(address.replace("/twilio/", "/http_gateway/"), Digits="#"),
        my_phone.tells(address[:-2], Digits="#"),
    ]
    assert [answer.status_code for answer in forged] == [404] * len(forged)
    for story in (mine, theirs):
        assert goes_on(story).stage == "answering"
    their_phone.press("#", foreign)
    assert goes_on(mine).stage == "answering"
    assert goes_on(theirs).stage == "choosing"
    # The same again, when it was used: it belongs to nothing that waits.
    assert their_phone.press("#", foreign).status_code == 404
    assert theirs.reload().stage == "choosing"
    assert events(approving[0], theirs.recovery_id).count("proof.given") == 1


# When it does not work --------------------------------------------------------------------------------------------


def test_a_provider_that_hangs_holds_up_no_page(hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd) -> None:
    hearing[1].sink.script.append(Answer(delay=30))
    began = time.monotonic()
    story, phone = caller(hearing, post, slapd)
    assert story.reload().stage == "answering"
    story.press("back")
    story.pick_mail()
    assert story.type_code(post.mail_code(story.mail)).stage == "choosing"
    assert time.monotonic() - began < 8
    assert len(phone.twilio.calls(story.phone)) == 1


def test_a_provider_that_refuses_is_told_as_truly_to_nobody_as_to_somebody(
    hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    keyback, twilio = hearing
    twilio.sink.script.append(refused(400, 21215))
    story, phone = caller(hearing, post, slapd)
    wait_until(lambda: "message.dropped" in events(keyback, story.recovery_id), "the refusal")
    nobody = Story.of(keyback, post, "nobody-of-that-name", phone=story.phone)
    nobody.start()
    pick(nobody)
    pages = [plain(each.reload()) for each in (story, nobody)]
    assert "If that number is yours, it rings now." in pages[0]
    assert pages[0] == pages[1]
    # It was refused for good, so it is not tried again, and other ways are still there.
    assert len(phone.twilio.calls(story.phone)) == 1
    assert story.press("back").stage == "choosing"


def test_after_the_first_proof_a_refusal_is_told(hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd) -> None:
    story = a_story(hearing[0], post, slapd)
    story.start()
    story.pick_mail()
    story.type_code(post.mail_code(story.mail))
    hearing[1].sink.script.append(refused(400, 21215))
    pick(story)
    wait_until(lambda: stood(story) == "failed", "the refusal")
    assert "The call didn't come through. Call again, or choose another way." in plain(story.reload())


def test_a_phone_rings_three_times_and_then_the_page_looks_as_ever(
    hearing: tuple[Keyback, Twilio], post: Post, slapd: Slapd
) -> None:
    story, phone = caller(hearing, post, slapd)
    pages = [plain(story.here())]
    for times in (1, 2, 3):
        nobody_answers(phone, phone.rings(times))
        again = Story.of(hearing[0], post, story.name, phone=story.phone)
        again.start()
        pages.append(plain(pick(again)))
    wait_until(lambda: "message.dropped" in events(hearing[0], again.recovery_id), "the fourth")
    assert len(phone.twilio.calls(story.phone)) == 3
    assert len(set(pages)) == 1


def nobody_answers(phone: Phone, script: str) -> None:
    """Which is told, so that the next call need not wait for this one."""
    address = key_goes_to(script)
    assert address
    assert phone.tells(address, CallStatus="no-answer").status_code == 200


def plain(page: Page) -> str:
    """What is read on it, whenever it was opened."""
    return re.sub(r"\d+ seconds?", "", page.text).replace("’", "'")
