"""The preflight of the Entra ID store: each consent that is missing is named, with what it is for."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.application import certificate
from servers.entra_store import Make
from servers.graph import Graph

from keyback.core import PluginError
from keyback.plugins.stores.entra import Entra

EVERY = (
    "User.Read.All",
    "User-PasswordProfile.ReadWrite.All",
    "User.RevokeSessions.All",
    "Domain.Read.All",
    "GroupMember.Read.All",
    "RoleManagement.Read.Directory",
)


@pytest.fixture(autouse=True)
def _somebody(graph: Graph) -> None:
    graph.people.add().joins("group")


def missing(store: Entra) -> str:
    with pytest.raises(PluginError) as fault:
        store.check()
    return str(fault.value)


def remarks(store: Entra) -> list[str]:
    return [str(remark) for remark in store.check()]


def test_with_every_consent_it_passes_and_writes_nothing(store: Entra, graph: Graph) -> None:
    assert store.check() == ()
    assert {asked.verb for asked in graph.asked("GET") + graph.asked("PATCH") + graph.asked("POST")} == {"GET"}


@pytest.mark.parametrize("consent", EVERY)
def test_one_that_is_missing_is_named_and_no_other(consent: str, store: Entra, graph: Graph) -> None:
    graph.consents.discard(consent)
    said = missing(store)
    assert said.startswith(f"Give the application the permission {consent} and consent to it: without it ")
    assert [one for one in EVERY if one in said] == [consent]


def test_all_that_are_missing_are_named_at_once(make_store: Make, graph: Graph) -> None:
    graph.consents.clear()
    graph.consents.add("User.Read.All")
    said = missing(make_store(phones=["phoneMethods"], mails=["emailMethods"]))
    wanted = {*EVERY, "UserAuthMethod-Phone.Read.All", "UserAuthMethod-Email.Read.All"} - {"User.Read.All"}
    assert [one for one in wanted if one not in said] == []


def test_what_is_too_much_is_said_to_the_operator(store: Entra, graph: Graph) -> None:
    graph.consents.add("Directory.ReadWrite.All")
    assert remarks(store) == ["the application may do more than it needs: Directory.ReadWrite.All"]


def test_a_token_that_cannot_be_read_is_no_fault_but_is_said(store: Entra, graph: Graph) -> None:
    graph.tokens.opaque = True
    graph.consents.discard("User-PasswordProfile.ReadWrite.All")
    assert remarks(store) == ["the token cannot be read: whether passwords may be set shows at the first reset"]


@pytest.mark.parametrize(("days", "told"), [(29, 1), (31, 0)])
def test_a_certificate_that_ends_within_a_month_is_told(
    days: int, told: int, make_store: Make, graph: Graph, tmp_path: Path
) -> None:
    file, graph.tokens.public_key = certificate(tmp_path, days=days)
    said = remarks(make_store(client_secret="", certificate_file=str(file)))
    assert [one.startswith("the application's certificate ends on 2") for one in said] == [True] * told


def test_that_accounts_are_synced_is_said_with_the_store_in_which_they_are_reset(store: Entra, graph: Graph) -> None:
    graph.organization["onPremisesSyncEnabled"] = True
    assert remarks(store) == ["accounts are synced to this tenant: they are reset in the store active_directory"]


def test_nobody_in_the_tenant_is_as_if_nobody_could_be_read(store: Entra, graph: Graph) -> None:
    graph.people.all.clear()
    assert "User.Read.All" in missing(store)


def test_a_tenant_without_the_license_for_eligible_roles_is_fine(store: Entra, graph: Graph) -> None:
    graph.licensed = False
    assert store.check() == ()
