"""Sentences that can be translated, and values that are never printed."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from gettext import NullTranslations
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyback.core.contracts.text import Secret, Text

CANARY = "correct-horse-7351"


class German(NullTranslations):
    """A very small catalogue."""

    SENTENCES: ClassVar = {
        "a minute": "einer Minute",
        "wait {time}": "in {time} wieder",
        "one try left": "noch ein Versuch",
    }

    def gettext(self, message: str, /) -> str:
        return self.SENTENCES.get(message, message)

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        return self.gettext(one) if n == 1 else "noch {n} Versuche"


def tries(n: int) -> Text:
    return Text.plural("one try left", "{n} tries left", n=n)


def test_a_sentence_is_said_in_english_or_in_the_language_of_a_catalogue() -> None:
    assert str(Text("a minute")) == "a minute"
    assert Text("a minute").render(German()) == "einer Minute"
    assert Text("not in the catalogue").render(German()) == "not in the catalogue"


def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    assert Text("wait {time}", time=Text("a minute")).render(German()) == "in einer Minute wieder"


def test_a_sentence_that_counts_reads_otherwise_for_one() -> None:
    assert [str(tries(n)) for n in (1, 2)] == ["one try left", "2 tries left"]
    assert [tries(n).render(German()) for n in (1, 2)] == ["noch ein Versuch", "noch 2 Versuche"]
    assert tries(1) != Text("one try left", n=1)


def test_gaps_are_filled_one_after_the_other() -> None:
    assert str(Text("{a} {b}", a=1).filled(b=2)) == "1 2"
    assert str(tries(2).filled(more=Text("!"))) == "2 tries left"


def test_finished_words_are_not_filled_or_translated_again() -> None:
    finished = Text("wait {time}", time="{time}").said_in(German())
    assert str(finished) == finished.render(German()) == "in {time} wieder"


def test_the_empty_sentence_is_not_the_notes_of_a_catalogue() -> None:
    class Noted(NullTranslations):
        def gettext(self, message: str, /) -> str:
            return message or "Project-Id-Version: 1"

    assert Text("").render(Noted()) == ""


@given(st.text())
def test_what_fills_a_gap_is_never_read_as_a_gap(typed: str) -> None:
    assert str(Text("{name}!", name=typed)) == f"{typed}!"
    assert str(Text("{name}", name="{other}", other=CANARY)) == "{other}"


def test_a_sentence_in_a_log_keeps_its_values_to_itself() -> None:
    assert CANARY not in repr(Text("Your code is {code}", code=CANARY))


def test_the_same_sentence_with_the_same_values_is_the_same() -> None:
    assert Text("{n}", n=1) == Text("{n}", n=1) != Text("{n}", n=2)
    assert len({Text("{n}", n=1), Text("{n}", n=1)}) == 1
    assert Text("a") != "a"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>40}".format, "%s".__mod__, ascii, lambda s: f"{s!r:.99}"])
def test_a_secret_prints_as_dots(show: object) -> None:
    assert callable(show)
    shown = show(Secret(CANARY))
    assert "7351" not in shown
    assert "u2022" in shown or "•" in shown


def test_a_secret_is_read_in_one_way_only() -> None:
    assert Secret(CANARY).reveal() == CANARY
    assert CANARY not in str(vars(Secret))
    assert not hasattr(Secret(CANARY), "__dict__")


def test_a_secret_is_not_written_to_a_file() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError, match="cannot be pickled"):
        copy.deepcopy({"password": Secret(CANARY)})
    with pytest.raises(TypeError, match="not JSON"):
        json.dumps({"password": Secret(CANARY)})


def test_a_secret_is_in_no_log_line_and_in_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(CANARY)
    problem = ValueError("no such store", secret)
    logging.getLogger("test").error("failed with %s %r", secret, {"password": secret}, exc_info=problem)
    told = "".join(traceback.format_exception(problem))
    assert "7351" not in told + caplog.text
    assert "••••" in caplog.text


def test_two_secrets_cannot_be_compared_by_accident() -> None:
    assert Secret(CANARY) != Secret(CANARY)
