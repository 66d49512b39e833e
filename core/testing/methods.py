"""What every method must hold to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar

from ..contracts.errors import OutOfTurn
from ..contracts.method import Carrier, Challenge, Factor, Method, Offer
from ..contracts.people import Enrolment, Person
from .fakes import a_context, a_person
from .suite import ODD, PluginSuite, is_a, is_words, must, refuses, takes_names_of


class _Shows(PluginSuite):
    """What a method shows, before anybody answers."""

    plugin: Method
    person: ClassVar[Person] = a_person()
    enrolments: Sequence[Enrolment] = ()

    def _offers(self) -> Sequence[Offer]:
        offers = self.plugin.offers(self.person, self.enrolments, a_context())
        must(offers, "there is no offer to test with: set `person` or `enrolments`")
        return offers

    def _drawn(self, seed: str = "", offers: Sequence[Offer] | None = None) -> Challenge:
        # Whatever may not come first is always drawn for somebody.
        return self.plugin.begin(offers if self.plugin.first else self._offers(), a_context(seed))

    def test_it_says_what_it_shows_and_what_it_rides_on(self) -> None:
        must(is_a(self.plugin.factor, Factor), "the factor must be one of Factor")
        must(is_a(self.plugin.rides_on, Carrier), "what it rides on must be one of Carrier")
        must(is_words(self.plugin.summary), "the summary must be a Text")

    def test_the_same_ways_have_the_same_ids_always(self) -> None:
        offers = self._offers()
        again = self.plugin.offers(self.person, self.enrolments, a_context("another time"))
        must([o.id for o in offers] == [o.id for o in again], "ids changed: they may not depend on time or chance")
        must(len({o.id for o in offers}) == len(offers), "two offers have one id")
        must(all(o.method == self.plugin.key for o in offers), "an offer belongs to another method")
        must(not self.plugin.offers(Person("p-nobody", ()), (), a_context()), "offers somebody who has nothing a way")

    def test_nothing_private_is_shown(self) -> None:
        for offer in self._offers():
            challenge = self._drawn()
            private = [*self.person.phones, *self.person.mails, *offer.private.values()]
            shown = f"{offer.id} {offer.label} {offer!r} {challenge!r} {challenge.prompt}"
            must(not any(value in shown for value in private if len(value) > 3), "an offer shows its destination")
            message = self.plugin.message(offer, challenge, a_context())
            secrets = [value for value in challenge.secret.values() if len(value) > 3]
            must(not any(value in f"{message!r} {challenge!r}" for value in secrets), "a challenge shows its secret")

    def test_a_challenge_for_nobody_has_the_shape_of_anybodys(self) -> None:
        if not self.plugin.first:
            refuses(lambda: self.plugin.begin(None, a_context()), OutOfTurn, why="asks before anything was proven")
            return
        nobody, somebody = self._drawn("1"), self._drawn("2", self._offers())
        must(_shape(nobody) == _shape(self._drawn("3")), "two challenges for nobody differ")
        must(_shape(nobody) == _shape(somebody), "the page would tell that this person is known")

    def test_its_fields_have_names_that_pages_take(self) -> None:
        takes_names_of(self._drawn())

    def test_a_message_goes_to_the_offers_own_end(self) -> None:
        for offer in self._offers():
            message = self.plugin.message(offer, self._drawn(), a_context())
            must((message is None) == (self.plugin.medium is None), "medium and message do not agree")
            must(message is None or message.medium == self.plugin.medium, "the message is for another medium")
            must(message is None or message.to in offer.private.values(), "the message goes to somebody else")


class MethodSuite(_Shows):
    """For methods. Set `enrolments` if there are any; override `right` if the secret is not the answer."""

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        """The answer that a person would give."""
        return {field.name: challenge.secret[field.name] for field in challenge.prompt.fields}

    def test_a_challenge_survives_being_stored(self) -> None:
        challenge = self._drawn()
        kept = {**challenge.secret, **challenge.prompt.data}
        must(json.loads(json.dumps(kept)) == kept, "secret and data must map strings to strings")
        must(timedelta(0) < challenge.lifetime <= timedelta(hours=1), "a challenge must end within the hour")

    def test_chance_comes_from_the_context_and_never_twice(self) -> None:
        must(self._drawn("same").secret == self._drawn("same").secret, "draws from somewhere else than ctx.random")
        secret = self._drawn("one").secret
        must(not secret or secret != self._drawn("two").secret, "draws the same secret for everybody")

    def test_the_right_answer_passes_every_time_it_is_judged(self) -> None:
        for offer in self._offers():
            challenge = self._drawn()
            answer = self.right(offer, challenge)
            first, second = (self.plugin.judge(offer, challenge, answer, a_context()) for _ in range(2))
            must(first.passed is True, "the right answer did not pass")
            must(first == second, "judging has a side effect: the host does the counting")

    def test_an_odd_answer_fails_and_never_raises(self) -> None:
        offer, challenge = self._offers()[0], self._drawn()
        names = [field.name for field in challenge.prompt.fields] or ["response"]
        for answer in ({}, {"surplus": "1"}, *(dict.fromkeys(names, odd) for odd in ODD)):
            verdict = self.plugin.judge(offer, challenge, answer, a_context())
            must(verdict.passed is False, f"passed: {str(answer)[:60]!r}")
        for odd in ODD:
            must(self.plugin.fits(offer, odd) is False or not self.plugin.destination, f"fits: {odd[:60]!r}")

    def test_an_answer_to_another_challenge_fails(self) -> None:
        offer, mine, other = self._offers()[0], self._drawn("mine"), self._drawn("other")
        if mine.secret:
            verdict = self.plugin.judge(offer, mine, self.right(offer, other), a_context())
            must(verdict.passed is False, "an answer to another challenge passed")


def _shape(challenge: Challenge) -> object:
    prompt = challenge.prompt
    words = (str(prompt.heading), str(prompt.text), prompt.fields, prompt.widget)
    return words, sorted(prompt.data), challenge.lifetime, sorted(challenge.secret)
