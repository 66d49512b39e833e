"""Security questions over HTTP: registered, waited for, asked after another proof, tried, closed and removed."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pretend_portal import ORIGIN, portal_settings
from servers.doors import doors
from servers.small_house import NEW, SmallHouse, small_house

from keyback.core.contracts.people import AccountKey, Person
from keyback.core.contracts.question_set import Question, QuestionSet
from keyback.core.db.session import Database
from keyback.core.portal import EnrolmentPages, create_portal
from keyback.core.recovery.policy import Policy, ProofRules, PublicRules
from keyback.core.service.enrolling.signed_in import SignedIn
from keyback.plugins.methods import _slow_hash
from keyback.plugins.methods._question_list import QUESTIONS
from keyback.plugins.methods.questions import Questions, QuestionsSettings

ADD = "/methods/add/questions"
ANSWERS = ("Captain Moth", "the florist", "lighthouse keeper", "ein rotes Zelt", "the fjord ferry")
REGISTERED = {**{f"question-{n}": str(n) for n in range(1, 6)}, **{f"answer-{n}": a for n, a in enumerate(ANSWERS, 1)}}
RIGHT = {f"answer-{n}": ANSWERS[n - 1] for n in (1, 2, 3)}
WRONG = {**RIGHT, "answer-2": "the baker"}
AFTER_ANOTHER = ProofRules(optional=frozenset({"email", "questions"}))


@dataclass
class Jo:
    """Somebody with a browser, signed in while they register and nobody while they have forgotten."""

    house: SmallHouse
    browser: FlaskClient
    who: SignedIn
    here: str = ""

    def get(self, path: str = "") -> Any:
        return self.browser.get(path or self.here, base_url=ORIGIN)

    def post(self, path: str = "", **fields: str) -> Any:
        path = path or self.here
        token = self.house.staff.enrolling.form_token(self.who)
        if not path.startswith("/methods"):
            (token,) = re.findall(r'name="token" value="([^"]+)"', self.get(path).text)
        form = {"token": token, **fields}
        return self.browser.post(path, base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}, data=form)

    def register(self, answers: Mapping[str, str] = REGISTERED) -> Any:
        self.post("/methods/add", method="questions")
        return self.post(ADD, move="continue", **answers)

    def wait(self, **span: float) -> None:
        self.house.clock.forward(**span)
        self.house.work()

    def prove_by_mail(self) -> None:
        """Begin a recovery and give the first proof."""
        visit = self.house.start()
        self.house.work()
        self.here = f"/recover/{visit.ticket.recovery_id}"
        self.browser.set_cookie(
            "__Host-kb_j", f"{visit.ticket.recovery_id}.{visit.ticket.key}", domain=HOST, secure=True
        )
        self.post(move="continue", offer="email")
        self.house.work()
        self.post(move="continue", code=visit.code())

    def choose_questions(self) -> Any:
        (offer,) = re.findall(r'value="(questions\.\d+)"', self.get().text)
        self.post(move="continue", offer=offer)
        return self.get()

    def answer(self, answers: Mapping[str, str] = RIGHT) -> Any:
        return self.post(move="continue", **answers)


HOST = ORIGIN.removeprefix("https://")


@pytest.fixture
def jo(database: Database, monkeypatch: pytest.MonkeyPatch) -> Jo:
    monkeypatch.setattr(_slow_hash, "MEMORY", 8)
    house = small_house(database, methods=[Questions(QuestionsSettings(pepper="p" * 32, accepted_by="Ada Lee"))])
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [Policy("p", proof=AFTER_ANOTHER)], who="the tests", why="tests")
    see_new_settings(house)
    account = house.store.look(AccountKey("fake", "id-of-jo"), house.context())
    assert account is not None
    person = Person(house.records.keyring.pseudonym(account.key.store, account.key.id), (account,), account.contacts)
    settings = portal_settings(now=house.clock)
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/sign-in", "sign_in.start", lambda: "sign in")
    app.add_url_rule("/sign-out", "sign_in.leave", lambda: "sign out")
    jo = Jo(house, app.test_client(), SignedIn("s1", person, house.clock()))
    methods = EnrolmentPages(house.staff.enrolling, lambda _: jo.who, settings, doors())
    app.register_blueprint(create_portal(house.service, doors(), settings, methods=methods))
    return jo


def see_new_settings(house: SmallHouse) -> None:
    with house.records.db.read() as tx:
        version = house.records.settings.version(tx)
    house.snapshots.at_least(version)


def words(page: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))).replace("’", "'")


def test_they_are_registered_count_after_the_cool_down_and_are_a_second_proof(jo: Jo) -> None:
    assert "Security questions is added It counts from" in words(jo.register())
    jo.prove_by_mail()
    assert "questions." not in jo.get().text
    jo.wait(hours=72)
    jo.prove_by_mail()
    page = words(jo.choose_questions())
    assert "Answer your questions Spelling and spaces must match" in page
    assert "This is the second of two." in page
    assert jo.answer(RIGHT).status_code == 303
    assert 'data-stage="renewing"' in jo.get().text
    jo.post(move="continue", new_password=NEW, new_password_again=NEW)
    assert jo.house.opens("jo", NEW)


def test_nobody_sees_a_question_before_another_proof_even_where_somebody_set_it_so(jo: Jo) -> None:
    jo.register()
    with jo.house.records.db.write() as tx:
        rules = PublicRules(methods=("questions", "email"), look_up=timedelta(0))
        jo.house.records.settings.save_public_rules(tx, rules, who="the tests", why="tests")
    jo.wait(hours=72)
    see_new_settings(jo.house)
    visit = jo.house.start()
    assert [choice.method for choice in jo.house.service.choosing.choices(visit.recovery)] == ["email"]


def test_a_wrong_set_says_that_and_no_more_and_what_was_typed_stays(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    jo.choose_questions()
    said = set()
    for wrong in ("answer-1", "answer-2", "answer-3"):
        page = jo.answer({**RIGHT, wrong: "the baker"})
        assert page.status_code == 422
        assert "At least one answer doesn't match." in words(page)
        assert 'value="the baker"' in page.text
        assert "aria-invalid" not in page.text
        said.add(re.sub(r"\d+ more times|once more|value=\"[^\"]*\"|nonce=\"[^\"]*\"", "", page.text))
    assert len(said) == 1


def test_an_empty_answer_is_no_try(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    jo.choose_questions()
    page = jo.answer({"answer-1": "Captain Moth", "answer-2": "", "answer-3": ""})
    assert words(page).count("Enter your answer") == 4
    assert "You can try 4 more times." in words(jo.answer(WRONG))


def five_wrong(jo: Jo) -> None:
    jo.prove_by_mail()
    jo.choose_questions()
    assert [jo.answer(WRONG).status_code for _ in range(5)] == [422, 422, 422, 422, 303]
    assert 'data-stage="closed"' in jo.get().text


def test_five_wrong_sets_close_it_for_a_day(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    five_wrong(jo)
    jo.wait(hours=23, minutes=50)
    jo.prove_by_mail()
    jo.choose_questions()
    page = jo.answer(RIGHT)
    assert page.status_code == 429
    assert "Too many tries for now. Wait 10 minutes." in words(page)
    jo.wait(minutes=10)
    jo.prove_by_mail()
    jo.choose_questions()
    assert jo.answer(RIGHT).status_code == 303


def test_twenty_wrong_sets_close_it_until_it_is_registered_anew(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    for _ in range(4):
        five_wrong(jo)
        jo.wait(hours=25)
    jo.prove_by_mail()
    jo.choose_questions()
    page = jo.answer(RIGHT)
    assert page.status_code == 429
    assert "This way is closed until you add it anew." in words(page)
    jo.who = SignedIn("s2", jo.who.person, jo.house.clock())
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    jo.choose_questions()
    assert jo.answer(RIGHT).status_code == 303


def test_an_answer_that_cannot_be_kept_is_said_at_its_field_and_nothing_is_lost(jo: Jo) -> None:
    page = jo.register({**REGISTERED, "answer-2": "pizza", "question-3": "2"})
    assert page.status_code == 422
    for field in ("answer-2", "question-3"):
        assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page.text)
        assert f'href="#{field}"' in page.text
    assert page.text.count('aria-invalid="true"') == 2
    assert 'value="Captain Moth"' in page.text
    assert page.text.count(" selected>") == 5
    assert page.headers["Cache-Control"] == "no-store"
    assert "is added" in words(jo.post(ADD, move="continue", **REGISTERED))


def test_what_is_left_out_is_said_and_counts_as_no_try(jo: Jo) -> None:
    jo.post("/methods/add", method="questions")
    for _ in range(7):
        page = words(jo.post(ADD, move="continue"))
        assert page.count("Choose one from the list") == 10
        assert page.count("Enter your answer") == 10
        assert [page.count(f"Question {n}: Choose one from the list") for n in range(1, 6)] == [1] * 5
    assert "is added" in words(jo.post(ADD, move="continue", **REGISTERED))


def test_no_answer_is_in_the_database(jo: Jo, tmp_path: Path) -> None:
    jo.register({**REGISTERED, "answer-2": "pizza"})
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    jo.choose_questions()
    jo.answer(WRONG)
    copy = shutil.copytree(tmp_path, tmp_path.parent / "copy")
    kept = b"".join(file.read_bytes() for file in copy.iterdir()).lower()
    assert not [answer for answer in (*ANSWERS, "the baker") if answer.lower().encode() in kept]


def test_removed_they_prove_nothing_any_more_not_even_where_they_were_asked_already(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    jo.choose_questions()
    jo.who = SignedIn("s2", jo.who.person, jo.house.clock())
    (address,) = re.findall(
        r'href="(/methods/remove/[^"]+)"[^>]*>Remove<span class="ear"> Security', jo.get("/methods").text
    )
    assert "Security questions is removed" in words(jo.post(address, move="remove"))
    assert jo.answer(RIGHT).status_code == 422
    jo.prove_by_mail()
    assert "questions." not in jo.get().text


# Sets of the organisation's own -------------------------------------------------------------------------------------


def save_sets(jo: Jo, *questions: Question) -> None:
    """As an administrator does at the console."""
    with jo.house.records.db.write() as tx:
        sets = (QuestionSet("Everybody", questions),)
        jo.house.records.question_sets.save(tx, sets, who="admin", why="test", at=jo.house.clock())
    see_new_settings(jo.house)


def ours(**changes: Any) -> list[Question]:
    """Keyback's questions as a set, the first of them changed so."""
    first, *others = (Question(text.message) for text in QUESTIONS)
    return [replace(first, **changes), *others]


def test_a_changed_set_shows_on_the_next_page_and_nothing_typed_into_the_old_one_is_kept(jo: Jo) -> None:
    jo.post("/methods/add", method="questions")
    save_sets(jo, *ours(id="Which plant stood in room 7?"))
    page = jo.post(ADD, move="continue", **REGISTERED)
    assert page.status_code == 422
    assert "Your organisation changed its questions meanwhile. Choose again." in words(page)
    assert "Which plant stood in room 7?" in page.text
    assert "Captain Moth" not in page.text
    assert "is added" in words(jo.post(ADD, move="continue", **REGISTERED))


def test_required_questions_stand_above_their_answers_and_are_counted(jo: Jo) -> None:
    save_sets(jo, *ours(required=True))
    jo.post("/methods/add", method="questions")
    page = jo.get(ADD)
    assert re.search(rf'<label for="answer-1">{re.escape(QUESTIONS[0].message)}</label>', page.text)
    assert 'id="question-1"' not in page.text
    answers = {name: value for name, value in REGISTERED.items() if name != "question-1"}
    assert "is added" in words(jo.post(ADD, move="continue", **answers))
    with jo.house.records.db.read() as tx:
        counted = jo.house.records.enrolments.chosen.of(tx, "questions", [one.message for one in QUESTIONS])
    assert counted[QUESTIONS[0].message] == 1
    assert sum(counted.values()) == 5


def test_whoever_speaks_another_language_reads_the_sets_words_in_it(jo: Jo) -> None:
    save_sets(jo, *ours(words={"en": "Which toy?", "de": "Welches Stofftier?"}))
    jo.post("/methods/add", method="questions")
    jo.browser.set_cookie("__Host-kb_language", "de", domain=HOST, secure=True)
    assert "Welches Stofftier?" in jo.get(ADD).text


def test_what_is_asked_proves_nothing_once_its_last_day_is_over_and_others_are_asked(jo: Jo) -> None:
    jo.register()
    jo.wait(hours=72)
    jo.prove_by_mail()
    asked = words(jo.choose_questions())
    retired = next(text.message for text in QUESTIONS if text.message in asked)
    yesterday = (jo.house.clock() - timedelta(days=1)).date()
    save_sets(
        jo, *(Question(text.message, last_day=yesterday if text.message == retired else None) for text in QUESTIONS)
    )
    assert jo.answer(RIGHT).status_code == 422
    jo.post(move="back")
    assert retired not in words(jo.choose_questions())
