"""What the world may know about a recovery: one frozen dataclass per thing that happens.

No event holds a name, an address, a code or a password. Personal details go beside it, sealed.
"""

from __future__ import annotations

from dataclasses import dataclass

# What administrators do is among ALL too, whoever asks first.
from . import bridge_events, console_events, desk_events, record_events, settings_events, staff_events  # noqa: F401
from .campaign_events import ChangeAnnounced as ChangeAnnounced  # noqa: PLC0414 - notifiers too
from .desk_events import PersonInvited as PersonInvited  # noqa: PLC0414
from .enrolment_events import AddingPutOff as AddingPutOff  # noqa: PLC0414 - with all others, for whoever hears of it
from .enrolment_events import MethodAdded as MethodAdded  # noqa: PLC0414
from .enrolment_events import MethodConfirmed as MethodConfirmed  # noqa: PLC0414
from .enrolment_events import MethodCopied as MethodCopied  # noqa: PLC0414
from .enrolment_events import MethodPreferred as MethodPreferred  # noqa: PLC0414
from .enrolment_events import MethodRemoved as MethodRemoved  # noqa: PLC0414
from .enrolment_events import MethodRenamed as MethodRenamed  # noqa: PLC0414
from .enrolment_events import MethodRunningOut as MethodRunningOut  # noqa: PLC0414
from .event import Event as Event  # noqa: PLC0414 - everybody takes it from here
from .link_events import AccountLinked as AccountLinked  # noqa: PLC0414 - notifiers too
from .link_events import AccountParted as AccountParted  # noqa: PLC0414
from .unlock_events import AccountNotUnlocked as AccountNotUnlocked  # noqa: PLC0414
from .unlock_events import AccountUnlocked as AccountUnlocked  # noqa: PLC0414
from .unlock_events import UnlockIntended as UnlockIntended  # noqa: PLC0414
from .unlock_events import UnlockUnknown as UnlockUnknown  # noqa: PLC0414


@dataclass(frozen=True, slots=True)
class RecoveryStarted(Event):
    """Somebody gave a name and passed the human check."""

    name = "recovery.started"
    purpose: str
    entry: str


@dataclass(frozen=True, slots=True)
class PersonFound(Event):
    """The name belongs to a person whom this recovery may serve."""

    name = "person.found"
    stores: tuple[str, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class NobodyFound(Event):
    """The name leads nowhere. `reason`: unknown, ambiguous, disabled, expired, privileged, out-of-scope, frozen,
    no-methods; for a change of a known password also locked and cannot."""

    name = "person.nobody"
    loud = True
    reason: str
    stores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountJoined(Event):
    """A linked account of the person takes part too."""

    name = "account.joined"
    store: str


@dataclass(frozen=True, slots=True)
class AccountLeftOut(Event):
    """A linked account does not take part. `reason`: gone, disabled, expired, privileged, out-of-scope, switched-off,
    other-policy."""

    name = "account.left-out"
    loud = True
    store: str
    reason: str


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """A directory contact is not the one seen before; it must wait before it can carry a proof."""

    name = "person.contact-changed"
    loud = True
    source: str


@dataclass(frozen=True, slots=True)
class MethodPicked(Event):
    """A method was picked and its challenge drawn."""

    name = "method.picked"
    method: str


@dataclass(frozen=True, slots=True)
class MessageSent(Event):
    """A channel took the message."""

    name = "message.sent"
    method: str
    channel: str


@dataclass(frozen=True, slots=True)
class MessageDropped(Event):
    """A message was not carried. `reason`: nobody, does-not-fit, too-many, no-channel; number, budget or failed, each
    with which or why."""

    name = "message.dropped"
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProofMissed(Event):
    """An answer did not prove it."""

    name = "proof.missed"
    method: str
    reason: str
    used_up: bool = False


@dataclass(frozen=True, slots=True)
class ProofGiven(Event):
    """An answer proved it. `amr` is the method in the words of RFC 8176, where it has one."""

    name = "proof.given"
    method: str
    enough: bool
    purpose: str = "reset"


@dataclass(frozen=True, slots=True)
class PasswordIntended(Event):
    """The write is about to be made: stands before the directory is asked."""

    name = "password.intended"
    stores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    """The directory confirmed the new password."""

    name = "password.set"
    store: str


@dataclass(frozen=True, slots=True)
class SessionsEnded(Event):
    """Whoever was signed in with the old password must sign in again: this directory, notifier or client saw to it."""

    name = "sessions.ended"
    store: str


@dataclass(frozen=True, slots=True)
class SessionsNotEnded(Event):
    """A directory, a notifier or a client was asked for a quarter of an hour to end what is open with the old password,
    and did not."""

    name = "sessions.not-ended"
    loud = True
    store: str


@dataclass(frozen=True, slots=True)
class ChangeMissed(Event):
    """Somebody's password was not changed. `reason`: wrong, busy, near-lockout, threshold-unknown, too-many,
    not-allowed. Whom it is not changed for at all is a NobodyFound."""

    name = "change.missed"
    reason: str
    store: str = ""


@dataclass(frozen=True, slots=True)
class PasswordChanged(Event):
    """The directory confirmed a new password that was set with the old one."""

    name = "password.changed"
    store: str


@dataclass(frozen=True, slots=True)
class PasswordNotSet(Event):
    """The directory refused (`refused`), or surely did nothing (`not-set`)."""

    name = "password.not-set"
    store: str
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PasswordUnknown(Event):
    """The directory's answer was lost; it is being settled."""

    name = "password.unknown"
    loud = True
    store: str


@dataclass(frozen=True, slots=True)
class RecoveryClosed(Event):
    """It ended without a new password."""

    name = "recovery.closed"
    reason: str


@dataclass(frozen=True, slots=True)
class MoreTimeGiven(Event):
    """Fifteen more minutes, once."""

    name = "recovery.more-time"


@dataclass(frozen=True, slots=True)
class LimitReached(Event):
    """A budget is used up. `budget` names it; never whose."""

    name = "limit.reached"
    loud = True
    budget: str


@dataclass(frozen=True, slots=True)
class LimitNear(Event):
    """Half of a budget that everybody shares is used up. `budget` names it."""

    name = "limit.near"
    loud = True
    budget: str


@dataclass(frozen=True, slots=True)
class NormExceeded(Event):
    """An hour came to so many `times` what is ordinary here: 5, or 20, and then no stranger's guesses are taken.

    `norm` names what is counted: "system-misses" or "system-sends".
    """

    name = "norm.exceeded"
    loud = True
    norm: str
    times: int


@dataclass(frozen=True, slots=True)
class RegionSwitchedOff(Event):
    """Hardly anybody types the codes that go to this region: none go there for half a day.

    `lane`: for strangers ("unknown-browser") or for numbers that are being added ("adding"); others still get theirs.
    """

    name = "region.switched-off"
    loud = True
    medium: str
    region: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class NoticeSent(Event):
    """The person was told. `notifier` is the key of the one who told."""

    name = "notice.sent"
    notifier: str
    about: str


DECLINED_ON_PHONE = "declined-on-phone"


@dataclass(frozen=True, slots=True)
class SelfServiceStopped(Event):
    """The person said "this wasn't me" to a notice, and `about` is the event which that notice told; or they declined
    a request on their phone, and `about` is DECLINED_ON_PHONE."""

    name = "self-service.stopped"
    loud = True
    about: str


@dataclass(frozen=True, slots=True)
class SelfServiceResumed(Event):
    """The help desk lifted the stop."""

    name = "self-service.resumed"
    loud = True


@dataclass(frozen=True, slots=True)
class PersonSignedIn(Event):
    """The company's identity provider vouched for somebody who has an account in this store."""

    name = "person.signed-in"
    store: str


@dataclass(frozen=True, slots=True)
class PersonSignedOut(Event):
    """A session is over. `how`: self, idle, age, frozen, idp (the identity provider said so), reset."""

    name = "person.signed-out"
    how: str


@dataclass(frozen=True, slots=True)
class PersonProved(Event):
    """Somebody signed in proved by a method of theirs who they are, so that they may change their methods."""

    name = "person.proved"
    method: str


@dataclass(frozen=True, slots=True)
class PersonMissed(Event):
    """Somebody signed in gave a wrong answer where they were asked to prove who they are."""

    name = "person.missed"
    method: str


@dataclass(frozen=True, slots=True)
class SignInFailed(Event):
    """What came back from the identity provider was refused. `reason` is a word of ours, as in docs/operate.md."""

    name = "sign-in.failed"
    loud = True
    reason: str


@dataclass(frozen=True, slots=True)
class SealBroken(Event):
    """A row was changed by somebody without the key; it was refused."""

    name = "seal.broken"
    loud = True
    table: str


@dataclass(frozen=True, slots=True)
class CodesIssued(Event):
    """An administrator issued saved codes on the server."""

    name = "enrolment.codes-issued"
    count: int


ALL: tuple[type[Event], ...] = tuple(Event.__subclasses__())
BY_NAME: dict[str, type[Event]] = {event.name: event for event in ALL}
