"""Puts the shell together: who needs whom, once, at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from .alerts import Alerts
from .back_office import BackOffice
from .calls import Calls
from .campaigning.audience import Audience
from .campaigning.campaign_book import CampaignBook
from .campaigning.campaign_looks import Looking
from .campaigning.campaign_notices import Telling
from .campaigning.campaign_turns import Turns
from .campaigning.campaign_work import KIND as CAMPAIGN
from .campaigning.campaign_work import CampaignWork
from .choose import Choosing
from .chores import Chores
from .clients.sightings import Sightings
from .clients.signals import Signalling
from .drafts import Drafts
from .enrolling.address_checks import AddressChecks
from .enrolling.arrange import Arranging
from .enrolling.enrol import Enrolling
from .enrolling.fresh_proofs import FreshProofs
from .enrolling.link_effect import LinkEffect
from .enrolling.linking import Linking
from .enrolling.my_accounts import MyAccounts
from .enrolling.my_methods import MyMethods
from .enrolling.new_address import NewAddresses
from .enrolling.other_account import OtherAccount
from .enrolling.phones import Phones
from .enrolling.renewal import Renewal
from .enrolling.second_sign_in import SecondSignIn
from .finding.ask import Asking
from .finding.disguise import Disguise
from .finding.find import Finding
from .finding.join import Joining
from .finding.recognise import Recognising
from .finding.ways import Ways
from .finding.whose import Whose
from .gate import Gate
from .hear import Hearing
from .helping.inviting import Inviting
from .misses import Misses
from .mover import Mover
from .norms import Norms
from .prove import Proving
from .records import Records
from .recover import RecoveryService
from .reporting.certificate_watch import KIND as CERTIFICATES
from .reporting.certificate_watch import CertificateWatch
from .reporting.counting import Counting
from .reporting.file_post import LOOK, MAIL, FilePost
from .reporting.follow import Following
from .reporting.log_check import LogCheck
from .reporting.plugin_watch import PluginWatch
from .reporting.tally import Tally
from .reporting.watch import Watch
from .ruling.simulator import Simulator
from .ruling.stranded import Stranded
from .ruling.trials import KIND as TEST
from .ruling.trials import Trials
from .sending.budgets import Budgets
from .sending.callback_links import CallbackLinks
from .sending.code_post import CodePost
from .sending.deliver import Delivering
from .sending.messages import Messenger
from .sending.notice_links import NoticeLinks
from .sending.notices import Notices
from .sending.reports import Reports
from .snapshot import Snapshots
from .start import Starting
from .stop import Stopping
from .surroundings import Surroundings
from .ticket_office import TicketOffice
from .writing.accounts import Accounts
from .writing.change import Changing
from .writing.changed import Results
from .writing.claim import Claiming
from .writing.conclude import Concluding
from .writing.doubts import Doubts
from .writing.end_sessions import EndingSessions
from .writing.exchange import Exchanging
from .writing.locks import Locks
from .writing.measure import Measure
from .writing.renew import Renewing
from .writing.settle import Settling
from .writing.strength import Strength
from .writing.unlock import Unlocking
from .writing.write import Writer


@dataclass(frozen=True)
class Staff:
    """What serves the pages, what works behind them, and who knows people for whoever works on the server."""

    service: RecoveryService
    changing: Changing
    enrolling: Enrolling
    linking: Linking
    office: BackOffice
    watch: Watch
    simulator: Simulator
    counting: Counting
    campaigning: CampaignWork

    @property
    def file_post(self) -> FilePost:
        """Who mails files."""
        found = self.simulator
        house = _House(records=found.records, snapshots=found.snapshots, around=found.around)
        return _file_post(house, self.enrolling.notices.delivering, self.office)

    @property
    def ending(self) -> EndingSessions:
        """Who sees to it that sessions end."""
        return self.service.renewing.claiming.concluding.ending

    @property
    def recognising(self) -> Recognising:
        """Who knows people by their accounts."""
        return self.simulator.recognising

    @property
    def stranded(self) -> Stranded:
        """Who knows who could not get back in."""
        found = self.simulator
        return Stranded(found.records, found.snapshots, found.around)


class _House(TypedDict):
    """What nearly everybody works with."""

    records: Records
    snapshots: Snapshots
    around: Surroundings


def employ(
    records: Records,
    snapshots: Snapshots,
    around: Surroundings,
    *,
    breached: Callable[[str], bool],
    strength: Callable[[str, tuple[str, ...]], Strength],
) -> Staff:
    """The whole shell over these records and plugins."""
    house = _House(records=records, snapshots=snapshots, around=around)
    office, calls = BackOffice(records, around), Calls(around.meter)
    mover, links = Mover(records, office, around), NoticeLinks(keyring=records.keyring, around=around)
    answers_at, norms = CallbackLinks(keyring=records.keyring, around=around), Norms(records, around)
    delivering = Delivering(**house, calls=calls, budgets=Budgets(records=records, around=around, norms=norms))
    messenger = Messenger(**house, mover=mover, delivering=delivering, office=office, links=answers_at, norms=norms)
    notices = Notices(**house, mover=mover, calls=calls, delivering=delivering, office=office, links=links)
    tickets, misses = TicketOffice(**house, mover=mover), Misses(records=records, around=around, norms=norms)
    measure, alerts = Measure(around=around, breached=breached, strength=strength), Alerts(records, around, norms)
    proving = Proving(**house, mover=mover, misses=misses, notices=notices, tickets=tickets, alerts=alerts)
    hearing = Hearing(**house, messenger=messenger, proving=proving, links=answers_at, calls=calls)
    stopping = Stopping(records=records, mover=mover, notices=notices, links=links, office=office, around=around)
    renewing, unlocking = _writing(house, mover, notices, tickets, measure)
    service = RecoveryService(
        starting=_starting(house, calls, tickets, norms, alerts),
        tickets=tickets,
        choosing=Choosing(**house, mover=mover, messenger=messenger, tickets=tickets, alerts=alerts),
        proving=proving,
        hearing=hearing,
        renewing=renewing,
        unlocking=unlocking,
        stopping=stopping,
        phones=Phones(**house, hearing=hearing, stopping=stopping),
    )
    simulator, counting = _teach_to_find(house, mover, messenger, calls, office)
    _teach_to_tell(messenger, notices, office)
    watch = _hang_up_chores(house, alerts, mover, delivering, office)
    enrolling = _enrolling(house, MyMethods(**house, recognising=simulator.recognising), misses, notices, answers_at)
    linking, changing = _linking(house, mover, calls, enrolling), _changing(house, service, simulator)
    campaigning = _campaigning(house, simulator, enrolling, renewing)
    return Staff(service, changing, enrolling, linking, office, watch, simulator, counting, campaigning)


def _starting(house: _House, calls: Calls, tickets: TicketOffice, norms: Norms, alerts: Alerts) -> Starting:
    sightings = Sightings(records=house["records"], around=house["around"])
    gate = Gate(**house, calls=calls, norms=norms, alerts=alerts)
    return Starting(**house, mover=tickets.mover, gate=gate, tickets=tickets, sightings=sightings)


def _writing(
    house: _House, mover: Mover, notices: Notices, tickets: TicketOffice, measure: Measure
) -> tuple[Renewing, Unlocking]:
    """What writes to directories: by the same claim, and what became of it is found out by the same job."""
    records, snapshots, around = house["records"], house["snapshots"], house["around"]
    writer = Writer(snapshots=snapshots, calls=notices.calls, around=around)
    locks = Locks(snapshots=snapshots, writer=writer)
    concluding = _teach_to_settle(house, mover, locks, notices)
    accounts = Accounts(**house, mover=mover, writer=writer)
    claiming = Claiming(records=records, mover=mover, concluding=concluding, around=around)
    renewing = Renewing(
        records=records,
        snapshots=snapshots,
        accounts=accounts,
        writer=writer,
        claiming=claiming,
        tickets=tickets,
        around=around,
        measure=measure,
    )
    unlocking = Unlocking(**house, mover=mover, accounts=accounts, locks=locks, claiming=claiming, tickets=tickets)
    return renewing, unlocking


def _enrolling(house: _House, mine: MyMethods, misses: Misses, notices: Notices, links: CallbackLinks) -> Enrolling:
    office = notices.office
    records, around, delivering = house["records"], house["around"], notices.delivering
    norms = delivering.budgets.norms
    post = CodePost(records=records, delivering=delivering, office=office, links=links, around=around, norms=norms)
    office.teach("code", post.work)
    renewal = Renewal(**house, mine=mine)
    return Enrolling(
        **house,
        mine=mine,
        proofs=FreshProofs(**house, mine=mine, misses=misses, post=post, notices=notices, office=office),
        arranging=Arranging(**house, mine=mine),
        renewal=renewal,
        checks=AddressChecks(
            **house, mine=mine, misses=misses, post=post, notices=notices, office=office, renewal=renewal
        ),
        drafts=Drafts(records=house["records"], around=house["around"]),
        addresses=NewAddresses(**house, post=post),
        notices=notices,
        office=office,
    )


def _campaigning(house: _House, simulator: Simulator, enrolling: Enrolling, renewing: Renewing) -> CampaignWork:
    """What is done for many people, in whichever process works."""
    records, around, office = house["records"], house["around"], enrolling.office
    mine, notices = enrolling.mine, enrolling.notices
    book = CampaignBook(records=records, around=around)
    looking = Looking(book=book, writer=renewing.writer, recognising=simulator.recognising)
    inviting = Inviting(records=records, mine=mine, notices=notices, office=office, around=around)
    turns = Turns(book=book, looking=looking, inviting=inviting)
    telling = Telling(book=book, looking=looking, inviting=inviting)
    audience = Audience(Stranded(simulator.records, simulator.snapshots, simulator.around))
    work = CampaignWork(book=book, audience=audience, turns=turns, telling=telling, office=office)
    office.teach(CAMPAIGN, work.work)
    return work


def _linking(house: _House, mover: Mover, calls: Calls, enrolling: Enrolling) -> Linking:
    recognising = enrolling.mine.recognising
    effect = LinkEffect(records=house["records"], mover=mover, around=house["around"])
    enrolling.office.also(effect.bring_due)
    return Linking(
        **house,
        recognising=recognising,
        accounts=MyAccounts(**house, calls=calls),
        other=OtherAccount(**house, recognising=recognising, calls=calls),
        mine=enrolling.mine,
        effect=effect,
        second=SecondSignIn(records=house["records"], around=house["around"]),
        notices=enrolling.notices,
    )


def _changing(house: _House, service: RecoveryService, simulator: Simulator) -> Changing:
    """A story of its own: it shares the door, the limits and the write with a recovery."""
    renewing, around = service.renewing, house["around"]
    concluding, measure, writer = renewing.claiming.concluding, renewing.measure, renewing.writer
    notices, office = concluding.notices, concluding.notices.office
    results = Results(records=house["records"], concluding=concluding, notices=notices, office=office, around=around)
    exchanging = Exchanging(
        **house,
        whose=Whose(**house, writer=writer, recognising=simulator.recognising),
        measure=measure,
        writer=writer,
        doubts=Doubts(around=around),
        results=results,
        office=office,
    )
    office.teach("exchange", exchanging.work)
    gate, misses = service.starting.gate, service.proving.misses
    return Changing(**house, gate=gate, misses=misses, measure=measure, writer=writer, office=office)


def _teach_to_settle(house: _House, mover: Mover, locks: Locks, notices: Notices) -> Concluding:
    """What became of a write is said by one piece, whether its answer came or was lost."""
    records, around, office = house["records"], house["around"], notices.office
    ending = EndingSessions(**house, mover=mover, calls=notices.calls, office=office)
    office.teach("end-sessions", ending.work)
    signalling = Signalling(records=records, around=around)
    concluding = Concluding(
        records=records, mover=mover, notices=notices, ending=ending, signalling=signalling, around=around
    )
    settling = Settling(
        records=records,
        mover=mover,
        writer=locks.writer,
        locks=locks,
        concluding=concluding,
        office=office,
        around=around,
        doubts=Doubts(around=around),
    )
    office.teach("settle", settling.work)
    return concluding


def _hang_up_chores(house: _House, alerts: Alerts, mover: Mover, delivering: Delivering, office: BackOffice) -> Watch:
    """What is done at every tick, and who says how it goes."""
    records, snapshots = house["records"], house["snapshots"]
    office.also(alerts.look, everywhere=True)
    office.also(alerts.tell)
    Chores(records=records, snapshots=snapshots, mover=mover, budgets=delivering.budgets).hang_up_in(office)
    office.also(Reports(records=records, snapshots=snapshots, calls=delivering.calls).collect, everywhere=True)
    tally = Tally(records=records, around=house["around"])
    for chore in (tally.count_events, tally.count_messages):
        office.also(chore)
    office.also(tally.time_stores, everywhere=True)
    office.also(PluginWatch(**house).look, everywhere=True)
    certificates = CertificateWatch(**house, office=office)
    office.also(certificates.look)
    office.teach(CERTIFICATES, certificates.work)
    trials = Trials(records=records, snapshots=snapshots, office=office, around=house["around"])
    office.teach(TEST, trials.work)
    office.teach("verify", LogCheck(records=records, office=office, around=house["around"]).work)
    post = _file_post(house, delivering, office)
    office.also(post.look)
    office.teach(LOOK, post.work)
    office.teach(MAIL, post.mail)
    office.also(Following(records, snapshots, delivering.calls, house["around"]).look)
    return Watch(records=records, office=office, calls=delivering.calls, alerts=alerts, around=house["around"])


def _file_post(house: _House, delivering: Delivering, office: BackOffice) -> FilePost:
    return FilePost(**house, calls=delivering.calls, delivering=delivering, office=office)


def _teach_to_tell(messenger: Messenger, notices: Notices, office: BackOffice) -> None:
    office.teach("message", messenger.work)
    office.teach("notify", notices.tell)
    office.teach("change", notices.tell_change)
    office.teach("carry", notices.carry)


def _teach_to_find(
    house: _House, mover: Mover, messenger: Messenger, calls: Calls, office: BackOffice
) -> tuple[Simulator, Counting]:
    """Who somebody is, by the account that has the name and by those that are linked to it; and who foretells it."""
    ways = Ways(**house, mover=mover)
    recognising = Recognising(records=house["records"], snapshots=house["snapshots"], ways=ways)
    asking = Asking(snapshots=house["snapshots"], calls=calls, around=house["around"])
    finding = Finding(
        **house,
        mover=mover,
        messenger=messenger,
        asking=asking,
        recognising=recognising,
        disguise=Disguise(**house),
        office=office,
    )
    joining = Joining(**house, mover=mover, messenger=messenger, calls=calls, office=office, ways=ways)
    office.teach("find", finding.work)
    office.teach("join", joining.work)
    counting = Counting(house["records"], house["snapshots"], recognising, calls, house["around"])
    office.also(counting.look)
    return Simulator(**house, asking=asking, recognising=recognising, joining=joining), counting
