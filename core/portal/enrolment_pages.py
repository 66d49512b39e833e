"""My methods: how a signed-in person proves who they are next time."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, redirect, request, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed, OutOfTurn
from ..contracts.method import Challenge
from ..contracts.text import Text
from ..service.enrolling.enrol import OVER, Enrolling, Redrawn, SignInAgain, Wrong
from ..service.enrolling.my_methods import Mine, Overview
from ..service.enrolling.signed_in import SignedIn
from . import dates, own_address, phone_kinds, words
from .address_check_pages import AddressCheckPages
from .arranging_pages import ArrangingPages
from .doors import Doors
from .for_signed_in import ForSignedIn, Rule
from .fresh_proof_pages import FreshProofPages
from .get_back import had, panel
from .headers import has_form
from .language import keep_place, spoken
from .listed import listed
from .prompt_form import Problem, read_answer
from .renewal_pages import RenewalPages
from .said import NOTHING, Said, information, warning
from .settings import PortalSettings
from .sign_in_pages import Whoever

# What a method's prompt asks to be shown with; all else is a form.
TEMPLATES = {
    "scan": "add_app.html",
    "codes": "saved_codes.html",
    "questions": "add_questions.html",
    "passkey": "add_passkey.html",
    "joining": "phone_adding.html",
    "address": "add_address.html",
    "phone": "add_address.html",
    "sent": "add_code.html",
}
FIELDS = ("token", "move", "method", "given", "instead_of", "safe", "called", *phone_kinds.FIELDS)

# What has just been done, and since when it counts.
Done = tuple[Text, Text | None]


class EnrolmentPages:
    """List, add, remove."""

    def __init__(self, enrolling: Enrolling, who: Whoever, settings: PortalSettings, doors: Doors) -> None:
        self._enrolling = enrolling
        self._doors = doors
        self._desk = ForSignedIn(enrolling, who)
        self._settings = settings
        self._renewal = RenewalPages(enrolling.renewal, enrolling.checks, self._desk, settings)

    def rules(self) -> tuple[Rule, ...]:
        """Address, name, page and verb."""
        mine = self._desk.rules(("/methods", "methods", self._list, "GET"), behind=True) + self._desk.rules(
            ("/go/<entry>/methods", "arrive_at_methods", self._arrive, "GET"),
            ("/methods/add", "methods_add", self._choose, "GET"),
            ("/methods/add", "methods_begin", self._begin, "POST"),
            ("/methods/add/<key>", "methods_confirm", self._ask, "GET"),
            ("/methods/add/<key>", "methods_keep", self._move, "POST"),
            ("/methods/remove/<enrolment_id>", "methods_remove", self._ask_to_remove, "GET"),
            ("/methods/remove/<enrolment_id>", "methods_forget", self._remove, "POST"),
        )
        proofs = FreshProofPages(self._enrolling.proofs, self._desk, self._settings)
        checks = AddressCheckPages(self._enrolling.checks, self._desk, self._settings)
        arranging = ArrangingPages(self._enrolling.arranging, self._desk)
        return (*mine, *proofs.rules(), *arranging.rules(), *checks.rules(), *self._renewal.rules())

    def first(self, who: SignedIn, to: str) -> str:
        """Where somebody goes after a sign-in who wanted this page: there, or first to what they are asked."""
        return self._renewal.first(who, to)

    # The list ---------------------------------------------------------------------------------------------------

    def _arrive(self, who: SignedIn, entry: str) -> Response:
        if self._doors.get(entry) is None:
            abort(404)
        self._enrolling.renewal.came_by(who, entry)
        return redirect(url_for("portal.methods"), 303)

    def _list(self, who: SignedIn, done: Done | None = None) -> Response:
        if request.method == "POST":
            keep_place(url_for("portal.methods"))
        seen = self._enrolling.mine.look(who)
        lines = [listed(mine) for mine in seen.mine]
        values = {"wanted": who.wanted, "door": self._doors.get(who.entry) if who.entry else None}
        get_back = panel(seen.get_back, _called(seen))
        return self._desk.page("methods.html", who, NOTHING, done=done, lines=lines, panel=get_back, **values)

    # Add ---------------------------------------------------------------------------------------------------------

    def _choose(self, who: SignedIn, said: Said = NOTHING) -> Response:
        can_add = self._enrolling.mine.look(who).can_add
        return self._desk.page("add_method.html", who, said=said, can_add=can_add)

    def _begin(self, who: SignedIn) -> Response:
        form = self._desk.form(who, FIELDS)
        key = form.get("method", "")
        if not key:
            return self._choose(who, Said((Problem("method", words.CHOOSE_ONE),), status=422))
        try:
            given, instead_of = form.get("given", ""), form.get("instead_of", "")
            self._enrolling.begin(who, key, given, instead_of=instead_of, language=spoken())
        except SignInAgain:
            raise
        except Wrong as wrong:
            return self._ask(who, key, Said(tuple(Problem(*one) for one in wrong.at.items()), status=422))
        except NotAllowed as refused:
            return self._choose(who, Said((Problem("method", refused.reason),), status=422))
        return self._go_on(key)

    def _ask(self, who: SignedIn, key: str, said: Said = NOTHING) -> Response:
        challenge = self._enrolling.pending(who, key)
        if challenge is None:
            return redirect(url_for("portal.methods_add"), 303)
        template = TEMPLATES.get(challenge.prompt.widget, "add_form.html")
        return self._desk.page(template, who, said=said, **self._shown(who, key, challenge))

    def _shown(self, who: SignedIn, key: str, challenge: Challenge) -> dict[str, object]:
        name = who.person.accounts[0].display_name or who.person.accounts[0].name
        today = dates.day(self._settings.now())
        shown = {"prompt": challenge.prompt, "name": name, "today": today, "host": self._settings.host}
        return shown | self._of_address(who, key, challenge)

    def _of_address(self, who: SignedIn, key: str, challenge: Challenge) -> dict[str, object]:
        if challenge.prompt.widget not in {"address", "phone", "sent"}:
            return {}
        underway = self._enrolling.addresses.underway(who, key)
        if underway is None:
            raise OutOfTurn("it is gone")
        if challenge.prompt.widget == "sent":
            return own_address.code(key, underway, self._settings.now())
        seen = self._enrolling.mine.look(who)
        waits = own_address.Waits(seen.cool_down, seen.get_back.asked_for)
        kinds = phone_kinds.choice(key, dict(seen.can_add), underway.typed)
        return {**own_address.where(key, challenge, underway, waits, spoken()), **kinds}

    def _cancel(self, who: SignedIn, key: str) -> Response:
        self._enrolling.give_up(who, key)
        has_form()
        return redirect(url_for("portal.methods"), 303)

    def _back(self, who: SignedIn, key: str) -> Response:
        self._enrolling.addresses.back(who, key)
        return self._go_on(key)

    def _again(self, who: SignedIn, key: str) -> Response:
        try:
            self._enrolling.addresses.again(who, key, spoken())
        except MustWait as early:
            seconds = max(1, words.seconds_until(early.until, self._settings.now()))
            return self._ask(who, key, information(words.too_early(seconds), status=429, retry_after=seconds))
        except NotAllowed as refused:
            return self._ask(who, key, warning(refused.reason, status=422))
        return self._go_on(key)

    def _go_on(self, key: str) -> Response:
        has_form()
        return redirect(url_for("portal.methods_confirm", key=key), 303)

    def _move(self, who: SignedIn, key: str) -> Response:
        form = self._desk.form(who, FIELDS)
        moves = {"cancel": self._cancel, "back": self._back, "again": self._again}
        move = moves.get(form.get("move", ""))
        if move is None:
            return self._confirm(who, key, form)
        try:
            return move(who, key)
        except OutOfTurn:
            # It is gone, or another tab was quicker: the page says where it stands.
            return self._go_on(key)

    def _confirm(self, who: SignedIn, asked: str, form: Mapping[str, str]) -> Response:
        key = phone_kinds.meant(asked, form)
        if key != asked and (refusal := self._turn_to(who, asked, key)):
            return refusal
        challenge = self._enrolling.pending(who, key)
        if challenge is None:
            return redirect(url_for("portal.methods_add"), 303)
        fields = challenge.prompt.fields
        answer = {field.name: form.get(field.name, "") for field in fields}
        if challenge.prompt.widget != "codes":
            answer, problems = read_answer(fields, form)
            if problems := own_address.needed(problems, form):
                return self._ask(who, key, Said(problems, typed=form, status=422))
        # What they call it is theirs to leave out.
        answer["called"] = form.get("called", "")
        old = self._instead_of(who, key)
        try:
            counts_from = self._enrolling.confirm(who, key, answer, language=spoken())
        except Redrawn as redrawn:
            return self._ask(who, key, warning(redrawn.reason, status=422))
        except Wrong as wrong:
            if wrong.left:
                return self._ask(who, key, Said(self._problems(challenge, wrong), typed=form, status=422))
            return self._choose(who, Said((Problem("method", OVER),), status=422))
        except NotAllowed as over:
            return self._choose(who, Said((Problem("method", over.reason),), status=422))
        if counts_from is None:
            return self._go_on(key)
        waits = counts_from > self._settings.now()
        text = Text("It counts from {moment}.", moment=dates.moment(counts_from)) if waits else Text("It counts now.")
        done = (Text("{method} is added", method=self._called(who, key)), text)
        return self._ask_to_remove(who, old, done) if self._has(who, old) else self._list(who, done)

    def _turn_to(self, who: SignedIn, asked: str, key: str) -> Response | None:
        """The same page by another method, because it is another kind of phone; the refusal, if there is one."""
        begun = self._enrolling.pending(who, key)
        if begun is not None and begun.prompt.widget == "phone":
            return None
        try:
            self._enrolling.begin(who, key, instead_of=self._instead_of(who, asked), language=spoken())
        except SignInAgain:
            raise
        except NotAllowed as refused:
            return self._choose(who, Said((Problem("method", refused.reason),), status=422))
        return None

    def _problems(self, challenge: Challenge, wrong: Wrong) -> tuple[Problem, ...]:
        fields = challenge.prompt.fields
        if wrong.at:
            return tuple(Problem(field.name, wrong.at[field.name]) for field in fields if field.name in wrong.at)
        widget = challenge.prompt.widget
        guessed = widget in {"scan", "sent"}
        text = words.missed(fields, wrong.left, sent=widget == "sent") if guessed else wrong.reason
        return (Problem(fields[0].name, text),)

    # Remove ------------------------------------------------------------------------------------------------------

    def _ask_to_remove(self, who: SignedIn, enrolment_id: str, done: Done | None = None) -> Response:
        if done:
            keep_place(url_for("portal.methods_remove", enrolment_id=enrolment_id))
        mine = self._one(who, enrolment_id)
        left = self._enrolling.mine.look(who, without=enrolment_id)
        text = Text("Without it you could not get back in today.")
        if left.get_back.yes:
            text = Text("You'd still have {list}.", list=had(left.get_back, _called(left)))
        return self._desk.page("remove_method.html", who, done=done, mine=mine, text=text)

    def _remove(self, who: SignedIn, enrolment_id: str) -> Response:
        if self._desk.form(who, FIELDS).get("move") != "remove":
            abort(400, "not our button")
        mine = self._one(who, enrolment_id)
        self._enrolling.remove(who, enrolment_id, language=spoken())
        return self._list(who, done=(Text("{method} is removed", method=mine.label), None))

    # What every page needs ---------------------------------------------------------------------------------------

    def _one(self, who: SignedIn, enrolment_id: str) -> Mine:
        found = [mine for mine in self._enrolling.mine.look(who).mine if mine.id == enrolment_id]
        if not found:
            abort(404)
        return found[0]

    def _has(self, who: SignedIn, enrolment_id: str) -> bool:
        return any(mine.id == enrolment_id for mine in self._enrolling.mine.look(who).mine if mine.id)

    def _instead_of(self, who: SignedIn, key: str) -> str:
        """Which of theirs goes once what they are adding is there; empty where none does."""
        underway = self._enrolling.addresses.underway(who, key)
        return underway.instead_of if underway else ""

    def _called(self, who: SignedIn, key: str) -> Text | str:
        return _called(self._enrolling.mine.look(who)).get(key, key)


def _called(seen: Overview) -> dict[str, Text | str]:
    return {mine.method: mine.label for mine in seen.mine} | dict(seen.can_add)
