"""How will you prove it's you? What may be picked, and picking it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ..contracts.errors import MustWait, OutOfTurn
from ..contracts.masking import is_masked_phone, masked_end
from ..contracts.method import Method, Offer
from ..contracts.text import Text
from ..recovery.moves import Cancelled, MoreTime, Move, Picked, WentBack
from ..recovery.policy import Disclosure, open_offers
from ..recovery.release import released
from ..recovery.state import Lane, Pick, Recovery
from .alerts import Alerts, Paused
from .faultpoint import faultpoint
from .known_browser import claims
from .mover import Mover
from .records import Records
from .sending.messages import Messenger
from .snapshot import Snapshots
from .surroundings import Surroundings
from .ticket_office import TicketOffice
from .tickets import Choice, Ticket


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """Serves the choice, draws challenges, and makes the moves that need nothing else."""

    records: Records
    snapshots: Snapshots
    mover: Mover
    messenger: Messenger
    tickets: TicketOffice
    around: Surroundings
    alerts: Alerts

    @property
    def usual_proofs(self) -> int:
        """How many proofs are asked for, said to everybody alike: the policy of whoever no other one fits."""
        return self.snapshots.current.usual_policy.proof.at_least

    def choices(self, recovery: Recovery) -> tuple[Choice, ...]:
        """What may be picked. Before the first proof only the public rules are asked, whoever it is (P4).

        In `masked` it is what the find put there, the person's own or decoys, and nothing before its moment.
        """
        methods = self.snapshots.current.plugins.methods
        if not recovery.proofs:
            first, paused = self._first_choices(recovery), self.paused_until(recovery) is not None
            return tuple(each for each in first if not (paused and methods[each.method].guessable))
        return tuple(
            Choice(f"{offer.method}.{index}", offer.method, methods[offer.method].label, offer.label)
            for index, offer in enumerate(self._open_offers(recovery))
        )

    def paused_until(self, recovery: Recovery) -> datetime | None:
        """Until when nothing that can be guessed may come first here; None where it may.

        Judged by what the browser brought, true or not, so that it is the same for every name (P4); an answer is judged
        by whose browser it is.
        """
        claimed = recovery.proofs or recovery.desk_code or claims(recovery.browser)
        return self.alerts.paused_until("" if claimed else Lane.UNKNOWN_BROWSER)

    def liked(self, recovery: Recovery) -> str:
        """Which choice they like best; empty before the first proof, where nothing may differ by who it is (P4)."""
        if recovery.subject is None or not recovery.proofs:
            return ""
        with self.records.db.read() as tx:
            standing, _ = self.records.standings.of(tx, recovery.subject.person.id)
        offers = enumerate(self._open_offers(recovery))
        liked = (f"{way.method}.{place}" for place, way in offers if f"{way.method}.{way.id}" == standing.default)
        return next(liked, "")

    def waits(self, recovery: Recovery) -> bool:
        """Whether nothing that depends on the look-up may be shown or judged yet."""
        return not recovery.proofs and not released(recovery, self.around.now())

    def resend_at(self, recovery: Recovery, method: str) -> datetime:
        """From when another message of this kind may be asked for."""
        sends = [sent for sent in recovery.sent if sent.method == method]
        if not sends:
            return recovery.started_at
        waits = recovery.rules.resend_waits
        return sends[-1].at + waits[min(len(sends), len(waits)) - 1]

    def _first_choices(self, recovery: Recovery) -> tuple[Choice, ...]:
        if recovery.rules.disclosure is Disclosure.MASKED:
            return tuple(self._masked_choice(recovery, value, offer) for value, offer in self._shown(recovery).items())
        methods = self.snapshots.current.plugins.methods
        shown = (methods[key] for key in recovery.rules.methods if key in methods and key not in recovery.used_up)
        return tuple(self._public_choice(recovery, method) for method in shown)

    def _public_choice(self, recovery: Recovery, method: Method) -> Choice:
        typed = method.destination if method.key in recovery.rules.type_destination else None
        return Choice(method.key, method.key, method.label, method.summary, typed)

    def _shown(self, recovery: Recovery) -> dict[str, Offer]:
        """What `masked` offers now, by what stands for it in the form."""
        if self.waits(recovery):
            return {}
        methods = self.snapshots.current.plugins.methods.keys() - set(recovery.used_up)
        numbered = enumerate(recovery.shown)
        return {f"{offer.method}.{index}": offer for index, offer in numbered if offer.method in methods}

    def _masked_choice(self, recovery: Recovery, value: str, offer: Offer) -> Choice:
        method = self.snapshots.current.plugins.methods[offer.method]
        typed = method.destination if method.key in recovery.rules.type_destination else None
        if typed is not None and is_masked_phone(end := masked_end(offer.label)):
            typed = replace(typed, label=Text("Whole number ending in {n}", n=end[-2:]))
        return Choice(value, method.key, method.label, offer.label, typed)

    def _open_offers(self, recovery: Recovery) -> tuple[Offer, ...]:
        subject = recovery.subject
        if subject is None:
            return ()
        methods = self.snapshots.current.plugins.methods
        carriers = {key: method.rides_on.value for key, method in methods.items()}
        offers = [o for o in subject.offers if o.method in methods and o.method not in recovery.used_up]
        return open_offers(subject.policy.proof, offers, recovery.proofs, carriers)

    def pick(self, ticket: Ticket, token: str, choice: str, destination: str = "") -> Recovery:
        """Draw a challenge, for everybody alike, and let the back office carry it. Raises MustWait if too early."""
        return self.tickets.turn(ticket, token, lambda recovery: self._pick(recovery, choice, destination))

    def again(self, ticket: Ticket, token: str) -> Recovery:
        """Send another code for what is picked; the newest one counts. Raises MustWait if too early."""
        return self.tickets.turn(ticket, token, self._again)

    def _pick(self, recovery: Recovery, choice: str, destination: str) -> Recovery:
        chosen = next((c for c in self.choices(recovery) if c.value == choice), None)
        if chosen is None:
            raise OutOfTurn("not one of the choices")
        method = self.snapshots.current.plugins.methods[chosen.method]
        typed = destination if chosen.destination is not None else ""
        return self._draw(recovery, method, self._offer_of(recovery, choice), typed)

    def _offer_of(self, recovery: Recovery, choice: str) -> Offer | None:
        """What is offered behind a choice; in `generic` there is nothing before the first proof, whoever it is."""
        if not recovery.proofs:
            return self._shown(recovery).get(choice)
        values = {f"{offer.method}.{index}": offer for index, offer in enumerate(self._open_offers(recovery))}
        return values[choice]

    def _again(self, recovery: Recovery) -> Recovery:
        pick = recovery.pick
        if pick is None:
            raise OutOfTurn("nothing is picked")
        offers = recovery.subject.offers if recovery.subject and recovery.proofs else recovery.shown
        offer = next((o for o in offers if (o.method, o.id) == (pick.method, pick.offer)), None)
        method = self.snapshots.current.plugins.methods[pick.method]
        return self._draw(recovery, method, offer, pick.destination)

    def _draw(self, recovery: Recovery, method: Method, offer: Offer | None, destination: str) -> Recovery:
        now = self.around.now()
        sends = method.medium is not None
        if method.guessable and (until := self.paused_until(recovery)):
            raise Paused(until)
        if sends and now < self.resend_at(recovery, method.key):
            raise MustWait(self.resend_at(recovery, method.key))
        # Before the first proof the method is told nothing, even where an end is shown: decoys have no address.
        context = self.around.context(language=recovery.language)
        challenge = method.begin([offer] if offer and recovery.proofs else None, context)
        pick = Pick(method.key, self.around.token(), challenge, now, offer.id if offer else "", destination)
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, Picked(pick, sends))
            if sends and moved.recovery.found:
                self.messenger.queue(tx, moved)
        faultpoint("challenge-stored")
        return self.mover.hand_over(moved)

    def go_back(self, ticket: Ticket, token: str) -> Recovery:
        """Choose another way."""
        return self.tickets.turn(ticket, token, lambda recovery: self._moved(recovery, WentBack()))

    def more_time(self, ticket: Ticket, token: str) -> Recovery:
        """Fifteen more minutes, once."""
        return self.tickets.turn(ticket, token, lambda recovery: self._moved(recovery, MoreTime()))

    def cancel(self, ticket: Ticket, token: str) -> Recovery:
        """Stop; nothing was changed."""
        return self.tickets.turn(ticket, token, lambda recovery: self._moved(recovery, Cancelled()))

    def _moved(self, recovery: Recovery, move: Move) -> Recovery:
        with self.records.db.write() as tx:
            moved = self.mover.move(tx, recovery, move)
        return self.mover.hand_over(moved)
