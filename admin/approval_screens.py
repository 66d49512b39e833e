"""What needs two administrators: one put it up, another reads it here and decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import abort, request
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import StringField

from ..core.contracts.errors import NotAllowed, StoreUnavailable
from ..core.contracts.text import Text
from ..core.db.approvals import Approval, Decision
from ..core.service.administrators.actor import Role
from ..core.service.campaigning.campaign_terms import terms
from ..core.service.campaigning.campaigns import KIND as CAMPAIGN
from ..core.service.ruling.approvals import PAGE, Approvals
from .access import Screen
from .forms import ConsoleForm, longest, seen
from .people_screens import SILENT
from .taken import takes

STATES: Mapping[Decision, tuple[str, Text]] = {
    Decision.GIVEN: ("ok", Text("Approved")),
    Decision.REFUSED: ("bad", Text("Refused")),
    Decision.WITHDRAWN: ("soon", Text("Withdrawn")),
    Decision.EXPIRED: ("soon", Text("Not decided in time")),
}


class DecideForm(ConsoleForm):
    why = StringField(Text("Why not?"), [longest(200), seen], description=Text("One line, kept with what you refuse."))


class ApprovalScreen(Screen):
    """Only administrators see it, and nobody decides what they asked for themselves."""

    key = "approvals"
    label = Text("Approvals")
    group = "people"
    icon = "approvals"
    sees = changes = frozenset({Role.ADMINISTRATOR})

    @property
    def approvals(self) -> Approvals:
        """What this screen asks."""
        return self.console.people.approvals

    @expose("/")
    def index(self) -> Response:
        """What waits, and what was decided lately."""
        return self._list()

    @expose("/<approval_id>")
    def one(self, approval_id: str) -> Response:
        """A page that asks: what would hold, who wants it and why."""
        return self._ask(self.approvals.look(approval_id), self.form(DecideForm))

    @expose("/<approval_id>/approve", methods=["POST"])
    def approve(self, approval_id: str) -> Response:
        """Let it hold."""
        return self._decide(approval_id, approving=True)

    @expose("/<approval_id>/refuse", methods=["POST"])
    @takes(DecideForm)
    def refuse(self, approval_id: str) -> Response:
        """Let it never be, or take it back."""
        return self._decide(approval_id, approving=False)

    def _decide(self, approval_id: str, *, approving: bool) -> Response:
        approval, form = self.approvals.look(approval_id), self.form(DecideForm)
        if not form.validate():
            return self._ask(approval, form, 422)
        try:
            if approving:
                self.approvals.approve(self.actor, approval_id)
            else:
                self.approvals.refuse(self.actor, approval_id, form.why.data or "")
        except NotAllowed as refused:
            form.wrong("", refused.reason)
            return self._ask(approval, form, 422)
        except StoreUnavailable:
            form.wrong("", SILENT)
            return self._ask(approval, form, 503)
        return self.go()

    def _list(self) -> Response:
        decided = self.approvals.decided(self._before())
        older = int(decided[-1].asked_at.timestamp() * 1_000_000) if len(decided) == PAGE else None
        return self.show(
            "console/approvals.html",
            waiting=self.approvals.waiting(),
            decided=[(one, STATES[one.state]) for one in decided],
            older=older,
        )

    def _ask(self, approval: Approval, form: DecideForm, status: int = 200) -> Response:
        mine = approval.asked_by == self.actor.subject
        over = None if approval.state is Decision.WAITING else STATES[approval.state]
        values = {"title": Text("Approve this?"), "approval": approval, "mine": mine, "over": over, "form": form}
        return self.show("console/approval.html", status, **values, terms=self._terms(approval))

    def _terms(self, approval: Approval) -> tuple[Text, ...]:
        """What comes with it, where that is more than a sentence."""
        if approval.kind != CAMPAIGN:
            return ()
        return terms(self.console.people.campaigns.look(approval.payload["campaign"]).plan)

    @staticmethod
    def _before() -> datetime | None:
        asked = request.args.get("before", "")
        if not asked:
            return None
        if not asked.isascii() or not asked.isdigit() or len(asked) > 16:
            abort(400)
        return datetime.fromtimestamp(int(asked) / 1_000_000, UTC)
