"""Security questions out of an organisation's sets: who may choose which, in which words, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from gettext import NullTranslations

import pytest

from keyback.core import (
    Challenge,
    Context,
    Enrolment,
    NewEnrolment,
    NotAllowed,
    Offer,
    OutOfTurn,
    Person,
    Question,
    QuestionSet,
)
from keyback.core.contracts.question_set import AsksQuestions
from keyback.core.testing import a_context
from keyback.plugins.methods import _slow_hash
from keyback.plugins.methods.questions import Questions, QuestionsSettings

JO = Person("p-jo", ())
NOW = a_context().now
ROOM, FERN, DISH, LIFT, BADGE, CHAIR = (
    Question("Which plant stood in room 7?", {"en": "Which plant stood in room 7?", "de": "Was stand in Raum 7?"}),
    Question("Who watered the fern?"),
    Question("What was the canteen's worst dish?"),
    Question("Who was stuck in the lift?"),
    Question("What was on your first badge?"),
    Question("Which chair squeaked?"),
)
SET = QuestionSet("All", (ROOM, FERN, DISH, LIFT, BADGE, CHAIR))
ANSWERS = {
    ROOM.id: "a rubber tree",
    FERN.id: "Mister Plum",
    DISH.id: "grey lasagne",
    LIFT.id: "the whole choir",
    BADGE.id: "somebody else",
    CHAIR.id: "the throne",
}


class German(NullTranslations):
    def gettext(self, message: str) -> str:
        return message or "Language: de\n"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_slow_hash, "MEMORY", 8)


def asking(*sets: QuestionSet, **settings: object) -> Questions:
    values = {"pepper": "p" * 32, "accepted_by": "Ada Lee", **settings}
    asks = Questions(QuestionsSettings.model_validate(values)).asking(sets)
    assert isinstance(asks, Questions)
    return asks


def of(policy: str = "", later: timedelta = timedelta(0)) -> Context:
    return replace(a_context(), policy=policy, now=NOW + later)


def over(question: Question, days: int) -> Question:
    """Offered no more, and asked for so many days."""
    return replace(question, last_day=NOW.date() + timedelta(days=days))


def with_(*questions: Question) -> QuestionSet:
    return QuestionSet("All", questions)


def offered(challenge: Challenge) -> list[str]:
    choices = challenge.prompt.fields[-2].choices if len(challenge.prompt.fields) > 1 else ()
    return [choice.message.format_map(choice.values) for choice in choices]


def typed(challenge: Challenge) -> dict[str, str]:
    """A different question in each list, and its answer."""
    answer, taken = {}, set()
    for field in challenge.prompt.fields:
        if field.choices:
            ids = [choice.message.format_map(choice.values) for choice in field.choices]
            number, chosen = next((n, one) for n, one in enumerate(ids) if one not in taken)
            answer[field.name] = str(number)
            answer[field.name.replace("question", "answer")] = ANSWERS[chosen]
            taken.add(chosen)
        elif field.name not in answer:
            answer[field.name] = ANSWERS[field.label.message.format_map(field.label.values)]
    return answer


def registered(method: Questions, ctx: Context | None = None) -> NewEnrolment:
    ctx = ctx or of()
    challenge = method.enrol(JO, (), ctx)
    return method.confirm(challenge, typed(challenge), ctx)


def offers(method: Questions, new: NewEnrolment, ctx: Context | None = None) -> Sequence[Offer]:
    return method.offers(JO, [Enrolment("e1", "questions", "", new.data, NOW, NOW)], ctx or of())


def asked(method: Questions, offer: Offer, ctx: Context | None = None) -> list[str]:
    prompt = method.begin([offer], ctx or of()).prompt
    return [field.label.message.format_map(field.label.values) for field in prompt.fields]


def test_it_says_that_it_asks_from_sets() -> None:
    assert isinstance(asking(), AsksQuestions)


def test_without_a_set_the_questions_of_the_file_are_offered() -> None:
    own = ("Which plant stood in room 7?", "Who watered the fern?", "Who was stuck in the lift?")
    way = asking(questions=own, to_register=3)
    assert offered(way.enrol(JO, (), of())) == list(own)


def test_a_saved_set_takes_their_place_as_a_whole() -> None:
    assert offered(asking(SET).enrol(JO, (), of("staff"))) == [one.id for one in SET.questions]


def test_a_policy_of_its_own_has_a_set_of_its_own() -> None:
    theirs = QuestionSet("Lab", (CHAIR, LIFT, BADGE), frozenset({"lab"}))
    way = asking(theirs, SET, to_register=3)
    assert offered(way.enrol(JO, (), of("lab"))) == [CHAIR.id, LIFT.id, BADGE.id]
    assert len(offered(way.enrol(JO, (), of("staff")))) == 6


def test_required_questions_are_answered_by_everybody_and_are_not_among_the_others() -> None:
    way = asking(with_(ROOM, replace(LIFT, required=True), FERN, DISH, BADGE, CHAIR))
    challenge = way.enrol(JO, (), of())
    first = challenge.prompt.fields[0]
    assert (first.name, first.label.message.format_map(first.label.values)) == ("answer-1", LIFT.id)
    assert LIFT.id not in offered(challenge)
    assert "question-1" not in {field.name for field in challenge.prompt.fields}
    new = way.confirm(challenge, typed(challenge), of())
    assert new.counted[0] == LIFT.id
    assert len(new.counted) == 5


def test_a_required_answer_must_be_as_good_as_the_others() -> None:
    way = asking(with_(replace(LIFT, required=True), ROOM, FERN, DISH, BADGE))
    challenge = way.enrol(JO, (), of())
    with pytest.raises(NotAllowed) as refused:
        way.confirm(challenge, typed(challenge) | {"answer-1": "pizza"}, of())
    assert list(refused.value.at) == ["answer-1"]


def test_each_is_said_in_the_readers_language_and_else_in_its_first_words() -> None:
    way = asking(SET)
    labels = {choice.render(German()) for choice in way.enrol(JO, (), of()).prompt.fields[0].choices}
    assert {"Was stand in Raum 7?", "Who watered the fern?"} <= labels


def test_an_answer_that_the_question_says_in_any_language_is_refused() -> None:
    way = asking(SET)
    challenge = way.enrol(JO, (), of())
    with pytest.raises(NotAllowed) as refused:
        way.confirm(challenge, typed(challenge) | {"answer-1": "Raum 7"}, of())
    assert str(refused.value.at["answer-1"]).startswith("The question says this already")


def test_mended_words_are_shown_to_whoever_chose_it_and_the_old_answers_still_count() -> None:
    new = registered(asking(SET))
    mended = replace(ROOM, words={"en": "Which plant stood in room seven?"})
    way = asking(with_(mended, FERN, DISH, LIFT, BADGE, CHAIR))
    (offer,) = offers(way, new)
    challenge = way.begin([offer], of())
    assert str(challenge.prompt.fields[0].label) == "Which plant stood in room seven?"
    answer = {f.name: ANSWERS[f.label.message.format_map(f.label.values)] for f in challenge.prompt.fields}
    assert way.judge(offer, challenge, answer, of()).passed


def test_a_retired_question_is_offered_to_nobody() -> None:
    assert ROOM.id not in offered(asking(with_(over(ROOM, 30), *SET.questions[1:])).enrol(JO, (), of()))


def test_until_its_last_day_whoever_chose_it_is_asked_and_then_something_else() -> None:
    new = registered(asking(SET))
    way = asking(with_(over(ROOM, 2), *SET.questions[1:]))
    (offer,) = offers(way, new)
    assert ROOM.id in asked(way, offer, of(later=timedelta(days=2)))
    later = of(later=timedelta(days=3))
    (offer,) = offers(way, new, later)
    assert asked(way, offer, later) == [FERN.id, DISH.id, LIFT.id]


def test_with_too_many_gone_the_method_is_none_of_theirs_any_more() -> None:
    new = registered(asking(SET))
    way = asking(with_(over(ROOM, -1), FERN, over(DISH, -1), LIFT, BADGE, CHAIR))
    assert offers(way, new) == []


def test_one_that_no_set_has_any_more_is_asked_on_of_whoever_chose_it() -> None:
    new = registered(asking(SET))
    way = asking(with_(*SET.questions[1:]))
    (offer,) = offers(way, new)
    assert ROOM.id in asked(way, offer)


def test_one_that_another_set_still_has_goes_on() -> None:
    new = registered(asking(SET))
    lab = QuestionSet("Lab", (over(ROOM, -1), FERN, DISH), frozenset({"lab"}))
    (offer,) = offers(asking(lab, SET), new)
    assert ROOM.id in asked(asking(lab, SET), offer)


def test_what_was_asked_before_proves_nothing_once_its_last_day_is_over() -> None:
    before = asking(SET)
    new = registered(before)
    (offer,) = offers(before, new)
    challenge = before.begin([offer], of())
    answer = {f.name: ANSWERS[f.label.message.format_map(f.label.values)] for f in challenge.prompt.fields}
    assert before.judge(offer, challenge, answer, of()).passed
    after = asking(with_(over(ROOM, -1), *SET.questions[1:]))
    assert not after.judge(offer, challenge, answer, of()).passed


def test_nobody_registers_what_was_taken_away_while_they_typed() -> None:
    challenge = asking(SET).enrol(JO, (), of())
    with pytest.raises(OutOfTurn):
        asking(with_(over(ROOM, 30), *SET.questions[1:])).confirm(challenge, typed(challenge), of())


def test_a_short_set_is_registered_as_far_as_it_goes() -> None:
    new = registered(asking(with_(ROOM, FERN, DISH)))
    assert len(new.counted) == 3


def test_a_last_day_is_counted_in_days() -> None:
    question = Question("Who?", last_day=date(2026, 11, 30))
    assert not question.is_over(date(2026, 11, 30))
    assert question.is_over(date(2026, 12, 1))
