"""Messages on their way out: whether they may go, who carries them, and what became of each attempt."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from ...contracts.channel import Channel, Message, Receipt
from ...contracts.errors import DeliveryFailed
from ...contracts.plugin import Context
from ...db.deliveries import Attempt, State
from ...db.session import Transaction
from ...figures import MESSAGES
from ...guard import NotAsked
from ..calls import Calls
from ..records import Records
from ..snapshot import Snapshots
from ..surroundings import Surroundings
from .budgets import Budgets, Cost
from .media import PHONE_MEDIA
from .numbers import Number, may_get, read

log = logging.getLogger(__name__)

SEND_SECONDS = 9.0
NO_LANE = "house"
# What is left of a job's time, once one provider has said no, must be enough for another.
AFTER_A_NO = timedelta(seconds=5)
# About the number and not about the provider: another one would not do better, or must not.
FOR_GOOD = frozenset({"address", "number", "not-mobile", "opted-out"})
# What became of earlier attempts, and by which channel.
BUDGET = "budget: "
# Half a minute of ringing, and as much again until whoever took it presses the key, or never will.
CALL_TAKES = timedelta(seconds=60)
Past: TypeAlias = tuple[str, State]
MAYBE_TAKEN = frozenset({State.TRYING, State.UNKNOWN})


def nowhere(_channel: Channel) -> str:
    """Where a carrier tells us of a message about which we want to hear nothing."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One message to carry. `challenge` names it through all its attempts, where an answer is awaited.

    `ours`: the address stands in the organisation's own directory. `notice`: nobody asked for it. `again`: it was tried
    before. `times`: as how many the budgets count it. `lane`: whose share it is taken from.
    """

    message: Message
    language: str
    challenge: str = ""
    ours: bool = False
    notice: bool = False
    again: bool = False
    times: int = 1
    lane: str = ""
    answer_to: Callable[[Channel], str] = field(default=nowhere, repr=False)


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of it: which channel took it, or why none did, and whether later may help."""

    channel: str = ""
    why: str = ""
    retry: bool = False
    attempts: tuple[Attempt, ...] = ()

    @property
    def held_back(self) -> bool:
        """By a budget: that is never told to whoever asked, or it would tell what others asked for."""
        return self.why.startswith(BUDGET)


# What became of a message that was never to be carried.
NOTHING = Carried()


@dataclass(frozen=True, slots=True)
class _Way:
    """A channel, and the attempt to be made by it."""

    channel: Channel
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class _Tried:
    """One attempt and how it failed, if it did."""

    attempt: Attempt
    failure: DeliveryFailed | None = None


@dataclass(frozen=True, kw_only=True)
class Delivering:
    """The one way out for every message. Rules and budgets are the host's: no plugin can forget them."""

    records: Records
    snapshots: Snapshots
    calls: Calls
    budgets: Budgets
    around: Surroundings

    def channels(self, medium: str) -> tuple[Channel, ...]:
        """Who carries it, the first choice first."""
        return self.around.rules_of(medium).in_order(self.snapshots.current.plugins.channels_for(medium))

    def lane(self, medium: str) -> str:
        """Where its jobs are done: that of its first channel, so that one that dawdles delays no other medium."""
        return next((f"channel:{channel.key}" for channel in self.channels(medium)), NO_LANE)

    def deliver(self, errand: Errand) -> Carried:
        """Hand it to the first channel, and to the next where that one surely did not take it."""
        channels, medium = self.channels(errand.message.medium), errand.message.medium
        if not channels:
            return Carried(why="no-channel", retry=errand.notice)
        if medium not in PHONE_MEDIA:
            return self._try_what_is_left(errand, channels)
        rules = self.around.rules_of(medium)
        number = read(errand.message.to, known=rules.numbers.known)
        why = may_get(number, medium, rules.numbers, ours=errand.ours) if number else "unknown"
        if number is None or why:
            return Carried(why=f"number: {why}")
        return self._count_and_try(errand, channels, number)

    def keep(self, tx: Transaction, carried: Carried) -> None:
        """Write down how its attempts ended. Of a mail that was taken at once the event says as much."""
        only = carried.attempts[-1] if len(carried.attempts) == 1 else None
        if only is not None and not only.region and carried.channel:
            return
        for attempt in carried.attempts:
            self.records.deliveries.put(tx, attempt, self.around.now())

    def _try_what_is_left(self, errand: Errand, channels: Sequence[Channel]) -> Carried:
        past: Sequence[Past] = ()
        if errand.again and len(channels) > 1:
            with self.records.db.read() as tx:
                past = self.records.deliveries.of(tx, errand.challenge)
        return self._try_each(errand, self._ways(errand, _in_turn(channels, past), ""))

    def _count_and_try(self, errand: Errand, channels: Sequence[Channel], number: Number) -> Carried:
        rules, now = self.around.rules_of(errand.message.medium), self.around.now()
        price = rules.price([channel.key for channel in channels])
        with self.records.db.write() as tx:
            past = self.records.deliveries.of(tx, errand.challenge) if errand.again else ()
            if not past and not self._line_is_free(tx, errand.message):
                # Held back like what a budget forbids: that this phone rings is nobody else's business.
                return Carried(why=f"{BUDGET}line", retry=True)
            ways = self._ways(errand, _in_turn(channels, past), number.region)
            cost = Cost(errand.message.medium, number, price, errand.notice, errand.times, errand.lane)
            full = self._paid(tx, cost, past)
            if ways and not full and not errand.notice:
                # Before it leaves: a process that dies now leaves the trace that it may have left.
                self.records.deliveries.put(tx, ways[0].attempt, now)
        if full:
            return Carried(why=f"{BUDGET}{full}", retry=errand.notice)
        return self._try_each(errand, ways) if ways else Carried(why="no-channel")

    def ring_no_more(self, tx: Transaction, message: Message) -> None:
        """Somebody took the call and pressed the key, or nobody will: the next one need not wait."""
        if message.call is not None:
            self.records.counters.give_back(tx, _line(message))

    def _line_is_free(self, tx: Transaction, message: Message) -> bool:
        """One call at a time: a phone that rings is not called once more."""
        now = self.around.now()
        return message.call is None or self.records.counters.spend_once(tx, _line(message), now + CALL_TAKES, now)

    def _paid(self, tx: Transaction, cost: Cost, past: Sequence[Past]) -> str:
        """Why the budgets forbid it. What was surely not taken is not paid for twice."""
        unspent = past and not any(state in MAYBE_TAKEN for _, state in past)
        return "" if unspent else self.budgets.take(tx, cost)

    def _ways(self, errand: Errand, channels: Sequence[Channel], region: str) -> list[_Way]:
        medium, challenge = errand.message.medium, errand.challenge
        new = partial(Attempt, challenge=challenge, medium=medium, region=region, state=State.TRYING, lane=errand.lane)
        return [_Way(channel, new(id=self.around.token(), channel=channel.key)) for channel in channels]

    def _try_each(self, errand: Errand, ways: Sequence[_Way]) -> Carried:
        ends, tried = self.around.now() + AFTER_A_NO, list[_Tried]()
        for way in ways:
            tried.append(self._try(errand, way.channel, way.attempt))
            failure = tried[-1].failure
            if failure is None or failure.unknown or failure.kind in FOR_GOOD or self.around.now() > ends:
                break
        failures = [each.failure for each in tried if each.failure]
        attempts = tuple(each.attempt for each in tried)
        if len(failures) < len(tried):
            return Carried(channel=attempts[-1].channel, attempts=attempts)
        return Carried(why=f"failed: {failures[-1].kind}", retry=any(one.retry for one in failures), attempts=attempts)

    def _try(self, errand: Errand, channel: Channel, attempt: Attempt) -> _Tried:
        try:
            receipt = self._send(errand, channel)
        except DeliveryFailed as failure:
            state = State.UNKNOWN if failure.unknown else State.FAILED
            return _Tried(replace(attempt, state=state, why=failure.kind), failure)
        return _Tried(replace(attempt, state=State.ACCEPTED, provider_id=receipt.id))

    def _send(self, errand: Errand, channel: Channel) -> Receipt:
        """Within bounds. Raises DeliveryFailed; a provider that is busy or late may be tried again."""
        if errand.message.attachment and not channel.attaches:
            # Words about a file that is not there are worse than none.
            raise DeliveryFailed("attachment", retry=False)
        context = self.around.context(seconds=SEND_SECONDS, language=errand.language)
        message = replace(said(errand.message, context), answer_to=errand.answer_to(channel))
        outcome = "failed"
        try:
            receipt = self.calls.ask(channel, lambda: channel.send(message, context), SEND_SECONDS)
            outcome = "sent"
        except DeliveryFailed:
            raise
        except NotAsked as error:
            raise DeliveryFailed("provider is busy", retry=True) from error
        except Exception as error:
            # Late, or broken on the way: whatever it does may still happen.
            log.warning("a channel broke", extra={"channel": channel.key, "kind": type(error).__name__})
            raise DeliveryFailed("provider did not answer", retry=True, unknown=True) from error
        finally:
            self.around.meter.count(MESSAGES, channel.key, outcome)
        return receipt


def _line(message: Message) -> str:
    return f"call:{message.to}:{message.call.extension if message.call else ''}"


def _in_turn(channels: Sequence[Channel], past: Sequence[Past]) -> Sequence[Channel]:
    """The one that may have taken it already, and no other; without such a one, those that failed least often first."""
    maybe = {key for key, state in past if state in MAYBE_TAKEN}
    if maybe:
        return [channel for channel in channels if channel.key in maybe]
    failed = Counter(key for key, _ in past)
    return sorted(channels, key=lambda channel: failed[channel.key])


def said(message: Message, context: Context) -> Message:
    """In finished words, so that no channel can forget the language."""
    language, call = context.language, message.call
    return replace(
        message,
        text=message.text.said_in(language),
        subject=message.subject.said_in(language) if message.subject else None,
        call=replace(call, greeting=call.greeting.said_in(language)) if call else None,
    )
