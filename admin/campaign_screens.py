"""Campaigns: another password for many people, or an invitation; planned here, and begun by a second administrator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, request, url_for
from flask_admin import expose
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateTimeLocalField, IntegerField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from ..core.contracts.errors import NotAllowed
from ..core.contracts.text import Text
from ..core.db.approvals import Decision
from ..core.service.administrators.actor import Role
from ..core.service.campaigning.audience import Crowd
from ..core.service.campaigning.campaign_terms import terms
from ..core.service.campaigning.campaigns import PAGE, Campaign, Campaigns, Kind, Plan, State
from . import campaign_words as words
from .access import Screen
from .approval_screens import STATES as DECISIONS
from .forms import WhyForm, between, needed
from .people_words import Tag
from .rule_inputs import Lines, Ticks, Whole
from .taken import takes

MOMENTS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
LATEST = 2100
FIRST = timedelta(hours=1)
NO_MOMENT = Text("Type a date and a time such as 2026-11-30 14:00.")
COUNT = "count"
# Typed once it is known whom it is for.
ASKED_LAST = {"people", "why"}


class PlanForm(WhyForm):
    """One campaign. Times are UTC."""

    what = RadioField(
        Text("What is to be done?"),
        [needed(Text("Choose what is to be done"))],
        choices=[SelectChoice(kind.value, said) for kind, said in words.KINDS.items()],
        validate_choice=False,
    )
    groups = Lines(
        Text("Only members of these groups"),
        description=Text("One a line, as the directory names them. Empty: everybody in these directories."),
        render_kw={"rows": 2},
    )
    opens_at = DateTimeLocalField(Text("From (UTC)"), [InputRequired(NO_MOMENT)], format=MOMENTS)
    closes_at = DateTimeLocalField(
        Text("Until (UTC)"), [InputRequired(NO_MOMENT)], format=MOMENTS, description=Text("Then it ends, done or not.")
    )
    from_hour = Whole(Text("Each day from this hour (UTC)"), low=0, high=23)
    until_hour = Whole(
        Text("Until this hour"), low=1, high=24, description=Text("From 22 until 6 is a night; 0 until 24 all day.")
    )
    per_hour = Whole(Text("People an hour at most"), low=1, high=20_000)
    messages = Whole(
        Text("Messages at most"), low=1, high=1_000_000, description=Text("Of invitations: to all addresses together.")
    )
    texts = BooleanField(Text("Also by text"), description=Text("Else by e-mail alone."))
    notice_hours = Whole(
        Text("Tell people so many hours before"),
        low=0,
        high=720,
        description=Text("0: nobody is told. Whoever changes it by then is not asked again."),
    )
    money = Whole(
        Text("Texts and calls may cost so much more"),
        low=0,
        high=1_000_000,
        description=Text("In your currency and in all, beyond what the caps for a day allow. 0: no cap is raised."),
    )
    most_failures = Whole(
        Text("Stop when so many of a hundred failed"), low=1, high=100, description=Text("Looked at from ten on.")
    )
    people = IntegerField(
        Text("Type how many people it is for"),
        [Optional(), between(0, 1_000_000_000)],
        description=Text("It never handles more, whoever comes meanwhile."),
    )

    def plan(self) -> Plan:
        """What was typed."""
        fields = ("from_hour", "until_hour", "per_hour", "messages", "texts", "most_failures", "money")
        kind = Kind(self.what.data)
        return Plan(
            kind=kind,
            notice_hours=self.notice_hours.data if kind is Kind.RESET else 0,
            stores=tuple(self._fields["stores"].data or ()),
            groups=tuple(self.groups.data or ()),
            people=self.people.data or 0,
            opens_at=self.opens_at.data.replace(tzinfo=UTC),
            closes_at=self.closes_at.data.replace(tzinfo=UTC),
            **{name: self._fields[name].data for name in fields},
        )

    def validate_what(self, field: Any) -> None:  # noqa: ANN401 - as the library calls it
        """Only what there is."""
        if field.data not in set(Kind):
            raise ValidationError(Text("Choose what is to be done"))

    def validate_closes_at(self, field: Any) -> None:  # noqa: ANN401
        """Far enough away is a slip of the finger."""
        if field.data and field.data.year > LATEST:
            raise ValidationError(NO_MOMENT)

    validate_opens_at = validate_closes_at


class CampaignScreen(Screen):
    """Administrators plan, pause and end; what was agreed on is never changed."""

    key = "campaigns"
    label = Text("Campaigns")
    group = "people"
    icon = "campaigns"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    @property
    def campaigns(self) -> Campaigns:
        """What this screen asks."""
        return self.console.people.campaigns

    @expose("/")
    def index(self) -> Response:
        """All of them, the newest first."""
        listed = self.campaigns.listed(self._before())
        older = int(listed[-1].asked_at.timestamp() * 1_000_000) if len(listed) == PAGE else None
        rows = [(one, self._stands(one)) for one in listed]
        return self.show("console/campaigns.html", rows=rows, older=older, words=words)

    @expose("/new")
    def new(self) -> Response:
        """An empty plan, from the next full hour on, for a day."""
        if not self.may_change:
            abort(403)
        begins = self.desk.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None) + FIRST
        usual = {"from_hour": 0, "until_hour": 24, "per_hour": 600, "messages": 1000, "most_failures": 20}
        usual |= {"notice_hours": 0, "money": 0}
        kind = request.args.get("kind", "")
        data = {"what": kind if kind in set(Kind) else "", "opens_at": begins, "closes_at": begins + timedelta(days=1)}
        return self._plan(self.form(self._form(), **usual, **data))

    @expose("/new", methods=["POST"])
    @takes(lambda self: self._form()(), "press")
    def put_up(self) -> Response:
        """Say whom it is for; put it up once the number of them was typed."""
        form, crowd = self.form(self._form()), None
        form.validate()
        counts = request.form.get("press") == COUNT
        if counts:
            form.why.errors = form.people.errors = ()
        if form.errors.keys() - ASKED_LAST:
            return self._plan(form, 422)
        try:
            plan = form.plan()
            crowd = self.campaigns.crowd(plan)
            if form.errors or counts:
                said = terms(replace(plan, people=crowd.people))
                return self._plan(form, 422 if form.errors else 200, crowd=crowd, said=said)
            campaign = self.campaigns.ask(self.actor, plan, form.why.data or "")
        except NotAllowed as refused:
            for place, reason in (refused.at or {"": refused.reason}).items():
                form.wrong(place, reason)
            return self._plan(form, 422, crowd=crowd)
        return self.go("one", campaign=campaign.id)

    @expose("/<campaign>")
    def one(self, campaign: str) -> Response:
        """What was agreed on, how far it is, and for whom it failed."""
        found = self.campaigns.look(campaign)
        failed = self.campaigns.failed(campaign, request.args.get("after", ""))
        more = failed[-1].place if len(failed) == PAGE else ""
        stores = self.console.snapshots.current.store_names
        return self.show(
            "console/campaign.html",
            title=words.KINDS[found.plan.kind],
            campaign=found,
            stands=self._stands(found),
            places=[stores.get(key, key) for key in found.plan.stores],
            failed=failed,
            terms=terms(found.plan),
            more=more,
            words=words,
        )

    @expose("/<campaign>/pause", methods=["GET", "POST"])
    @takes(WhyForm)
    def pause(self, campaign: str) -> Response:
        """Nobody's turn comes for now."""
        said = (Text("Pause this campaign?"), Text("Nobody's turn comes until it is set going again."), Text("Pause"))
        return self._confirm(campaign, said, self.campaigns.pause)

    @expose("/<campaign>/resume", methods=["GET", "POST"])
    @takes(WhyForm)
    def resume(self, campaign: str) -> Response:
        """On from where it stands."""
        text = Text("It goes on from where it stands, within what was agreed on.")
        return self._confirm(campaign, (Text("Go on with it?"), text, Text("Go on")), self.campaigns.resume)

    @expose("/<campaign>/end", methods=["GET", "POST"])
    @takes(WhyForm)
    def end(self, campaign: str) -> Response:
        """For good."""
        text = Text("It can't be set going again. What was done stays done.")
        return self._confirm(campaign, (Text("End this campaign?"), text, Text("End it")), self.campaigns.end)

    def _confirm(self, campaign: str, said: tuple[Text, Text, Text], act: Callable[..., Campaign]) -> Response:
        if not self.may_change:
            abort(403)
        found, form, (title, text, button) = self.campaigns.look(campaign), self.form(WhyForm), said
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate():
                try:
                    act(self.actor, found.id, form.why.data or "")
                    return self.go("one", campaign=found.id)
                except NotAllowed as refused:
                    form.wrong("", refused.reason)
        back = url_for(f"{self.key}.one", campaign=found.id)
        page = {"title": title, "text": text, "button": button, "back": back, "form": form}
        return self.show("console/confirm.html", status, **page)

    def _plan(
        self, form: PlanForm, status: int = 200, *, crowd: Crowd | None = None, said: Sequence[Text] = ()
    ) -> Response:
        title = Text("New campaign")
        return self.show("console/campaign_new.html", status, title=title, form=form, crowd=crowd, said=said)

    def _form(self) -> type[PlanForm]:
        ticks = Ticks(Text("Directories"), choices=self.console.snapshots.current.store_names)
        return type("StoresForm", (PlanForm,), {"stores": ticks})

    def _stands(self, campaign: Campaign) -> Tag:
        """Its state; while it waits, what became of the question."""
        if campaign.state is State.WAITING:
            decision = self.campaigns.approvals.look(campaign.approval).state
            if decision is not Decision.WAITING:
                return DECISIONS[decision]
        return words.STATES[campaign.state]

    @staticmethod
    def _before() -> datetime | None:
        asked = request.args.get("before", "")
        if not asked:
            return None
        if not asked.isascii() or not asked.isdigit() or len(asked) > 16:
            abort(400)
        return datetime.fromtimestamp(int(asked) / 1_000_000, UTC)
