"""Before a reset: everybody is told once, in time, and whoever changed it since is left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from servers.campaigning import Campaigning, Killed, campaigning
from servers.desk import ADA, BO, happened
from servers.small_house import MAIL, SmallHouse, small_house

from keyback.config.house import TRANSLATIONS
from keyback.core.contracts.brand import Brand
from keyback.core.contracts.errors import NotAllowed, StoreUnavailable
from keyback.core.contracts.people import AccountKey, AccountState, Contact, ContactKind
from keyback.core.db.session import Database
from keyback.core.languages import Languages
from keyback.core.service.campaigning.campaigns import Campaign, Kind, State

NOTICE = 24


@pytest.fixture
def campaigns(house: SmallHouse) -> Campaigning:
    found = campaigning(house)
    found.crowd(2)
    return found


def announced(campaigns: Campaigning, **changes: Any) -> Campaign:
    """A reset in two days, of which people hear a day before."""
    begins = campaigns.house.clock() + timedelta(hours=2 * NOTICE)
    times = {"opens_at": begins, "closes_at": begins + timedelta(days=2)}
    return campaigns.agreed(**{**times, "notice_hours": NOTICE, **changes})


def told(house: SmallHouse) -> list[str]:
    """What was said by mail."""
    return [str(message.text) for message in house.sent("email")]


def on_the_day_before(campaigns: Campaigning) -> None:
    campaigns.go_on(hours=NOTICE, minutes=1)
    for _ in range(3):
        campaigns.go_on()


def test_everybody_is_told_once_a_day_before_and_asked_not_before_the_day(
    house: SmallHouse, campaigns: Campaigning
) -> None:
    campaign = announced(campaigns)
    campaigns.go_on(hours=NOTICE - 1)
    assert told(house) == []
    on_the_day_before(campaigns)
    assert len(told(house)) == 3
    assert len(happened(house, "campaign.change-announced")) == 3
    campaigns.go_on(hours=NOTICE - 2)
    assert house.store.demands == []
    campaigns.go_on(hours=2)
    ended = campaigns.run(campaign)
    assert (ended.ended, ended.count("done"), ended.count("told")) == ("all", 3, 3)
    assert len(told(house)) == len(house.store.demands) == 3


def test_the_mail_says_when_and_where_and_holds_no_link(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = announced(campaigns)
    on_the_day_before(campaigns)
    words = told(house)[0]
    assert f"{campaign.plan.opens_at.day} " in words
    assert f"{campaign.plan.opens_at:%H:%M} (UTC)" in words
    assert "reset.example.org/change" in words
    assert "Call 123" in words
    assert "://" not in words


@pytest.mark.parametrize(("language", "said"), [("en", "you must choose a new"), ("de", "müssen Sie")])
def test_it_is_told_in_the_houses_language_and_by_its_brand(database: Database, language: str, said: str) -> None:
    brand = Brand("The Acme Works", "Works", "the Works' desk")
    house = small_house(database, languages=Languages(TRANSLATIONS, default=language), brand=lambda: brand)
    campaigns = campaigning(house)
    announced(campaigns)
    on_the_day_before(campaigns)
    (words,) = told(house)
    assert said in words
    assert "Works" in words
    assert "the Works' desk" in words


def test_only_texts_that_were_agreed_on_are_sent(house: SmallHouse, campaigns: Campaigning) -> None:
    announced(campaigns)
    on_the_day_before(campaigns)
    assert house.sent("sms") == []


def test_whoever_changed_it_since_they_were_told_is_not_asked_again(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = announced(campaigns)
    on_the_day_before(campaigns)
    house.store.change("id-of-jo", stamp="2")
    campaigns.go_on(hours=NOTICE)
    ended = campaigns.run(campaign)
    assert ended.tally["skipped:changed"] == 1
    assert {key.id for key in house.store.demands} == {"id-of-p000", "id-of-p001"}


def asked(campaigns: Campaigning) -> set[str]:
    """In which directories somebody must choose another password."""
    return {key.store for key in (*campaigns.house.store.demands, *campaigns.annex.demands)}


JO, BOTH = AccountKey("fake", "id-of-jo"), ("fake", "cloud")


def test_of_two_joined_accounts_only_the_one_that_was_not_changed_is_asked(joined: Campaigning) -> None:
    campaign = announced(joined, stores=BOTH)
    on_the_day_before(joined)
    joined.house.store.change("id-of-jo", stamp="2")
    joined.go_on(hours=NOTICE)
    assert joined.run(campaign).count("done") == 1
    assert asked(joined) == {"cloud"}


def test_an_account_that_was_closed_since_has_no_changed_one_asked(joined: Campaigning) -> None:
    campaign = announced(joined, stores=BOTH)
    on_the_day_before(joined)
    joined.house.store.change("id-of-jo", stamp="2")
    joined.annex.change("cloud-id-of-jo", state=AccountState(enabled=False))
    joined.go_on(hours=NOTICE)
    assert joined.run(campaign).tally["skipped:changed"] == 1
    assert asked(joined) == set()


def test_an_account_that_was_opened_since_is_asked_and_no_changed_one_beside_it(joined: Campaigning) -> None:
    joined.annex.change("cloud-id-of-jo", state=AccountState(enabled=False))
    campaign = announced(joined, stores=BOTH)
    on_the_day_before(joined)
    joined.house.store.change("id-of-jo", stamp="2")
    joined.annex.change("cloud-id-of-jo", state=AccountState())
    joined.go_on(hours=NOTICE)
    assert joined.run(campaign).count("done") == 1
    assert asked(joined) == {"cloud"}


def test_who_was_told_and_parted_their_accounts_since_is_asked_at_both(joined: Campaigning) -> None:
    joined.crowd(1)
    campaign = announced(joined, stores=BOTH)
    on_the_day_before(joined)
    house = joined.house
    house.store.change("id-of-p000", state=AccountState(enabled=False))
    with house.records.db.write() as tx:
        person_id, _ = house.records.links.whose(tx, JO)
        assert house.records.links.part(tx, person_id, AccountKey("cloud", "cloud-id-of-jo"))
    joined.count()
    joined.go_on(hours=NOTICE)
    assert joined.run(campaign).count("done") == 2
    assert asked(joined) == {"fake", "cloud"}


def test_an_account_that_was_made_anew_since_is_somebody_who_was_not_told(
    house: SmallHouse, campaigns: Campaigning
) -> None:
    campaign = announced(campaigns)
    on_the_day_before(campaigns)
    house.store.remove("id-of-jo")
    house.add("jo", key=AccountKey("fake", "another-id-of-jo"))
    campaigns.count()
    campaigns.go_on(hours=NOTICE)
    ended = campaigns.run(campaign)
    assert ended.tally["skipped:untold"] == 1
    assert {key.id for key in house.store.demands} == {"id-of-p000", "id-of-p001"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": AccountState(enabled=False)}, "closed"),
        ({"state": AccountState(must_change=True)}, "due"),
        ({"privileged": True}, "privileged"),
        ({"contacts": ()}, "no-address"),
        ({"contacts": (Contact(ContactKind.PHONE, "+43123456", "mobile", trusted=True),)}, "no-address"),
    ],
)
def test_whom_it_is_not_for_or_who_has_no_mailbox_is_not_told(
    house: SmallHouse, campaigns: Campaigning, changes: dict[str, Any], why: str
) -> None:
    campaign = announced(campaigns)
    house.store.change("id-of-jo", **changes)
    on_the_day_before(campaigns)
    assert len(told(house)) == 2
    assert campaigns.desk.look(campaign.id).tally[f"untold:{why}"] == 1


def test_a_joined_person_is_told_at_every_address_and_of_the_account_that_it_is_for(joined: Campaigning) -> None:
    announced(joined, stores=("fake",))
    on_the_day_before(joined)
    assert {message.to for message in joined.house.sent("email")} == {MAIL, "jo@cloud.example"}
    assert all("(jo)" in words for words in told(joined.house))


def test_whoever_has_no_mailbox_is_asked_on_the_day_all_the_same(house: SmallHouse, campaigns: Campaigning) -> None:
    house.store.change("id-of-jo", contacts=())
    campaign = announced(campaigns)
    on_the_day_before(campaigns)
    campaigns.go_on(hours=NOTICE)
    assert campaigns.run(campaign).count("done") == 3


def test_whoever_came_after_the_notice_is_not_asked_without_one(house: SmallHouse, campaigns: Campaigning) -> None:
    house.store.change("id-of-jo", state=AccountState(enabled=False))
    campaign = announced(campaigns)
    on_the_day_before(campaigns)
    house.store.change("id-of-jo", state=AccountState())
    campaigns.go_on(hours=NOTICE)
    ended = campaigns.run(campaign)
    assert ended.tally["skipped:untold"] == 1
    assert len(house.store.demands) == 2


def test_nobody_is_told_twice_when_it_is_paused_or_the_process_dies(
    house: SmallHouse, campaigns: Campaigning, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = announced(campaigns)
    campaigns.desk.pause(ADA, campaign.id, "a storm")
    on_the_day_before(campaigns)
    assert told(house) == []
    campaigns.desk.resume(ADA, campaign.id, "over")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die_after(patch, campaigns, 1)
        house.work()
    campaigns.desk.pause(ADA, campaign.id, "a storm")
    campaigns.desk.resume(ADA, campaign.id, "over")
    for _ in range(9):
        campaigns.go_on()
    assert len(told(house)) == 3


def die_after(patch: pytest.MonkeyPatch, campaigns: Campaigning, number: int) -> None:
    """The process dies once so many were told."""
    telling = campaigns.house.staff.campaigning.telling
    tell, done = telling.tell, []

    def counted(*asked: Any) -> Campaign:
        if len(done) == number:
            raise Killed
        done.append(1)
        return tell(*asked)

    patch.setattr(type(telling), "tell", lambda _self, *asked: counted(*asked))


def test_a_silent_directory_delays_the_day_rather_than_the_notice(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = announced(campaigns)
    house.store.trouble = StoreUnavailable("silent")
    campaigns.go_on(hours=2 * NOTICE)
    house.store.trouble = None
    for _ in range(5):
        campaigns.go_on()
    assert len(told(house)) == 3
    # Whoever sets it going anew shortens nobody's notice.
    campaigns.desk.pause(ADA, campaign.id, "a storm")
    campaigns.desk.resume(ADA, campaign.id, "over")
    campaigns.go_on(hours=NOTICE - 1)
    assert house.store.demands == []
    campaigns.go_on(hours=1)
    assert campaigns.run(campaign).count("done") == 3


def test_what_is_stopped_before_tells_nobody(house: SmallHouse, campaigns: Campaigning) -> None:
    campaign = announced(campaigns)
    campaigns.desk.end(ADA, campaign.id, "a mistake")
    on_the_day_before(campaigns)
    campaigns.go_on(hours=NOTICE)
    assert told(house) == []


def test_one_that_begins_too_soon_to_tell_everybody_is_refused_when_asked_and_when_approved(
    house: SmallHouse, campaigns: Campaigning
) -> None:
    begins = house.clock() + timedelta(hours=NOTICE, minutes=30)
    with pytest.raises(NotAllowed, match="must begin later") as refused:
        announced(campaigns, opens_at=begins, per_hour=3)
    assert "opens_at" in refused.value.at
    plan = campaigns.plan(opens_at=begins, closes_at=begins + timedelta(days=1), notice_hours=NOTICE)
    campaign = campaigns.desk.ask(ADA, plan, "a leak")
    house.clock.forward(hours=1)
    with pytest.raises(NotAllowed, match="must begin later"):
        campaigns.desk.approvals.approve(BO, campaign.approval)
    assert campaigns.desk.look(campaign.id).state is State.WAITING


def test_without_notice_nobody_is_told(house: SmallHouse, campaigns: Campaigning) -> None:
    ended = campaigns.run(campaigns.agreed(Kind.RESET))
    assert (ended.count("done"), told(house)) == (3, [])
