"""The screens of question sets, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.console_forms import words
from servers.parts_house import Works
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened, opened_with_parts

from keyback.core.languages import Languages
from keyback.core.recovery.policy import Policy
from keyback.core.service.administrators.actor import Role
from keyback.core.service.ruling.parts import State
from keyback.plugins.methods.questions import Questions, QuestionsSettings

HERE = "/admin/questions/"
TRANSLATIONS = Path(__file__).parents[2] / "core" / "portal" / "translations"
SCRIPT = '"><script>alert(1)</script>'
TOY = "What did you call your first cuddly toy?"


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    asks = Questions(QuestionsSettings(pepper="p" * 32, accepted_by="Ada Lee"))
    with opened(migrated, tmp_path, methods=[asks], languages=Languages(TRANSLATIONS)) as console:
        records = console.house.records
        with records.db.write() as tx:
            records.settings.save_policies(tx, [Policy("lab", 10), Policy("all", 20)], who="admin", why="test")
        yield console


def a_question(**more: str) -> dict[str, str]:
    return {"words_en": "Which plant stood in room 7?", "words_de": "", "why": "ours", "version": "0", **more}


def version(console: SmallConsole) -> int:
    return sets(console)[1]


def sets(console: SmallConsole) -> tuple[list[str], int]:
    with console.house.records.db.read() as tx:
        kept = console.house.records.question_sets.all(tx)
        newest = console.house.records.settings.history.newest(tx, "question-sets", "")
    return [one.name for one in kept], newest.version if newest else 0


def test_all_questions_are_listed_with_how_they_stand_and_who_chose_them(console: SmallConsole) -> None:
    first = TOY
    with console.house.records.db.write() as tx:
        now = console.house.clock()
        console.house.records.enrolments.add(
            tx, "somebody", "questions", "", {}, proven_at=now, usable_from=now, counted=(first,)
        )
    page = words(console.get(HERE))
    assert f"{first} 1 Offered" in page
    assert "Nothing was saved yet" in page
    assert "Not in" not in page


def test_a_new_question_holds_at_once_and_lists_the_language_that_it_lacks(console: SmallConsole) -> None:
    sent = console.post(f"{HERE}set/1/question/0", a_question())
    assert sent.status_code == 303
    page = words(console.get(sent.location))
    assert "Saved as version" in page
    assert "Which plant stood in room 7? 0 Offered Not in Deutsch" in page
    assert "1 question is not said in every language" in page
    console.post(f"{HERE}set/1/question/16", a_question(words_de="Was stand in Raum 7?", version=str(version(console))))
    assert "Not in Deutsch" not in words(console.get(HERE))


def test_a_question_is_required_retired_and_offered_again(console: SmallConsole) -> None:
    form = a_question(words_en=TOY, words_de="Stofftier?")
    console.post(f"{HERE}set/1/question/1", {**form, "required": "y"})
    assert f"{TOY} 0 Required" in words(console.get(HERE))
    day = (console.house.clock() + timedelta(days=30)).date().isoformat()
    console.post(f"{HERE}set/1/question/1", {**form, "last_day": day, "version": str(version(console))})
    assert f"{TOY} 0 Asked until {day}" in words(console.get(HERE))
    assert f'value="{day}"' in console.get(f"{HERE}set/1/question/1").text
    console.house.clock.forward(days=31)
    assert f"{TOY} 0 Over since {day}" in words(console.get(HERE))
    console.post(f"{HERE}set/1/question/1", {**form, "last_day": "", "version": str(version(console))})
    assert f"{TOY} 0 Offered" in words(console.get(HERE))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"words_en": "", "words_de": ""}, "A question has 3 to 200 characters"),
        ({"words_en": "ab"}, "A question has 3 to 200 characters"),
        ({"words_en": "x" * 201}, "Use 200 characters at most."),
        ({"words_en": "Who {is} it?"}, "none of them is a brace"),
        ({"words_en": TOY}, "Another question of this set reads the same"),
        ({"last_day": "tomorrow"}, "Type a date such as"),
        ({"why": " "}, "Say why, in one line."),
    ],
)
def test_what_cannot_be_asked_is_said_and_nothing_typed_is_lost(
    console: SmallConsole, typed: dict[str, str], said: str
) -> None:
    sent = console.post(f"{HERE}set/1/question/0", a_question(words_de="Mein Satz?") | typed)
    assert sent.status_code == 422
    assert said in words(sent)
    assert typed.get("words_de", "Mein Satz?") in sent.text
    assert version(console) == 0


def test_the_second_of_two_administrators_is_told_and_may_save_again(console: SmallConsole) -> None:
    console.post(f"{HERE}set/1/question/0", a_question())
    sent = console.post(f"{HERE}set/1/question/0", a_question(words_en="Who watered the fern?"))
    assert sent.status_code == 409
    assert "Somebody else saved this" in words(sent)
    assert "Who watered the fern?" in sent.text
    assert f'name="version" value="{version(console)}"' in sent.text


def test_a_policy_gets_a_set_of_its_own_that_begins_with_everybodys(console: SmallConsole) -> None:
    form = {"name": "Laboratory", "policies": ["lab"], "why": "they asked", "version": "0"}
    assert console.post(f"{HERE}set/0", form).status_code == 303
    page = words(console.get(HERE))
    assert "For the people of: lab" in page
    assert "For everybody else" in page
    assert page.count(TOY) == 2
    again = console.post(f"{HERE}set/0", {**form, "name": "Other", "version": str(version(console))})
    assert again.status_code == 422
    assert "Another set is for the people of lab already." in words(again)
    console.post(f"{HERE}set/1", {**form, "name": "Lab", "version": str(version(console))})
    assert sets(console)[0] == ["Lab", "Everybody"]
    console.post(f"{HERE}set/1/remove/0", {"why": "gone", "version": str(version(console))})
    assert sets(console)[0] == ["Everybody"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"name": " "}, "Give it a name."),
        ({"name": "x" * 61}, "Use 60 characters at most."),
        ({"name": "Everybody"}, "Another set has this name."),
        ({"policies": []}, "Exactly one set must be for everybody else."),
        ({"policies": ["made up"]}, "There is a problem"),
    ],
)
def test_a_set_that_cannot_work_is_not_kept(console: SmallConsole, form: dict[str, object], said: str) -> None:
    whole = {"name": "Laboratory", "policies": ["lab"], "why": "they asked", "version": "0", **form}
    sent = console.post(f"{HERE}set/0", whole)
    assert sent.status_code == 422
    assert said in words(sent)
    assert version(console) == 0


def test_a_policy_that_is_gone_is_said_beside_its_set(console: SmallConsole) -> None:
    console.post(f"{HERE}set/0", {"name": "Laboratory", "policies": ["lab"], "why": "they asked", "version": "0"})
    with console.house.records.db.write() as tx:
        console.house.records.settings.save_policies(tx, [Policy("all", 20)], who="admin", why="test")
    assert "There is no policy lab any more" in words(console.get(HERE))


def test_a_question_is_taken_away_on_a_page_of_its_own_unless_somebody_chose_it(console: SmallConsole) -> None:
    assert TOY in words(console.get(f"{HERE}set/1/remove/1"))
    with console.house.records.db.write() as tx:
        now = console.house.clock()
        console.house.records.enrolments.add(
            tx, "somebody", "questions", "", {}, proven_at=now, usable_from=now, counted=(TOY,)
        )
    refused = console.post(f"{HERE}set/1/remove/1", {"why": "odd", "version": "0"})
    assert refused.status_code == 422
    assert "1 person chose it. Retire it with a day instead" in words(refused)
    assert console.post(f"{HERE}set/1/remove/2", {"why": "odd", "version": "0"}).status_code == 303
    assert "Who was the first person that you phoned" not in words(console.get(HERE))


def test_every_save_stands_in_the_history_and_can_be_gone_back_to(console: SmallConsole) -> None:
    console.post(f"{HERE}set/1/question/1", a_question(words_en=TOY, words_de="Stofftier?"))
    first = version(console)
    console.post(f"{HERE}set/1/question/0", a_question(version=str(first)))
    second = version(console)
    assert f"Version {second} Holds now" in words(console.get(f"{HERE}history"))
    page = words(console.get(f"{HERE}version?number={first}"))
    assert "Question taken away: Which plant stood in room 7?" in page
    asks = console.post(f"{HERE}review", {"do": "version", "number": str(first), "after": str(second)})
    assert f"Go back to version {first}?" in words(asks)
    assert console.post(f"{HERE}back/{first}", {"why": "too many", "version": str(second)}).status_code == 303
    assert "Which plant stood" not in words(console.get(HERE))
    assert version(console) > second


def test_what_was_typed_waits_for_a_fresh_sign_in(console: SmallConsole) -> None:
    console.desk.ago = timedelta(minutes=6)
    assert console.post(f"{HERE}set/1/question/0", a_question()).status_code == 403
    console.desk.ago = timedelta(0)
    assert "Which plant stood in room 7?" in console.get(f"{HERE}set/1/question/0").text


def test_an_address_that_leads_to_no_question_is_none(console: SmallConsole) -> None:
    for path in ("set/9", "set/1/question/99", "set/0/question/1", "set/9/remove/0", "back/77"):
        assert console.get(HERE + path).status_code == 404, path
    assert console.get(f"{HERE}version?number=77").status_code == 303


def test_markup_in_any_field_stays_text(console: SmallConsole) -> None:
    console.post(
        f"{HERE}set/1/question/0", a_question(words_en=f"Who? {SCRIPT}", words_de=f"Wer? {SCRIPT}", why=SCRIPT)
    )
    form = {"name": SCRIPT, "policies": ["lab"], "why": SCRIPT, "version": str(version(console))}
    assert console.post(f"{HERE}set/0", form).status_code == 303
    number = version(console)
    paths = (
        "",
        "set/1",
        "set/1/question/16",
        "set/1/remove/16",
        "set/1/remove/0",
        "history",
        f"version?number={number}",
    )
    for path in paths:
        page = console.get(HERE + path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text, path


@pytest.mark.parametrize("role", [AUDITOR, HELP_DESK])
def test_only_administrators_change_them_and_auditors_look(console: SmallConsole, role: Role) -> None:
    other = console.as_(role)
    assert other.post(f"{HERE}set/1/question/0", a_question()).status_code == 403
    assert other.post(f"{HERE}back/1", {"why": "x"}).status_code == 403
    page = other.get(HERE)
    assert page.status_code == (200 if role is AUDITOR else 403)
    assert "/set/1" not in page.text
    assert version(console) == 0
    assert ADMINISTRATOR in console.roles


# Who answers for it -------------------------------------------------------------------------------------------------


@pytest.fixture
def off(tmp_path: Path, migrated: Path) -> Iterator[tuple[Works, SmallConsole]]:
    """A house with the real plugin, in which nobody answers for questions yet."""
    with opened_with_parts(migrated, tmp_path) as both:
        yield both


ACCEPT = {"organisation": "Acme", "why": "people asked for it", "version": "0"}


def test_turning_them_on_shows_the_warning_and_wants_the_organisations_name(off: tuple[Works, SmallConsole]) -> None:
    process, console = off
    assert "Security questions are off" in words(console.get(HERE))
    page = words(console.get(f"{HERE}accept"))
    assert "Neither NIST nor OWASP accepts security questions as a proof." in page
    assert "in the name of Acme" in page
    for typed, said in (("", "Type your organisation's name."), ("Acne", "That isn't your organisation's name")):
        refused = console.post(f"{HERE}accept", {**ACCEPT, "organisation": typed})
        assert refused.status_code == 422
        assert said in words(refused)
    assert console.post(f"{HERE}accept", {**ACCEPT, "why": ""}).status_code == 422
    assert process.part("method", "questions").state is State.NOT_SET_UP
    assert console.post(f"{HERE}accept", ACCEPT).status_code == 303
    assert process.part("method", "questions").state is State.ON


def test_the_console_keeps_saying_who_answers(off: tuple[Works, SmallConsole]) -> None:
    process, console = off
    assert "answers for it" not in words(console.get("/admin/"))
    console.post(f"{HERE}accept", ACCEPT)
    who = process.part("method", "questions").answered_by
    assert who.startswith("Ines Roth, 20")
    for path in ("/admin/", HERE, "/admin/plugins/method/questions"):
        assert who in console.get(path).text, path
    assert who in console.as_(AUDITOR).get("/admin/").text


def test_the_methods_own_switch_leads_to_the_warning(off: tuple[Works, SmallConsole]) -> None:
    _, console = off
    method = "/admin/plugins/method/questions"
    assert f"{HERE}accept" in console.get(method).text
    assert console.get(f"{method}/switch").location == f"{HERE}accept"
    assert console.post(f"{method}/switch", {"hours": "0", "why": "x", "version": "0"}).status_code in {303, 422}
    assert "Security questions are off" in words(console.get(HERE))


def test_only_administrators_answer_for_it(off: tuple[Works, SmallConsole]) -> None:
    process, console = off
    assert console.as_(AUDITOR).post(f"{HERE}accept", ACCEPT).status_code == 403
    assert process.part("method", "questions").state is State.NOT_SET_UP


def test_markup_in_the_name_or_the_reason_stays_text(off: tuple[Works, SmallConsole]) -> None:
    _, console = off
    refused = console.post(f"{HERE}accept", {**ACCEPT, "organisation": SCRIPT, "why": SCRIPT})
    assert refused.status_code == 422
    assert "<script>alert" not in refused.text
