"""The public rules: what everybody sees before the first proof."""

from __future__ import annotations

from functools import cached_property

from flask import request, url_for
from flask_admin import expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.recovery.differences import between_public
from ..core.recovery.policy import PublicRules
from ..core.service.console import Console
from ..core.service.kept_rules import PAGE, Change, Kept, Refused
from ..core.service.public_desk import PublicDesk, PublicReview
from ..core.service.simulator import Draft
from .access import Role, Screen
from .forms import ConsoleForm, WhyForm
from .policy_bench import label_of
from .policy_screens import HISTORY
from .policy_wish import Do, Wish, number
from .public_form import PublicForm
from .rule_changes import Changes
from .rule_review import Look
from .rule_words import of_flaw


class PublicBench:
    """For one request: what holds is read once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.desk: PublicDesk = console.control_room.public

    @cached_property
    def now(self) -> Kept[PublicRules]:
        """What holds."""
        return self.desk.now()

    @cached_property
    def drawn(self) -> PublicForm:
        """The form over what holds."""
        methods = self.desk.policies.snapshot().plugins.methods
        return PublicForm(
            self.now.rules,
            {key: method.label for key, method in methods.items() if method.first},
            {key: method.label for key, method in methods.items() if method.destination is not None},
            pinned=self.desk.pinned is not None,
        )

    @cached_property
    def words(self) -> Changes:
        """How changes are said."""
        return Changes({row.path: label_of(row.field) for row in self.drawn.rows}, self.drawn.first, {})

    def typed(self, wish: Wish) -> ConsoleForm:
        """The form as it was filled in."""
        sent = MultiDict([(name, value) for name, values in wish.sent.items() for value in values])
        form: ConsoleForm = self.drawn.kind(ConsoleForm)(sent)
        return form

    def wanted(self, wish: Wish) -> PublicRules | None:
        """What would be saved; None for a form with a mistake, or a version that never was."""
        if wish.do is Do.VERSION:
            kept = self.desk.ledger.version(wish.number)
            return kept.rules if kept else None
        form = self.typed(wish)
        return self.drawn.read(form) if form.validate() else None

    def look(self, rules: PublicRules) -> tuple[PublicReview, Look]:
        """What saving these would mean."""
        review = self.desk.review(rules)
        draft = Draft(self.console.snapshots.current.policies, rules)
        return review, Look.of(review, self.words, self.console.staff.stranded, draft)


class PublicRulesScreen(Screen):
    """One set for everybody, because any difference would tell who exists."""

    key = "first-page"
    label = Text("First page")
    group = "rules"
    icon = "entries"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"look", "review"})

    @expose("/")
    def index(self) -> Response:
        """What holds, as a form."""
        bench = PublicBench(self.console)
        return self._edit(bench, bench.drawn.kind(ConsoleForm)(data=bench.drawn.data()))

    @expose("/", methods=["POST"])
    def look(self) -> Response:
        """What would change: beside the form, or on a page of its own with "Review and save"."""
        bench, wish = PublicBench(self.console), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self.go()
        form = bench.typed(wish)
        if not form.validate():
            return self._edit(bench, form, after=wish.after)
        review, look = bench.look(bench.drawn.read(form))
        for flaw in review.flaws:
            form.wrong(flaw.at if flaw.at in form else "", of_flaw(flaw, bench.drawn.first))
        if not review.flaws and request.form.get("press") == "review":
            return self._reviewed(bench, wish)
        return self._edit(bench, form, look=look, after=wish.after)

    @expose("/review", methods=["POST"])
    def review(self) -> Response:
        """An older version, before anything is saved."""
        wish = Wish.read(request.form)
        return self._reviewed(PublicBench(self.console), wish) if wish else self.go()

    @expose("/save")
    def again(self) -> Response:
        """Back from a new sign-in: what was to be saved stands there still."""
        typed = self.desk.take(self.who, request.path)
        sent = MultiDict([(name, value) for name, values in typed.items() for value in values])
        wish = Wish.read(sent)
        return self._reviewed(PublicBench(self.console), wish, WhyForm(sent)) if wish else self.go()

    @expose("/save", methods=["POST"])
    def save(self) -> Response:
        """Keep it, whole or not at all."""
        bench, wish, form = PublicBench(self.console), Wish.read(request.form), WhyForm(request.form)
        if wish is None:
            return self.go()
        rules = bench.wanted(wish)
        if rules is None or not form.validate():
            return self._reviewed(bench, wish, form, 422)
        try:
            return self.go(saved=bench.desk.save(rules, Change(self.actor, str(form.why.data), wish.after)))
        except SavedMeanwhile:
            return self._reviewed(PublicBench(self.console), wish, form, 409)
        except Refused:
            return self._reviewed(bench, wish, form, 422)

    @expose("/history")
    def history(self) -> Response:
        """Every save, the newest first."""
        bench = PublicBench(self.console)
        page = bench.desk.ledger.past(number(request.args, "before") or None)
        older = url_for(".history", before=page[PAGE - 1].version) if len(page) > PAGE else ""
        return self.show("console/rules_history.html", saves=page[:PAGE], older=older, now=bench.now, title=HISTORY)

    @expose("/version")
    def version(self) -> Response:
        """One save, beside the one before it and beside what holds now."""
        bench = PublicBench(self.console)
        asked = bench.desk.ledger.version(number(request.args, "number"))
        if asked is None:
            return self.go()
        before = next(iter(bench.desk.ledger.past(asked.version)), Kept(PublicRules()))
        return self.show(
            "console/rules_version.html",
            title=Text("Version {n}", n=asked.version),
            asked=asked,
            now=bench.now,
            made=bench.words.lines(between_public(before.rules, asked.rules)),
            back=bench.words.lines(between_public(bench.now.rules, asked.rules)),
        )

    def _edit(
        self, bench: PublicBench, form: ConsoleForm, *, look: Look | None = None, after: int | None = None
    ) -> Response:
        return self.show(
            "console/first_page.html",
            422 if form.errors else 200,
            drawn=bench.drawn,
            form=form,
            look=look,
            now=bench.now,
            pinned=bench.desk.pinned,
            after=bench.now.version if after is None else after,
            saved=number(request.args, "saved") == bench.now.version > 0,
        )

    def _reviewed(self, bench: PublicBench, wish: Wish, form: WhyForm | None = None, status: int = 200) -> Response:
        """The page that asks why. What holds by now counts, whatever the change was made from."""
        rules = bench.wanted(wish)
        if rules is None:
            return self._mistaken(bench, wish)
        return self.show(
            "console/rules_review.html",
            status,
            title=Text("Save this change?"),
            look=bench.look(rules)[1],
            form=form or WhyForm(),
            hidden=wish.hidden(bench.now.version),
            meanwhile=bench.now if wish.after != bench.now.version else None,
        )

    def _mistaken(self, bench: PublicBench, wish: Wish) -> Response:
        if wish.do is not Do.POLICY:
            return self.go()
        form = bench.typed(wish)
        form.validate()
        return self._edit(bench, form)
