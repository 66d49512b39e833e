"""Forms of the console: WTForms with our own words. Who sent one is checked by `Screen`, before any form is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, StringField
from wtforms.validators import StopValidation, ValidationError

from ..core.contracts.text import Text
from .rule_inputs import NO_DAY, NO_NUMBER, UNREADABLE

Check = Callable[[Form, Field], None]
# Signs that turn the order of what follows.
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# What the library says of itself, and how we say it.
WORDS: Mapping[str, Text] = {
    "Not a valid choice.": Text("Choose one of these."),
    "Not a valid choice": Text("Choose one of these."),
    "Not a valid integer value.": Text("Type a whole number, with digits alone."),
    "Not a valid decimal value.": NO_NUMBER,
    "Not a valid date value.": NO_DAY,
    "Not a valid datetime value.": Text("Type a date and a time such as 2026-11-30 14:00."),
}
ELSE = Text("That can't be read. Check what you typed.")

NOT_THE_NAME = Text("That isn't your organisation's name as it is written here.")


class _Said:
    """Gives the library our words where it looks for a translation."""

    def gettext(self, words: str) -> object:
        return WORDS.get(words, ELSE)

    def ngettext(self, one: str, many: str, n: int) -> object:
        return ELSE


class ConsoleForm(Form):
    """Only its own fields are read from what was sent (mass assignment is impossible by that)."""

    class Meta:
        def get_translations(self, _form: Form) -> object:
            return _Said()

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ANN401 - as the library has it
        """Nor may a field show its words in another order than they are read in: so a name looks like another."""
        well = super().validate(extra_validators)
        turned = [field for field in self if not field.errors and any(map(_is_turned, field.raw_data or ()))]
        for field in turned:
            self.wrong(field.short_name, UNREADABLE)
        return well and not turned

    def wrong(self, field: str, problem: Text) -> None:
        """The service found a problem with this field; `""`: with all of it."""
        if field:
            self._fields[field].errors = (*self._fields[field].errors, problem)
        else:
            self.form_errors.append(problem)


def _is_turned(sent: object) -> bool:
    return isinstance(sent, str) and not TURNS.isdisjoint(sent)


class WhyForm(ConsoleForm):
    """What is kept with a change: one line that says why."""

    why = StringField(Text("Why?"), description=Text("One line, kept with the change. Whoever looks later reads it."))

    def __iter__(self) -> Iterator[Field]:
        """Why comes last on every page, and so among its mistakes."""
        yield from sorted(super().__iter__(), key=lambda field: field.short_name == "why")

    def validate_why(self, field: Field) -> None:
        needed(Text("Say why, in one line."))(self, field)
        longest(200)(self, field)
        seen(self, field)


class AnswerForm(WhyForm):
    """The organisation's name too, where somebody must answer for what is saved."""

    organisation = StringField(
        Text("Your organisation's name"),
        description=Text("Type it as it is written above. Whoever looks later reads who answered for this, and when."),
    )


def as_sent(typed: Mapping[str, list[str]]) -> MultiDict[str, str]:
    """What was kept of a form, as a form reads it."""
    return MultiDict([(name, value) for name, values in typed.items() for value in values])


def needed(words: Text) -> Check:
    """Something must be typed or chosen; ends the checks of this field."""

    def check(_form: Form, field: Field) -> None:
        if not field.data or (isinstance(field.data, str) and not field.data.strip()):
            raise StopValidation(words)

    return check


def longest(most: int) -> Check:
    """At most so many characters."""

    def check(_form: Form, field: Field) -> None:
        if len(field.data or "") > most:
            raise ValidationError(Text("Use {most} characters at most.", most=most))

    return check


def seen(_form: Form, field: Field) -> None:
    """Nothing in it that nobody would see."""
    if not " ".join((field.data or "").split()).isprintable():
        raise ValidationError(UNREADABLE)


def between(least: int, most: int) -> Check:
    """A number from here to there, both included."""

    def check(_form: Form, field: Field) -> None:
        value: Any = field.data
        if value is not None and not least <= value <= most:
            raise ValidationError(Text("Between {least} and {most}.", least=least, most=most))

    return check
