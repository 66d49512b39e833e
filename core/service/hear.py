"""What comes by another way than the page: a key pressed on a phone, a decision in an app.

It only waits here. The person's own browser takes it up when it goes on, so a proof still renews that browser's key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..contracts.channel import Callback, CanHear, Heard, Message
from ..contracts.errors import PluginError
from ..db.begun import Posted
from ..db.deliveries import TOLD, Report, State
from ..db.heard import HeardAnswer
from ..recovery.state import Recovery, Stage
from .calls import Calls
from .prove import Proving
from .records import Records
from .sending.callback_links import ADDING, About, CallbackLinks
from .sending.deliver import said
from .sending.messages import Messenger
from .snapshot import Snapshots
from .surroundings import Surroundings

HEAR_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """Takes what carriers and phones say about a challenge that is still open."""

    records: Records
    snapshots: Snapshots
    messenger: Messenger
    proving: Proving
    links: CallbackLinks
    calls: Calls
    around: Surroundings

    def call_back(
        self, channel_key: str, token: str, fields: Mapping[str, str], headers: Mapping[str, str]
    ) -> Heard | None:
        """What a carrier says of a message of ours; None for whatever is not from it, or comes too late."""
        about = self.links.read(channel_key, token)
        channel = self.snapshots.current.plugins.channels.get(channel_key)
        if about is None or channel is None or not isinstance(channel, CanHear):
            return None
        recovery = None if about.offer == ADDING else self._waiting(about)
        built = self._built(recovery, about.offer) if recovery else self._posted(about)
        if built is None:
            return None
        # The address that we gave away: whoever signs one is believed about that one alone.
        callback = Callback(f"{self.around.origin}{self.links.path(channel_key, token)}", fields, headers)
        context = self.around.context(seconds=HEAR_SECONDS, language=built.language)
        message = replace(said(built.message, context), answer_to=callback.url)
        try:
            heard = self.calls.ask(channel, lambda: channel.hear(callback, message, context), HEAR_SECONDS)
        except PluginError:
            return None
        if heard is not None and heard.state:
            self._tell(about, heard, message)
        if heard is not None and heard.answer and recovery is not None:
            self.keep(recovery, heard.answer)
        return heard

    def _built(self, recovery: Recovery, offer: str) -> Posted | None:
        message = self.messenger.built(recovery, offer)
        return Posted(message, recovery.language, "") if message else None

    def _posted(self, about: About) -> Posted | None:
        """What was sent to an address that somebody is adding, while its code is good and the newest."""
        now = self.around.now()
        with self.records.db.read() as tx:
            begun = self.records.pending.get(tx, about.recovery_id, now) if about.offer == ADDING else None
        if begun is None or begun.posted is None or begun.posted.name != about.challenge_id:
            return None
        return begun.posted if now < begun.sent[-1] + begun.challenge.lifetime else None

    def would_pass(self, recovery: Recovery, answer: Mapping[str, str]) -> bool:
        """Whether this is the answer, for whoever can say so where it was given. Nothing is counted or kept."""
        return self.proving.would_pass(recovery, answer)

    def _tell(self, about: About, heard: Heard, message: Message) -> None:
        """What became of the message; a state that no carrier can know of is none."""
        if heard.state in TOLD:
            report = Report(State(heard.state), heard.why, self.around.now())
            with self.records.db.write() as tx:
                self.records.deliveries.tell(tx, about.channel, about.challenge_id, report)
                if report.state is not State.SENT:
                    self.messenger.delivering.ring_no_more(tx, message)

    def keep(self, recovery: Recovery, answer: Mapping[str, str]) -> bool:
        """Keep an answer to what is picked, with its verdict; False if there was one before.

        A wrong one moves nothing: before the first proof it would tell that there is somebody who could answer (P4).
        """
        pick = recovery.pick
        if pick is None:
            return False
        passed = self.proving.would_pass(recovery, answer)
        with self.records.db.write() as tx:
            return self.records.heard.put(tx, HeardAnswer(pick.challenge_id, answer, passed, pick.expires_at))

    def heard(self, recovery: Recovery) -> bool:
        """Whether the page may go on by itself: the answer is there. The same read for everybody."""
        if recovery.stage is not Stage.ANSWERING or recovery.pick is None:
            return False
        if not self.proving.hears(recovery.pick):
            return False
        with self.records.db.read() as tx:
            heard = self.records.heard.of(tx, recovery.pick.challenge_id)
        return heard is not None and (heard.passed or bool(recovery.proofs))

    def stands(self, recovery: Recovery) -> str:
        """How what was sent for this challenge stands: "sent", "delivered" or "failed". Nothing before the first proof:
        until then nobody may learn whether there was anything to send (P4)."""
        if not recovery.proofs or recovery.stage is not Stage.ANSWERING or recovery.pick is None:
            return ""
        with self.records.db.read() as tx:
            states = {state for _, state in self.records.deliveries.of(tx, recovery.pick.challenge_id)}
        if State.DELIVERED in states:
            return "delivered"
        return "failed" if states == {State.FAILED} else "sent"

    def _waiting(self, about: About) -> Recovery | None:
        """The recovery, while it waits for that very challenge."""
        with self.records.db.read() as tx:
            recovery = self.records.recoveries.load(tx, about.recovery_id)
        if recovery is None or recovery.stage is not Stage.ANSWERING or recovery.pick is None:
            return None
        late = self.around.now() >= min(recovery.pick.expires_at, recovery.deadline)
        return None if late or recovery.pick.challenge_id != about.challenge_id else recovery
