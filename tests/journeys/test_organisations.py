"""Two organisations behind one Keyback, and a name that both have: who is meant is chosen, and told to nobody (P4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from servers.browser import Page
from servers.keyback import Keyback
from servers.outfit import SWIFT, pins
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story, solve_on

from keyback.core.contracts.people import AccountKey
from keyback.core.contracts.text import Secret
from keyback.core.testing import a_context
from keyback.plugins.stores.embedded import Embedded

FIRST, SECOND = "Alderwick", "Bracken & Mills"
# What is new with every page.
FRESH = re.compile(r"nonce(=\"|-)[\w-]{22}|reference [0-9A-F]{8}|[0-9a-f]{32,}")
ORGANISATIONS = {FIRST: "openldap", SECOND: "embedded"}


@dataclass
class Both:
    """Two directories, each with somebody of the same name."""

    keyback: Keyback
    post: Post
    slapd: Slapd
    small: Embedded
    name: str
    phones: Mapping[str, str]
    key: AccountKey

    def story(self, organisation: str) -> Story:
        """The one of them who belongs there, at a browser."""
        mail = f"{self.name}@{'alderwick' if organisation == FIRST else 'bracken'}.example"
        return Story.of(self.keyback, self.post, self.name, mail=mail, phone=self.phones[organisation])

    def opens(self, password: str) -> tuple[bool, bool]:
        """Whether it opens the one account, and the other."""
        account = self.small.look(self.key, a_context())
        assert account is not None
        here, _ = self.slapd.bind(f"uid={self.name},{PEOPLE}", password)
        return here == 0, bool(self.small.accepts(account, Secret(password), ctx=a_context()))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    folder = tmp_path_factory.mktemp("organisations")
    outfit = {**pins(post, slapd), **SWIFT, "store.embedded": {"database": str(folder / "small.db")}}
    with Keyback(folder, outfit, more={"organisations": ORGANISATIONS}) as running:
        yield running


@pytest.fixture
def both(server: Keyback, post: Post, slapd: Slapd) -> Both:
    name = slapd.person().uid
    (mobile,) = slapd.read(f"uid={name},{PEOPLE}", "mobile")["mobile"]
    phones = {FIRST: mobile, SECOND: mobile.replace("+43664", "+43660")}
    small = Embedded(Embedded.Settings(database=str(server.folder / "small.db")))
    key = small.add_person(
        name=name, password=Secret(PASSWORD), mails=(f"{name}@bracken.example",), phones=(phones[SECOND],)
    )
    return Both(server, post, slapd, small, name, phones, key)


def start(story: Story, **fields: str) -> Page:
    page = story.browser.get("/recover")
    return story.browser.submit(page, identifier=story.name, proof_of_work=solve_on(page), **fields)


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_the_password_is_set_where_it_was_chosen_and_nowhere_else(both: Both, organisation: str) -> None:
    story = both.story(organisation)
    assert start(story, organisation=organisation).stage == "choosing"
    assert story.prove().stage == "renewing"
    assert story.renew().stage == "done"
    assert both.opens(NEW) == (organisation == FIRST, organisation == SECOND)
    assert both.opens(PASSWORD) == (organisation != FIRST, organisation != SECOND)


def test_whoever_chose_none_is_asked_again_and_keeps_what_they_typed(both: Both) -> None:
    story = both.story(FIRST)
    page = start(story)
    assert (page.status, page.stage) == (422, "start")
    assert page.links("Choose your organisation") == ["#organisation"]
    assert page.form.fields["identifier"] == both.name
    assert story.browser.cookies == {}


def test_the_page_is_the_same_whoever_is_named_and_chosen(both: Both) -> None:
    pages = [
        start(Story.of(both.keyback, both.post, name), organisation=organisation)
        for name in (both.name, "nobody.at.all")
        for organisation in ORGANISATIONS
    ]
    assert {(page.status, page.stage) for page in pages} == {(200, "choosing")}
    assert len({FRESH.sub("", page.html) for page in pages}) == 1


def test_nothing_in_the_browser_remembers_it(both: Both) -> None:
    story = both.story(SECOND)
    start(story, organisation=SECOND)
    assert all("Bracken" not in value and "embedded" not in value for value in story.browser.cookies.values())
    page = story.browser.get("/recover").html
    assert "Bracken &amp; Mills" in page
    assert " selected" not in page
