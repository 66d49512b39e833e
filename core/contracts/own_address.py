"""An address that people add themselves: first where codes shall go, then the code that was sent there."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from .errors import NotAllowed
from .masking import masked_end
from .method import Asked, Challenge, NewEnrolment, Prompt
from .one_time_code import OneTimeCode
from .people import Enrolment, Person
from .plugin import Context
from .text import Text

# What is being added is forgotten after this, so no code for it is good for longer.
WHILE_ADDING = timedelta(minutes=10)

# Beside the address in an answer: the person chose it from what their directory knows, and typed nothing.
GIVEN = "given"


class OwnAddress(OneTimeCode):
    """A code to an address of the person, which they may add. A subclass says what is asked and what fits."""

    added_already: ClassVar[Text]

    @abstractmethod
    def asks(self, ctx: Context) -> Prompt:
        """The first page, with the field `destination`. The widget is "address", or "phone": then the host reads the
        number, and what arrives here is `+` and digits."""

    @abstractmethod
    def sent(self, end: str) -> Text:
        """What the second page says of the message that goes there."""

    @abstractmethod
    def unfit(self, to: str, names: Sequence[str]) -> Text | None:
        """Why codes can't go there. `names` are what the person signs in by."""

    def data(self, answer: Mapping[str, str]) -> Mapping[str, str]:
        """What to keep of an answer: `to`, and whatever else it takes to get there."""
        return {"to": answer.get("destination", "").strip()}

    def enrol(self, person: Person, enrolments: Sequence[Enrolment], ctx: Context) -> Challenge:
        """Asks where codes shall go."""
        known = {
            "added": [self.offer(enrolment.data).id for enrolment in enrolments],
            "names": [account.name for account in person.accounts],
        }
        return Challenge(self.asks(ctx), WHILE_ADDING, {"known": json.dumps(known)})

    def confirm(self, challenge: Challenge, answer: Mapping[str, str], ctx: Context) -> NewEnrolment | Asked:
        """Asks for the code that goes to the address, then keeps the address."""
        if "known" in challenge.secret:
            return self._ask(json.loads(challenge.secret["known"]), answer, ctx)
        data = json.loads(challenge.secret["data"])
        if not self.judge(self.offer(data), challenge, answer, ctx).passed:
            raise NotAllowed(Text("That code isn't right."))
        return NewEnrolment(masked_end(self.masked(data["to"])), data)

    def _ask(self, known: Mapping[str, Sequence[str]], answer: Mapping[str, str], ctx: Context) -> Asked:
        data = self.data(answer)
        unfit = self.unfit(data["to"], known["names"])
        # Only the person's own are looked at: whether somebody else has this address is nobody's business (A11).
        offer = None if unfit else self.offer(data)
        if offer is None or offer.id in known["added"]:
            why = unfit or self.added_already
            raise NotAllowed(why, {"destination": why})
        way = self._while_adding()
        drawn = way.begin([offer], ctx)
        # Whoever typed it may see it again, to find a slip; what only the directory knows stays masked.
        end = masked_end(offer.label) if GIVEN in answer else data["to"]
        prompt = replace(drawn.prompt, text=self.sent(end), widget="sent")
        secret = {**drawn.secret, "data": json.dumps(dict(data))}
        return Asked(Challenge(prompt, drawn.lifetime, secret), way.message(offer, drawn, ctx))

    def _while_adding(self) -> OwnAddress:
        """The same, with codes that are good for no longer than what is being added."""
        lifetime = min(self.settings.lifetime, WHILE_ADDING)
        return type(self)(self.settings.model_copy(update={"lifetime": lifetime}))
