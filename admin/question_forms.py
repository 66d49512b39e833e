"""Forms of question sets: one for a set, one for a question in every language, one that asks for a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wtforms import BooleanField, Field, HiddenField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Optional, ValidationError

from ..core.contracts.question_set import Question, QuestionSet
from ..core.contracts.text import Text
from ..core.recovery.question_sets import LONGEST, LONGEST_NAME, SHORTEST, Sets, put
from .forms import AnswerForm, WhyForm, longest, needed
from .rule_inputs import Day

# Before each language's tag, so that none can be taken for a field of the page's own.
WORDS = "words_"


class PressForm(WhyForm):
    """Why, for what one button does; `version` is what it was made from."""

    version = HiddenField()


class SetForm(PressForm):
    """What a set is called, and whom it is for."""

    name = StringField(Text("Name"), [needed(Text("Give it a name.")), longest(LONGEST_NAME)])
    policies = SelectMultipleField(
        Text("For the people of these policies"),
        validate_choice=False,
        description=Text("Choose none for everybody who has no set of their own. Exactly one set is for them."),
    )

    def validate_policies(self, field: Field) -> None:
        # The library's own check fills gaps into its sentence, which ours does not have.
        if set(field.data or ()) - {choice.value for choice in self.policies.choices}:
            raise ValidationError(Text("Choose one of these."))


class QuestionForm(PressForm):
    """One question. Its words in each language are added by `question_form`."""

    required = BooleanField(
        Text("Required"), description=Text("Everybody answers it. The others are a list to choose from.")
    )
    last_day = Day(
        Text("Retired after"),
        [Optional()],
        description=Text(
            "A day such as 2027-01-31. It is offered no more at once; whoever chose it is asked until that day ends."
        ),
    )


class AcceptForm(AnswerForm):
    """The organisation's name, typed by whoever answers for it."""

    version = HiddenField()

    def validate_organisation(self, field: Field) -> None:
        needed(Text("Type your organisation's name."))(self, field)


def question_form(languages: Mapping[str, str]) -> type[QuestionForm]:
    """With a field for each language."""
    checks = [longest(LONGEST), _long_enough]
    fields = {WORDS + tag: StringField(Text("In {language}", language=name), checks) for tag, name in languages.items()}
    return type("QuestionFormInWords", (QuestionForm,), fields)


def offering(form: SetForm, policies: Sequence[str]) -> SetForm:
    """The same form, with these policies to choose from."""
    form.policies.choices = [SelectChoice(name, name) for name in policies]
    return form


def shown(question: Question) -> dict[str, object]:
    """What the form begins with."""
    words = {WORDS + tag: said for tag, said in question.words.items()}
    return {**words, "required": question.required, "last_day": question.last_day}


def typed(form: QuestionForm, before: Question | None, default: str) -> Question:
    """The question as it was typed; a new one goes by its first words for good."""
    said = {field.name.removeprefix(WORDS): one_line(field.data) for field in form if field.name.startswith(WORDS)}
    words = {tag: sentence for tag, sentence in said.items() if sentence}
    first = words.get(default) or next(iter(words.values()), "")
    return Question(before.id if before else first, words, form.required.data, form.last_day.data)


def set_of(form: SetForm, before: QuestionSet | None, sets: Sets) -> Sets:
    """All sets with this one as it was typed. A new one begins with what everybody is asked: nobody types fifteen
    questions to leave one out."""
    begin = before or next((one for one in sets if not one.policies), None)
    new = QuestionSet(one_line(form.name.data), begin.questions if begin else (), frozenset(form.policies.data or ()))
    return put(sets, before.name, new) if before else (new, *sets)


def one_line(typed: str | None) -> str:
    """Without spaces around it, and single ones inside."""
    return " ".join((typed or "").split())


def _long_enough(_form: object, field: Field) -> None:
    if field.data and len(field.data.strip()) < SHORTEST:
        raise ValidationError(Text("A question has {least} to {most} characters.", least=SHORTEST, most=LONGEST))
