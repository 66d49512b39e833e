"""What every method must hold to that people register for by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import ClassVar, cast

from ..contracts.device import Statement
from ..contracts.errors import NotAllowed
from ..contracts.method import Asked, Challenge, Enrollable, Method, NewEnrolment
from ..contracts.people import Enrolment, Person
from .fakes import a_context, a_person
from .suite import ODD, PluginSuite, must, refuses, takes_names_of

# Whoever is asked more often than this gives up.
MOST_STEPS = 5


class EnrollableSuite(PluginSuite):
    """For methods with `enrol` and `confirm`. Override `confirming` with the answer that a person would give, to each
    challenge if there are several."""

    plugin: Method
    person: ClassVar[Person] = a_person()
    # False where people think up themselves what they register.
    draws: ClassVar[bool] = True

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        """The right answer, at the moment of `a_context()`."""
        raise NotImplementedError

    def joining(self, challenge: Challenge) -> Statement | None:
        """What a new device says, for methods that know devices; the host keeps it in the challenge."""
        return None

    def _enrollable(self) -> Enrollable:
        method: object = self.plugin
        must(isinstance(method, Enrollable), "the method has no `enrol` and `confirm`")
        return cast("Enrollable", method)

    def _steps(self, seed: str = "drawn") -> list[Challenge]:
        steps = [self._enrollable().enrol(self.person, (), a_context(seed))]
        while isinstance(step := self._confirmed(steps[-1], seed), Asked):
            must(len(steps) < MOST_STEPS, "goes on asking")
            steps.append(step.challenge)
        return steps

    def _confirmed(self, challenge: Challenge, seed: str) -> NewEnrolment | Asked:
        said = self.joining(challenge)
        joined = replace(challenge, secret={**challenge.secret, **asdict(said)}) if said else challenge
        return self._enrollable().confirm(joined, self.confirming(challenge), a_context(seed))

    def _enrolled(self) -> tuple[list[Challenge], NewEnrolment]:
        steps = self._steps()
        new = self._confirmed(steps[-1], "confirmed")
        must(isinstance(new, NewEnrolment), "the last step keeps nothing")
        return steps, cast("NewEnrolment", new)

    def test_what_was_confirmed_is_a_way(self) -> None:
        _, new = self._enrolled()
        now = a_context().now
        must(all(isinstance(value, str) for pair in new.data.items() for value in pair), "data must map text to text")
        kept = Enrolment("e1", self.plugin.key, new.label, new.data, now, now)
        must(self.plugin.offers(self.person, (kept,), a_context()), "what was confirmed is no way to prove it")
        later = Enrolment("e1", self.plugin.key, new.label, new.data, now, now.replace(year=now.year + 1))
        must(not self.plugin.offers(Person("p-1", ()), (later,), a_context()), "counts before it may be used")

    def test_the_fields_of_each_step_have_names_that_pages_take(self) -> None:
        for challenge in self._steps():
            takes_names_of(challenge)

    def test_an_odd_answer_confirms_nothing(self) -> None:
        for challenge in self._steps():
            names = [field.name for field in challenge.prompt.fields]
            for answer in ({}, {"surplus": "1"}, *(dict.fromkeys(names, odd) for odd in ODD)):
                self._refuses(challenge, answer)

    def _refuses(self, challenge: Challenge, answer: Mapping[str, str]) -> None:
        refuses(
            lambda: self._enrollable().confirm(challenge, answer, a_context()),
            NotAllowed,
            why=f"confirmed by {str(answer)[:60]!r}",
        )

    def test_no_two_people_get_the_same(self) -> None:
        drawn = [self._steps(seed)[-1] for seed in ("1", "1", "2")]
        must(drawn[0].secret == drawn[1].secret, "draws from somewhere else than ctx.random")
        must(not self.draws or drawn[0].secret != drawn[2].secret, "draws the same for everybody")

    def test_nothing_that_is_kept_is_shown(self) -> None:
        steps, new = self._enrolled()
        kept = [value for step in steps for value in (*step.secret.values(), *step.prompt.data.values())]
        private = [*kept, *new.data.values()]
        shown = f"{steps!r} {new!r} {new.label}"
        must(not any(value in shown for value in private if len(value) > 3), "a secret is shown where logs can see it")
