"""Security questions: the sets that people choose from, and who answers for asking any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.question_set import Question, QuestionSet
from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.recovery.question_sets import Sets, between, put, with_question, without_question
from ..core.service.ruling.acceptance import NotAccepted
from ..core.service.ruling.kept_rules import Change
from ..core.service.ruling.parts import State
from ..core.service.ruling.question_sets import QuestionDesk, Unfit
from .access import Role
from .forms import NOT_THE_NAME
from .history_screen import Bench, HistoryScreen
from .policy_wish import number
from .question_forms import AcceptForm, PressForm, SetForm, offering, question_form, set_of, shown, typed
from .question_words import FIELDS, lines, of_flaw
from .rule_changes import Line
from .taken import takes

NEW_SET, NEW_QUESTION = Text("New set"), Text("New question")
MEANWHILE = Text("Somebody else saved this while you were here. Look at what holds now, then save again.")
BOTH = ["GET", "POST"]
# Shows the page again, with what is wrong, over what holds by now.
Again = Callable[[int], Response]


class QuestionBench(Bench[Sets]):
    """What a page of question sets works at."""

    first = ()

    @property
    def desk(self) -> QuestionDesk:
        """Who reads and saves."""
        return self.console.questions

    def lines(self, before: Sets, after: Sets) -> Sequence[Line]:
        """What is between two versions."""
        return lines(between(before, after), self.desk.languages)

    @cached_property
    def lacking(self) -> dict[tuple[str, str], list[str]]:
        """By set and question: the languages in which it has no words."""
        found: dict[tuple[str, str], list[str]] = {}
        for one in self.desk.missing(self.now.rules):
            found.setdefault((one.where, one.question), []).append(self.desk.languages[one.language])
        return found

    def set_at(self, place: int) -> QuestionSet | None:
        """The set in this place, counted from 1; None for 0, which is a new one."""
        if place > len(self.now.rules):
            abort(404)
        return self.now.rules[place - 1] if place else None

    def question_at(self, place: int, line: int) -> tuple[QuestionSet, Question | None]:
        """The question in this line of that set; None for 0, which is a new one."""
        one = self.set_at(place)
        if one is None or line > len(one.questions):
            abort(404)
        return one, one.questions[line - 1] if line else None

    def without(self, place: int, line: int) -> Sets:
        """Without this question; without the whole set where `line` is 0."""
        one, question = self.question_at(place, line)
        if question is not None:
            return put(self.now.rules, one.name, without_question(one, line - 1))
        return tuple(each for each in self.now.rules if each is not one)


class QuestionScreen(HistoryScreen[Sets]):
    """Every save is the whole of all sets, by one desk."""

    key = "questions"
    label = Text("Question sets")
    group = "rules"
    icon = "questions"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"review"})

    def bench(self) -> QuestionBench:
        """What holds."""
        return QuestionBench(self.console)

    @expose("/")
    def index(self) -> Response:
        """All sets, with how many people chose each question."""
        bench = self.bench()
        part = self.console.parts.one("method", "questions")
        return self.show(
            "console/questions.html",
            bench=bench,
            chosen=bench.desk.chosen(bench.now.rules),
            part=part,
            on=part is not None and part.state is State.ON,
            known=bench.desk.policies(),
            today=self.console.around.now().date(),
            saved=number(request.args, "saved") == bench.now.version > 0,
        )

    @expose("/set/<int:place>", methods=BOTH)
    @takes(SetForm)
    def one_set(self, place: int) -> Response:
        """What a set is called and whom it is for; 0 is a new one."""
        bench = self.bench()
        before, policies = bench.set_at(place), bench.desk.policies()
        data = {"name": before.name, "policies": sorted(before.policies)} if before else {}
        form = offering(self.form(SetForm, data={**data, "version": str(bench.now.version)}), policies)

        def page(status: int = 200) -> Response:
            return self._page("set", form, status, title=before.name if before else NEW_SET, one=before, place=place)

        if request.method == "GET":
            return page()
        return self._keep(form, page, lambda: set_of(form, before, bench.now.rules))

    @expose("/set/<int:place>/question/<int:line>", methods=BOTH)
    @takes(lambda self, **_: question_form(self.console.questions.languages)())
    def question(self, place: int, line: int) -> Response:
        """One question in every language; 0 is a new one."""
        bench = self.bench()
        one, before = bench.question_at(place, line)
        data = {**(shown(before) if before else {}), "version": str(bench.now.version)}
        form = self.form(question_form(bench.desk.languages), data=data)

        def page(status: int = 200) -> Response:
            values = {"one": one, "place": place, "line": line, "question": before}
            values["chosen"] = bench.desk.chosen(bench.now.rules).get(before.id, 0) if before else 0
            return self._page("question", form, status, title=NEW_QUESTION if before is None else before.text, **values)

        if request.method == "GET":
            return page()
        default = self.console.around.languages.default
        where = line - 1 if line else len(one.questions)
        return self._keep(
            form,
            page,
            lambda: put(bench.now.rules, one.name, with_question(one, where, typed(form, before, default))),
        )

    @expose("/set/<int:place>/remove/<int:line>", methods=BOTH)
    @takes(PressForm)
    def remove(self, place: int, line: int) -> Response:
        """Take a question away that nobody chose, or the whole set where `line` is 0."""
        bench = self.bench()
        one, question = bench.question_at(place, line)
        form = self.form(PressForm, data={"version": str(bench.now.version)})

        def page(status: int = 200) -> Response:
            title = Text("Take this question away?") if question else Text("Delete the set {name}?", name=one.name)
            text = question.text if question else Text("Its people are asked what everybody else is asked.")
            return self._asking(form, status, title=title, text=text, button=Text("Delete"), remove=True)

        if request.method == "GET":
            return page()
        return self._keep(form, page, lambda: bench.without(place, line))

    @expose("/accept", methods=BOTH)
    @takes(AcceptForm)
    def accept(self) -> Response:
        """The warning, and who answers for asking questions all the same."""
        part = self.console.parts.one("method", "questions")
        if part is None or part.state is State.ON:
            return self.go()
        form = self.form(AcceptForm, data={"version": str(part.version)})
        if request.method == "GET" or not form.validate():
            return self._accept_page(form)
        if form.version.data != str(part.version):
            form.wrong("", MEANWHILE)
            return self._accept_page(form, part.version)
        try:
            self.console.parts.accept(self.actor, part, str(form.organisation.data), str(form.why.data))
        except NotAccepted:
            form.wrong("organisation", NOT_THE_NAME)
            return self._accept_page(form)
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._accept_page(form, part.version)
        return self.go()

    @expose("/review", methods=["POST"])
    @takes(None, "do", "number", "after")
    def review(self) -> Response:
        """A page that asks, before an older version is saved again."""
        asked = number(request.form, "number")
        return self._back_page(PressForm(data={"version": str(number(request.form, "after"))}), asked)

    @expose("/back/<int:asked>", methods=BOTH)
    @takes(PressForm)
    def back(self, asked: int) -> Response:
        """Save an older version again."""
        bench = self.bench()
        form = self.form(PressForm, data={"version": str(bench.now.version)})
        kept = bench.desk.ledger.version(asked) or abort(404)

        def page(status: int = 200) -> Response:
            return self._back_page(form, asked, status)

        return page() if request.method == "GET" else self._keep(form, page, lambda: kept.rules)

    def _accept_page(self, form: AcceptForm, version: int | None = None) -> Response:
        form.version.data = str(version) if version is not None else form.version.data
        title = Text("Turn on security questions?")
        status = 422 if form.errors and version is None else 409 if form.errors else 200
        organisation = self.console.around.company
        return self.show("console/question_accept.html", status, title=title, form=form, organisation=organisation)

    def _back_page(self, form: PressForm, asked: int, status: int = 200) -> Response:
        title = Text("Go back to version {n}?", n=asked)
        text = Text("All sets become what they were then. Whoever chose other questions is asked them on.")
        button = Text("Go back to this version")
        return self._asking(form, status, title=title, text=text, button=button, action=url_for(".back", asked=asked))

    def _page(self, name: str, form: PressForm, status: int, **values: object) -> Response:
        return self.show(f"console/question_{name}.html", status, form=form, **values)

    def _asking(self, form: PressForm, status: int, **values: object) -> Response:
        hidden = {"version": form.version.data}
        return self.show("console/confirm.html", status, form=form, hidden=hidden, back=url_for(".index"), **values)

    def _keep(self, form: PressForm, again: Again, sets: Callable[[], Sets]) -> Response:
        """Save what this form makes of them, or say why not."""
        if not form.validate():
            return again(422)
        change = Change(self.actor, str(form.why.data), number({"version": form.version.data or ""}, "version"))
        try:
            return self.go(saved=self.console.questions.save(sets(), change))
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            form.version.data = str(self.console.questions.now().version)
            return again(409)
        except Unfit as unfit:
            for flaw in unfit.flaws:
                at = FIELDS.get(flaw.fault, "")
                form.wrong(at if at in form else "", of_flaw(flaw))
            return again(422)
