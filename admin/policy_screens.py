"""Policies: who needs which proofs. Every change is looked through on a page of its own, and says why."""

from __future__ import annotations

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.text import Text
from ..core.recovery.policy_order import put
from ..core.service.ruling.kept_rules import Change, NeedsSecond
from .access import Role
from .forms import AnswerForm, ConsoleForm, WhyForm
from .kept_screen import KeptScreen, typed_into
from .policy_bench import PolicyBench, method_fields, point
from .policy_form import PolicyForm
from .policy_wish import WISHED, Do, Policies, Wish, number
from .rule_review import Look
from .rule_words import about
from .taken import takes

NEW = Text("New policy")
GONE = Text("This policy is gone. Somebody deleted it or gave it another name.")


class PolicyScreen(KeptScreen[Policies]):
    """The first policy that fits somebody is theirs."""

    key = "policies"
    label = Text("Policies")
    group = "rules"
    icon = "policies"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    reasons = AnswerForm

    def bench(self) -> PolicyBench:
        """What holds, and what would."""
        return PolicyBench(self.console)

    def is_secret(self, field: str) -> bool:
        """Rules about passwords are none, and wait for a new sign-in like the rest."""
        return False

    @expose("/")
    def index(self) -> Response:
        """The list, in order."""
        return self._list(self.bench())

    @expose("/policy")
    def policy(self) -> Response:
        """One policy, or a new one."""
        bench, name = self.bench(), request.args.get("name", "")
        found = bench.named(name)
        if found is None and name:
            return self._list(bench, 404, GONE)
        drawn = bench.drawn(name)
        return self._edit(bench, drawn, drawn.kind(ConsoleForm)(data=drawn.data()), name)

    @expose("/policy", methods=["POST"])
    @takes(typed_into, *WISHED)
    def look(self) -> Response:
        """What would change: beside the form, or on a page of its own with "Review and save"."""
        bench, wish = self.bench(), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self._list(bench, 400)
        drawn, form = bench.drawn(wish.policy), bench.form(wish)
        if not form.validate():
            return self._edit(bench, drawn, form, wish.policy, after=wish.after)
        typed = drawn.read(form)
        look = bench.panel(put(bench.policies, wish.policy, typed))
        if look.flaws:
            point(bench, form, look.flaws, typed.name)
        elif request.form.get("press") == "review":
            return self.reviewed(wish)
        return self._edit(bench, drawn, form, wish.policy, look=look, after=wish.after)

    def change(self, form: WhyForm, wish: Wish) -> Change:
        """Also whose name they typed, who answer for it."""
        assert isinstance(form, AnswerForm)
        return Change(self.actor, str(form.why.data), wish.after, str(form.organisation.data or ""))

    def keep(self, policies: Policies, change: Change) -> Response:
        """Save them, or ask a second administrator."""
        try:
            return super().keep(policies, change)
        except NeedsSecond as needed:
            self.bench().desk.put_up(policies, change, about(needed.weaker))
        return self.go(asked=1)

    def lost(self, status: int) -> Response:
        """To the list, with what it is."""
        return self._list(self.bench(), status)

    def mistaken(self, wish: Wish) -> Response:
        """One policy, as it was typed."""
        bench = self.bench()
        drawn, form = bench.drawn(wish.policy), bench.form(wish)
        form.validate()
        return self._edit(bench, drawn, form, wish.policy)

    def _list(self, bench: PolicyBench, status: int = 200, problem: Text | None = None) -> Response:
        saved, asked = number(request.args, "saved") == bench.now.version > 0, "asked" in request.args
        return self.show("console/policies.html", status, bench=bench, problem=problem, saved=saved, asked=asked)

    def _edit(
        self,
        bench: PolicyBench,
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
