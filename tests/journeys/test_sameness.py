"""Until the first proof nobody can tell who exists: same bytes, same statuses, same limits, same work (P4)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from servers.browser import Browser, Page
from servers.event_log import events
from servers.keyback import Keyback
from servers.linked import key_of, link
from servers.outfit import ENTRIES, SWIFT, a_story, pins
from servers.slapd import Slapd, Someone
from servers.story import Post, solve_on, wait_until

METHODS = ("email", "sms", "saved_codes")
WRONG = {"email": "12345678", "sms": "12345678", "saved_codes": "0123-4567-89AB-CDEF"}
# What is new with every page. Ids and keys keep their lengths.
FRESH = (
    (r"(reference|Vorgang) [0-9A-F]{8}", "reference REF"),
    (r"nonce(=\"|-)[A-Za-z0-9_-]{22}", "NONCE"),
    (r"\b\d{1,3}(?= (seconds?|Sekunden?))", "N"),
    (r"data-(seconds|warn-in)=\"\d+\"", "DATA"),
)


@dataclass
class Walk:
    """Somebody who knows a name and nothing else, and writes down everything that comes back."""

    keyback: Keyback
    name: str
    language: str = "en"
    seen: list[tuple[str, str]] = field(default_factory=list)

    def begin(self) -> None:
        self.browser = self.keyback.browser()
        self.browser.get(f"/recover?language={self.language}")
        page = self.browser.get("/recover")
        page = self.browser.post("/recover", {"identifier": self.name, "proof_of_work": solve_on(page)}, follow=False)
        self.note("start", page)
        self.path = page.headers["Location"].removeprefix(self.browser.origin)
        self.note("look: at once", self.browser.get(self.path))
        recovery_id = self.path.rpartition("/")[2]
        wait_until(lambda: "person." in " ".join(events(self.keyback, recovery_id)), "the look-up")
        # Before, `/stage` would say when the look-up is over: here it may be, at once, to save time.
        self.look("choosing")

    def look(self, what: str) -> None:
        self.note(f"look: {what}", self.browser.get(self.path))
        self.note(f"stage: {what}", self.browser.get(f"{self.path}/stage"))

    def do(self, move: str = "continue", **fields: str) -> None:
        token = self.browser.get(self.path).form.fields["token"]
        answer = self.browser.post(self.path, {"token": token, "move": move, **fields}, follow=False)
        self.note(f"{move} {' '.join(fields)}", answer)
        if answer.status == 303:
            self.look("after")

    def note(self, what: str, page: Page) -> None:
        self.seen.append((what, masked(page)))

    def pick(self, method: str) -> None:
        self.do(offer=method)
        if method == "sms":
            self.do(offer=method, destination="+15550000000")

    def everything(self) -> None:
        """Every button of every page that can be reached without a proof."""
        self.begin()
        self.do()
        self.do(offer="sms", destination="")
        for method in METHODS:
            self.pick(method)
            self.do("again")
            self.do(code="1234")
            self.do("back")
            self.pick(method)
            self.do("back")
        self.do("more_time")
        self.do("more_time")
        self.pick("saved_codes")
        for _ in range(2):
            self.do(code=WRONG["saved_codes"])
        self.do("cancel")
        self.look("closed")
        # Five wrong answers to each, then the last page; and what is left of the budgets next time.
        self.begin()
        for method in METHODS:
            self.pick(method)
            for _ in range(5):
                self.do(code=WRONG[method])
        self.begin()
        for method in METHODS:
            self.pick(method)
            self.do(code=WRONG[method])
            self.do("back")


def masked(page: Page) -> str:
    headers = {name: value for name, value in page.headers.items() if name != "Date"}
    # Its digits count down with the clock.
    headers |= {"Retry-After": "N"} if "Retry-After" in headers else {}
    told = f"{page.status}\n" + "\n".join(f"{name}: {value}" for name, value in headers.items()) + f"\n\n{page.html}"
    for fresh, name in FRESH:
        told = re.sub(fresh, name, told)
    return re.sub(r"\b[0-9a-f]{32,}\b", lambda key: "k" * len(key[0]), told)


@pytest.fixture(scope="module")
def keyback(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """A server with two processes and two directories, in which one name can have two accounts."""
    folder: Path = tmp_path_factory.mktemp("keyback-two-stores")
    outfit = {**pins(post, slapd), **SWIFT, "store.embedded": {"database": str(folder / "people.sqlite")}}
    with Keyback(folder, outfit, processes=2, more={"entries": ENTRIES}) as server:
        yield server


@pytest.fixture(scope="module")
def walks(keyback: Keyback, post: Post, slapd: Slapd) -> dict[str, Walk]:
    """Each kind of name, each having pressed everything."""
    disabled = slapd.person()
    slapd.mark(disabled.dn, pwdAccountLockedTime="000001010000Z")
    names = {
        "unknown": "nobody.was.ever.called.this",
        "known": slapd.person().uid,
        "disabled": disabled.uid,
        "privileged": slapd.administrator().uid,
        "stopped": stopped(keyback, post, slapd),
        "linked": linked(keyback, slapd, slapd.person()),
        "linked to an administrator": linked(keyback, slapd, slapd.administrator()),
        "without a method": slapd.person(mail=None, mobile=None).uid,
        "two accounts": in_both_stores(keyback, slapd),
        "with saved codes": with_saved_codes(keyback, slapd),
        "shared address": slapd.read(slapd.person(mail="two@alderwick.example").dn, "mail")["mail"][0],
    }
    slapd.person(mail="two@alderwick.example")
    done = {kind: Walk(keyback, name) for kind, name in names.items()}
    for walk in done.values():
        walk.everything()
    return done


def linked(keyback: Keyback, slapd: Slapd, other: Someone) -> str:
    """Somebody with a second account."""
    person = slapd.person()
    link(keyback, key_of(slapd, person.dn), key_of(slapd, other.dn))
    return person.uid


def in_both_stores(keyback: Keyback, slapd: Slapd) -> str:
    """A name that is somebody's here and somebody's there."""
    name = slapd.person().uid
    listed = keyback.folder / "people.csv"
    listed.write_text(f"name,display_name,mails,phones,groups\n{name},Two,{name}@bracken.example,+15567654321,\n")
    keyback.command("people", "import", str(listed))
    return name


def with_saved_codes(keyback: Keyback, slapd: Slapd) -> str:
    """Somebody who printed codes beforehand."""
    name = slapd.person().uid
    keyback.command("people", "codes", name)
    return name


def stopped(keyback: Keyback, post: Post, slapd: Slapd) -> str:
    """Somebody who said "this wasn't me"."""
    story = a_story(keyback, post, slapd)
    story.start()
    story.pick_mail()
    story.type_code(post.mail_code(story.mail))
    owner = keyback.browser()
    assert owner.submit(owner.get(post.wasnt_me(story.mail))).status == 200
    return story.name


KINDS = (
    *("known", "disabled", "privileged", "stopped", "linked", "linked to an administrator"),
    *("without a method", "two accounts", "with saved codes", "shared address"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_name_sees_the_same_bytes(walks: dict[str, Walk], kind: str) -> None:
    for nobody, somebody in zip(walks["unknown"].seen, walks[kind].seen, strict=True):
        assert somebody == nobody


def test_a_page_speaks_as_the_browser_does_whatever_the_directory_says_of_the_person(
    keyback: Keyback, slapd: Slapd
) -> None:
    told = []
    for name in (slapd.person(preferredLanguage="en").uid, slapd.person().uid, "niemand.heisst.so"):
        walk = Walk(keyback, name, "de")
        walk.begin()
        walk.pick("email")
        walk.do("again")
        walk.do(code="1234")
        for _ in range(5):
            walk.do(code=WRONG["email"])
        told.append(walk.seen)
    assert told[0] == told[1] == told[2]
    assert all('<html lang="de"' in seen for _, seen in told[0] if "data-page" in seen)
    assert "Dieser Code stimmt nicht." in told[0][-2][1] + told[0][-4][1]


def test_the_walk_has_been_everywhere(walks: dict[str, Walk]) -> None:
    told = [seen.partition("\n")[0] for _, seen in walks["unknown"].seen]
    assert {"200", "303", "409", "422", "429"} == set(told)
    stages = {stage for _, seen in walks["unknown"].seen for stage in re.findall('data-page="([a-z]+)"', seen)}
    assert stages == {"choosing", "destination", "answering", "closed"}


def test_nobody_heard_of_it_but_the_one_who_can(walks: dict[str, Walk], post: Post) -> None:
    recipients = {to for mail in post.mail.messages for to in mail.recipients}
    assert "two@alderwick.example" not in recipients
    for kind in ("disabled", "privileged"):
        assert f"{walks[kind].name}@alderwick.example" not in recipients
    assert f"{walks['known'].name}@alderwick.example" in recipients


def test_the_start_waits_for_no_directory(keyback: Keyback, slapd: Slapd) -> None:
    person, patience = slapd.person(), []
    told = {}
    with slapd.frozen():
        for name in (person.uid, "nobody.was.here.either"):
            walk = Walk(keyback, name)
            walk.browser = keyback.browser()
            page = walk.browser.get("/recover")
            solved, began = solve_on(page), time.monotonic()
            page = walk.browser.submit(page, identifier=name, proof_of_work=solved)
            patience.append(time.monotonic() - began)
            walk.path = page.url
            walk.pick("email")
            walk.do(code="12345678")
            told[name] = walk.seen
    # Whoever asked the directory would wait for eight seconds.
    assert max(patience) < 5, patience
    one, other = told.values()
    assert one == other
    assert 'data-page="waiting"' in one[-1][1]


def test_a_browser_is_handed_the_same_cookies_whoever_is_meant(keyback: Keyback, slapd: Slapd) -> None:
    names = []
    for name in (slapd.person().uid, "nobody.wants.a.cookie"):
        walk = Walk(keyback, name)
        walk.begin()
        names.append(cookies(walk.browser))
    assert names[0] == names[1] == ["__Host-kb_j", "__Host-kb_language"]


def cookies(browser: Browser) -> list[str]:
    return sorted(browser.cookies)
