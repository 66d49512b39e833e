"""What rules are made of, as fields of a form: each keeps what was typed and says what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from wtforms import DateField, DecimalField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..core.contracts.text import Text
from .language import said
from .numbers import number

NOT_WHOLE = Text("Type a whole number from {low} to {high}")
NOT_ON_THE_LIST = Text("Choose from the list")
TOO_LONG = Text("At most {n} characters")
TOO_MANY = Text("At most {n} lines of at most {m} characters")
NO_WAITS = Text("At most {n} lines, each a number of seconds")
UNREADABLE = Text("Something in it can't be shown")
NO_DAY = Text("Type a date such as 2026-11-30.")
NO_NUMBER = Text("Type a number, with digits alone.")
MOST_DIGITS = 9
WITH_COMMA = re.compile(r"^(\d+),(\d{1,2})$", re.ASCII)
MOST_WAITS = 10
MOST_LINES, LONGEST_LINE = 1000, 400
# Beyond these, a week more or less may be no date any more.
FIRST_YEAR, LAST_YEAR = 1970, 2999


class Whole(IntegerField):
    """A whole number."""

    def __init__(self, label: Any = None, *, low: int, high: int, **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, **more)
        self.low, self.high = low, high

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        self.data = self.counted(typed)

    def counted(self, typed: str) -> Any:  # noqa: ANN401
        """What was typed as a number within its bounds. Raises ValueError with the sentence."""
        digits = typed.removeprefix("-")
        # Before it is read: a million digits would be read for a minute.
        if not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
            raise ValueError(NOT_WHOLE.filled(low=self.low, high=self.high))
        if not self.low <= int(typed) <= self.high:
            raise ValueError(NOT_WHOLE.filled(low=self.low, high=self.high))
        return int(typed)


class Span(Whole):
    """How long something lasts, in one unit."""

    def __init__(self, label: Any = None, *, unit: timedelta, **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, **more)
        self.unit = unit

    def process_data(self, value: timedelta | None) -> None:
        self.data = value

    def counted(self, typed: str) -> timedelta:
        number: int = super().counted(typed)
        return number * self.unit

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else f"{self.data / self.unit:g}"


class Day(DateField):
    """A day of these centuries."""

    data: Any

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata(valuelist)
        if self.data and not FIRST_YEAR <= self.data.year <= LAST_YEAR:
            self.data = None
            raise ValueError(NO_DAY)


class Amount(DecimalField):
    """A number that can be compared: the library also takes what is written as none, or as endless. With a comma, as
    many languages write it, it has two decimals at most: 1,000 is a thousand to others."""

    data: Any

    def _value(self) -> str:
        shown = number(self.data, self.places) if self.data is not None and not self.raw_data else super()._value()
        return said(shown) if isinstance(shown, Text) else str(shown)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        super().process_formdata([WITH_COMMA.sub(r"\1.\2", typed.strip()) for typed in valuelist])
        if self.data is not None and not self.data.is_finite():
            self.data = None
            raise ValueError(NO_NUMBER)


class Word(StringField):
    """A few words on one line."""

    def __init__(self, label: Any = None, *, longest: int, **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, **more)
        self.longest = longest

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        self.data = valuelist[0].strip() if valuelist else ""
        if len(self.data) > self.longest:
            raise ValueError(TOO_LONG.filled(n=self.longest))
        if not self.data.isprintable():
            raise ValueError(UNREADABLE)


class Area(TextAreaField):
    """A long text; drawn as the library's own."""

    def __init__(self, label: Any = None, **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, **more)
        self.type = "TextAreaField"


class Lines(Area):
    """Several values, one a line; kept in the order in which they were typed, each once."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        lines = valuelist[0].splitlines() if valuelist else []
        self.data = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if len(self.data) > MOST_LINES or any(len(line) > LONGEST_LINE for line in self.data):
            raise ValueError(TOO_MANY.filled(n=MOST_LINES, m=LONGEST_LINE))
        if not all(line.isprintable() for line in self.data):
            raise ValueError(UNREADABLE)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(self.data or ())


class Waits(Area):
    """Seconds, one wait a line."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        lines = valuelist[0].split() if valuelist else []
        if len(lines) > MOST_WAITS or not all(line.isascii() and line.isdigit() and len(line) < 6 for line in lines):
            raise ValueError(NO_WAITS.filled(n=MOST_WAITS))
        self.data = tuple(timedelta(seconds=int(line)) for line in lines)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(f"{wait.total_seconds():g}" for wait in self.data or ())


class Ticks(SelectMultipleField):
    """Any of a few, as tick boxes."""

    def __init__(self, label: Any = None, *, choices: Mapping[Any, object], **more: Any) -> None:  # noqa: ANN401
        super().__init__(label, choices=listed(choices), **more)
        self.type = "SelectMultipleField"

    def pre_validate(self, form: Any) -> None:  # noqa: ANN401
        if not set(self.data or ()) <= {choice.value for choice in self.choices}:
            raise ValidationError(NOT_ON_THE_LIST)


def listed(choices: Mapping[Any, object]) -> list[SelectChoice]:
    """As the library wants them; the words stay a Text until they are shown."""
    return [SelectChoice(value=value, label=words) for value, words in choices.items()]
