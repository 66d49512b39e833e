"""The Active Directory store on a real domain controller, as the least-privilege account: who somebody is there."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import ldap3
import pytest
from ldap3.protocol.formatters.formatters import format_sid
from servers.samba import SambaAd, in_quotes
from servers.samba_contents import DOMAIN_DN, HISTORY, MINIMUM, PASSWORD, SERVICE, SERVICE_PASSWORD, STAFF_ADMINS
from servers.slapd import Someone

from keyback.core import (
    Account,
    AccountKey,
    AccountState,
    Ambiguous,
    CanChange,
    CanTell,
    CanUnlock,
    ContactKind,
    Context,
    KnowsLockout,
    NotAllowed,
    PasswordRefused,
    Secret,
)
from keyback.core.testing import StoreSuite
from keyback.plugins.stores.active_directory import ActiveDirectory

Seen = Callable[[Someone], Account]
Now = Callable[..., Context]
MakeStore = Callable[..., ActiveDirectory]

NEW = "Four words, 1 by 1, apart"


class TestItKeepsTheContract(StoreSuite):
    """The suite that every store must pass."""

    name = "suite"
    passwords = ("Correct horse battery 1", "Correct horse battery 2")

    @pytest.fixture(autouse=True)
    def _with(self, ad_store: ActiveDirectory, ad: SambaAd, now: Now) -> None:
        self.plugin, self.ad = ad_store, ad
        if ad_store.find("suite", now()) is None:
            ad.person("suite")

    def opens(self, password: str) -> bool:
        # Kerberos, for by LDAP a former password opens for an hour more.
        return self.ad.opens(Someone(self.name, ""), password)


def test_it_can_do_what_a_store_may_and_its_check_passes(ad_store: ActiveDirectory, ad: SambaAd) -> None:
    ad.person()
    assert all(isinstance(ad_store, ability) for ability in (CanTell, CanUnlock, CanChange, KnowsLockout))
    ad_store.check()


def test_an_account_is_read_as_it_is(ad: SambaAd, seen: Seen) -> None:
    person = ad.person(displayName="Jo Frost", telephoneNumber="+14440000001")
    account = seen(person)
    assert (account.name, account.display_name, account.server) == (person.uid, "Jo Frost", f"{ad.url}:636")
    assert uuid.UUID(account.key.id).bytes_le == ad.read(person.dn, "objectGUID")["objectGUID"][0]
    assert account.stamp == f"{ad.read(person.dn, 'pwdLastSet')['pwdLastSet'][0].decode()}/1"
    assert account.state == AccountState()
    assert not account.privileged
    contacts = {contact.source: (contact.kind, contact.trusted) for contact in account.contacts}
    assert contacts == {
        "mobile": (ContactKind.PHONE, True),
        "telephoneNumber": (ContactKind.PHONE, False),
        "mail": (ContactKind.MAIL, True),
    }


def test_every_name_that_people_sign_in_by_finds_them(ad_store: ActiveDirectory, ad: SambaAd, now: Now) -> None:
    also = ["SMTP:jo@first.example", "smtp:jo@second.example", "x500:/o=Alderwick/cn=jo"]
    person = ad.person("jo.names", userPrincipalName="jo@elsewhere.example", proxyAddresses=also)
    names = ["jo.names", "JO.Names", "ALDERWICK\\jo.names", "alderwick\\JO.NAMES", "jo@elsewhere.example"]
    names += ["jo.names@alderwick.test", "jo.names@alderwick.example", "jo@first.example", "JO@second.example"]
    key = uuid.UUID(bytes_le=ad.read(person.dn, "objectGUID")["objectGUID"][0])
    assert {name: str(key) for name in names} == {
        name: account.key.id for name in names if (account := ad_store.find(name, now()))
    }


@pytest.mark.parametrize(
    "name", ["ELSEWHERE\\jo.nobody", "\\jo.nobody", "/o=Alderwick/cn=jo", "x500:/o=Alderwick/cn=jo"]
)
def test_a_name_of_another_domain_or_kind_is_nobodys(
    ad_store: ActiveDirectory, ad: SambaAd, now: Now, name: str
) -> None:
    if ad_store.find("jo.nobody", now()) is None:
        ad.person("jo.nobody", proxyAddresses=["x500:/o=A/cn=jo", "x500:/o=Alderwick/cn=jo"])
    assert ad_store.find(name, now()) is None


def test_whoever_moves_and_is_renamed_stays_the_same_account(ad_store: ActiveDirectory, ad: SambaAd, now: Now) -> None:
    person = ad.person()
    before = ad_store.find(person.uid, now())
    assert before is not None
    with ad.root() as root:
        assert root.modify_dn(person.dn, f"CN=another name of {person.uid}"), root.result
    account = ad_store.look(before.key, now())
    assert account is not None
    assert account.stamp == before.stamp
    ad_store.set_password(account, Secret(NEW), unlock=True, ctx=now())
    assert ad.opens(person, NEW)


def test_neither_computers_nor_contacts_nor_people_elsewhere_are_found(
    ad_store: ActiveDirectory, ad: SambaAd, now: Now
) -> None:
    with ad.root() as root:
        made = f"CN=Contact,OU=People,{DOMAIN_DN}"
        assert root.add(made, ["contact"], {"mail": "contact@alderwick.example"}), root.result
    for name in ("contact@alderwick.example", "dc1$", "DC1$", "Administrator"):
        assert ad_store.find(name, now()) is None


def test_groups_are_named_with_those_that_they_are_in(ad: SambaAd, seen: Seen) -> None:
    person = ad.person()
    inner = ad.group("Inner circle", person.dn)
    outer = ad.group("Outer circle", inner)
    assert {inner, outer} <= seen(person).groups


# What an account may be ------------------------------------------------------------------------------------------


def by_hand(store: ActiveDirectory, account: Account, ctx: Context) -> None:
    """Whatever is asked, the help desk is named."""
    for ask in (
        lambda: store.set_password(account, Secret(NEW), unlock=True, ctx=ctx),
        lambda: store.unlock(account, ctx=ctx),
        lambda: store.change_password(account, Secret(PASSWORD), Secret(NEW), ctx=ctx),
    ):
        with pytest.raises((PasswordRefused, NotAllowed), match="by hand"):
            ask()


def test_case_9_disabled_is_refused_by_us_and_nothing_is_sent(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person(userAccountControl="514")
    account = seen(person)
    assert not account.state.enabled
    by_hand(ad_store, account, now())
    assert ad.writes(person) == 0


def test_case_10_an_account_that_has_ended_is_refused_by_us(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    ended = datetime.now(UTC) - timedelta(days=2)
    person = ad.person(accountExpires=str(int((ended.timestamp() + 11_644_473_600) * 10**7)))
    account = seen(person)
    assert account.state.expired
    by_hand(ad_store, account, now())
    assert ad.writes(person) == 0
    lasting = ad.person(accountExpires=str(0x7FFFFFFFFFFFFFFF))
    assert not seen(lasting).state.expired


def test_a_smart_card_only_account_is_refused_by_us(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.mark(person, userAccountControl=str(512 | 0x40000))
    before = ad.writes(person)
    assert seen(person).privileged
    by_hand(ad_store, seen(person), now())
    assert ad.writes(person) == before


@pytest.mark.parametrize("group", ["Domain Admins", "Schema Admins", "Enterprise Admins"])
def test_case_13_an_administrator_among_ordinary_people_is_refused_by_us(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now, group: str
) -> None:
    person = ad.person()
    ad.joins(person, f"CN={group},CN=Users,{DOMAIN_DN}")
    assert seen(person).privileged
    by_hand(ad_store, seen(person), now())
    assert ad.writes(person) == 0


@pytest.mark.parametrize("group", ["Account Operators", "Backup Operators", "Server Operators", "Print Operators"])
def test_case_13_so_is_an_operator_by_groups_within_groups(ad: SambaAd, seen: Seen, group: str) -> None:
    person = ad.person()
    inner = ad.group(f"Helpers of {group}", person.dn)
    assert not seen(person).privileged
    ad.joins(Someone("", inner), f"CN={group},CN=Builtin,{DOMAIN_DN}")
    assert seen(person).privileged


def test_case_13_the_server_by_itself_would_reset_an_administrator_until_it_protects_them(ad: SambaAd) -> None:
    person = ad.person()
    ad.joins(person, f"CN=Domain Admins,CN=Users,{DOMAIN_DN}")
    assert _order(ad, person) == 0
    ad.protect(person)
    assert _order(ad, person) == 50
    assert ad.writes(person) == 1


def _order(ad: SambaAd, person: Someone) -> int:
    """What the server says to Keyback's account without Keyback in between."""
    with ad.connected(SERVICE, SERVICE_PASSWORD.encode()) as service:
        service.modify(person.dn, {"unicodePwd": [(ldap3.MODIFY_REPLACE, [in_quotes(NEW)])]})
        return int(service.result["result"])


def test_case_13_who_was_an_administrator_once_is_refused_too(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.protect(person)
    assert seen(person).privileged
    by_hand(ad_store, seen(person), now())


def test_a_group_from_the_settings_makes_privileged_by_groups_within_groups(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    account = seen(person)
    ad.joins(Someone("", ad.group("Near the staff admins", person.dn)), STAFF_ADMINS)
    assert seen(person).privileged
    by_hand(ad_store, account, now())


def test_a_privileged_subtree_makes_privileged(make_ad_store: MakeStore, ad: SambaAd, now: Now) -> None:
    person = ad.person()
    for tree, privileged in ((f"ou=people, {DOMAIN_DN}", True), (f"OU=eople,{DOMAIN_DN}", False)):
        account = make_ad_store(privileged_subtrees=(tree,)).find(person.uid, now())
        assert account is not None
        assert account.privileged is privileged


# Rules ----------------------------------------------------------------------------------------------------------


def test_the_domains_rules_are_shown_and_history_is_not_promised(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    rules = ad_store.rules(seen(ad.person()), now())
    assert (rules.min_length, rules.max_length) == (MINIMUM, 127)
    # The domain remembers some, and this server does not look at them when we reset.
    assert HISTORY
    assert rules.history is None
    assert [str(sentence) for sentence in rules.sentences] == [
        "Three of these: small letters, capitals, digits, other signs"
    ]


def test_rules_of_a_persons_own_are_shown_instead_and_bind(
    ad_store: ActiveDirectory, ad: SambaAd, seen: Seen, now: Now
) -> None:
    person = ad.person()
    ad.rules_for(person, MinimumPasswordLength=20)
    rules = ad_store.rules(seen(person), now())
    assert (rules.min_length, rules.sentences) == (20, ())
    with pytest.raises(PasswordRefused) as refusal:
        ad_store.set_password(seen(person), Secret("nineteen characters"), unlock=True, ctx=now())
    assert str(refusal.value.reasons[0]) == "The directory says: too short for it, at least 20 characters."
    ad_store.set_password(seen(person), Secret("twenty characters ok"), unlock=True, ctx=now())


def test_rules_that_may_not_be_read_are_not_made_up(make_ad_store: MakeStore, ad: SambaAd, now: Now) -> None:
    person = ad.person()
    ad.rules_for(person, MinimumPasswordLength=20)
    store = make_ad_store(bind_dn="stranger@alderwick.test")
    account = store.find(person.uid, now())
    assert account is not None
    assert store.rules(account, now()).min_length is None
    assert store.lockout(account, ctx=now()) is None


def test_case_21_a_shared_address_is_ambiguous_and_a_crafted_name_is_nobody(
    ad_store: ActiveDirectory, ad: SambaAd, now: Now
) -> None:
    ad.person(mail="shared@alderwick.example")
    ad.person(mail="Shared@Alderwick.example")
    with pytest.raises(Ambiguous):
        ad_store.find("shared@alderwick.example", now())
    for crafted in ("*)(objectClass=*", "*", "p0*", "p0001)(mail=*"):
        assert ad_store.find(crafted, now()) is None


def test_somebody_is_found_by_the_sid_as_by_the_guid(ad_store: ActiveDirectory, ad: SambaAd, now: Now) -> None:
    """Some syncs keep no GUID in a copy elsewhere, and all keep this."""
    person = ad.person()
    written = str(format_sid(ad.read(person.dn, "objectSid")["objectSid"][0]))
    account = ad_store.look(AccountKey("active_directory", written), now())
    assert account is not None
    assert account == ad_store.find(person.uid, now())
    # One that is nobody's, one of another domain, and the domain's own, which is no person.
    for other in (f"{written}0", "S-1-5-21-1-2-3-500", written.rpartition("-")[0]):
        assert ad_store.look(AccountKey("active_directory", other), now()) is None


def test_a_key_that_is_none_finds_nobody(ad_store: ActiveDirectory, now: Now) -> None:
    for odd in ("", "*", "S-1", "S-1-5-21-4294967296", str(uuid.uuid4()), str(uuid.uuid4()).upper()):
        assert ad_store.look(AccountKey("active_directory", odd), now()) is None
