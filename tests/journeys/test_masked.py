"""Masked ends over HTTP: known or not, everybody sees something at the same moment, and it stays what it was (P4)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from servers.browser import Page
from servers.keyback import Keyback
from servers.masked_directory import masked_keyback
from servers.outfit import a_story
from servers.slapd import Slapd
from servers.story import NEW, Post, Story, solve_on, wait_until

RELEASE = timedelta(seconds=1)
STRANGER = "nobody.was.ever.called.this"
# What is new with every page, and what a masked end may say.
FRESH = (
    (r"reference [0-9A-F]{8}", "reference REF"),
    (r"nonce(=\"|-)[A-Za-z0-9_-]{22}", "NONCE"),
    (r"\b\d{1,3}(?= seconds?)", "N"),
    (r"data-(seconds|warn-in)=\"\d+\"", "DATA"),
    (r"\+XX XXXXXXX\d\d", "PHONE"),
    (r"ending in \d\d", "ENDING"),
    (r"\b[a-z0-9]••••@", "LETTER@"),
    (r"beginning with [a-z0-9]", "BEGINNING"),
    (r"\b[0-9a-f]{32,}\b", "KEY"),
)


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """Two processes that show masked ends of sixty people who all have a mailbox and a phone."""
    with masked_keyback(tmp_path_factory.mktemp("masked"), post, slapd, release=RELEASE, processes=2) as keyback:
        yield keyback


@dataclass
class Walk:
    """Somebody who knows a name and nothing else, and writes down everything that comes back."""

    keyback: Keyback
    name: str
    seen: list[tuple[str, str]] = field(default_factory=list)

    def begin(self) -> None:
        """Give the name."""
        self.browser = self.keyback.browser()
        page = self.browser.get("/recover")
        page = self.browser.post("/recover", {"identifier": self.name, "proof_of_work": solve_on(page)}, follow=False)
        self.note("start", page)
        self.path = page.headers["Location"].removeprefix(self.browser.origin)

    def look(self, what: str) -> Page:
        page = self.browser.get(self.path)
        self.note(f"look: {what}", page)
        return page

    def wait(self) -> Page:
        """Until the moment has come."""
        return wait_until(
            lambda: page if (page := self.browser.get(self.path)).name != "waiting" else None, "the moment"
        )

    def do(self, move: str = "continue", **fields: str) -> None:
        token = self.browser.get(self.path).form.fields["token"]
        answer = self.browser.post(self.path, {"token": token, "move": move, **fields}, follow=False)
        self.note(f"{move} {' '.join(fields)}", answer)
        if answer.status == 303:
            self.note("after", self.browser.get(answer.headers["Location"].removeprefix(self.browser.origin)))

    def note(self, what: str, page: Page) -> None:
        self.seen.append((what, told(page)))

    def everything(self) -> Walk:
        """Every button that can be reached without a proof."""
        self.begin()
        self.look("at once")
        self.note("stage", self.browser.get(f"{self.path}/stage"))
        self.do(offer="email.0")
        self.wait()
        self.look("choosing")
        self.note("stage", self.browser.get(f"{self.path}/stage"))
        self.do()
        self.do(offer="sms.1")
        self.do(offer="sms.1", destination="")
        self.do(offer="sms.1", destination="+15550000000")
        self.do("again")
        self.do(code="1234")
        self.do("back")
        self.do(offer="email.0")
        for _ in range(5):
            self.do(code="12345678")
        self.look("one way left")
        self.do(offer="sms.1", destination="+15550000000")
        self.do("cancel")
        self.look("closed")
        return self


def told(page: Page) -> str:
    headers = {name: value for name, value in page.headers.items() if name not in {"Date", "Content-Length"}}
    headers |= {"Retry-After": "N"} if "Retry-After" in headers else {}
    text = f"{page.status}\n" + "\n".join(f"{name}: {value}" for name, value in headers.items()) + f"\n\n{page.html}"
    for fresh, name in FRESH:
        text = re.sub(fresh, name, text)
    return text


def a_masked_story(keyback: Keyback, post: Post, slapd: Slapd) -> Story:
    """Somebody who has given their name, and waited for the moment."""
    story = a_story(keyback, post, slapd)
    story.start()
    wait_until(lambda: story.reload().name == "choosing", "the moment")
    return story


@pytest.fixture(scope="module")
def walks(masked: Keyback, post: Post, slapd: Slapd) -> dict[str, Walk]:
    """Each kind of name, each having pressed everything."""
    disabled = slapd.person()
    slapd.mark(disabled.dn, pwdAccountLockedTime="000001010000Z")
    slapd.person(mail="two@alderwick.example")
    names = {
        "unknown": STRANGER,
        "known": slapd.person().uid,
        "disabled": disabled.uid,
        "privileged": slapd.administrator().uid,
        "stopped": stopped(masked, post, slapd),
        "without a method": slapd.person(mail=None, mobile=None).uid,
        "shared address": slapd.read(slapd.person(mail="two@alderwick.example").dn, "mail")["mail"][0],
    }
    return {kind: Walk(masked, name).everything() for kind, name in names.items()}


def stopped(keyback: Keyback, post: Post, slapd: Slapd) -> str:
    """Somebody who said "this wasn't me"."""
    story = a_masked_story(keyback, post, slapd)
    story.pick_mail()
    story.type_code(post.mail_code(story.mail))
    owner = keyback.browser()
    assert owner.submit(owner.get(post.wasnt_me(story.mail))).status == 200
    return story.name


KINDS = ("known", "disabled", "privileged", "stopped", "without a method", "shared address")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_name_sees_the_same_but_for_the_ends(walks: dict[str, Walk], kind: str) -> None:
    for nobody, somebody in zip(walks["unknown"].seen, walks[kind].seen, strict=True):
        assert somebody == nobody


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_name_gets_the_same_cookies_and_as_many_bytes(walks: dict[str, Walk], kind: str) -> None:
    one, other = walks["unknown"].browser, walks[kind].browser
    assert sorted(one.cookies) == sorted(other.cookies)
    sizes = [[len(page.html) for page in browser.history if page.status == 200] for browser in (one, other)]
    # Counters count down with the clock; ends have the same length for everybody.
    assert all(abs(left - right) <= 2 for left, right in zip(*(size[:4] for size in sizes), strict=True))


def test_the_walk_has_been_everywhere(walks: dict[str, Walk]) -> None:
    told = [seen for _, seen in walks["unknown"].seen]
    assert {"200", "303", "422", "429"} == {seen.partition("\n")[0] for seen in told}
    stages = {stage for seen in told for stage in re.findall('data-page="([a-z]+)"', seen)}
    assert stages == {"waiting", "choosing", "destination", "answering", "closed"}
    machine = [seen.rpartition("\n\n")[2] for what, seen in walks["unknown"].seen if what == "stage"]
    assert ['"waiting":true' in seen for seen in machine] == [True, False]


def offers(page: Page) -> str:
    return re.search(r'<fieldset id="offer">.*</fieldset>', page.html, re.DOTALL)[0]  # type: ignore[index]


def looks(keyback: Keyback, name: str, count: int) -> set[str]:
    """What so many browsers are offered."""
    walks = [Walk(keyback, name) for _ in range(count)]
    for walk in walks:
        walk.begin()
    return {offers(walk.wait()) for walk in walks}


def test_a_decoy_stays_the_same_over_twenty_starts_a_restart_and_in_each_process(masked: Keyback) -> None:
    first = looks(masked, STRANGER, 20)
    assert len(first) == 1
    masked.stop()
    masked.start()
    assert looks(masked, STRANGER.upper(), 4) == first


def test_strangers_differ_from_one_another_as_people_do(masked: Keyback, slapd: Slapd) -> None:
    made = {offers(walk.wait()) for walk in begun(masked, [f"stranger{n}" for n in range(8)])}
    own = {offers(walk.wait()) for walk in begun(masked, [slapd.person().uid for _ in range(8)])}
    assert len(made) > 5
    assert len(own) > 5


def begun(keyback: Keyback, names: list[str]) -> list[Walk]:
    walks = [Walk(keyback, name) for name in names]
    for walk in walks:
        walk.begin()
    return walks


def test_somebody_gets_in_by_their_own_masked_ends(masked: Keyback, post: Post, slapd: Slapd) -> None:
    story = a_masked_story(masked, post, slapd)
    page = story.browser.page
    assert page is not None
    assert f"We send a code to +XX XXXXXXX{story.phone[-2:]}" in page.text
    story.prove()
    assert story.renew(NEW).stage == "done"


def test_while_the_directory_is_silent_nobody_is_offered_anything(masked: Keyback, slapd: Slapd) -> None:
    names = [slapd.person().uid, "nobody.is.called.this.either"]
    with slapd.frozen():
        walks = begun(masked, names)
        past_the_second_moment = time.monotonic() + 2 * RELEASE / timedelta(seconds=1) + 0.5

        def still_silent() -> bool:
            for walk in walks:
                assert walk.look("silence").name == "waiting"
                walk.note("stage", walk.browser.get(f"{walk.path}/stage"))
            return time.monotonic() > past_the_second_moment

        wait_until(still_silent, "the second moment to pass")
    assert walks[0].seen == walks[1].seen
    assert {walk.wait().name for walk in walks} == {"choosing"}
