"""Prove it's you, right there, instead of signing in again: which way, then the answer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed
from ..contracts.method import Challenge
from ..contracts.text import Text
from ..service.enrolling.fresh_proofs import OVER, FreshProofs, Missed, TooEarly
from ..service.enrolling.signed_in import SignedIn
from . import own_address, words
from .for_signed_in import ForSignedIn, Rule
from .form_body import only
from .headers import has_form
from .language import spoken
from .prompt_form import Problem, read_answer
from .said import NOTHING, Said, information, warning
from .settings import PortalSettings
from .sign_in_pages import place

ALWAYS = ("token", "move")
CHOOSE_ANOTHER = Text("Choose another way")


class FreshProofPages:
    """`to` in the address is the page that somebody wanted: they are back there as soon as it worked."""

    answering = "portal.prove_answer"

    def __init__(self, proofs: FreshProofs, desk: ForSignedIn, settings: PortalSettings) -> None:
        self._proofs = proofs
        self._desk = desk
        self._settings = settings

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        return self._desk.rules(
            ("/methods/prove", "prove", self._choose, "GET"),
            ("/methods/prove", "prove_begin", self._begin, "POST"),
            ("/methods/prove/<value>", "prove_answer", self._ask, "GET"),
            ("/methods/prove/<value>", "prove_give", self._answer, "POST"),
        )

    def _choose(self, who: SignedIn, said: Said = NOTHING) -> Response:
        if who.is_fresh(self._settings.now()):
            return _go(place())
        return self._desk.page("prove.html", who, said, choices=self._proofs.choices(who), back=place())

    def _begin(self, who: SignedIn) -> Response:
        value = self._desk.form(who, (*ALWAYS, "offer")).get("offer", "")
        if not value:
            return self._choose(who, Said((Problem("offer", words.CHOOSE_ONE),), status=422))
        try:
            self._proofs.begin(who, value, language=spoken())
        except TooEarly:
            # What was sent is still good: the page where it is typed says when another may be asked for.
            return _go(url_for(self.answering, value=value, to=place()))
        except NotAllowed as refused:
            return self._choose(who, Said((Problem("offer", refused.reason),), status=422))
        except MustWait as wait:
            return self._choose(who, self._too_often(wait))
        return _go(url_for(self.answering, value=value, to=place()))

    def _ask(self, who: SignedIn, value: str, said: Said = NOTHING) -> Response:
        challenge = self._proofs.pending(who, value)
        if challenge is None:
            return self._back()
        method, sent = value.partition(".")[0], self._proofs.underway(who, value)
        shown = {"prompt": challenge.prompt, "method": method}
        if sent is None:
            return self._desk.page("prove_answer.html", who, said, **shown)
        code = own_address.code(method, sent, self._settings.now())
        return self._desk.page("add_code.html", who, said, **{**shown, **code, "back": CHOOSE_ANOTHER})

    def _answer(self, who: SignedIn, value: str) -> Response:
        form = self._desk.form(who, ALWAYS)
        challenge, move = self._proofs.pending(who, value), form.get("move")
        if move == "back":
            return self._back()
        if challenge is None:
            return self._choose(who, Said((Problem("offer", OVER),), status=422))
        if move == "cancel":
            return _go(url_for("portal.methods"))
        if move == "again":
            return self._again(who, value)
        if move != "continue":
            abort(400, "not our button")
        return self._judged(who, value, challenge, form)

    def _again(self, who: SignedIn, value: str) -> Response:
        try:
            self._proofs.begin(who, value, language=spoken())
        except TooEarly as early:
            seconds = max(1, words.seconds_until(early.until, self._settings.now()))
            return self._ask(who, value, information(words.too_early(seconds), status=429, retry_after=seconds))
        except MustWait as wait:
            return self._choose(who, self._too_often(wait))
        return _go(url_for(self.answering, value=value, to=place()))

    def _judged(self, who: SignedIn, value: str, challenge: Challenge, form: Mapping[str, str]) -> Response:
        fields = challenge.prompt.fields
        only(form, (*ALWAYS, *(field.name for field in fields)))
        answer, problems = read_answer(fields, form)
        if problems:
            return self._ask(who, value, Said(problems, typed=form, status=422))
        try:
            self._proofs.answer(who, value, answer, language=spoken())
        except NotAllowed as wrong:
            left = wrong.left if isinstance(wrong, Missed) else 0
            if not left:
                return self._choose(who, Said((Problem("offer", wrong.reason),), status=422))
            sent = self._proofs.underway(who, value) is not None
            problem = Problem(fields[0].name, words.missed(fields, left, sent=sent))
            return self._ask(who, value, Said((problem,), typed=form, status=422))
        except MustWait as wait:
            return self._choose(who, self._too_often(wait))
        return self._passed()

    def _back(self) -> Response:
        return _go(url_for("portal.prove", to=place()))

    def _passed(self) -> Response:
        return _go(place())

    def _too_often(self, wait: MustWait) -> Said:
        seconds = max(1, words.seconds_until(wait.until, self._settings.now()))
        return warning(words.wait_first(seconds), status=429, retry_after=seconds)


def _go(address: str) -> Response:
    """By GET, from a page whose Referer may be asked for."""
    has_form()
    return redirect(address, 303)
