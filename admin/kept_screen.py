"""Rules that are looked through before they are saved: what would change is on a page of its own, which asks why."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Protocol, TypeVar

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import Form

from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.service.ruling.acceptance import NotAccepted
from ..core.service.ruling.kept_rules import Change, Refused
from .forms import NOT_THE_NAME, ConsoleForm, WhyForm, as_sent
from .history_screen import Bench, HistoryScreen, ReadingDesk
from .policy_wish import WISHED, Do, Wish
from .rule_review import Look
from .taken import takes

Rules = TypeVar("Rules")


class SavingDesk(ReadingDesk[Rules], Protocol[Rules]):
    """Who reads, and saves."""

    def save(self, rules: Rules, change: Change, /) -> int:
        """Keep these; returns the version. Raises Refused or SavedMeanwhile; then nothing was saved."""


class KeptBench(Bench[Rules]):
    """Where a change is put together: what was typed, what would be saved, and what that would mean."""

    @property
    @abstractmethod
    def desk(self) -> SavingDesk[Rules]:
        """Who reads and saves."""

    @abstractmethod
    def form(self, wish: Wish) -> Form:
        """What it was typed into."""

    @abstractmethod
    def composed(self, wish: Wish) -> Rules | None:
        """What would be saved of what was typed; None for a form with a mistake."""

    @abstractmethod
    def panel(self, rules: Rules) -> Look:
        """What saving these would mean."""

    def wanted(self, wish: Wish) -> Rules | None:
        """What would be saved; None for a form with a mistake, or a version that never was."""
        if wish.do is not Do.VERSION:
            return self.composed(wish)
        kept = self.desk.ledger.version(wish.number)
        return kept.rules if kept else None


def typed_into(screen: KeptScreen[Rules], **_parts: object) -> Form:
    """The form of what is wished for; going back, or putting in order, needs none."""
    wish = Wish.read(request.form)
    return screen.bench().form(wish) if wish and wish.do is Do.POLICY else ConsoleForm()


class KeptScreen(HistoryScreen[Rules]):
    """Whatever is looked at is rebuilt from what was sent, so that a page that is left open loses nothing."""

    asks = frozenset({"look", "review"})
    # What is asked for with a change.
    reasons: ClassVar[type[WhyForm]] = WhyForm

    def bench(self) -> KeptBench[Rules]:
        """A fresh one: what it has read is not read again."""
        raise NotImplementedError

    def mistaken(self, wish: Wish) -> Response:
        """The form as it was filled in, with what is wrong."""
        raise NotImplementedError

    def keep(self, rules: Rules, change: Change) -> Response:
        """Save these. Raises Refused or SavedMeanwhile; then nothing was saved."""
        return self.go(saved=self.bench().desk.save(rules, change))

    @expose("/review", methods=["POST"])
    @takes(typed_into, *WISHED)
    def review(self) -> Response:
        """An older version, or what needs no form: before anything is saved."""
        wish = Wish.read(request.form)
        return self.reviewed(wish) if wish else self.lost(400)

    @expose("/save")
    def again(self) -> Response:
        """Back from a new sign-in: what was to be saved stands there still."""
        sent = as_sent(self.desk.take(self.who, request.path))
        wish = Wish.read(sent)
        return self.reviewed(wish, self.reasons(sent)) if wish else self.go()

    @expose("/save", methods=["POST"])
    @takes(lambda self: [*typed_into(self), *self.reasons()], *WISHED)
    def save(self) -> Response:
        """Keep it, whole or not at all."""
        wish, form = Wish.read(request.form), self.reasons(request.form)
        if wish is None:
            return self.lost(400)
        rules = self.bench().wanted(wish)
        if rules is None or not form.validate():
            return self.reviewed(wish, form, 422)
        try:
            return self.keep(rules, self.change(form, wish))
        except SavedMeanwhile:
            return self.reviewed(wish, form, 409)
        except NotAccepted:
            form.wrong("organisation", NOT_THE_NAME)
            return self.reviewed(wish, form, 422)
        except Refused:
            return self.reviewed(wish, form, 422)

    def change(self, form: WhyForm, wish: Wish) -> Change:
        """Who wants it, and why."""
        return Change(self.actor, str(form.why.data), wish.after)

    def reviewed(self, wish: Wish, form: WhyForm | None = None, status: int = 200) -> Response:
        """The page that asks why. What holds by now counts, whatever the change was made from."""
        bench = self.bench()
        rules = bench.wanted(wish)
        if rules is None:
            return self.mistaken(wish) if wish.do is Do.POLICY else self.lost(404)
        return self.show(
            "console/rules_review.html",
            status,
            title=Text("Save this change?"),
            look=bench.panel(rules),
            form=form or self.reasons(),
            hidden=wish.hidden(bench.now.version),
            meanwhile=bench.now if wish.after != bench.now.version else None,
        )
