"""One URL per recovery: GET shows the stage, POST makes the move and goes back to the same URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from flask import abort, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from ..contracts.errors import MustWait, NotAllowed, OutcomeUnknown, OutOfTurn, PasswordRefused, StoreUnavailable
from ..contracts.one_time_code import same
from ..contracts.text import Secret, Text
from ..recovery.state import Pick, Recovery, Stage
from ..service.alerts import Paused
from ..service.recover import RecoveryService
from ..service.tickets import Answered, Ticket
from . import set_it_for, words
from .cookie import Cookies
from .errors import SOON, CookiesOff, NotYours
from .form_body import only, read_form
from .headers import clear_cache, has_form
from .prompt_form import Problem, read_answer
from .said import Said, information, warning
from .settings import PortalSettings
from .stage_pages import StagePages, no_sends_left, unlocks

ALWAYS = ("token", "move")
FIELDS = (*ALWAYS, "offer", "destination", "new_password", "new_password_again", set_it_for.FIELD)
Form = Mapping[str, str]
Move = Callable[[Ticket, Recovery, Form], Response]


class RecoveryPages:
    """Turns a form into one call of the service, then redirects; only what must be said is shown at once."""

    def __init__(self, service: RecoveryService, pages: StagePages, cookies: Cookies, settings: PortalSettings) -> None:
        self._service = service
        self._pages = pages
        self._cookies = cookies
        self._settings = settings
        self._moves: Mapping[str, Move] = {
            "continue": self._continue,
            "back": self._back,
            "again": self._again,
            "more_time": self._more_time,
            "cancel": self._cancel,
        }
        self._steps: Mapping[Stage, Move] = {
            Stage.CHOOSING: self._choose,
            Stage.ANSWERING: self._answer,
            Stage.RENEWING: self._renew,
        }

    def show(self, recovery_id: str) -> Response:
        """Where it stands. Changes nothing."""
        _, recovery = self._enter(recovery_id)
        return self._known_again(recovery, self._pages.page(recovery, _asked_for()))

    def back(self, recovery_id: str) -> Response:
        """Back to who asked for this, with what became of it. A link, because a form's answer may not lead to another
        host (`form-action`); only our own page holds it, for the cookie comes along from nowhere else."""
        _, recovery = self._enter(recovery_id)
        return redirect(self._pages.answer(recovery) or url_for("portal.show", recovery_id=recovery_id), 303)

    def stage(self, recovery_id: str) -> Response:
        """For pages that wait. The version here is the turn: the row's own counts what the back office saves, and when
        that happens depends on the directory, so it never leaves the server (P4)."""
        _, recovery = self._enter(recovery_id)
        return jsonify(
            stage=recovery.stage.value,
            version=recovery.turn,
            waiting=self._service.choosing.waits(recovery),
            heard=self._service.hearing.heard(recovery),
            stands=self._service.hearing.stands(recovery),
        )

    def move(self, recovery_id: str) -> Response:
        """One move, and back to where it stands."""
        # Before the form: a stranger's is not worth reading.
        ticket, recovery = self._enter(recovery_id)
        form = read_form(request, FIELDS, answers=True, several=set_it_for.FIELD)
        if form.get("move") not in self._moves or "token" not in form:
            abort(400, "not one of our forms")
        if not self._service.tickets.fits(recovery, form["token"]):
            return self._already_done(ticket)
        try:
            return self._moves[form["move"]](ticket, recovery, form)
        except OutOfTurn:
            return self._already_done(ticket)

    def _already_done(self, ticket: Ticket) -> Response:
        return self._pages.page(self._look(ticket), information(words.ALREADY_DONE, status=409))

    # Who is it ------------------------------------------------------------------------------------------------

    def _enter(self, recovery_id: str) -> tuple[Ticket, Recovery]:
        ticket = self._cookies.ticket(request)
        if ticket is None and _just_started():
            raise CookiesOff
        if ticket is None or ticket.recovery_id != recovery_id:
            raise NotYours
        recovery = self._look(ticket)
        return replace(ticket, seen=recovery), recovery

    def _look(self, ticket: Ticket) -> Recovery:
        try:
            return self._service.tickets.look(ticket)
        except NotAllowed as error:
            raise NotYours from error

    # The moves ------------------------------------------------------------------------------------------------

    def _continue(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        if recovery.stage not in self._steps:
            raise OutOfTurn("nothing is asked")
        return self._steps[recovery.stage](ticket, recovery, form)

    def _back(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        # From the page that asks for a whole number nothing was picked yet: the list is one GET away.
        if recovery.stage is not Stage.CHOOSING:
            self._service.choosing.go_back(ticket, form["token"])
        return self._go_on(ticket)

    def _more_time(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        self._service.choosing.more_time(ticket, form["token"])
        return self._go_on(ticket)

    def _cancel(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        self._service.choosing.cancel(ticket, form["token"])
        return clear_cache(self._go_on(ticket))

    def _again(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        if no_sends_left(recovery):
            return self._pages.page(recovery, warning(words.NO_MORE_SENDS, status=422))
        try:
            self._service.choosing.again(ticket, form["token"])
        except MustWait as error:
            seconds = self._seconds(error)
            text = words.paused(seconds) if isinstance(error, Paused) else words.too_early(seconds)
            said = information(text, status=429, retry_after=seconds)
            return self._pages.page(recovery, said)
        return self._go_on(ticket)

    def _choose(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        only(form, (*ALWAYS, "offer", "destination"))
        choices = self._service.choosing.choices(recovery)
        if not choices:
            # Pressed too early: the page still waits for its moment.
            return self._go_on(ticket)
        choice = next((choice for choice in choices if choice.value == form.get("offer")), None)
        if choice is None:
            problem = Problem("offer", words.CHOOSE_ONE)
            return self._pages.page(recovery, Said((problem,), status=422))
        if choice.destination is not None and "destination" not in form:
            # Only the method's name and its place in the list: what stands in an address is seen by others.
            has_form()
            return redirect(url_for("portal.show", recovery_id=recovery.id, method=choice.value), 303)
        if choice.destination is not None:
            # The form calls it `destination`, whatever the method's own field is called.
            field = replace(choice.destination, name="destination")
            folded, problems = read_answer([field], form)
            if problems:
                said = Said(problems, typed=form, status=422, choice=choice.value)
                return self._pages.page(recovery, said)
            return self._pick(ticket, recovery, form, folded["destination"])
        return self._pick(ticket, recovery, form, "")

    def _pick(self, ticket: Ticket, recovery: Recovery, form: Form, destination: str) -> Response:
        try:
            self._service.choosing.pick(ticket, form["token"], form["offer"], destination)
        except MustWait as error:
            seconds = self._seconds(error)
            text = Text("You can ask for another code in {time}.", time=words.duration(seconds))
            return self._pages.page(recovery, replace(information(text, status=429, retry_after=seconds), typed=form))
        return self._go_on(ticket)

    def _answer(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        assert recovery.pick is not None
        fields = recovery.pick.challenge.prompt.fields
        only(form, (*ALWAYS, *(field.name for field in fields)))
        answer, problems = read_answer(fields, form)
        if problems:
            return self._pages.page(recovery, Said(problems, typed=form, status=422))
        try:
            answered = self._service.proving.answer(ticket, form["token"], answer)
        except MustWait as error:
            seconds = self._seconds(error)
            text = words.paused(seconds) if isinstance(error, Paused) else words.wait_first(seconds)
            said = warning(text, status=429, retry_after=seconds)
            return self._pages.page(self._look(ticket), replace(said, typed=form))
        return self._answered(recovery, answered, form)

    def _answered(self, before: Recovery, answered: Answered, form: Form) -> Response:
        recovery, pick = answered.recovery, before.pick
        assert pick is not None
        fields = pick.challenge.prompt.fields
        match answered.reason, recovery.stage:
            case "not-yet", _:
                return self._pages.page(recovery, Said(typed=form, one_moment=True))
            case "not-heard", _:
                return self._pages.page(recovery, information(words.NOTHING_HEARD))
            case "declined", _:
                return self._pages.page(recovery, warning(words.DECLINED, status=422))
            case "expired", _:
                return self._too_late(answered, pick, form)
            case "wrong", Stage.ANSWERING if recovery.pick is not None:
                left = recovery.rules.answers_per_challenge - recovery.pick.tries
                sent = any(sent.method == pick.method for sent in recovery.sent)
                # Of several answers nobody learns which was wrong: it is said of all of them together.
                at = fields[0].name if len(fields) == 1 else "answers"
                problem = Problem(at, words.missed(fields, left, sent=sent))
                return self._pages.page(recovery, Said((problem,), typed=form, status=422))
            case "wrong", Stage.CHOOSING:
                tries = recovery.rules.answers_per_challenge
                return self._pages.page(recovery, warning(words.used_up(tries, fields), status=422))
            case _, Stage.RENEWING if unlocks(recovery):
                # Nothing more is to be asked.
                return self._unlock(answered.ticket, recovery)
        return self._go_on(answered.ticket)

    def _too_late(self, answered: Answered, pick: Pick, form: Form) -> Response:
        fields, recovery, text = pick.challenge.prompt.fields, answered.recovery, words.TOO_OLD
        if not fields:
            return self._pages.page(recovery, warning(words.NO_APPROVAL, status=422))
        if words.by_script(fields):
            # A device signs what was drawn for it. With the old challenge on the page it could never be in time.
            recovery, text = self._service.choosing.again(answered.ticket, form["token"]), words.STOPPED_BY_DEVICE
        return self._pages.page(recovery, Said((Problem(fields[0].name, text),), status=422))

    def _unlock(self, ticket: Ticket, recovery: Recovery) -> Response:
        """Right after the last proof, or once more. From here on only a page that shows where it stands is true."""
        token = self._service.tickets.form_token(recovery)
        try:
            recovery, ticket = self._service.unlocking.unlock(replace(ticket, seen=recovery), token)
        except StoreUnavailable:
            silent = words.silent(self._settings.company, unlocking=True)
            said = warning(silent, status=503, retry_after=SOON)
            return self._with_key(ticket, self._pages.page(self._look(ticket), said))
        except (OutcomeUnknown, NotAllowed, OutOfTurn):
            return self._go_on(ticket)
        return self._known_again(recovery, self._go_on(ticket))

    def _renew(self, ticket: Ticket, recovery: Recovery, form: Form) -> Response:
        if unlocks(recovery):
            only(form, ALWAYS)
            return self._unlock(ticket, recovery)
        only(form, (*ALWAYS, "new_password", "new_password_again", set_it_for.FIELD))
        chosen = set_it_for.chosen(self._service.renewing.targets(recovery), form)
        # What was ticked stays; passwords never do.
        typed = {set_it_for.FIELD: " ".join(chosen)}
        problems = retyped(form.get("new_password", ""), form.get("new_password_again", ""))
        problems += () if chosen else (Problem(set_it_for.FIELD, words.CHOOSE_ACCOUNT),)
        if problems:
            return self._pages.page(recovery, Said(problems, typed=typed, status=422))
        password = Secret(form["new_password"])
        try:
            recovery, ticket = self._service.renewing.renew(ticket, form["token"], password, chosen)
        except PasswordRefused as error:
            problems = tuple(Problem("new_password", reason) for reason in error.reasons)
            return self._pages.page(self._look(ticket), Said(problems, typed=typed, status=422))
        except StoreUnavailable:
            recovery = self._look(ticket)
            text = words.kept(words.silent(self._settings.company), recovery.deadline - self._settings.now())
            return self._pages.page(recovery, replace(warning(text, status=503, retry_after=SOON), typed=typed))
        return self._known_again(recovery, self._go_on(ticket))

    # Going on -------------------------------------------------------------------------------------------------

    def _go_on(self, ticket: Ticket) -> Response:
        """To the recovery's own page, by GET."""
        # The redirect's own policy rules the Referer of the request that follows it.
        has_form()
        return self._with_key(ticket, redirect(url_for("portal.show", recovery_id=ticket.recovery_id), 303))

    def _with_key(self, ticket: Ticket, response: Response) -> Response:
        """With the key that came with this turn, if one did."""
        if ticket != self._cookies.ticket(request):
            self._cookies.hand_out(response, ticket)
        return response

    def _known_again(self, recovery: Recovery, response: Response) -> Response:
        """Whoever finished here gets a lane of their own next time."""
        if recovery.stage is Stage.DONE:
            mark = self._service.renewing.browser_mark(recovery, self._cookies.browser_of(request))
            if mark is not None:
                self._cookies.remember(response, mark)
        return response

    def _seconds(self, error: MustWait) -> int:
        return max(1, words.seconds_until(error.until, self._settings.now()))


def _just_started() -> bool:
    """Whether the browser comes straight from our start page, where it was handed a cookie."""
    try:
        path = urlsplit(request.headers.get("Referer", "")).path
    except ValueError:
        return False
    return path in ("/recover", "/unlock", "/call") or path.startswith("/go/")


def _asked_for() -> Said:
    """What a link of ours asks the page to begin with. Nothing is moved by it."""
    begun = {set_it_for.FIELD: request.args[set_it_for.FIELD]} if set_it_for.FIELD in request.args else {}
    return Said(choice=request.args.get("method", ""), typed=begun)


def retyped(password: str, again: str) -> tuple[Problem, ...]:
    """What is wrong with a new password that was typed twice."""
    if not password:
        return (Problem("new_password", words.NEW_PASSWORD),)
    if not again:
        return (Problem("new_password_again", words.PASSWORD_AGAIN),)
    return () if same(password, again) else (Problem("new_password_again", words.PASSWORDS_DIFFER),)
