"""Every page there is, with what the service says to bring it about: what the walk walks."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from altcha import create_challenge
from flask import Flask, abort, render_template
from pretend_enrolling import (
    A_BADGE,
    A_CALL,
    A_MAILBOX,
    A_NUMBER,
    A_PASSKEY,
    A_PHONE,
    AN_APP,
    MAILED,
    NOW_OR_NEVER,
    OLD,
    ONE_MORE,
    QUESTIONS,
    RUNG,
    TEN_CODES,
    TEXTED,
    TOO_LITTLE,
)
from pretend_portal import (
    ID,
    MAYA,
    NOW,
    OFFERED,
    PERSON,
    PROOF,
    SIGNED_IN,
    SUBJECT,
    Portal,
    a_recovery,
    answering,
    portal_settings,
)
from servers.doors import doors

from keyback.core.contracts import errors
from keyback.core.contracts.human_check import Part, Widget
from keyback.core.contracts.method import Challenge, Field, Prompt
from keyback.core.contracts.store import OutcomeKind
from keyback.core.contracts.text import Text
from keyback.core.portal import words
from keyback.core.portal.errors import ROWS, STATUSES, CookiesOff, NotYours
from keyback.core.portal.prompt_form import Problem
from keyback.core.portal.said import Said
from keyback.core.portal.stage_pages import StagePages
from keyback.core.portal.welcome import MY_ACCOUNTS, MY_METHODS, NEEDS, FrontDoor
from keyback.core.portal.words import CLOSED
from keyback.core.recovery.policy import Disclosure, PublicRules, Purpose
from keyback.core.recovery.state import Pick, Recovery, Sent, Stage
from keyback.core.service.enrolling.arrange import TOO_LONG
from keyback.core.service.enrolling.enrol import AGAIN, FULL, SignInAgain, Wrong
from keyback.core.service.enrolling.fresh_proofs import Missed
from keyback.core.service.enrolling.linking import AGAIN as ACCOUNTS_AGAIN
from keyback.core.service.enrolling.new_address import Underway
from keyback.core.service.enrolling.new_number import NOT_REACHED
from keyback.core.service.enrolling.other_account import NOT_YOURS, NotTheirs
from keyback.core.service.enrolling.vouching import SignInRefused, SignInUnavailable
from keyback.core.service.tickets import Answered, Ticket
from keyback.core.testing import a_context
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.phone_approval import PhoneApproval
from keyback.plugins.methods.voice import Voice, VoiceSettings
from keyback.plugins.methods.webauthn import WebAuthn

from .change_pages import CHANGES
from .page import Page
from .stages import LOCKED_SUBJECT, RENEWING, TWO, at, closed, still_locked, unlocking

CODE, CONTINUE, SIGN_IN, UNTIL = "#code", "button[value=continue]", "main form button", NOW + timedelta(seconds=24)
PROVEN = a_recovery(found=True, subject=SUBJECT, proofs=(PROOF,), turn=4)
WIDGET = create_challenge("PBKDF2/SHA-256", 1, counter=3, hmac_secret="a", hmac_key_secret="b").to_dict()

# One exception of every kind that has a page of its own.
RAISED: Mapping[type[Exception], Exception] = {
    errors.KeybackError: errors.KeybackError("k"),
    errors.PluginError: errors.PluginError("p"),
    errors.SettingsInvalid: errors.SettingsInvalid(["s"]),
    errors.StoreUnavailable: errors.StoreUnavailable("s"),
    errors.OutcomeUnknown: errors.OutcomeUnknown("o"),
    errors.Ambiguous: errors.Ambiguous("a"),
    errors.PasswordRefused: errors.PasswordRefused([Text("No.")]),
    errors.DeliveryFailed: errors.DeliveryFailed("d", retry=False),
    errors.OutOfTurn: errors.OutOfTurn("t"),
    errors.WrongPassword: errors.WrongPassword("w"),
    errors.MustWait: errors.MustWait(UNTIL),
    errors.NotAllowed: errors.NotAllowed(Text("Your organisation resets this account by hand.")),
    NotYours: NotYours(),
    CookiesOff: CookiesOff(),
    SignInRefused: SignInRefused("nonce"),
    SignInUnavailable: SignInUnavailable("late"),
}


def answered(reason: str, recovery: Recovery) -> dict[str, Any]:
    return {"answer": Answered(recovery, Ticket(ID, "next-key"), reason)}


def called(challenge: Challenge, at: datetime = NOW, times: int = 1, **values: Any) -> Recovery:
    pick = Pick("voice", "c1", challenge, at)
    return a_recovery(stage=Stage.ANSWERING, pick=pick, sent=(Sent("voice", at),) * times, **values)


HALF = (OutcomeKind.SET, OutcomeKind.REFUSED)
TOO_EARLY = {"again": errors.MustWait(UNTIL)}
REFUSED = {"renew": errors.PasswordRefused([Text("This password is in a known data leak. Choose another.")])}
TWICE = replace(answering(), sent=(Sent("sms", NOW), Sent("sms", NOW)))
SENT_OFTEN = replace(answering(), sent=(Sent("sms", NOW),) * 20)
DRAWN = WebAuthn(WebAuthn.Settings()).begin(None, a_context())
BY_PASSKEY = a_recovery(stage=Stage.ANSWERING, pick=Pick("webauthn", "c" * 32, DRAWN, NOW))
WAITS = Prompt(Text("Answer your phone and press #"), Text("Same word? Press #. Otherwise hang up."), widget="waiting")
BY_PHONE = a_recovery(
    stage=Stage.ANSWERING,
    pick=Pick("voice", "c1", Challenge(WAITS, timedelta(minutes=5)), NOW),
    sent=(Sent("voice", NOW),),
)
HEARD, APPROVED = (Voice(VoiceSettings(approve=approve)).begin(None, a_context()) for approve in (False, True))
BY_APPROVAL = a_recovery(
    stage=Stage.ANSWERING,
    pick=Pick("phone_approval", "d" * 32, PhoneApproval(PhoneApproval.Settings()).begin(None, a_context()), NOW),
    sent=(Sent("phone_approval", NOW),),
)
LATE = replace(answering(), started_at=NOW - timedelta(minutes=9))
LONG_AGO = NOW - timedelta(seconds=40)
MASKED = a_recovery(
    rules=PublicRules(disclosure=Disclosure.MASKED), found=True, shown=OFFERED, started_at=NOW - timedelta(seconds=2)
)
# Three of a list of questions, after another proof.
ASKS = replace(PROVEN, stage=Stage.ANSWERING, pick=Pick("questions", "c1", Challenge(Prompt(
    Text("Answer your questions"), Text("Spelling and spaces must match what you entered. Capitals don't matter."),
    tuple(Field(f"answer-{n}", choice) for n, choice in enumerate(QUESTIONS.prompt.fields[0].choices[:3], 1)),
), timedelta(minutes=20)), NOW, "e1"))  # fmt: skip
THREE = {f"#answer-{n}": f"a tin roof and {n} nails" for n in (1, 2, 3)}
ORGANISATIONS, CHOOSE = ("Alderwick", "Bracken Mills"), Text("Choose your organisation")
END, OUT = "https://idp.alderwick.example/end", "main form button"
A_CODE = {CODE: "48210973"}
SIX = {CODE: "482109"}
APP, PAPER, ASKED, PASSKEY, BY_TEXT, BY_CALL, BY_MAIL = (
    f"/methods/add/{key}" for key in ("authenticator", "saved_codes", "questions", "webauthn", "sms", "voice", "email")
)
APPROVING = "/methods/add/phone_approval"
PROVE, PROVING = "/methods/prove?to=/methods", "/methods/prove/authenticator.app?to=/methods"
# The directory knows no other name than an address, and no line ends in it.
ADDRESS = replace(MAYA, name="maya.okafor-lindqvist@apprentices.waterworks.alderwick.example", display_name="")
BY_ADDRESS = replace(SIGNED_IN, person=replace(PERSON, accounts=(ADDRESS,)))
LONG_AGO_IN = replace(SIGNED_IN, at=NOW - timedelta(hours=1))
SIX_ASKED = Authenticator(Authenticator.Settings()).begin(None, a_context())
SENT = Underway(NOW + timedelta(seconds=24), 1, undelivered=False, phone=True)
DENIED = Wrong(NOT_REACHED, 9, {"destination": NOT_REACHED})
PASSWORDS = {"#new_password": "four plain words", "#new_password_again": "four plain words"}
OTHER = {"#identifier": "maya.okafor", "#current_password": "four plain words"}
JOIN = "button[value=join]"
DEMO_NAME = {"#identifier": "maya", "#current_password": "right"}

# One transparent dot: the walk looks at the page around the picture.
DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

PAGES = (
    Page("welcome", "welcome.html", "/"),
    Page("welcome, with everything", "welcome.html", "/everything"),
    Page("welcome, signed in", "welcome.html", "/", answers={"whoever": BY_ADDRESS}),
    Page("signed in", "signed_in.html", "/signed-in"),
    Page("sign out", "sign_out.html", "/sign-out", answers={"whoever": SIGNED_IN}),
    Page("signed out", "sign_out.html", "/sign-out", answers={"whoever": SIGNED_IN, "leave": END}, press=OUT),
    Page("start", "who.html", "/recover"),
    Page("start by a door", "who.html", "/go/alderwick?login_hint=maya"),
    Page("start by picture", "who.html", "/recover", press="button[name=check]"),
    Page("start with error", "who.html", "/recover", press="main form button"),
    Page("start with organisations", "who.html", "/recover", answers={"organisations": ORGANISATIONS}),
    Page("start with organisations, none chosen", "who.html", "/recover", press="main form button",
         typed={"#identifier": "maya"},
         answers={"organisations": ORGANISATIONS, "start": errors.NotAllowed(CHOOSE, {"organisation": CHOOSE})}),
    Page("start to unlock", "who.html", "/unlock", answers={"offered": True}),
    Page("start to unlock, by a door", "who.html", "/go/alderwick/unlock", answers={"offered": True}, like="start"),
    Page("start for a caller", "who.html", "/call"),
    Page("start for a caller, with errors", "who.html", "/call", press="main form button"),
    Page("choosing", "choosing.html"),
    Page("choosing, with the help desk on the telephone", "choosing.html", recovery=a_recovery(desk_code="48210973")),
    Page("answering, with the help desk on the telephone", "answering.html",
         recovery=answering(desk_code="48210973"), like="choosing, with the help desk on the telephone"),
    Page("choosing, with nothing left for strangers", "choosing.html", answers={"paused_until": UNTIL}),
    Page("choosing, to unlock", "choosing.html", recovery=a_recovery(purpose=Purpose.UNLOCK)),
    Page("a way is used up", "choosing.html", recovery=answering(), answers=answered("wrong", a_recovery()),
         typed=A_CODE, press=CONTINUE),
    Page("second choice", "choosing.html", recovery=PROVEN),
    Page("destination", "destination.html", f"/recover/{ID}?method=sms"),
    Page("destination with error", "destination.html", f"/recover/{ID}?method=sms", press=CONTINUE),
    Page("looking up", "waiting.html", recovery=replace(MASKED, found=False)),
    Page("looking up, nobody answers", "waiting.html", recovery=replace(MASKED, found=False, started_at=LONG_AGO)),
    Page("choosing by masked ends", "choosing.html", recovery=MASKED),
    Page("the whole number of a masked end", "destination.html", f"/recover/{ID}?method=sms.1", recovery=MASKED),
    Page("answering", "answering.html", recovery=answering()),
    Page("answering with error", "answering.html", recovery=answering(), typed={CODE: "1234"}, press=CONTINUE),
    Page("answering, sent again", "answering.html", recovery=TWICE),
    Page("answering, none left", "answering.html", recovery=SENT_OFTEN),
    Page("answering, time runs short", "answering.html", recovery=LATE),
    Page("answering by passkey", "passkey.html", recovery=BY_PASSKEY),
    Page("the device stopped", "passkey.html", "/stopped", recovery=BY_PASSKEY),
    Page("answering by phone", "answering.html", recovery=BY_PHONE),
    Page("nothing was heard", "answering.html", recovery=BY_PHONE, answers=answered("not-heard", BY_PHONE),
         press=CONTINUE),
    Page("a call", "call.html", recovery=called(HEARD)),
    Page("a call with error", "call.html", recovery=called(HEARD), typed={CODE: "1234"}, press=CONTINUE),
    Page("a call that is over", "call.html", recovery=called(HEARD, NOW - timedelta(seconds=90), 2)),
    Page("a call where the key approves", "call.html", recovery=called(APPROVED, NOW - timedelta(seconds=8))),
    Page("approving by phone", "phone_asked.html", recovery=BY_APPROVAL),
    Page("approving by phone, nothing heard", "phone_asked.html", recovery=BY_APPROVAL,
         answers=answered("not-heard", BY_APPROVAL), press=CONTINUE),
    Page("the phone's own page", "phone.html", "/phone/"),
    Page("too early", "answering.html", recovery=answering(), answers=TOO_EARLY, press="button[value=again]"),
    Page("waiting", "waiting.html", recovery=answering(), answers=answered("not-yet", answering()), typed=A_CODE,
         press=CONTINUE),
    Page("questions", "answering.html", recovery=ASKS),
    Page("questions with error", "answering.html", recovery=ASKS, answers=answered("wrong", ASKS), typed=THREE,
         press=CONTINUE),
    Page("renewing", "renewing.html", recovery=RENEWING),
    Page("renewing with errors", "renewing.html", recovery=RENEWING, answers=REFUSED, typed=PASSWORDS, press=CONTINUE),
    Page("renewing, two accounts", "renewing.html", path=f"/recover/{ID}?account=1",
         recovery=at(Stage.RENEWING, OutcomeKind.REFUSED, OutcomeKind.NOT_SET)),
    # Neither box has that value, so neither is ticked.
    Page("renewing, none chosen", "renewing.html", path=f"/recover/{ID}?account=0",
         recovery=replace(RENEWING, subject=TWO), typed=PASSWORDS, press=CONTINUE),
    Page("one of two is set", "outcomes.html", recovery=replace(at(Stage.RENEWING, *HALF), entry="alderwick")),
    Page("none of two is set", "outcomes.html", recovery=at(Stage.RENEWING, OutcomeKind.NOT_SET, OutcomeKind.NOT_SET)),
    Page("renewing after silence", "renewing.html", recovery=at(Stage.RENEWING, OutcomeKind.NOT_SET)),
    Page("writing", "writing.html", recovery=at(Stage.WRITING)),
    Page("unsettled", "unsettled.html", recovery=at(Stage.UNSETTLED, OutcomeKind.SET, OutcomeKind.UNKNOWN)),
    Page("done", "done.html", recovery=replace(at(Stage.DONE, OutcomeKind.SET), entry="alderwick")),
    Page("done, signed out", "done.html", recovery=at(Stage.DONE, OutcomeKind.SET), answers={"signed_out": True}),
    Page("done, taken over elsewhere", "done.html", recovery=at(Stage.DONE, OutcomeKind.SET),
         answers={"mirrors": ("Cloud",)}),
    Page("done, and still locked", "done.html", recovery=still_locked()),
    Page("done, two accounts", "done.html", recovery=at(Stage.DONE, OutcomeKind.SET, OutcomeKind.SET)),
    Page("to be unlocked, after silence", "unlocking.html", recovery=unlocking(Stage.RENEWING),
         answers={"unlock": errors.StoreUnavailable("down")}, press=CONTINUE),
    Page("one of two is unlocked", "unlocking.html",
         recovery=unlocking(Stage.RENEWING, OutcomeKind.SET, OutcomeKind.NOT_SET)),
    Page("unlocking, being written", "writing.html", recovery=unlocking(Stage.WRITING)),
    Page("unlocking, unsettled", "unsettled.html", recovery=unlocking(Stage.UNSETTLED, OutcomeKind.UNKNOWN)),
    Page("unlocked", "unlocked.html",
         recovery=replace(unlocking(Stage.DONE, OutcomeKind.SET), subject=LOCKED_SUBJECT)),
    Page("unlocked, two accounts", "unlocked.html",
         recovery=replace(unlocking(Stage.DONE, OutcomeKind.SET, OutcomeKind.REFUSED), entry="alderwick")),
    Page("closed, expired", "closed.html", recovery=closed("expired")),
    *(Page(f"closed, {why or 'otherwise'}", "closed.html", recovery=closed(why), like="closed, expired")
      for why in CLOSED if why != "expired"),
    Page("error, start again", "error.html", "/raised/NotAllowed"),
    Page("error, continue", "error.html", "/raised/OutOfTurn"),
    Page("not found", "not_found.html", "/raised/404"),
    *(Page(f"error, {kind.__name__}", "error.html", f"/raised/{kind.__name__}", like="error, start again")
      for kind in ROWS),
    *(Page(f"error, {status}", "error.html", f"/raised/{status}", like="error, start again")
      for status in STATUSES if status != 404),
    Page("error, another host", "error.html", "/raised/host", like="error, start again"),
    Page("wasn't me", "wasnt_me.html", "/wasnt-me/token", answers={"may_stop": True}),
    Page("wasn't me, stopped", "wasnt_me.html", "/wasnt-me/token", answers={"may_stop": True, "stop": True},
         press="main form button"),
    Page("wasn't me, an old link", "wasnt_me.html", "/wasnt-me/token", like="wasn't me, stopped"),
    Page("my methods", "methods.html", "/methods"),
    Page("my methods, too little", "methods.html", "/methods", answers={"overview": TOO_LITTLE}),
    Page("my methods, added", "methods.html", APP, answers={"pending": AN_APP}, typed=SIX, press=CONTINUE),
    Page("my methods, removed", "methods.html", "/methods/remove/e1", press="button[value=remove]"),
    Page("add a method", "add_method.html", "/methods/add"),
    Page("add a method, refused", "add_method.html", "/methods/add", answers={"begin": errors.NotAllowed(FULL)},
         press="main form button"),
    Page("sign in again", "sign_in_again.html", "/methods/add", answers={"begin": SignInAgain(AGAIN)},
         press="main form button"),
    Page("prove it here", "prove.html", PROVE, answers={"whoever": LONG_AGO_IN}),
    Page("prove it here, nothing chosen", "prove.html", PROVE, answers={"whoever": LONG_AGO_IN, "choices": ()},
         press=CONTINUE),
    Page("prove it here, too often", "prove.html", PROVE, press=CONTINUE,
         answers={"whoever": LONG_AGO_IN, "begin": errors.MustWait(UNTIL)}),
    Page("prove it by app", "prove_answer.html", PROVING, answers={"pending": SIX_ASKED}),
    Page("prove it by app with error", "prove_answer.html", PROVING, typed=SIX, press=CONTINUE,
         answers={"pending": SIX_ASKED, "prove": Missed(4)}),
    Page("prove it by text", "add_code.html", "/methods/prove/sms.1?to=/methods",
         answers={"pending": TEXTED, "underway": SENT}),
    Page("is this address still right", "add_code.html", "/methods/check/email.1?to=/methods",
         answers={"pending": MAILED, "underway": SENT}),
    Page("prove it by passkey", "prove_answer.html", "/methods/prove/webauthn.passkey", answers={"pending": DRAWN}),
    Page("one more method", "asked.html", "/methods/asked?to=/methods", answers={"due": ONE_MORE}),
    Page("one more method, no more later", "asked.html", "/methods/asked", answers={"due": NOW_OR_NEVER}),
    Page("is this still right", "still_right.html", "/methods/asked?to=/methods", answers={"due": OLD}),
    Page("rename a method", "rename_method.html", "/methods/rename/e1"),
    Page("rename a method with error", "rename_method.html", "/methods/rename/e1", press="button[value=rename]",
         answers={"rename": errors.NotAllowed(TOO_LONG, {"called": TOO_LONG})}),
    Page("add an app", "add_app.html", APP, answers={"pending": AN_APP}),
    Page("add an app with error", "add_app.html", APP, typed=SIX, press=CONTINUE,
         answers={"pending": AN_APP, "confirm": Wrong(Text("That code isn't right."), 4)}),
    Page("add a passkey", "add_passkey.html", PASSKEY, answers={"pending": A_PASSKEY}),
    Page("add a phone that approves", "phone_adding.html", APPROVING, answers={"pending": A_PHONE}),
    Page("add a phone that approves, with error", "phone_adding.html", APPROVING, typed=SIX, press=CONTINUE,
         answers={"pending": A_PHONE, "confirm": Wrong(Text("That isn't the number on your phone. Look again."), 4)}),
    Page("add a phone", "add_address.html", BY_TEXT, answers={"pending": A_NUMBER}),
    Page("add a phone with error", "add_address.html", BY_TEXT, answers={"pending": A_NUMBER, "confirm": DENIED},
         typed={"#destination": "07700 900142"}, press=CONTINUE),
    Page("add a phone, the code", "add_code.html", BY_TEXT, answers={"pending": TEXTED, "underway": SENT}),
    Page("add a phone, a wrong code", "add_code.html", BY_TEXT, typed=A_CODE, press=CONTINUE,
         answers={"pending": TEXTED, "underway": SENT, "confirm": Wrong(Text("That code isn't right."), 4)}),
    Page("add a phone, not delivered", "add_code.html", BY_TEXT,
         answers={"pending": TEXTED, "underway": replace(SENT, undelivered=True)}),
    Page("add a phone, too early", "add_code.html", BY_TEXT, press="button[value=again]",
         answers={"pending": TEXTED, "underway": replace(SENT, times=2), "again": errors.MustWait(UNTIL)}),
    Page("add a phone to call", "add_address.html", BY_CALL, answers={"pending": A_CALL}),
    Page("add a phone, it rings", "add_code.html", BY_CALL, answers={"pending": RUNG, "underway": SENT}),
    Page("add an e-mail", "add_address.html", BY_MAIL, answers={"pending": A_MAILBOX}),
    Page("add an e-mail, the code", "add_code.html", BY_MAIL,
         answers={"pending": MAILED, "underway": Underway(None, 6, undelivered=False)}),
    Page("saved codes", "saved_codes.html", PAPER, answers={"pending": TEN_CODES}),
    Page("saved codes with error", "saved_codes.html", PAPER, press=CONTINUE,
         answers={"pending": TEN_CODES, "confirm": Wrong(Text("Tick the box."), 4)}),
    Page("questions, set up", "add_questions.html", ASKED, answers={"pending": QUESTIONS}),
    Page("questions, set up with errors", "add_questions.html", ASKED, answers={"pending": QUESTIONS},
         typed={"#answer-2": "a tin roof"}, press=CONTINUE),
    Page("add what somebody else's plugin asks", "add_form.html", APP, answers={"pending": A_BADGE}, press=CONTINUE),
    Page("remove a method", "remove_method.html", "/methods/remove/e1"),
    Page("a phone is changed", "remove_method.html", BY_TEXT, press=CONTINUE, typed={"#code": "12345678"},
         answers={"pending": TEXTED, "underway": replace(SENT, instead_of="e3")}),
    Page("my accounts", "accounts.html", "/accounts"),
    Page("my accounts, joined", "accounts.html", "/accounts/join", typed=OTHER, press=JOIN),
    Page("my accounts, parted", "accounts.html", "/accounts/part/joined", press="button[value=part]"),
    Page("join an account", "join_account.html", "/accounts/join"),
    Page("join an account with errors", "join_account.html", "/accounts/join", press=JOIN),
    Page("join an account, not theirs", "join_account.html", "/accounts/join", typed=OTHER, press=JOIN,
         answers={"join": NotTheirs(NOT_YOURS)}),
    Page("join an account, too often", "join_account.html", "/accounts/join", typed=OTHER, press=JOIN,
         answers={"join": errors.MustWait(UNTIL)}),
    Page("join an account, by another sign-in", "join_account.html", "/accounts/join",
         answers={"by_sign_in": "Microsoft 365"}),
    Page("join an account, signed in to it", "join_signed_in.html", "/accounts/join/signed-in"),
    Page("join an account, signed in long ago", "sign_in_again.html", "/accounts/join",
         answers={"may_change": SignInAgain(ACCOUNTS_AGAIN)}),
    Page("part an account", "part_account.html", "/accounts/part/joined"),
    Page("part an account, the other way round", "part_account.html", "/accounts/part/first"),
    Page("parted and signed out", "parted.html", "/accounts/part/first", press="button[value=part]",
         answers={"part": False}),
    *CHANGES,
    Page("demo sign-in", "demo/sign_in.html", "/demo"),
    Page("demo, signed in", "demo/sign_in.html", "/demo", typed=DEMO_NAME, press=SIGN_IN),
    Page("demo, a wrong password", "demo/sign_in.html", "/demo", typed={"#identifier": "maya"}, press=SIGN_IN),
    Page("demo, proved by a signed answer", "demo/proved.html", "/demo/forgot"),
    Page("demo outbox", "demo/outbox.html", "/demo/outbox"),
    Page("demo outbox, nothing there", "demo/outbox.html", "/demo/outbox?person=tom"),
    Page("demo outbox, the help desk's", "demo/outbox.html", "/demo/outbox?person=help-desk"),
    Page("demo tour", "demo/tour.html", "/demo/tour"),
)  # fmt: skip


def raises(app: Flask) -> None:
    """Addresses that fail in every way for which there is a page, and a front door with everything that it can hold."""

    def fail(how: str) -> str:
        if how == "host":
            abort(400, "host")
        if how.isdigit():
            abort(int(how))
        raise next(error for kind, error in RAISED.items() if kind.__name__ == how)

    app.add_url_rule("/raised/<how>", "raised", fail)
    # As it is before it goes on by itself.
    app.add_url_rule("/signed-in", "signed-in", lambda: render_template("signed_in.html", page="signed-in", to="/"))
    look = portal_settings(sign_in_url="/", sign_in_first=True)
    everything = FrontDoor(
        (*NEEDS, MY_METHODS, MY_ACCOUNTS), look, lambda: True, unlocks=lambda: True, changes=lambda: True
    )
    app.add_url_rule("/everything", "everything", everything.welcome)


def stops(portal: Portal) -> None:
    """The page after a device that said nothing: nobody comes there by a button that every browser shows."""
    pages = StagePages(portal.service.as_parts(), doors(), portal_settings())
    said = Said((Problem("passkey", words.STOPPED_BY_DEVICE),), status=422)
    portal.app.add_url_rule("/stopped", "stopped", lambda: pages.page(BY_PASSKEY, said))


def bring_about(page: Page, portal: Portal) -> None:
    """Make the service say what leads to this page."""
    service = portal.fresh().service
    service.recovery = page.recovery
    service.answers.update(page.answers)
    service.widget = _widget  # type: ignore[method-assign]
    service.part = lambda name, address: Part("image/gif", DOT) if name.endswith(".png") else None  # type: ignore[method-assign]


def _widget(address: str, *, alternative: bool = False, refused: errors.NotAllowed | None = None) -> Widget:
    """A task that a browser can solve, or a picture that it can show."""
    if alternative:
        return Widget("picture_and_sound", {"task": "riddle"}, {"media-src": ("'self'",)})
    return Widget("proof_of_work", {"challenge": json.dumps(WIDGET)})
