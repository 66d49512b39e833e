"""What `keyback check` finds out about an OpenLDAP before people come."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from servers.slapd import ADMINS, CHANGED, PEOPLE, POLICIES, ROOT, ROOT_PASSWORD, SUFFIX, Slapd

from keyback.core import PluginError
from keyback.plugins.stores.openldap import OpenLdap

MakeStore = Callable[..., OpenLdap]


def test_a_directory_that_is_set_up_well_is_met_in_silence(make_store: MakeStore, slapd: Slapd) -> None:
    person = slapd.person()
    assert make_store(base=person.dn).check() == ()
    seen = slapd.read(person.dn, "pwdFailureTime", "pwdChangedTime")
    assert (seen["pwdFailureTime"], seen["pwdChangedTime"]) == ([], [CHANGED])
    assert slapd.writes(person.dn) == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"base": f"ou=Nowhere,{SUFFIX}"}, "is not there"),
        ({"person_class": "printer"}, "no object of class printer"),
        ({"bind_password": "not the password"}, "refuses the service account"),
        ({"admin_groups": (f"cn=nobody,ou=Groups,{SUFFIX}",)}, "administrators' group"),
        ({"admin_groups": (ADMINS.replace("cn=", "commonName="),)}, f"is called {ADMINS} by the directory"),
        ({"admin_groups": (f"ou=Groups,{SUFFIX}",)}, "no member of the administrators' group"),
        ({"groups_base": ""}, "set groups_base"),
        ({"privileged_subtrees": (f"ou=Peple,{SUFFIX}",)}, "privileged subtree"),
        ({"privileged_subtrees": (PEOPLE.replace(",", ";"),)}, f"is called {PEOPLE} by the directory"),
        ({"privileged_subtrees": (" ",)}, "privileged subtree"),
        ({"default_policy": f"cn=nothing,{POLICIES}"}, "cn=nothing"),
    ],
)
def test_the_check_says_what_to_mend(make_store: Callable[..., OpenLdap], wrong: dict[str, object], words: str) -> None:
    with pytest.raises(PluginError, match=words):
        make_store(**wrong).check()


def test_a_service_account_that_may_set_nobodys_password_is_found_out(make_store: MakeStore) -> None:
    with pytest.raises(PluginError, match="may write nobody's userPassword"):
        make_store(base=f"uid=boss,{PEOPLE}").check()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"default_policy": f"cn=minage,{POLICIES}"}, "pwdMinAge"),
        ({"default_policy": ""}, "default_policy is empty"),
        ({"bind_dn": ROOT, "bind_password": ROOT_PASSWORD}, "can read passwords' hashes"),
        ({"bind_dn": ROOT, "bind_password": ROOT_PASSWORD}, "may write people's mobile"),
        ({"bind_dn": ROOT, "bind_password": ROOT_PASSWORD}, "would let the service account reset administrators"),
    ],
)
def test_the_check_remarks_what_weakens_resets(make_store: MakeStore, setting: dict[str, str], words: str) -> None:
    assert any(words in str(remark) for remark in make_store(**setting).check())


def test_a_policy_that_somebodys_object_names_is_looked_at_too(make_store: MakeStore, slapd: Slapd) -> None:
    (remark,) = make_store(base=slapd.person(policy="safemodify").dn).check()
    assert "for some people" in str(remark)
    assert "pwdSafeModify" in str(remark)
