"""The public rules: what everybody sees before the first proof."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.recovery.differences import between_public
from ..core.recovery.policy import PublicRules
from ..core.service.ruling.public_desk import PublicDesk
from ..core.service.ruling.simulator import Draft
from .access import Role
from .forms import ConsoleForm, as_sent
from .kept_screen import KeptBench, KeptScreen, typed_into
from .policy_bench import label_of
from .policy_wish import WISHED, Do, Wish, number
from .public_form import PublicForm
from .rule_changes import Changes, Line
from .rule_review import Look
from .rule_words import of_flaw
from .taken import takes


class PublicBench(KeptBench[PublicRules]):
    """What the page of the public rules works at."""

    first = PublicRules()

    @property
    def desk(self) -> PublicDesk:
        """Who reads and saves."""
        return self.console.control_room.public

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

    def form(self, wish: Wish) -> ConsoleForm:
        """As it was filled in."""
        form: ConsoleForm = self.drawn.kind(ConsoleForm)(as_sent(wish.sent))
        return form

    def composed(self, wish: Wish) -> PublicRules | None:
        """What the form says; None for one with a mistake."""
        form = self.form(wish)
        return self.drawn.read(form) if form.validate() else None

    def panel(self, rules: PublicRules) -> Look:
        """What saving these would mean."""
        draft = Draft(self.console.snapshots.current.policies, rules)
        return Look.of(self.desk.review(rules), self.words, self.console.staff.stranded, draft)

    def lines(self, before: PublicRules, after: PublicRules) -> Sequence[Line]:
        """What is between two versions."""
        return self.words.lines(between_public(before, after))


class PublicRulesScreen(KeptScreen[PublicRules]):
    """One set for everybody, because any difference would tell who exists."""

    key = "first-page"
    label = Text("First page")
    group = "rules"
    icon = "entries"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    def bench(self) -> PublicBench:
        """What holds, and what would."""
        return PublicBench(self.console)

    @expose("/")
    def index(self) -> Response:
        """What holds, as a form."""
        bench = self.bench()
        return self._edit(bench, bench.drawn.kind(ConsoleForm)(data=bench.drawn.data()))

    @expose("/", methods=["POST"])
    @takes(typed_into, *WISHED)
    def look(self) -> Response:
        """What would change: beside the form, or on a page of its own with "Review and save"."""
        bench, wish = self.bench(), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self.go()
        form = bench.form(wish)
        if not form.validate():
            return self._edit(bench, form, after=wish.after)
        look = bench.panel(bench.drawn.read(form))
        for flaw in look.flaws:
            form.wrong(flaw.at if flaw.at in form else "", of_flaw(flaw, bench.drawn.first))
        if not look.flaws and request.form.get("press") == "review":
            return self.reviewed(wish)
        return self._edit(bench, form, look=look, after=wish.after)

    def mistaken(self, wish: Wish) -> Response:
        """The form, as it was filled in."""
        bench = self.bench()
        form = bench.form(wish)
        form.validate()
        return self._edit(bench, form)

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
