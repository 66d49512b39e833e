"""The address that somebody is adding: first where the code goes, then the code, and another when nothing came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ...contracts.errors import MustWait, NotAllowed, OutOfTurn
from ...contracts.method import Asked, Challenge, Enrollable, Method, NewEnrolment
from ...contracts.own_address import GIVEN, WHILE_ADDING
from ...contracts.text import Text
from ...db.begun import Begun
from ...db.pending import Adding
from ..records import Records
from ..sending.code_post import CodePost
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .new_number import dialled
from .signed_in import SignedIn

STOPPED = Text("Self-service is stopped for your account")
NO_MORE = Text("No more codes can be sent in this try. Start again.")


@dataclass(frozen=True, slots=True)
class Underway:
    """Where it stands with the code. `again_at`: from when another may be asked for; None when there are none left.

    `instead_of`: which of theirs it shall take the place of.
    """

    again_at: datetime | None
    times: int
    undelivered: bool
    phone: bool = False
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    instead_of: str = ""


@dataclass(frozen=True, kw_only=True)
class NewAddresses:
    """The steps of whoever adds one; what is kept in the end is for others to keep."""

    records: Records
    snapshots: Snapshots
    post: CodePost
    around: Surroundings

    def step(
        self, method: Method, challenge: Challenge, answer: Mapping[str, str], language: str
    ) -> NewEnrolment | Asked:
        """What the method makes of an answer. Raises NotAllowed."""
        assert isinstance(method, Enrollable)
        if challenge.prompt.widget == "phone":
            medium = method.medium or ""
            answer = dialled(answer, medium, self.around.rules_of(medium).numbers, language)
        return method.confirm(challenge, answer, self.around.context(language=language))

    def ask(self, who: SignedIn, adding: Adding, begun: Begun, asked: Asked, language: str) -> None:
        """Send the code. `begun`: the step that was just answered. Raises NotAllowed, or MustWait after too many."""
        now = self.around.now()
        posted = self.post.posted(asked.message, language)
        further = replace(begun, challenge=asked.challenge, before=begun.challenge, sent=(now,), posted=posted)
        with self.records.db.write() as tx:
            if self.records.freezes.stopped(tx, who.person):
                raise NotAllowed(STOPPED)
            refusal = self.post.count(tx, who.person.id)
            if refusal is None:
                self.records.pending.put(tx, adding, further, now + WHILE_ADDING)
                self.post.queue(tx, adding, posted)
        if refusal is not None:
            raise refusal

    def again(self, who: SignedIn, key: str, language: str) -> None:
        """Another code to the same address; the newest one counts. Raises MustWait when it is too early."""
        adding, now = Adding(who.session, who.person.id, key), self.around.now()
        begun = self._begun(adding)
        if begun.before is None:
            raise OutOfTurn("nothing was sent")
        again_at = self._again_at(begun)
        if again_at is None:
            raise NotAllowed(NO_MORE)
        if now < again_at:
            raise MustWait(again_at)
        asked = self.step(self.snapshots.current.plugins.methods[key], begun.before, begun.answer, language)
        assert isinstance(asked, Asked)
        posted = self.post.posted(asked.message, language)
        sent = (*begun.sent, now)
        further = replace(begun, challenge=asked.challenge, sent=sent, posted=posted, undelivered=False)
        with self.records.db.write() as tx:
            refusal = self.post.count(tx, who.person.id)
            if refusal is None:
                # With the tries that were left: no code more is a guess more.
                if not self.records.pending.keep(tx, adding, further, now + WHILE_ADDING, now=now):
                    raise OutOfTurn("it is gone")
                self.post.queue(tx, adding, posted)
        if refusal is not None:
            raise refusal

    def back(self, who: SignedIn, key: str) -> None:
        """To the page before, with what was typed there. It lives no longer by that."""
        adding = Adding(who.session, who.person.id, key)
        begun = self._begun(adding)
        if begun.before is not None:
            before = Begun(begun.before, answer=begun.answer, instead_of=begun.instead_of)
            with self.records.db.write() as tx:
                self.records.pending.put(tx, adding, before, begun.sent[-1] + WHILE_ADDING)

    def underway(self, who: SignedIn, key: str) -> Underway | None:
        """What the page says beside what is asked; None when nothing is being added."""
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, Adding(who.session, who.person.id, key), self.around.now())
        if begun is None:
            return None
        # What was chosen from the list is the directory's, and it was never shown.
        typed = {} if GIVEN in begun.answer else begun.answer
        first = begun.before or begun.challenge
        phone = first.prompt.widget == "phone"
        return Underway(self._again_at(begun), len(begun.sent), begun.undelivered, phone, typed, begun.instead_of)

    def _begun(self, adding: Adding) -> Begun:
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, adding, self.around.now())
        if begun is None:
            raise OutOfTurn("it is gone")
        return begun

    def _again_at(self, begun: Begun) -> datetime | None:
        public, sent = self.snapshots.current.public, begun.sent
        if not sent or len(sent) >= public.sends_per_recovery:
            return None
        return sent[-1] + public.resend_waits[min(len(sent), len(public.resend_waits)) - 1]
