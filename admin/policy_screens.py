"""Policies: who needs which proofs. Every change is looked through on a page of its own, and says why."""

from __future__ import annotations

from flask import request, url_for
from flask_admin import expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.recovery.differences import between
from ..core.recovery.policy_order import put
from ..core.service.kept_rules import PAGE, Change, Kept, NeedsSecond, Refused
from .access import Role, Screen
from .forms import ConsoleForm, WhyForm
from .policy_bench import BLANK, Bench, method_fields, point
from .policy_form import PolicyForm
from .policy_wish import Do, Policies, Wish, number
from .rule_review import Look
from .rule_words import about

NEW = Text("New policy")
HISTORY = Text("History")
GONE = Text("This policy is gone. Somebody deleted it or gave it another name.")


class PolicyScreen(Screen):
    """The first policy that fits somebody is theirs."""

    key = "policies"
    label = Text("Policies")
    group = "rules"
    icon = "policies"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"look", "review"})

    def is_secret(self, field: str) -> bool:
        """Rules about passwords are none, and wait for a new sign-in like the rest."""
        return False

    @expose("/")
    def index(self) -> Response:
        """The list, in order."""
        return self._list(Bench(self.console))

    @expose("/policy")
    def policy(self) -> Response:
        """One policy, or a new one."""
        bench, name = Bench(self.console), request.args.get("name", "")
        found = bench.named(name)
        if found is None and name:
            return self._list(bench, 404, GONE)
        drawn = bench.drawn(found or BLANK)
        return self._edit(bench, drawn, drawn.kind(ConsoleForm)(data=drawn.data()), name)

    @expose("/policy", methods=["POST"])
    def look(self) -> Response:
        """What would change: beside the form, or on a page of its own with "Review and save"."""
        bench, wish = Bench(self.console), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self._list(bench, 400)
        drawn, form = bench.typed(wish)
        if not form.validate():
            return self._edit(bench, drawn, form, wish.policy, after=wish.after)
        typed = drawn.read(form)
        review, look = bench.look(put(bench.policies, wish.policy, typed))
        if review.flaws:
            point(bench, form, review, typed.name)
        elif request.form.get("press") == "review":
            return self._reviewed(bench, wish)
        return self._edit(bench, drawn, form, wish.policy, look=look, after=wish.after)

    @expose("/review", methods=["POST"])
    def review(self) -> Response:
        """Another order, one less, or an older version: before anything is saved."""
        bench, wish = Bench(self.console), Wish.read(request.form)
        return self._reviewed(bench, wish) if wish else self._list(bench, 400)

    @expose("/save")
    def again(self) -> Response:
        """Back from a new sign-in: what was to be saved stands there still."""
        typed = self.desk.take(self.who, request.path)
        sent = MultiDict([(name, value) for name, values in typed.items() for value in values])
        bench, wish = Bench(self.console), Wish.read(sent)
        return self._reviewed(bench, wish, WhyForm(sent)) if wish else self.go()

    @expose("/save", methods=["POST"])
    def save(self) -> Response:
        """Keep it, whole or not at all."""
        bench, wish, form = Bench(self.console), Wish.read(request.form), WhyForm(request.form)
        if wish is None:
            return self._list(bench, 400)
        policies = bench.wanted(wish)
        if policies is None or not form.validate():
            return self._reviewed(bench, wish, form, 422)
        change = Change(self.actor, str(form.why.data), wish.after)
        try:
            return self._kept(bench, policies, change)
        except SavedMeanwhile:
            return self._reviewed(Bench(self.console), wish, form, 409)
        except Refused:
            return self._reviewed(bench, wish, form, 422)

    def _kept(self, bench: Bench, policies: Policies, change: Change) -> Response:
        try:
            return self.go(saved=bench.desk.save(policies, change))
        except NeedsSecond as needed:
            bench.desk.put_up(policies, change, about(needed.weaker))
        return self.go(asked=1)

    @expose("/history")
    def history(self) -> Response:
        """Every save, the newest first."""
        bench = Bench(self.console)
        page = bench.desk.ledger.past(number(request.args, "before") or None)
        older = url_for(".history", before=page[PAGE - 1].version) if len(page) > PAGE else ""
        return self.show("console/rules_history.html", saves=page[:PAGE], older=older, now=bench.now, title=HISTORY)

    @expose("/version")
    def version(self) -> Response:
        """One save, beside the one before it and beside what holds now."""
        bench = Bench(self.console)
        asked = bench.desk.ledger.version(number(request.args, "number"))
        if asked is None:
            return self._list(bench, 404)
        before = next(iter(bench.desk.ledger.past(asked.version)), Kept(()))
        made, back = between(before.rules, asked.rules), between(bench.now.rules, asked.rules)
        return self.show(
            "console/rules_version.html",
            title=Text("Version {n}", n=asked.version),
            asked=asked,
            now=bench.now,
            made=bench.words.lines(made),
            back=bench.words.lines(back),
        )

    def _list(self, bench: Bench, status: int = 200, problem: Text | None = None) -> Response:
        saved, asked = number(request.args, "saved") == bench.now.version > 0, "asked" in request.args
        return self.show("console/policies.html", status, bench=bench, problem=problem, saved=saved, asked=asked)

    def _edit(
        self,
        bench: Bench,
        drawn: PolicyForm,
        form: ConsoleForm,
        name: str,
        *,
        look: Look | None = None,
        after: int | None = None,
    ) -> Response:
        return self.show(
            "console/policy.html",
            422 if form.errors else 200,
            title=name or NEW,
            name=name,
            drawn=drawn,
            form=form,
            methods=[form[field] for field in method_fields(drawn)],
            look=look,
            now=bench.now,
            after=bench.now.version if after is None else after,
        )

    def _reviewed(self, bench: Bench, wish: Wish, form: WhyForm | None = None, status: int = 200) -> Response:
        """The page that asks why. What holds by now counts, whatever the change was made from."""
        policies = bench.wanted(wish)
        if policies is None:
            return self._list(bench, 404) if wish.do is not Do.POLICY else self._mistaken(bench, wish)
        _, look = bench.look(policies)
        return self.show(
            "console/rules_review.html",
            status,
            title=Text("Save this change?"),
            look=look,
            form=form or WhyForm(),
            hidden=wish.hidden(bench.now.version),
            meanwhile=bench.now if wish.after != bench.now.version else None,
        )

    def _mistaken(self, bench: Bench, wish: Wish) -> Response:
        drawn, form = bench.typed(wish)
        form.validate()
        return self._edit(bench, drawn, form, wish.policy)
