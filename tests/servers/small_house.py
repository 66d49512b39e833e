"""The whole house in this process, on a database of the test's, with a directory and a post office in memory."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar, cast

from argon2.low_level import Type, hash_secret

from keyback.core.contracts.channel import Channel, Message
from keyback.core.contracts.human_check import HumanCheck, Humanity, Part, Widget
from keyback.core.contracts.method import Method
from keyback.core.contracts.notifier import Notifier
from keyback.core.contracts.people import Account, AccountKey, Contact, ContactKind
from keyback.core.contracts.plugin import Context, NoSettings, Plugin
from keyback.core.contracts.text import Secret, Text
from keyback.core.db.jobs import Job
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.host import Broken, Host, Plugins
from keyback.core.recovery.policy import PublicRules, Purpose
from keyback.core.recovery.state import Recovery
from keyback.core.service.alerts import Alerts
from keyback.core.service.back_office import Worker
from keyback.core.service.records import Records
from keyback.core.service.recover import RecoveryService
from keyback.core.service.sending.media import PHONE_MEDIA, MediumRules
from keyback.core.service.sending.numbers import NumberRules
from keyback.core.service.snapshot import Snapshots
from keyback.core.service.staff import Staff, employ
from keyback.core.service.start import Arrival
from keyback.core.service.surroundings import Surroundings
from keyback.core.service.tickets import Answered, Ticket
from keyback.core.service.writing.strength import Strength
from keyback.core.testing import FakeChannel, FakeStore
from keyback.plugins.methods.email import Email
from keyback.plugins.methods.saved_codes import SavedCodes
from keyback.plugins.methods.sms import Sms
from keyback.plugins.notifiers.account_notice import AccountNotice

OLD, NEW = "the old password of jo", "violet anchors drift homeward"
# No password is too easy for the small house; whoever tests the estimate asks for it.
ANY = Strength(4, None)
PHONE, MAIL = "+436641234505", "jo.frost@mail.example"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2030, 6, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **delta: float) -> None:
        self.time += timedelta(**delta)


class OpenDoor(HumanCheck):
    """A human check that takes the word "yes", each time with another name for the solution."""

    key = "open_door"
    label = Text("Open door")
    fields: ClassVar[frozenset[str]] = frozenset({"human"})
    asked_for: ClassVar[list[int]] = []

    def widget(self, ctx: Context, *, effort: int = 1) -> Widget:
        self.asked_for.append(effort)
        return Widget("open_door", {"effort": str(effort)})

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        return Humanity(response.get("human") == "yes", response.get("once", ""))


class WeakDoor(OpenDoor):
    """One that programs pass too; a wrong answer with a name uses its task up."""

    key = "weak_door"
    label = Text("Weak door")
    fields = frozenset({"weak"})
    weak = True
    drawn: ClassVar[list[str]] = []

    def knows(self, name: str, ctx: Context) -> bool:
        return name.startswith("drawing")

    def part(self, name: str, ctx: Context) -> Part | None:
        self.drawn.append(name)
        return Part("image/png", name.encode())

    def judge(self, response: Mapping[str, str], ctx: Context, *, effort: int = 1) -> Humanity:
        return Humanity(response.get("weak") == "yes", response.get("once", ""))


class Directory(FakeStore):
    """A directory whose answers to writes, and to writes alone, can be lost."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble_when_writing: Exception | None = None

    def set_password(self, account: Account, password: Secret, *, unlock: bool, ctx: Context) -> None:
        if self.trouble_when_writing is not None:
            raise self.trouble_when_writing
        super().set_password(account, password, unlock=unlock, ctx=ctx)

    def unlock(self, account: Account, *, ctx: Context) -> None:
        if self.trouble_when_writing is not None:
            raise self.trouble_when_writing
        super().unlock(account, ctx=ctx)

    def change(self, account_id: str, **changes: Any) -> None:
        """As an administrator of the directory would."""
        self._accounts[account_id] = replace(self._accounts[account_id], **changes)

    def remove(self, account_id: str) -> None:
        """Take the account away."""
        del self._accounts[account_id]


class Cloud(Directory):
    """A second directory, less strict than the first one."""

    key = "cloud"
    label = Text("Cloud")
    strictness = 10


class QuickCodes(SavedCodes):
    """Saved codes whose hashes are quick: what a slow one keeps safe is tested where it is made."""

    def _slow_hash(self, code: str, salt: bytes) -> str:
        typed = b64encode(self._keyed(b"code:", code))
        return hash_secret(typed, salt, time_cost=1, memory_cost=8, parallelism=1, hash_len=32, type=Type.ID).decode()


class _Built:
    """Stands for the host: these plugins and no others."""

    def __init__(self, *plugins: Plugin, human_checks: Sequence[HumanCheck]) -> None:
        self.classes: Mapping[tuple[str, str], type[Plugin]] = {}
        self.files: Mapping[tuple[str, str], str] = {}
        self.broken: tuple[Broken, ...] = ()
        self.left_out: tuple[str, ...] = ()
        self._plugins = plugins
        self._human_checks = {check.key: check for check in human_checks}

    def build(self, settings: object, *, human_checks: object, version: int, **_: object) -> Plugins:
        def of(kind: str) -> Any:
            return MappingProxyType({p.key: p for p in self._plugins if kind in {c.__name__ for c in type(p).__mro__}})

        return Plugins(
            methods=of("Method"), stores=of("Store"), channels=of("Channel"), notifiers=of("Notifier"),
            human_checks=self._human_checks, broken=(), version=version,
        )  # fmt: skip


@dataclass
class SmallHouse:
    """A house, its clock, its directory and its post."""

    records: Records
    snapshots: Snapshots
    staff: Staff
    around: Surroundings
    clock: Clock
    store: Directory
    channel: FakeChannel
    codes: SavedCodes
    paper: tuple[str, ...] = ()
    names: dict[str, AccountKey] = field(default_factory=dict)
    cloud: Cloud | None = None
    # Jobs that hold what was typed: nobody finds that in the database.
    in_hand: list[Job] = field(default_factory=list)

    @property
    def service(self) -> RecoveryService:
        return self.staff.service

    @property
    def alerts(self) -> Alerts:
        return self.staff.watch.alerts

    def look_at_norms(self) -> None:
        """As every process does each second."""
        self.alerts.look(self.clock())
        self.alerts.tell(self.clock())

    def work(self, rounds: int = 10) -> None:
        """Let the back office do everything that is due, here and now, and what follows from it as often."""
        while self.in_hand:
            job = self.in_hand.pop()
            self.staff.office._workers[job.kind](job)
        for _ in range(rounds):
            now = self.clock()
            with self.records.db.write() as tx:
                jobs = self.records.jobs.claim(tx, "test", now=now + timedelta(minutes=1), until=now)
            due = [job for job in jobs if job.due_at <= now]
            for job in due:
                self.staff.office._workers[job.kind](job)
            if not due:
                return

    def take(self, job: Job, rest: Worker | None = None) -> bool:
        """Jobs are worked off when a test says so; one that is in hand goes on at once."""
        if rest is not None:
            rest(job)
        if job.typed:
            self.in_hand.append(job)
        return rest is not None

    def start(
        self,
        name: str = "jo",
        *,
        browser: str = "",
        address: str = "192.0.2.1",
        purpose: Purpose = Purpose.RESET,
        organisation: str = "",
        desk_code: str = "",
    ) -> Visit:
        arrival = Arrival(address, browser, purpose=purpose, organisation=organisation, desk_code=desk_code)
        ticket = self.service.starting.start(name, {"human": "yes"}, arrival)
        return Visit(self, ticket)

    def add(self, name: str, **changes: Any) -> AccountKey:
        """Somebody with a phone, a mailbox, and saved codes on paper."""
        contacts = (
            Contact(ContactKind.PHONE, PHONE, "mobile", trusted=True),
            Contact(ContactKind.MAIL, MAIL, "mail", trusted=True),
        )
        account = Account(AccountKey("fake", f"id-of-{name}"), name, name.title(), contacts=contacts, stamp="1")
        key = self.store.add(replace(account, **changes), OLD)
        person = self.records.keyring.pseudonym(key.store, key.id)
        codes, data = self.codes.issue(3, self.random)
        now = self.clock()
        with self.records.db.write() as tx:
            self.records.enrolments.add(tx, person, "saved_codes", "Paper", data, proven_at=now, usable_from=now)
        self.paper = codes
        return key

    def link(self, name: str = "jo", **changes: Any) -> AccountKey:
        """Give them a second account, in the cloud, with a mailbox of its own; both are one person's."""
        assert self.cloud is not None
        mail = Contact(ContactKind.MAIL, f"{name}@cloud.example", "mail", trusted=True)
        theirs = Account(AccountKey("cloud", f"cloud-id-of-{name}"), f"{name}.cloud", contacts=(mail,), stamp="1")
        key = self.cloud.add(replace(theirs, **changes), OLD)
        first = AccountKey("fake", f"id-of-{name}")
        person = self.records.keyring.pseudonym(first.store, first.id)
        with self.records.db.write() as tx:
            for each in (first, key):
                assert self.records.links.link(tx, person, each, "signed in to both", self.clock())
        return key

    @staticmethod
    def random(size: int) -> bytes:
        import secrets

        return secrets.token_bytes(size)

    @staticmethod
    def context() -> Context:
        return Surroundings("Acme", "https://reset.example.org").context(seconds=10)

    def wait(self, seconds: float) -> None:
        """So much later, with everything done that was due by then."""
        self.clock.forward(seconds=seconds)
        self.work()

    def sent(self, medium: str) -> list[Message]:
        return [message for message in self.channel.sent if message.medium == medium]

    def opens(self, name: str, password: str) -> bool:
        key = AccountKey("fake", f"id-of-{name}")
        context = self.context()
        account = self.store.look(key, context)
        assert account is not None
        return bool(self.store.accepts(account, Secret(password), ctx=context))


@dataclass
class Visit:
    """One person's way through a recovery, by the service's own methods."""

    house: SmallHouse
    ticket: Ticket

    @property
    def recovery(self) -> Recovery:
        return self.house.service.tickets.look(self.ticket)

    @property
    def token(self) -> str:
        return self.house.service.tickets.form_token(self.recovery)

    def pick(self, choice: str, destination: str = "") -> Recovery:
        return self.house.service.choosing.pick(self.ticket, self.token, choice, destination)

    def answer(self, code: str) -> Answered:
        answered = self.house.service.proving.answer(self.ticket, self.token, {"code": code})
        self.ticket = answered.ticket
        return answered

    def send_again(self) -> Recovery:
        return self.house.service.choosing.again(self.ticket, self.token)

    def more_time(self) -> Recovery:
        return self.house.service.choosing.more_time(self.ticket, self.token)

    def code(self) -> str:
        """The newest code of the challenge, as the person would read it."""
        pick = self.recovery.pick
        assert pick is not None
        return pick.challenge.secret["code"]

    def prove_by_mail(self) -> Answered:
        """The first proof."""
        self.house.work()
        self.pick("email")
        self.house.work()
        return self.answer(self.code())

    def prove_by_paper(self, which: int = 0) -> Answered:
        """The second proof."""
        choice = next(c for c in self.house.service.choosing.choices(self.recovery) if c.method == "saved_codes")
        self.pick(choice.value)
        return self.answer(self.house.paper[which])

    def renew(self, password: str = NEW, *names: str) -> Recovery:
        """Set it for the accounts with these names, or for all that are open."""
        targets = self.house.service.renewing.targets(self.recovery)
        chosen = [each.value for each in targets if (each.name in names if names else not each.is_set)]
        recovery, self.ticket = self.house.service.renewing.renew(self.ticket, self.token, Secret(password), chosen)
        return recovery

    def kept(self) -> Recovery:
        """As it stands in the database, whatever the person saw of it."""
        with self.house.records.db.read() as tx:
            recovery = self.house.records.recoveries.load(tx, self.ticket.recovery_id)
        assert recovery is not None
        return recovery

    def unlock(self) -> Recovery:
        """Have unlocked what is locked."""
        recovery, self.ticket = self.house.service.unlocking.unlock(self.ticket, self.token)
        return recovery


def told(recovery: Recovery) -> dict[str, str]:
    """What is said of each store's account."""
    return {outcome.account.store: outcome.kind.value for outcome in recovery.outcomes}


def small_house(
    database: Database,
    *,
    look_up: timedelta = timedelta(0),
    cloud: Cloud | None = None,
    methods: Sequence[Method] = (),
    channel: FakeChannel | None = None,
    channels: Sequence[Channel] = (),
    notifiers: Sequence[Notifier] = (),
    door: HumanCheck | None = None,
    directory: Directory | None = None,
    **changes: Any,
) -> SmallHouse:
    """A house with somebody called jo in it."""
    keyring = Keyring.load(database, bytes(range(32)))
    records, clock = Records.open(database, keyring), Clock()
    media = {medium: MediumRules(numbers=NumberRules(frozenset({"AT"}))) for medium in PHONE_MEDIA}
    stands = {"origin": "https://reset.example.org", "help_desk": "Call 123", "media": media, **changes}
    around = Surroundings("Acme", now=clock, **stands)
    store, channel = directory or Directory(), channel or FakeChannel()
    codes = QuickCodes(SavedCodes.Settings(pepper="p" * 32))
    also = (cloud,) if cloud else ()
    door = door or OpenDoor(NoSettings())
    host = _Built(
        Email(Email.Settings()), Sms(Sms.Settings()), codes, store, channel, AccountNotice(AccountNotice.Settings()),
        *also, *methods, *channels, *notifiers, human_checks=(door, WeakDoor(NoSettings())),
    )  # fmt: skip
    with database.write() as tx:
        # Answers are judged as soon as they can be; whoever tests the pause says so.
        records.settings.save_public_rules(tx, PublicRules(look_up=look_up), who="the tests", why="tests")
    snapshots = Snapshots(cast("Host", host), records, pinned={}, human_checks=(door.key, "weak_door"))
    staff = employ(records, snapshots, around, breached=lambda password: False, strength=lambda password, words: ANY)
    house = SmallHouse(records, snapshots, staff, around, clock, store, channel, codes, cloud=cloud)
    staff.office.hand_over = house.take  # type: ignore[method-assign]
    house.add("jo")
    return house
