"""Where a change of the policies is put together: forms, the list that would be saved, and what that would mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from wtforms.fields.core import UnboundField

from ..core.contracts.text import Text
from ..core.recovery.differences import between
from ..core.recovery.flaws import Flaw
from ..core.recovery.policy import Audience, Policy
from ..core.recovery.policy_order import in_order, put
from ..core.service.ruling.policy_desk import PolicyDesk
from ..core.service.ruling.simulator import Draft
from .forms import ConsoleForm, as_sent
from .kept_screen import KeptBench
from .policy_form import METHOD, PolicyForm
from .policy_wish import Do, Policies, Wish, rearranged
from .rule_changes import Changes, Line, Words
from .rule_review import Look
from .rule_words import of_flaw

# What a new policy begins as, besides its name.
BLANK = Policy("")


class PolicyBench(KeptBench[Policies]):
    """What a page of policies works at."""

    first = ()

    @property
    def desk(self) -> PolicyDesk:
        """Who reads and saves."""
        return self.console.control_room.policies

    @cached_property
    def policies(self) -> Policies:
        """In their order."""
        return in_order(self.now.rules)

    @cached_property
    def methods(self) -> Mapping[str, Text]:
        """What the methods that are on are called."""
        return {key: method.label for key, method in self.desk.snapshot().plugins.methods.items()}

    @cached_property
    def stores(self) -> Mapping[str, Words]:
        """What the directories are called."""
        return self.desk.snapshot().store_names

    @cached_property
    def words(self) -> Changes:
        """How changes are said."""
        return Changes(labels_of(self.drawn()), self.methods, self.stores)

    def named(self, name: str) -> Policy | None:
        """The policy of this name."""
        return next((policy for policy in self.policies if policy.name == name), None)

    def drawn(self, name: str = "") -> PolicyForm:
        """The form of the policy of this name, or of a new one. The last is everybody's, which no form changes."""
        policy = self.named(name) or BLANK
        last = policy == self.policies[-1] and policy.audience == Audience()
        return PolicyForm(policy, self.methods, self.stores, for_all=last)

    def form(self, wish: Wish) -> ConsoleForm:
        """The policy that is wished for, as it was typed."""
        form: ConsoleForm = self.drawn(wish.policy).kind(ConsoleForm)(as_sent(wish.sent))
        return form

    def composed(self, wish: Wish) -> Policies | None:
        """The list that would be saved; None for a form with a mistake."""
        if wish.do is not Do.POLICY:
            return rearranged(wish, self.policies)
        drawn, form = self.drawn(wish.policy), self.form(wish)
        return put(self.policies, wish.policy, drawn.read(form)) if form.validate() else None

    def panel(self, policies: Policies) -> Look:
        """What saving these would mean."""
        draft = Draft(tuple(policies), self.desk.snapshot().public)
        return Look.of(self.desk.review(policies), self.words, self.console.staff.stranded, draft)

    def lines(self, before: Policies, after: Policies) -> Sequence[Line]:
        """What is between two lists."""
        return self.words.lines(between(before, after))


def point(bench: PolicyBench, form: ConsoleForm, flaws: Sequence[Flaw], name: str) -> None:
    """Put what is wrong with the policy of this name at its fields; the rest to the form."""
    fields = {row.path: row.name for row in bench.drawn().rows}
    for flaw in flaws:
        field = fields.get(flaw.at, "") if flaw.policy in (name, "") else ""
        form.wrong(field if field in form else "", of_flaw(flaw, bench.methods))


def labels_of(drawn: PolicyForm) -> dict[str, Text]:
    """What each field is called, by its path."""
    return {row.path: label_of(row.field) for row in drawn.rows}


def label_of(field: UnboundField) -> Text:
    """The words beside a field that is not on a page yet."""
    label = field.args[0]
    assert isinstance(label, Text)
    return label


def method_fields(drawn: PolicyForm) -> list[str]:
    """The names of the fields that say how methods stand."""
    return [METHOD + key for key in drawn.methods]
