"""Shows where a recovery stands: one template for each stage.

Templates get single values, never the recovery: before the first proof nothing of the person may reach a page (P4),
so nothing of `recovery.subject` is read here while there is no proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import render_template, url_for
from werkzeug.wrappers import Response

from ..contracts.store import OutcomeKind
from ..contracts.text import Text
from ..recovery.limits import SUBJECT_MISSES
from ..recovery.policy import Disclosure, Purpose
from ..recovery.state import Pick, Recovery, Stage, Subject
from ..service.recover import RecoveryService
from . import outcomes, set_it_for, unlock_words, words
from .doors import Door, Doors, start_of
from .headers import clear_cache, has_form
from .said import NOTHING, Said
from .settings import PortalSettings
from .time_left import time_left

Values = dict[str, Any]
# What a method's prompt asks to be shown with; all else is a form.
TEMPLATES: Mapping[str, str] = {"passkey": "passkey.html", "call": "call.html", "number": "phone_asked.html"}
# In seconds: half a minute of ringing, and the longest call.
CALL_OVER = 90
# The longest that a person whose answers were wrong is kept waiting, the same for everybody.
LONGEST_WAIT = words.duration(round(SUBJECT_MISSES.waits[-1].total_seconds()))


class StagePages:
    """Makes the page for a stage out of a recovery and of what there is to say."""

    def __init__(self, service: RecoveryService, doors: Doors, settings: PortalSettings) -> None:
        self._service = service
        self._doors = doors
        self._settings = settings
        self._values: Mapping[Stage, Callable[[Recovery, Said], Values]] = {
            Stage.CHOOSING: self._choosing,
            Stage.ANSWERING: self._answering,
            Stage.RENEWING: self._renewing,
            Stage.WRITING: self._waiting,
            Stage.UNSETTLED: self._waiting,
            Stage.DONE: self._done,
            Stage.CLOSED: self._closed,
        }

    def page(self, recovery: Recovery, said: Said = NOTHING) -> Response:
        """The page of the stage it stands at."""
        values: Values = {
            "template": f"{recovery.stage}.html",
            "page": recovery.stage.value,
            "stage": recovery.stage.value,
            "action": url_for("portal.move", recovery_id=recovery.id),
            "said": said,
            "problems": said.problems,
            "unlocking": unlocks(recovery),
            "word": self._service.tickets.word(recovery) if recovery.is_open else "",
        }
        values |= self._values[recovery.stage](recovery, said)
        if recovery.is_open:
            has_form()
            values["token"] = self._service.tickets.form_token(recovery)
            values["time_left"] = time_left(recovery, self._settings.now())
        html = render_template(values.pop("template"), **values)
        response = Response(html, said.status, content_type="text/html; charset=utf-8")
        if said.retry_after:
            response.headers["Retry-After"] = str(said.retry_after)
        ends = recovery.stage is Stage.DONE or recovery.closed_because == "cancelled"
        return clear_cache(response) if ends else response

    def answer(self, recovery: Recovery) -> str:
        """Where its person goes with what became of it; empty while it goes on, and where nobody waits."""
        return self._doors.answer(recovery)

    def _choosing(self, recovery: Recovery, said: Said) -> Values:
        if self._waits(recovery):
            return self._one_moment(recovery)
        liked = self._service.choosing.liked(recovery)
        choices = sorted(self._service.choosing.choices(recovery), key=lambda choice: choice.value != liked)
        asked = next((c for c in choices if c.value == said.choice and c.destination is not None), None)
        values: Values = {"choices": choices, "chosen": said.typed.get("offer", choices[0].value if choices else "")}
        values |= {"proven": len(recovery.proofs), "proofs": self._asked_for(recovery)}
        if until := self._service.choosing.paused_until(recovery):
            values["paused"] = words.paused(words.seconds_until(until, self._settings.now()))
        if asked is not None:
            values |= {"template": "destination.html", "page": "destination", "choice": asked}
        return values

    def _asked_for(self, recovery: Recovery) -> int:
        known = _known(recovery)
        return known.policy.proof.at_least if known else self._service.choosing.usual_proofs

    def _answering(self, recovery: Recovery, said: Said) -> Values:
        pick = recovery.pick
        assert pick is not None
        prompt = pick.challenge.prompt
        values: Values = {
            "prompt": prompt,
            "method": pick.method,
            "resend": self._resend(recovery, pick),
            "second": len(recovery.proofs) + 1 if recovery.proofs else 0,
            "proofs": self._asked_for(recovery),
            # Without fields there is nothing to type: the answer comes by another way, and the page waits for it.
            "poll": "" if prompt.fields else url_for("portal.stage", recovery_id=recovery.id),
        }
        if prompt.widget in TEMPLATES:
            values["template"] = TEMPLATES[prompt.widget]
        if prompt.widget == "passkey":
            # As it was typed here: whose name it is this page knows no better than its reader.
            values["name"] = recovery.name
        if prompt.widget == "call":
            values["call"] = self._call(recovery, pick)
            # How the call goes is shown to whoever has proven something, so their page asks.
            values["poll"] = values["poll"] or (
                url_for("portal.stage", recovery_id=recovery.id) if _known(recovery) else ""
            )
        return values | self._one_moment(recovery) if said.one_moment else values

    def _waits(self, recovery: Recovery) -> bool:
        """In `masked` the choice is a page that depends on the look-up, so it has its moment too."""
        return recovery.rules.disclosure is Disclosure.MASKED and self._service.choosing.waits(recovery)

    def _one_moment(self, recovery: Recovery) -> Values:
        """What is said while the look-up goes on depends on nothing but the clock."""
        waited = (self._settings.now() - recovery.started_at).total_seconds()
        return {
            "template": "waiting.html",
            "page": "waiting",
            "waited": waited,
            "silent": words.silent(self._settings.company, unlocking=unlocks(recovery)),
            "poll": url_for("portal.stage", recovery_id=recovery.id),
        }

    def _call(self, recovery: Recovery, pick: Pick) -> Values:
        """How long it may have been ringing, before the first proof by the clock alone: nobody sees whether it does."""
        seconds = max(0, int((self._settings.now() - pick.at).total_seconds()))
        time = Text.plural("{n} second", "{n} seconds", n=seconds)
        clock = {"seconds": seconds, "time": time, "over": seconds >= CALL_OVER, "over_at": CALL_OVER}
        return {**clock, "told": words.CALLS, "stands": words.CALLS.get(self._service.hearing.stands(recovery))}

    def _resend(self, recovery: Recovery, pick: Pick) -> Values | None:
        """What "Nothing came?" says; None where nothing is sent. The same numbers for everybody."""
        sends = [sent for sent in recovery.sent if sent.method == pick.method]
        if not sends:
            return None
        at = self._service.choosing.resend_at(recovery, pick.method)
        seconds = words.seconds_until(at, self._settings.now())
        again = words.RINGS_AGAIN if pick.challenge.prompt.widget == "call" else words.ANOTHER_IS_COMING
        return {
            "seconds": seconds,
            "time": Text.plural("{n} second", "{n} seconds", n=seconds),
            "again": again if len(sends) > 1 else None,
            "none_left": words.NO_MORE_SENDS if no_sends_left(recovery) else None,
        }

    def _renewing(self, recovery: Recovery, said: Said) -> Values:
        targets = self._service.renewing.targets(recovery)
        told: Values = {
            "outcomes": self._rows(recovery),
            "outcome_heading": outcomes.heading(recovery.outcomes),
            "again_for": outcomes.again_for(recovery.deadline - self._settings.now()),
            "several": len(targets) > 1,
        }
        if unlocks(recovery):
            return {**told, "template": "unlocking.html", "page": "unlocking"}
        # With several accounts the outcomes are a page of their own, and its buttons lead to the form.
        if told["several"] and recovery.outcomes and set_it_for.FIELD not in said.typed:
            return {**told, **self._way_back(recovery), "template": "outcomes.html", "page": "outcomes"}
        form: Values = {
            "rules": self._service.renewing.rules(recovery),
            "check": url_for("portal.password", recovery_id=recovery.id),
            "boxes": set_it_for.boxes(targets, said.typed),
            "silent": self._service.renewing.silent(recovery),
            "name": recovery.name,
        }
        return {**told, **form}

    def _waiting(self, recovery: Recovery, said: Said) -> Values:
        return {"outcomes": self._rows(recovery), "poll": url_for("portal.stage", recovery_id=recovery.id)}

    def _done(self, recovery: Recovery, said: Said) -> Values:
        told: Values = {
            **self._way_back(recovery),
            "outcomes": self._rows(recovery),
            "told_by": outcomes.told_by(_known(recovery)),
        }
        if unlocks(recovery):
            ago = unlock_words.locked_ago(_known(recovery), recovery.outcomes, self._settings.now())
            heading = unlock_words.heading(recovery.outcomes)
            return {**told, "template": "unlocked.html", "heading": heading, "locked_ago": ago}
        return {
            **told,
            "heading": outcomes.heading(recovery.outcomes) or words.SET,
            "still_locked": any(outcome.reasons for outcome in recovery.outcomes),
            "unlock": self._next(recovery, Purpose.UNLOCK),
            "advice": self._settings.advice,
            "taken_over": outcomes.taken_over(self._service.renewing.targets(recovery)),
            "signed_out": self._service.renewing.signed_out(recovery),
            "keeps_old": outcomes.set_in(self._settings.keeps_old_password, recovery.outcomes),
        }

    def _closed(self, recovery: Recovery, said: Said) -> Values:
        because = recovery.closed_because
        heading, text = words.CLOSED.get(because, words.CLOSED[""])
        if any(outcome.kind is OutcomeKind.SET for outcome in recovery.outcomes) and because in words.SOME_SET:
            text = words.SOME_SET[because]
        told = {"minutes": words.minutes(recovery.rules.lifetime), "ref": reference(recovery), "time": LONGEST_WAIT}
        return {
            "heading": heading,
            "text": text.filled(**told),
            "because": because,
            "outcomes": self._rows(recovery),
            "ref": reference(recovery),
            # Whoever is stopped gets nowhere by starting again: only the help desk helps.
            "start": "" if because in ("frozen", "by-hand") else self._start(recovery),
            "reset": self._next(recovery, Purpose.RESET) if because in ("not-locked", "reset-instead") else "",
            **self._way_back(recovery),
        }

    def _start(self, recovery: Recovery) -> str:
        """With what they came with: whoever starts again is still waited for."""
        door = self._door(recovery)
        if door is None:
            return start_of(recovery.purpose)
        return start_of(recovery.purpose, door.key, return_to=self._doors.allowed(door.key, recovery.return_to))

    def _next(self, recovery: Recovery, purpose: Purpose) -> str:
        """By the same door, for something else: no client waits for that."""
        door = self._door(recovery)
        if door is None:
            return start_of(purpose)
        waits = self._doors.expects_answer(door.key, recovery.return_to)
        return start_of(purpose, door.key, return_to="" if waits else recovery.return_to)

    def _way_back(self, recovery: Recovery) -> Values:
        door = self._door(recovery)
        if door is None:
            return {"back_name": "", "back": ""}
        if self._doors.expects_answer(door.key, recovery.return_to):
            return {"back_name": door.name, "back": url_for("portal.back", recovery_id=recovery.id)}
        return {"back_name": door.name, "back": door.way_back(recovery.return_to)}

    def _door(self, recovery: Recovery) -> Door | None:
        return self._doors.get(recovery.entry) if recovery.entry else None

    def _rows(self, recovery: Recovery) -> tuple[outcomes.Row, ...]:
        rows = unlock_words.rows if unlocks(recovery) else outcomes.rows
        return rows(self._service.renewing.targets(recovery), recovery.outcomes, self._settings.company)


def unlocks(recovery: Recovery) -> bool:
    """Whether its person came to unlock: what is shown before the first proof depends on that, and not on who it is."""
    return recovery.purpose is Purpose.UNLOCK


def no_sends_left(recovery: Recovery) -> bool:
    """Whether every send of this recovery is used, whoever got them."""
    return len(recovery.sent) >= recovery.rules.sends_per_recovery


def reference(recovery: Recovery) -> str:
    """What to tell the help desk. The id is no secret: without the cookie's key it opens nothing."""
    return recovery.id[:8].upper()


def _known(recovery: Recovery) -> Subject | None:
    """The person, once anything is proven; the only place where this file may reach them."""
    return recovery.subject if recovery.proofs else None
