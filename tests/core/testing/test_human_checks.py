"""The suite for human checks finds what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256

import pytest

from keyback.core import Context, HumanCheck, Humanity, Text, Widget
from keyback.core.testing import HumanCheckSuite

Failures = Callable[..., dict[str, str]]


class Riddle(HumanCheck):
    """A check without a fault: the answer is the digest of question and effort."""

    key, label, fields = "riddle", Text("Riddle"), frozenset({"question", "answer"})

    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        return Widget("riddle", {"question": ctx.random(8).hex(), "effort": str(effort)})

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        question = response.get("question", "")
        passed = len(question) == 16 and response.get("answer", "") == solved(question, str(effort))
        return Humanity(passed, question if passed else "")


class SameForAll(Riddle):
    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        return Widget("riddle", {"question": "0" * 16, "effort": str(effort)})


class Generous(Riddle):
    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        return Humanity(True, response.get("question", ""))


class Unmoved(Riddle):
    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        return super().judge(response, ctx, effort=1)


class Opener(Riddle):
    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        return replace(super().widget(ctx, effort=effort), csp={"script-src": ("*",)})


def solved(question: str, effort: str) -> str:
    return sha256(f"{question}{effort}".encode("utf-8", "replace")).hexdigest()


class RiddleSuite(HumanCheckSuite):
    def solve(self, widget: Widget) -> Mapping[str, str]:
        question = widget.data["question"]
        return {"question": question, "answer": solved(question, widget.data["effort"])}


FAULTY_CHECKS = {
    SameForAll: "two_solutions_have_two_names",
    Generous: "no_answer_and_odd_answers_fail_and_never_raise",
    Unmoved: "a_cheap_solution_does_not_pass_under_attack",
    Opener: "its_widget_is_data_for_a_template_of_the_portal",
}


def test_a_human_check_without_fault_passes(failures: Failures) -> None:
    assert failures(RiddleSuite, plugin=Riddle(Riddle.Settings())) == {}


@pytest.mark.parametrize("kind", FAULTY_CHECKS)
def test_a_faulty_human_check_fails_the_test_that_is_about_it(kind: type[Riddle], failures: Failures) -> None:
    assert FAULTY_CHECKS[kind] in failures(RiddleSuite, plugin=kind(kind.Settings()))
