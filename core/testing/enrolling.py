"""What every method must hold to that people register for by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, cast

from ..contracts.errors import NotAllowed
from ..contracts.method import Challenge, Enrollable, Method, NewEnrolment
from ..contracts.people import Enrolment, Person
from .fakes import a_context, a_person
from .suite import ODD, PluginSuite, must, refuses


class EnrollableSuite(PluginSuite):
    """For methods with `enrol` and `confirm`. Override `confirming` with the answer that a person would give."""

    plugin: Method
    person: ClassVar[Person] = a_person()
    # False where people think up themselves what they register.
    draws: ClassVar[bool] = True

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        """The right answer, at the moment of `a_context()`."""
        raise NotImplementedError

    def _enrollable(self) -> Enrollable:
        method: object = self.plugin
        must(isinstance(method, Enrollable), "the method has no `enrol` and `confirm`")
        return cast("Enrollable", method)

    def _enrolled(self) -> tuple[Challenge, NewEnrolment]:
        challenge = self._enrollable().enrol(self.person, (), a_context("drawn"))
        return challenge, self._enrollable().confirm(challenge, self.confirming(challenge), a_context("confirmed"))

    def test_what_was_confirmed_is_a_way(self) -> None:
        _, new = self._enrolled()
        now = a_context().now
        must(all(isinstance(value, str) for pair in new.data.items() for value in pair), "data must map text to text")
        kept = Enrolment("e1", self.plugin.key, new.label, new.data, now, now)
        must(self.plugin.offers(self.person, (kept,), a_context()), "what was confirmed is no way to prove it")
        later = Enrolment("e1", self.plugin.key, new.label, new.data, now, now.replace(year=now.year + 1))
        must(not self.plugin.offers(Person("p-1", ()), (later,), a_context()), "counts before it may be used")

    def test_an_odd_answer_confirms_nothing(self) -> None:
        challenge, _ = self._enrolled()
        names = [field.name for field in challenge.prompt.fields]
        for answer in ({}, {"surplus": "1"}, *(dict.fromkeys(names, odd) for odd in ODD)):
            refuses(
                lambda answer=answer: self._enrollable().confirm(challenge, answer, a_context()),  # type: ignore[misc]
                NotAllowed,
                why=f"confirmed by {str(answer)[:60]!r}",
            )

    def test_no_two_people_get_the_same(self) -> None:
        drawn = [self._enrollable().enrol(self.person, (), a_context(seed)) for seed in ("1", "1", "2")]
        must(drawn[0].secret == drawn[1].secret, "draws from somewhere else than ctx.random")
        must(not self.draws or drawn[0].secret != drawn[2].secret, "draws the same for everybody")

    def test_nothing_that_is_kept_is_shown(self) -> None:
        challenge, new = self._enrolled()
        private = [*challenge.secret.values(), *challenge.prompt.data.values(), *new.data.values()]
        shown = f"{challenge!r} {challenge.prompt!r} {new!r} {new.label}"
        must(not any(value in shown for value in private if len(value) > 3), "a secret is shown where logs can see it")
