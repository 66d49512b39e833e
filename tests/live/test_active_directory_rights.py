"""What the check of an Active Directory finds before anybody needs it: too few rights, and too many."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from servers.samba import SambaAd
from servers.samba_contents import DOMAIN_DN, FENCE, FENCED, GROUPS, PEOPLE, ROOT, ROOT_PASSWORD, STAFF_ADMINS, STRANGER
from servers.slapd import Slapd

from keyback.core import PluginError
from keyback.plugins.stores.active_directory import ActiveDirectory

MakeStore = Callable[..., ActiveDirectory]


@pytest.fixture(autouse=True)
def _somebody(ad: SambaAd) -> None:
    ad.person()


def problem(store: ActiveDirectory) -> str:
    with pytest.raises(PluginError) as found:
        store.check()
    return str(found.value)


def test_the_account_of_the_manual_has_what_it_needs_and_no_more(make_ad_store: MakeStore, ad: SambaAd) -> None:
    for store in (make_ad_store(), make_ad_store(bind_dn=FENCED, fence=FENCE)):
        (remark,) = store.check()
        assert (
            str(remark) == f"{ad.url}:636 does not hold resets to the history of passwords: people can take an old one"
        )


def test_an_account_without_rights_is_told_which(make_ad_store: MakeStore, ad: SambaAd) -> None:
    assert f'lacks the right "Reset Password" on people below {PEOPLE}' in problem(make_ad_store(bind_dn=STRANGER))
    assert f"may not write {FENCE}" in problem(make_ad_store(fence=FENCE))


@pytest.mark.parametrize("name", ["lockoutTime", "pwdLastSet"])
def test_each_right_is_missed_by_name(make_ad_store: MakeStore, ad: SambaAd, name: str) -> None:
    with ad.without_right(name):
        assert f"may not write {name}" in problem(make_ad_store())
    make_ad_store().check()


def test_a_right_too_many_is_named(make_ad_store: MakeStore) -> None:
    # The fence's account, where no fence is wanted.
    assert f"may write more than it needs: {FENCE}" in problem(make_ad_store(bind_dn=FENCED))


def test_an_administrator_as_service_account_is_refused(make_ad_store: MakeStore) -> None:
    assert "more than it needs" in problem(make_ad_store(bind_dn=ROOT, bind_password=ROOT_PASSWORD))


def test_rights_outside_are_found(make_ad_store: MakeStore, ad: SambaAd) -> None:
    with ad.open_to_all(f"CN=Guest,CN=Users,{DOMAIN_DN}"):
        assert "may write to the domain's Guest" in problem(make_ad_store())


def test_a_place_where_nobody_is_or_that_is_not_there_is_named(make_ad_store: MakeStore) -> None:
    for base in (GROUPS, f"OU=Nowhere,{DOMAIN_DN}"):
        assert f"no person can be seen below {base}" in problem(make_ad_store(base=base))


def test_an_administrators_group_must_be_there_and_be_one_that_the_directory_counts(
    make_ad_store: MakeStore, ad: SambaAd
) -> None:
    assert "is not there" in problem(make_ad_store(admin_groups=(f"CN=No such group,{DOMAIN_DN}",)))
    number = UUID(bytes_le=ad.read(STAFF_ADMINS, "objectGUID")["objectGUID"][0])
    assert f"is called {STAFF_ADMINS} by the directory" in problem(make_ad_store(admin_groups=(f"<GUID={number}>",)))
    mailing_list = ad.group("Only a mailing list", kind=2)
    assert "is a mailing list" in problem(make_ad_store(admin_groups=(mailing_list,)))


def test_a_privileged_subtree_that_is_misspelt_is_named(make_ad_store: MakeStore) -> None:
    assert "privileged subtree" in problem(make_ad_store(privileged_subtrees=(f"OU=Nowhere,{DOMAIN_DN}",)))
    make_ad_store(privileged_subtrees=(GROUPS,)).check()


def test_another_directory_is_told_by_name(make_ad_store: MakeStore, slapd: Slapd) -> None:
    settings = {name: slapd.settings()[name] for name in ("servers", "ca_file", "bind_dn", "bind_password", "base")}
    assert "is no Active Directory" in problem(make_ad_store(**settings, admin_groups=()))


def test_rules_that_may_not_be_seen_are_remarked(make_ad_store: MakeStore) -> None:
    store = make_ad_store()
    store._rules._container = f"CN=Out of sight,{DOMAIN_DN}"
    assert any("no rule can be shown" in str(remark) for remark in store.check())


def test_trying_the_rights_changes_no_password(make_ad_store: MakeStore, ad: SambaAd) -> None:
    person = ad.person()
    make_ad_store(base=person.dn).check()
    assert ad.writes(person) == 0
    assert ad.read(person.dn, "badPwdCount")["badPwdCount"] == [b"0"]
