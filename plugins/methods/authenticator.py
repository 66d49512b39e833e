"""The code that an authenticator app shows (RFC 6238)."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import segno
from pyotp.totp import TOTP

from ...core import (
    Alphabet,
    Carrier,
    Challenge,
    Context,
    Enrolment,
    Factor,
    Field,
    Method,
    NewEnrolment,
    NotAllowed,
    Offer,
    Person,
    Prompt,
    Text,
    Verdict,
    hookimpl,
    same,
)

# What every app can do. Many take no notice of another length, pace or hash that the picture asks for, and then show
# codes that are never right.
DIGITS, PACE = 6, timedelta(seconds=30)
# 160 bits, as long as the hash; RFC 4226 asks for 128 at least.
SECRET_BYTES = 20
# One step before and after: a phone's clock is at most half a minute off. The window never moves by what comes in,
# or near misses could push it (G3).
WINDOW = (-1, 0, 1)
# An offer holds all apps of a person, because nobody says which one a code is from.
OFFER = "app"
LOOK = Text("Open your authenticator app and look for {company}.")


class Authenticator(Method):
    """A code from an app on a device of the person. There may be several devices."""

    key = "authenticator"
    label = Text("Authenticator app")
    factor = Factor.HAS
    rides_on = Carrier.DEVICE
    summary = Text("You type the code your app shows")

    @property
    def by_chance(self) -> float:
        return len(WINDOW) * 10.0**-DIGITS

    def offers(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Sequence[Offer]:
        usable = [enrolment for enrolment in enrolments if enrolment.usable_from <= ctx.now]
        kept = {enrolment.id: json.dumps(dict(enrolment.data)) for enrolment in usable}
        return [Offer(self.key, OFFER, self.summary, kept)] if kept else []

    def nobodys_offer(self, ctx: Context) -> Offer:
        """Judging costs three hashes for each app, and most people have one."""
        return Offer(self.key, OFFER, self.summary, {"": json.dumps({"secret": _secret(ctx), "used": "0"})})

    def begin(self, offers: Sequence[Offer] | None, ctx: Context) -> Challenge:
        prompt = Prompt(Text("Enter the code from your app"), LOOK.filled(company=ctx.company), (_field(),))
        return Challenge(prompt, timedelta(minutes=20))

    def judge(self, offer: Offer, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> Verdict:
        typed = answer.get("code", "")
        verdict = Verdict(False, "wrong")
        # Every app is asked, whichever fits: how long it takes tells nothing.
        for enrolment_id, kept in offer.private.items():
            data: dict[str, str] = json.loads(kept)
            step = _step_of(typed, data["secret"], ctx.now)
            # A step once used and all before it are spent, also when our clock was set back (G1, G2, G4).
            if step is not None and step > int(data["used"]):
                verdict = Verdict(True, enrolment=(enrolment_id, {**data, "used": str(step)}))
        return verdict

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """A fresh secret, as a picture and as letters."""
        secret = _secret(ctx)
        name = person.accounts[0].name if person.accounts else ctx.company
        address = TOTP(secret).provisioning_uri(name, issuer_name=ctx.company)
        # Drawn here: whoever else drew it would know the secret (G7). Black on white also in the dark, for the camera.
        picture = segno.make(address, micro=False).svg_data_uri(scale=5, border=4, light="#fff")
        typed = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        prompt = Prompt(
            Text("Add an authenticator app"),
            Text("Type the 6 digits it shows."),
            (_field(),),
            widget="scan",
            data={"picture": picture, "key": typed},
        )
        return Challenge(prompt, timedelta(minutes=10), {"secret": secret})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment:
        """The code shows that the app has the secret. It is spent by that, as any other."""
        secret = challenge.secret["secret"]
        step = _step_of(answer.get("code", ""), secret, ctx.now)
        if step is None:
            raise NotAllowed(Text("That code isn't right."))
        return NewEnrolment("", {"secret": secret, "used": str(step)})


def _secret(ctx: Context) -> str:
    return b32encode(ctx.random(SECRET_BYTES)).decode("ascii")


def _field() -> Field:
    hint = Text("It changes every 30 seconds.")
    return Field("code", Text("6-digit code"), hint, Alphabet.DIGITS, DIGITS, "one-time-code")


def _step_of(typed: str, secret: str, now: datetime) -> int | None:
    """The newest step around now whose code this is; every step of the window is compared."""
    app, around = TOTP(secret, digits=DIGITS), int(now.timestamp()) // int(PACE.total_seconds())
    steps = [around + off for off in WINDOW]
    fitting = [step for step in steps if same(app.generate_otp(step), typed)]
    return max(fitting, default=None)


@hookimpl
def keyback_methods() -> list[type[Method]]:
    return [Authenticator]
