"""Approve on my phone: a page that a phone keeps as an app, whose key signs the number that its owner types."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import segno

from ...core import (
    Alphabet,
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Field,
    Message,
    Method,
    NewEnrolment,
    NotAllowed,
    Offer,
    Person,
    Prompt,
    Statement,
    Text,
    Verdict,
    draw_digits,
    hookimpl,
    same,
)
from ._device_key import COMPARED, compared, name_of, signed

# The number is carried across by its owner: whoever only presses a button has not seen the page (S11).
NUMBER_DIGITS = 3
LIFETIME = timedelta(minutes=5)
# What a device says is said now: the page counts on from our own clock, so that a phone's wrong one harms nobody.
FRESH = timedelta(minutes=2)
AHEAD = timedelta(seconds=30)
CODE_BYTES = 16
LONGEST_NAME, LONGEST_SUBSCRIPTION = 60, 2000
PAGE = "/phone/"
SUBSCRIPTION = ("endpoint", "p256dh", "auth")
COMPARE = Field("code", Text("Number on your phone"), alphabet=Alphabet.DIGITS, length=COMPARED)
WRONG = Verdict(False, "wrong")
NOBODY_JOINED = Text("Your phone hasn't answered yet. Follow the steps on it first.")
ANOTHER = Text("That isn't the number on your phone. Look again.")


class PhoneApproval(Method):
    """A number on the page, typed on the phone. There may be several phones; each sees every request."""

    key = "phone_approval"
    label = Text("Approve on my phone")
    factor = Factor.HAS
    rides_on = Carrier.DEVICE
    # A signature; the number is tried on the phone alone, three times for each request.
    guessable = False
    hears = True
    medium = "push"
    summary = Text("You type a number on your phone")

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        usable = [enrolment for enrolment in enrolments if enrolment.usable_from <= ctx.now]
        if not usable:
            return []
        devices = {one.data["device"]: {**one.data, "enrolment": one.id} for one in usable}
        private = {"devices": json.dumps(devices)}
        if pushed := [json.loads(one.data["push"]) for one in usable if one.data["push"]]:
            private["push"] = json.dumps(pushed)
        # By person, so that requests are counted for each: two phones of theirs have one budget.
        return [Offer(self.key, sha256(f"phones of {person.id}".encode()).hexdigest()[:16], self.summary, private)]

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        number, request = draw_digits(NUMBER_DIGITS, ctx), ctx.random(16).hex()
        prompt = Prompt(
            self.label,
            Text("Open the {company} reset page on your phone, or tap its notification.", company=ctx.company),
            widget="number",
            data={"number": number},
        )
        return Challenge(prompt, LIFETIME, {"number": number, "request": request})

    def message(self, offer: Offer, challenge: Challenge, ctx: Context) -> Message | None:
        """It says that something waits, and nothing of what: push services and lock screens are read by others."""
        to = offer.private.get("push")
        return Message("push", to, Text("Something waits for you at {company}.", company=ctx.company)) if to else None

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        """Signed by a phone of theirs, for this very request, with the page's number, within its time."""
        device = json.loads(offer.private["devices"]).get(answer.get("device", ""))
        said = self._read(device, answer, ctx) if device else None
        if said is None or said.get("what") != "decides" or not _within(said, ctx, LIFETIME):
            return WRONG
        if not same(said.get("request", ""), challenge.secret["request"]):
            return WRONG
        if not same(said.get("number", ""), challenge.secret["number"]):
            return WRONG
        if said.get("decision") != "approve":
            return Verdict(False, "declined")
        kept = {name: value for name, value in device.items() if name != "enrolment"}
        return Verdict(True, enrolment=(device["enrolment"], kept))

    def said(self, statement: Statement, kept: Mapping[str, str], ctx: Context) -> Mapping[str, str] | None:
        """What this phone says now."""
        answer = {"words": statement.words, "signature": statement.signature}
        said = self._read(kept, answer, ctx) if statement.device == kept["device"] else None
        return said if said is not None and _within(said, ctx, FRESH) else None

    def joined(self, statement: Statement, ctx: Context) -> Mapping[str, str] | None:
        """What a new phone says: it has the private half of the key that it brings."""
        given = _object(statement.words)
        said = self._read(given, {"words": statement.words, "signature": statement.signature}, ctx)
        if said is None or said.get("what") != "joins" or not _within(said, ctx, FRESH):
            return None
        return said if name_of(said["key"]) == statement.device and _subscription(said) is not None else None

    def moved(self, kept: Mapping[str, str], said: Mapping[str, str]) -> Mapping[str, str]:
        """Browsers change where they can be woken from time to time."""
        where = _subscription(said)
        return kept if where is None else {**kept, "push": where}

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """A code for the phone, as a picture and as letters. It stands behind the #, so no server's log ever has it."""
        code = b32encode(ctx.random(CODE_BYTES)).decode("ascii").rstrip("=")
        address = f"{ctx.origin}{PAGE}"
        picture = segno.make(f"{address}#{code}", micro=False).svg_data_uri(scale=5, border=4, light="#fff")
        typed = " ".join(code[start : start + 4] for start in range(0, len(code), 4))
        prompt = Prompt(
            Text("Use this phone to approve"),
            Text("Scan this with your phone's camera and follow the steps there."),
            (COMPARE,),
            widget="joining",
            data={"picture": picture, "key": typed, "address": address},
        )
        return Challenge(prompt, timedelta(minutes=10), {"joins_by": code})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """The phone that joined is the one in their hand: it shows the digits that follow from its key."""
        given = _object(challenge.secret.get("words", ""))
        said = self._read(given, challenge.secret, ctx)
        if said is None or not same(said.get("joins_by", ""), challenge.secret["joins_by"]):
            raise NotAllowed(NOBODY_JOINED)
        if not same(answer.get("code", ""), compared(said["key"], said["joins_by"])):
            raise NotAllowed(ANOTHER)
        device = name_of(said["key"])
        called = "".join(sign for sign in answer.get("called", "") if sign.isprintable())
        data = {"device": device, "key": said["key"], "push": _subscription(said) or ""}
        return NewEnrolment(called.strip()[:LONGEST_NAME], data, device)

    def _read(self, device: Mapping[str, str], answer: Mapping[str, str], ctx: Context) -> Mapping[str, str] | None:
        """The words, if this device signed them."""
        words = answer.get("words", "")
        if not signed(device.get("key", ""), words, answer.get("signature", ""), ctx.origin):
            return None
        return _object(words)


def _object(words: str) -> dict[str, str]:
    """What a page's script wrote, names and texts; nothing for anything else."""
    try:
        read = json.loads(words)
    except (ValueError, RecursionError):
        return {}
    texts = isinstance(read, dict) and all(isinstance(value, str) for value in read.values())
    return read if texts else {}


def _within(said: Mapping[str, str], ctx: Context, span: timedelta) -> bool:
    try:
        at = datetime.fromtimestamp(int(said["at"]) / 1000, ctx.now.tzinfo)
    except (KeyError, ValueError, OverflowError, OSError):
        return False
    return -AHEAD <= ctx.now - at <= span


def _subscription(said: Mapping[str, str]) -> str | None:
    """Where the phone can be woken: "" for nowhere, None for what no browser says."""
    text = said.get("push", "")
    where = _object(text)
    if not text or (len(text) <= LONGEST_SUBSCRIPTION and set(where) == set(SUBSCRIPTION)):
        return text
    return None


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [PhoneApproval]
