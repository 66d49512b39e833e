"""What every human check must hold to."""

from __future__ import annotations

from collections.abc import Mapping

from ..contracts.human_check import HumanCheck, Humanity, Widget
from .fakes import a_context
from .suite import ODD, PluginSuite, must


class HumanCheckSuite(PluginSuite):
    """For human checks. `solve` does what a person's browser would do."""

    plugin: HumanCheck

    def solve(self, widget: Widget) -> Mapping[str, str]:
        """The form fields of somebody who passed."""
        raise NotImplementedError

    def _widget(self, seed: str = "", effort: int = 1) -> Widget:
        return self.plugin.widget(a_context(seed), effort=effort)

    def _judged(self, response: Mapping[str, str], effort: int = 1) -> Humanity:
        return self.plugin.judge(response, a_context(), effort=effort)

    def test_its_widget_is_data_for_a_template_of_the_portal(self) -> None:
        widget = self._widget()
        must(widget.kind.replace("_", "").isalnum(), "a widget names a template, it is not markup")
        must(all(isinstance(value, str) for value in widget.data.values()), "data must be strings")
        sources = [source for sources in widget.csp.values() for source in sources]
        must(not any("unsafe" in source or "*" in source for source in sources), "the page must stay locked down")

    def test_every_test_is_a_fresh_one(self) -> None:
        must(self._widget("one").data != self._widget("two").data, "one solution would do for everybody")

    def test_a_solution_passes_and_has_a_name(self) -> None:
        response = self.solve(self._widget())
        must(set(response) <= self.plugin.fields, "the form has fields that `fields` does not name")
        first, second = self._judged(response), self._judged(response)
        must(first.passed is True, "a solution did not pass")
        must(first.once and first.once == second.once, "one solution needs one name: it is taken once")

    def test_two_solutions_have_two_names(self) -> None:
        names = {self._judged(self.solve(self._widget(seed))).once for seed in ("one", "two")}
        must(len(names) == 2, "the second person would be refused as a copy of the first")

    def test_no_answer_and_odd_answers_fail_and_never_raise(self) -> None:
        for response in ({}, {"surplus": "1"}, *(dict.fromkeys(self.plugin.fields, odd) for odd in ODD)):
            must(self._judged(response).passed is False, f"passed: {str(response)[:60]!r}")

    def test_a_solution_that_was_changed_fails(self) -> None:
        response = self.solve(self._widget())
        for name, value in response.items():
            changed = {**response, name: value[: len(value) // 2]}
            must(self._judged(changed).passed is False, f"passed with half of {name}")

    def test_a_cheap_solution_does_not_pass_under_attack(self) -> None:
        must(self._judged(self.solve(self._widget()), effort=8).passed is False, "effort makes no difference")
