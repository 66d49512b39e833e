"""The OpenLDAP store on a real slapd, as the least-privilege account. Numbers are those of our list of hard cases."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import ldap3
import pytest
from servers.slapd import CHANGED, PASSWORD, PEOPLE, POLICIES, SERVICE, SERVICE_PASSWORD, SUFFIX, Slapd, Someone

from keyback.core import (
    Account,
    Ambiguous,
    CanTell,
    CanUnlock,
    ContactKind,
    PasswordRefused,
    PluginError,
    Secret,
    StoreUnavailable,
)
from keyback.core.testing import StoreSuite, a_context
from keyback.plugins.stores import _ppolicy as ppolicy
from keyback.plugins.stores._ldap import Answer
from keyback.plugins.stores.openldap import OpenLdap

NEW = "four words that belong apart"
# So many objects slapd tells at once, where nothing else is set.
SIZE_LIMIT = 500
BY_HAND = "Your organisation resets this account by hand. Call the help desk."
SOMEBODY_ELSE = "Somebody else just changed this password. Start again."

Found = Callable[[Someone], Account]


class TestItKeepsTheContract(StoreSuite):
    """The suite that every store must pass."""

    name = "suite"

    @pytest.fixture(autouse=True)
    def _with(self, store: OpenLdap, slapd: Slapd) -> None:
        self.plugin, self.slapd = store, slapd
        self.dn = f"uid=suite,{PEOPLE}"
        if store.find("suite", a_context()) is None:
            slapd.person("suite", policy="nohistory")

    def _account(self) -> Account:
        # Long ago again, so that not every one of its many resets waits for the mark to ripen.
        self.slapd.mark(self.dn, pwdChangedTime=CHANGED)
        return super()._account()

    def opens(self, password: str) -> bool:
        return self.slapd.bind(self.dn, password)[0] == 0


def reset(store: OpenLdap, account: Account, password: str) -> None:
    store.set_password(account, Secret(password), unlock=True, ctx=a_context())


def refused(store: OpenLdap, account: Account, password: str) -> str:
    with pytest.raises(PasswordRefused) as refusal:
        reset(store, account, password)
    return str(refusal.value.reasons[0])


def remark(answer: tuple[int, bytes | None]) -> ppolicy.Remark:
    """What the store's decoder makes of a raw control."""
    code, raw = answer
    return ppolicy.remark(Answer(code, controls={} if raw is None else {ppolicy.POLICY_CONTROL: raw}))


def test_it_can_tell_and_unlock_and_its_check_passes(store: OpenLdap) -> None:
    assert isinstance(store, CanTell)
    assert isinstance(store, CanUnlock)
    store.check()


def test_an_account_is_read_as_it_is(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person(displayName="Jo Frost", telephoneNumber="+14440000001", pwdReset="TRUE")
    account = found(person)
    assert (account.name, account.display_name) == (person.uid, "Jo Frost")
    assert account.key.id == slapd.read(person.dn, "entryUUID")["entryUUID"][0].strip("{}")
    assert (account.stamp, account.server) == (CHANGED, slapd.url)
    assert account.state.must_change
    assert not account.state.locked
    assert not account.state.expired
    assert not account.privileged
    contacts = {contact.source: (contact.kind, contact.trusted) for contact in account.contacts}
    assert contacts == {
        "mobile": (ContactKind.PHONE, True),
        "telephoneNumber": (ContactKind.PHONE, False),
        "mail": (ContactKind.MAIL, True),
    }
    assert store.find(f"{person.uid}@ALDERWICK.example", a_context()) == account


def test_several_mail_addresses_are_several_contacts(slapd: Slapd, found: Found) -> None:
    addresses = ["one@alderwick.example", "two@alderwick.example"]
    account = found(slapd.person(mail=addresses))
    assert sorted(c.value for c in account.contacts if c.kind is ContactKind.MAIL) == addresses


def test_hostile_values_are_left_out_and_harm_nothing(slapd: Slapd, found: Found) -> None:
    person = slapd.person(displayName="<script>alert(1)</script>", telephoneNumber=["+15550199", "+1" + "5" * 30_000])
    account = found(person)
    assert account.display_name == "<script>alert(1)</script>"
    assert [c.value for c in account.contacts if c.source == "telephoneNumber"] == ["+15550199"]


@pytest.mark.parametrize(("uid", "privileged"), [("boss", True), ("deputy", True), ("clerk", False)])
def test_an_administrator_is_known_through_five_groups_within_groups(
    store: OpenLdap, uid: str, privileged: bool
) -> None:
    account = store.find(uid, a_context())
    assert account is not None
    assert account.privileged is privileged
    assert (f"cn=admins,ou=Groups,{SUFFIX}" in account.groups) is privileged


def test_an_administrator_is_known_also_by_a_group_of_which_the_directory_marks_nobody(
    make_store: Callable[..., OpenLdap], slapd: Slapd
) -> None:
    """The overlay writes memberOf for one kind of group, and for none where it is missing."""
    person, group = slapd.person(), f"cn=marked by nobody,ou=Groups,{SUFFIX}"
    store = make_store(admin_groups=(group,))
    with slapd.root() as root:
        root.add(group, "groupOfUniqueNames", {"cn": "marked by nobody", "uniqueMember": f"uid=boss,{PEOPLE}"})
        for privileged, groups in ((False, set()), (True, {group})):
            account = store.find(person.uid, a_context())
            assert account is not None
            assert (account.privileged, account.groups) == (privileged, groups)
            root.modify(group, {"uniqueMember": [(ldap3.MODIFY_ADD, [person.dn])]})
    assert slapd.read(person.dn, "memberOf")["memberOf"] == []


def test_of_whom_not_all_groups_are_told_is_nobody_whom_we_may_reset(store: OpenLdap, slapd: Slapd) -> None:
    """One of those left out could be the administrators'."""
    person = slapd.person()
    with slapd.root() as root:
        for number in range(SIZE_LIMIT + 1):
            name = f"{person.uid} {number}"
            root.add(f"cn={name},ou=Groups,{SUFFIX}", "groupOfNames", {"cn": name, "member": person.dn})
    with pytest.raises(StoreUnavailable, match="did not tell all the groups"):
        store.find(person.uid, a_context())


def test_a_privileged_subtree_makes_privileged(make_store: Callable[..., OpenLdap], slapd: Slapd) -> None:
    person = slapd.person()
    for tree, privileged in ((f"OU=people, {SUFFIX}", True), (f"ou=eople,{SUFFIX}", False)):
        account = make_store(privileged_subtrees=(tree,)).find(person.uid, a_context())
        assert account is not None
        assert account.privileged is privileged


def test_case_20_an_odd_dn_is_taken_as_the_server_returns_it(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person(rdn=r"cn=O\, Brien \22x\22 \#1\+é \3Cb\3E", cn='O, Brien "x" #1+é <b>')
    reset(store, found(person), NEW)
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_case_21_a_shared_address_is_ambiguous_and_a_crafted_name_is_nobody(store: OpenLdap, slapd: Slapd) -> None:
    slapd.person(mail="shared@alderwick.example")
    slapd.person(mail="Shared@Alderwick.example")
    with pytest.raises(Ambiguous):
        store.find("shared@alderwick.example", a_context())
    assert store.find("*)(objectClass=*", a_context()) is None


def test_a_name_that_is_somebody_elses_address_is_ambiguous(store: OpenLdap, slapd: Slapd) -> None:
    person = slapd.person("clash")
    slapd.person(mail="clash")
    with pytest.raises(Ambiguous):
        store.find(person.uid, a_context())


def test_case_24_a_reset_works_at_once_and_the_service_account_reads_no_hash(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    person = slapd.person()
    reset(store, found(person), NEW)
    assert slapd.bind(person.dn, NEW)[0] == 0
    assert slapd.bind(person.dn, PASSWORD)[0] == 49
    assert slapd.writes(person.dn) == 1
    with slapd.connected(SERVICE, SERVICE_PASSWORD.encode()) as service:
        service.search(person.dn, "(objectClass=*)", ldap3.BASE, attributes=["uid", "userPassword"])
        assert service.response[0]["raw_attributes"]["userPassword"] == []
        service.compare(person.dn, "userPassword", NEW)
        assert service.result["result"] == 50


def test_case_25_refusals_are_sentences(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    account = found(person)
    assert refused(store, account, "short") == "The directory says: too short for it, at least 8 characters."
    assert refused(store, account, PASSWORD) == "The directory says: used before."
    reset(store, account, NEW)
    assert refused(store, found(person), NEW) == "The directory says: used before."
    assert refused(store, found(person), PASSWORD) == "The directory says: used before."
    young = slapd.person(policy="minage", pwdChangedTime=f"{datetime.now(UTC) - timedelta(hours=1):%Y%m%d%H%M%SZ}")
    assert re.fullmatch(
        r"The directory says: changed too recently; try after \d{4}-\d\d-\d\d \d\d:\d\d UTC\.",
        refused(store, found(young), NEW),
    )


def test_who_may_not_change_a_password_themselves_may_still_have_it_reset(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    person = slapd.person(policy="nochange")
    reset(store, found(person), NEW)
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_case_25_a_hash_that_is_ready_to_be_stored_is_refused(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    assert "curly bracket" in refused(store, found(person), "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0")
    assert slapd.writes(person.dn) == 0


def test_case_26_a_reset_unlocks_and_a_refused_one_does_not(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    slapd.lock(person)
    assert remark(slapd.bind(person.dn, PASSWORD)).rule is ppolicy.Rule.LOCKED
    assert found(person).state.locked
    refused(store, found(person), "short")
    assert found(person).state.locked
    reset(store, found(person), NEW)
    assert not found(person).state.locked
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_case_27_unlocking_is_harmless_whether_or_not_locked(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    slapd.lock(person)
    for _ in range(2):
        store.unlock(found(person), ctx=a_context())
        assert not found(person).state.locked
        assert slapd.bind(person.dn, PASSWORD)[0] == 0
    assert found(person).stamp == CHANGED


def test_a_lock_ends_when_its_policy_says_so(make_store: Callable[..., OpenLdap], slapd: Slapd) -> None:
    now = datetime.now(UTC)
    for seconds, locked in ((30, True), (90, False)):
        since = f"{now - timedelta(seconds=seconds):%Y%m%d%H%M%SZ}"
        person = slapd.person(policy="shortlock", pwdAccountLockedTime=since)
        account = make_store().find(person.uid, a_context(now=now))
        assert account is not None
        assert account.state.locked is locked
        assert account.state.locked_since == (ppolicy.moment(since) if locked else None)


def test_an_administrators_lock_is_seen_and_never_lifted(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    account = found(person)
    slapd.mark(person.dn, pwdAccountLockedTime=ppolicy.LOCKED_BY_ADMIN)
    state = found(person).state
    assert state.locked
    assert state.locked_by_admin
    assert state.locked_since is None
    assert refused(store, account, NEW) == BY_HAND
    with pytest.raises(PasswordRefused):
        store.unlock(account, ctx=a_context())
    assert found(person).state.locked_by_admin
    assert slapd.writes(person.dn) == 0


def test_case_28_safe_modify_is_the_operators_fault_and_found_beforehand(
    store: OpenLdap, make_store: Callable[..., OpenLdap], slapd: Slapd, found: Found
) -> None:
    assert refused(store, found(slapd.person(policy="safemodify")), NEW) == BY_HAND
    with pytest.raises(PluginError, match="pwdSafeModify"):
        make_store(default_policy=f"cn=safemodify,{POLICIES}").check()


def test_case_29_grace_and_expiry_are_decoded(slapd: Slapd) -> None:
    person = slapd.person(policy="grace")
    assert [remark(slapd.bind(person.dn, PASSWORD)).grace_left for _ in range(2)] == [1, 0]
    assert remark(slapd.bind(person.dn, PASSWORD)).rule is ppolicy.Rule.EXPIRED
    expiring = remark(slapd.bind(slapd.person(policy="expiring").dn, PASSWORD))
    assert expiring.expires_in is not None
    assert expiring.expires_in > 86400


def test_an_expired_password_is_reset_and_still_told_right_from_wrong(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    person = slapd.person(policy="expired")
    account = found(person)
    assert store.accepts(account, Secret(PASSWORD), ctx=a_context()) is True
    assert store.accepts(account, Secret("wrong"), ctx=a_context()) is False
    reset(store, account, NEW)
    assert slapd.bind(person.dn, NEW)[0] == 0


def test_case_30_must_change_is_seen_and_ended_by_a_reset(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person(pwdReset="TRUE")
    assert remark(slapd.bind(person.dn, PASSWORD)).rule is ppolicy.Rule.MUST_CHANGE
    with slapd.connected(person.dn, PASSWORD.encode()) as own:
        own.search(person.dn, "(objectClass=*)", ldap3.BASE)
        assert own.result["result"] == 50
        own.modify(person.dn, {"userPassword": [(ldap3.MODIFY_REPLACE, [NEW.encode()])]})
        assert own.result["result"] == 0
        own.search(person.dn, "(objectClass=*)", ldap3.BASE)
        assert own.result["result"] == 0
    another = slapd.person(pwdReset="TRUE")
    assert found(another).state.must_change
    assert store.accepts(found(another), Secret(PASSWORD), ctx=a_context()) is True
    reset(store, found(another), NEW)
    assert not found(another).state.must_change
    assert remark(slapd.bind(another.dn, NEW)).rule is None


def test_case_31_a_wrong_old_password_is_told_apart(slapd: Slapd) -> None:
    person = slapd.person()
    with slapd.connected(person.dn, PASSWORD.encode()) as own:
        own.extend.standard.modify_password(person.dn, b"wrong", NEW.encode(), controls=[ppolicy.ASK_POLICY])
        assert own.result["result"] == 53
        changes = {"userPassword": [(ldap3.MODIFY_DELETE, [b"wrong"]), (ldap3.MODIFY_ADD, [NEW.encode()])]}
        own.modify(person.dn, changes, controls=[ppolicy.ASK_POLICY])
        raw = own.result["controls"][ppolicy.POLICY_CONTROL]["value"]
        assert own.result["result"] == 53
    assert remark((53, raw)).rule is ppolicy.Rule.OLD_ONE_NEEDED
    # The server does not count these: whoever offers a change must throttle it.
    assert "pwdFailureTime" not in slapd.read(person.dn)


def test_case_32_a_referral_is_not_followed(make_store: Callable[..., OpenLdap], slapd: Slapd) -> None:
    heard: list[bytes] = []
    rogue = socket.create_server(("127.0.0.1", 0))
    listening = threading.Thread(target=_hear, args=(rogue, heard), daemon=True)
    listening.start()
    port = rogue.getsockname()[1]
    with slapd.root() as root:
        place = f"ou=Rogue,{PEOPLE}"
        values = {"objectClass": ["referral", "extensibleObject"], "ref": f"ldap://127.0.0.1:{port}/{place}"}
        assert root.add(place, attributes=values, controls=[("2.16.840.1.113730.3.4.2", True, None)]), root.result
    for base in (PEOPLE, f"ou=Rogue,{PEOPLE}"):
        assert make_store(base=base).find("nobody-at-all", a_context()) is None
    rogue.close()
    listening.join(5)
    assert heard == []


def _hear(rogue: socket.socket, heard: list[bytes]) -> None:
    """Whatever is sent to somebody who should not be asked."""
    rogue.settimeout(0.5)
    try:
        with rogue.accept()[0] as victim:
            heard.append(victim.recv(4096) or b"connected")
    except OSError:
        return


def test_case_33_how_a_sign_in_fails_betrays_nothing(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    assert slapd.bind(f"uid=nobody,{PEOPLE}", "wrong") == (49, None)
    code, raw = slapd.bind(person.dn, "wrong")
    assert (code, raw is None) == (49, False)
    # The server tells them apart by an empty control; the store's decoder says the same of both.
    assert remark((49, None)) == remark((code, raw)) == ppolicy.Remark()
    assert store.accepts(found(person), Secret("wrong"), ctx=a_context()) is False


def test_somebody_outside_the_services_rights_is_a_case_for_the_help_desk(
    store: OpenLdap, slapd: Slapd, caplog: pytest.LogCaptureFixture
) -> None:
    boss = store.find("boss", a_context())
    assert boss is not None
    assert refused(store, boss, NEW) == BY_HAND
    assert "refused a write: 50" in caplog.text
    assert slapd.bind(f"uid=boss,{PEOPLE}", PASSWORD)[0] == 0


def test_another_password_is_demanded_at_the_next_sign_in_and_a_reset_ends_the_demand(
    store: OpenLdap, slapd: Slapd, found: Found
) -> None:
    person = slapd.person()
    for _ in range(2):
        store.demand_change(found(person), ctx=a_context())
        assert found(person).state.must_change
    assert slapd.bind(person.dn, PASSWORD)[0] == 0
    assert found(person).stamp == CHANGED
    reset(store, found(person), NEW)
    assert not found(person).state.must_change


def test_nothing_is_demanded_of_whom_the_directory_keeps_from_us(store: OpenLdap, slapd: Slapd, found: Found) -> None:
    person = slapd.person()
    slapd.mark(person.dn, pwdAccountLockedTime=ppolicy.LOCKED_BY_ADMIN)
    with pytest.raises(PasswordRefused):
        store.demand_change(found(person), ctx=a_context())
    assert not found(person).state.must_change
