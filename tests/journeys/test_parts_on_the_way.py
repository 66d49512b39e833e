"""A method that is switched off and a question that is changed: on everybody's next page, at every process, also for
whoever is in the middle of a try."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from servers.browser import Page
from servers.keyback import Keyback
from servers.outfit import SWIFT, a_story, opens, pins
from servers.postgres import Postgres
from servers.slapd import PEOPLE, Slapd
from servers.story import NEW, Post, Story, wait_until

from keyback.core import Person, Question, QuestionSet
from keyback.core.db.enrolments import Enrolments
from keyback.core.db.question_sets import SavedQuestionSets
from keyback.core.db.sealing import KeyPurpose, Keyring
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SettingsStore
from keyback.core.recovery.policy import Policy, ProofRules
from keyback.core.testing import a_context
from keyback.plugins.methods.questions import Questions, QuestionsSettings

RULES = Policy("everybody", proof=ProofRules(optional=frozenset({"email", "sms", "questions"})), cool_down=timedelta(0))
ASKED = tuple(Question(f"Which thing number {n} did you lose?") for n in range(5))
ANSWERS = {question.id: f"the umbrella of day {n} and {n}" for n, question in enumerate(ASKED)}
# Two processes share the port: as many visits as this come to both.
OFTEN = 8


class Office:
    """An administrator, at a third process."""

    def __init__(self, server: Keyback) -> None:
        self.db = Database(server.database_url)
        key = base64.urlsafe_b64decode((server.folder / "keyback.key").read_text())
        self.keyring = Keyring.load(self.db, key)
        self.settings = SettingsStore(self.keyring)
        self.sets = SavedQuestionSets(self.keyring)

    def switch(self, key: str, on: bool) -> None:
        with self.db.write() as tx:
            self.settings.save_plugin(tx, "method", key, enabled=on, settings={})

    def ask(self, *questions: Question) -> None:
        with self.db.write() as tx:
            sets = (QuestionSet("Everybody", questions),)
            self.sets.save(tx, sets, who="ines", why="tests", at=datetime.now(UTC))

    def register(self, store: str, account: str) -> None:
        """As if this person had chosen and answered all of them a while ago."""
        pepper = self.keyring.mac(KeyPurpose.PSEUDONYM, "questions-pepper").hex()
        way = Questions(QuestionsSettings(pepper=pepper, accepted_by="Ada Lee")).asking(
            [QuestionSet("Everybody", tuple(replace(one, required=True) for one in ASKED))]
        )
        assert isinstance(way, Questions)
        drawn = way.enrol(Person("", ()), (), a_context())
        answers = {field.name: ANSWERS[str(field.label)] for field in drawn.prompt.fields}
        data, then = way.confirm(drawn, answers, a_context()).data, datetime.now(UTC) - timedelta(days=1)
        with self.db.write() as tx:
            person = self.keyring.pseudonym(store, account)
            Enrolments(self.keyring).add(tx, person, "questions", "", data, proven_at=then, usable_from=then)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """Two processes for pages and one behind them."""
    outfit = {**pins(post, slapd), **SWIFT, "method.questions": {"accepted_by": "Ada Lee"}}
    url, folder = postgres.database(), tmp_path_factory.mktemp("parts")
    with Keyback(folder, outfit, processes=2, database_url=url, policies=[RULES]) as running:
        yield running


@pytest.fixture
def office(server: Keyback) -> Iterator[Office]:
    office = Office(server)
    office.switch("sms", True)
    office.ask(*ASKED)
    yield office
    office.db.close()


@pytest.fixture
def somebody(server: Keyback, post: Post, slapd: Slapd, office: Office) -> Story:
    """Who has answers to five questions, and has proven one thing already."""
    return wait_until(lambda: _begun(server, post, slapd, office), "the back office to know what is on again")


def _begun(server: Keyback, post: Post, slapd: Slapd, office: Office) -> Story | None:
    """None where the back office, which looks at the settings every second, looked them up by the old ones."""
    story = a_story(server, post, slapd)
    (account,) = slapd.read(f"uid={story.name},{PEOPLE}", "entryUUID")["entryUUID"]
    office.register("openldap", account if isinstance(account, str) else account.decode())
    story.start()
    story.pick_mail()
    page = story.type_code(post.mail_code(story.mail))
    assert page.stage == "choosing"
    return story if offered(page) == {"sms", "questions"} else None


def offered(page: Page) -> set[str]:
    return {offer.partition(".")[0] for offer in page.form.radios["offer"]}


def questions(story: Story) -> Page:
    (offer,) = (one for one in story.here().form.radios["offer"] if one.startswith("questions"))
    return story.browser.submit(story.here(), offer=offer)


def answer(story: Story, page: Page) -> Page:
    """Rightly, whatever is asked."""
    known = sorted((page.text.index(question), said) for question, said in ANSWERS.items() if question in page.text)
    return story.browser.submit(page, **{f"answer-{n}": said for n, (_, said) in enumerate(known, 1)})


def test_a_method_that_is_switched_off_and_on_again_is_so_on_the_next_page_of_who_is_on_the_way(
    somebody: Story, office: Office, server: Keyback
) -> None:
    processes = server.processes()
    for on in (True, False, True):
        office.switch("sms", on)
        seen = [offered(somebody.reload()) for _ in range(OFTEN)]
        assert seen == [{"sms", "questions"} if on else {"questions"}] * OFTEN
    assert server.processes() == processes, "nobody restarted anything"


def test_what_was_asked_by_a_method_that_is_off_by_now_proves_nothing(
    somebody: Story, office: Office, post: Post, slapd: Slapd
) -> None:
    somebody.pick_text()
    code = post.text_code(somebody.phone)
    office.switch("sms", False)
    assert somebody.type_code(code).stage != "renewing"
    assert not opens(slapd, somebody, NEW)


def test_mended_words_of_a_question_are_read_on_the_next_page_at_every_process(somebody: Story, office: Office) -> None:
    first = ASKED[0].id
    assert first in questions(somebody).text
    office.ask(replace(ASKED[0], words={"en": "What did you lose first?"}), *ASKED[1:])

    def asked_again() -> str:
        somebody.press("back")
        return questions(somebody).text

    seen = [asked_again() for _ in range(OFTEN)]
    assert ["What did you lose first?" in text for text in seen] == [True] * OFTEN
    assert not [text for text in seen if first in text]


def test_who_is_asked_a_question_that_is_over_by_now_proves_nothing_and_is_asked_others(
    somebody: Story, office: Office, slapd: Slapd
) -> None:
    page = questions(somebody)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    office.ask(replace(ASKED[0], last_day=yesterday), *ASKED[1:])
    refused = answer(somebody, page)
    assert (refused.status, refused.stage) == (422, "answering")
    somebody.press("back")
    page = questions(somebody)
    assert ASKED[0].id not in page.text
    assert answer(somebody, page).stage == "renewing"
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)


def test_a_method_that_a_policy_no_longer_counts_does_not_let_in_who_began_with_it(
    somebody: Story, office: Office, slapd: Slapd
) -> None:
    assert answer(somebody, questions(somebody)).stage == "renewing"
    without = replace(RULES, proof=replace(RULES.proof, optional=frozenset({"email", "sms"})))
    try:
        with office.db.write() as tx:
            office.settings.save_policies(tx, [without], who="ines", why="tests")
        for _ in range(OFTEN):
            somebody.reload()
            assert somebody.renew().stage != "done"
        assert not opens(slapd, somebody, NEW)
    finally:
        with office.db.write() as tx:
            office.settings.save_policies(tx, [RULES], who="ines", why="tests")
