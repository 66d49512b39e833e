"""The Entra ID store on a stand-in for Graph: who is found, who is an administrator, what is synced from elsewhere."""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest
from servers import contracts
from servers.entra_store import BY_HAND, NEW, Make, found, refused, reset
from servers.graph import BUSY, DENIED, MASTERED, PUBLISHED, Graph, wrong
from servers.graph_people import LONG_AGO, OLD, Someone
from servers.http_sink import Answer

from keyback.core import (
    Account,
    AccountKey,
    Ambiguous,
    CanEndSessions,
    CanTell,
    ContactKind,
    KnowsLinks,
    StoreUnavailable,
)
from keyback.core.testing import StoreSuite, a_context
from keyback.plugins.stores.entra import Entra

ROLE = "62e90394-69f5-4237-9190-012177145e10"
GONE = wrong(404, "Request_ResourceNotFound", "Resource does not exist.")
# What a proxy says, or a connection that is cut.
NO_LISTS = (b"", b'{"value": [', b"{}", b'{"value": null}', b"[]")
GUID, SID = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef"), "S-1-5-21-1-2-3-1104"
IMMUTABLE = b64encode(GUID.bytes_le).decode()


class TestItKeepsTheContract(StoreSuite):
    """The suite that every store must pass."""

    name = "suite@alderwick.example"
    passwords = ("Correct horse battery 1", "Correct horse battery 2")

    @pytest.fixture(autouse=True)
    def _with(self, store: Entra, graph: Graph) -> None:
        self.plugin, self.someone = store, graph.people.add("suite")

    def _account(self) -> Account:
        # Long ago again, so that not every one of its many resets waits for the mark to ripen.
        self.someone.shown["lastPasswordChangeDateTime"] = LONG_AGO
        return super()._account()

    def opens(self, password: str) -> bool:
        return self.someone.password == password


def test_it_can_tell_end_sessions_and_knows_links(store: Entra) -> None:
    assert isinstance(store, CanTell)
    assert isinstance(store, CanEndSessions)
    assert isinstance(store, KnowsLinks)


# Who is found -------------------------------------------------------------------------------------------------


def test_an_account_is_read_as_it_is(make_store: Make, graph: Graph) -> None:
    jo = graph.people.add(mobilePhone="+1 2065550100", businessPhones=["+1 2065550199"], otherMails=["jo@home.example"])
    group = jo.joins("group")
    store = make_store(phones=["mobilePhone", "businessPhones"], trusted_contacts=["businessPhones"])
    account = found(store, jo)
    assert account.key == AccountKey("entra", jo.id)
    assert (account.name, account.display_name, account.stamp) == (jo.name, "Jo Frost", LONG_AGO)
    assert (account.groups, account.privileged, account.state.enabled) == ({group}, False, True)
    assert account.synced_from is None
    assert [(c.kind, c.value, c.source, c.trusted) for c in account.contacts] == [
        (ContactKind.PHONE, "+1 2065550100", "mobilePhone", False),
        (ContactKind.PHONE, "+1 2065550199", "businessPhones", True),
        (ContactKind.MAIL, "jo@home.example", "otherMails", False),
    ]


@pytest.mark.parametrize(
    ("typed", "identifiers"),
    [
        ("O'Neil.Jo@alderwick.example", ["userPrincipalName"]),
        ("jo+plus@mail.example", ["mail"]),
        ("alias@alderwick.example", ["proxyAddresses"]),
        ("first@alderwick.example", ["proxyAddresses"]),
        ("jo@home.example", ["otherMails"]),
    ],
)
def test_a_person_is_found_by_each_name_that_is_configured_and_by_no_other(
    typed: str, identifiers: list[str], make_store: Make, graph: Graph
) -> None:
    graph.people.add(
        "o'neil.jo",
        mail="jo+plus@mail.example",
        proxyAddresses=["SMTP:first@alderwick.example", "smtp:alias@alderwick.example"],
        otherMails=["jo@home.example"],
    )
    others = {"userPrincipalName", "mail", "proxyAddresses", "otherMails"} - set(identifiers)
    assert make_store(identifiers=identifiers).find(typed, a_context()) is not None
    assert make_store(identifiers=sorted(others)).find(typed, a_context()) is None


def test_a_name_that_two_have_is_nobodys(store: Entra, graph: Graph) -> None:
    graph.people.add("one", mail="both@alderwick.example")
    graph.people.add("two", mail="both@alderwick.example")
    with pytest.raises(Ambiguous):
        store.find("both@alderwick.example", a_context())


def test_a_sign_in_name_with_an_apostrophe_asks_for_nothing_else(store: Entra, graph: Graph) -> None:
    graph.people.add("jo")
    assert store.find("x' or accountEnabled eq true or mail eq 'x", a_context()) is None


def test_a_disabled_account_is_told_to_be_disabled(store: Entra, graph: Graph) -> None:
    assert not found(store, graph.people.add(accountEnabled=False)).state.enabled


def test_an_account_whose_state_cannot_be_seen_is_not_served(store: Entra, graph: Graph) -> None:
    jo = graph.people.add(accountEnabled=None)
    with pytest.raises(StoreUnavailable, match=r"User\.Read\.All"):
        store.find(jo.name, a_context())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("guest", {"userType": "Guest"}),
        ("jo_home.example#EXT#@alderwick.onmicrosoft.com", {}),
        ("jo@elsewhere.example", {}),
    ],
    ids=["guest", "external", "federated"],
)
def test_whose_password_is_kept_elsewhere_is_nobody_here(
    name: str, fields: dict[str, Any], store: Entra, graph: Graph
) -> None:
    graph.domains.append({"id": "elsewhere.example", "authenticationType": "Federated"})
    someone = graph.people.add(name, **fields)
    assert store.find(someone.name, a_context()) is None
    assert store.look(AccountKey("entra", someone.id), a_context()) is None


def test_what_people_registered_for_signing_in_is_read_where_it_is_asked_for(make_store: Make, graph: Graph) -> None:
    graph.consents |= {"UserAuthMethod-Phone.Read.All", "UserAuthMethod-Email.Read.All"}
    jo = graph.people.add()
    jo.phones.append({"id": str(uuid.uuid4()), "phoneNumber": "+1 2065555556x123", "phoneType": "office"})
    jo.mailboxes.append({"id": str(uuid.uuid4()), "emailAddress": "jo@home.example"})
    account = found(make_store(phones=["phoneMethods"], mails=["emailMethods"]), jo)
    assert [(c.source, c.value) for c in account.contacts] == [
        ("phoneMethods", "+1 2065555556x123"),
        ("emailMethods", "jo@home.example"),
    ]
    assert found(make_store(), jo).contacts == ()


# Who is an administrator --------------------------------------------------------------------------------------


def in_a_role(jo: Someone) -> None:
    jo.joins("directoryRole", roleTemplateId=ROLE)


def in_a_group_that_may_hold_one(jo: Someone) -> None:
    jo.joins("group", isAssignableToRole=True)


def with_a_role_of_a_part(jo: Someone) -> None:
    jo.assigned.append({"id": "a1", "principalId": jo.id, "directoryScopeId": "/administrativeUnits/x"})


def who_may_become_one(jo: Someone) -> None:
    jo.eligible.append({"id": "e1", "principalId": jo.id, "directoryScopeId": "/"})


def in_a_restricted_unit(jo: Someone) -> None:
    jo.shown["isManagementRestricted"] = True


@pytest.mark.parametrize(
    "appointed",
    [in_a_role, in_a_group_that_may_hold_one, with_a_role_of_a_part, who_may_become_one, in_a_restricted_unit],
)
def test_an_administrator_is_privileged(appointed: Callable[[Someone], None], store: Entra, graph: Graph) -> None:
    jo, other = graph.people.add(), graph.people.add()
    for one in (jo, other):
        one.joins("group")
        one.joins("administrativeUnit")
    appointed(jo)
    assert found(store, jo).privileged
    assert not found(store, other).privileged


def test_a_role_on_the_last_page_is_seen(store: Entra, graph: Graph) -> None:
    graph.page_size, jo = 2, graph.people.add()
    groups = {jo.joins("group") for _ in range(4)}
    in_a_role(jo)
    account = found(store, jo)
    assert account.privileged
    assert groups < account.groups


def test_the_next_page_is_not_fetched_from_anywhere_else(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    astray = json.dumps({"value": [], "@odata.nextLink": "https://evil.example/v1.0/users"}).encode()
    graph.fails("GET", "transitiveMemberOf", replace(DENIED, status=200, body=astray))
    with pytest.raises(StoreUnavailable, match="somewhere else"):
        store.find(jo.name, a_context())


@pytest.mark.parametrize("consent", ["RoleManagement.Read.Directory", "GroupMember.Read.All", "Domain.Read.All"])
def test_where_administrators_cannot_be_told_apart_nobody_is_served(consent: str, store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    jo.joins("group")
    graph.consents.discard(consent)
    with pytest.raises(StoreUnavailable):
        store.find(jo.name, a_context())
    with pytest.raises(StoreUnavailable):
        store.look(AccountKey("entra", jo.id), a_context())


@pytest.mark.parametrize("part", ["transitiveMemberOf", "roleAssignments", "roleEligibilitySchedules"])
def test_a_question_about_roles_that_is_not_answered_is_no_no(part: str, store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    graph.fails("GET", part, BUSY, BUSY)
    with pytest.raises(StoreUnavailable):
        store.find(jo.name, a_context())


@pytest.mark.parametrize("answer", [GONE, *(replace(DENIED, status=200, body=body) for body in NO_LISTS)])
@pytest.mark.parametrize("part", ["domains", "transitiveMemberOf", "roleAssignments", "roleEligibilitySchedules"])
def test_what_is_no_list_is_no_empty_one(part: str, answer: Answer, store: Entra, graph: Graph) -> None:
    """Whoever took it for one would take an administrator for anybody."""
    jo = graph.people.add()
    in_a_role(jo)
    graph.fails("GET", part, answer, answer)
    with pytest.raises(StoreUnavailable):
        store.find(jo.name, a_context())
    # Broken on purpose, so the contract finds fault with them.
    graph.violations.clear()


def test_a_tenant_without_the_license_for_eligible_roles_has_none(
    store: Entra, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    graph.licensed = False
    assert not found(store, graph.people.add()).privileged
    assert caplog.messages == []


def test_as_much_is_asked_about_an_administrator_as_about_anybody(store: Entra, graph: Graph) -> None:
    counts = []
    for appointed in (lambda jo: None, in_a_role):
        jo = graph.people.add()
        appointed(jo)
        store.find("warm@alderwick.example", a_context())
        before = len(graph.asked("GET", "/users")) + len(graph.asked("GET", "roleManagement"))
        found(store, jo)
        counts.append(len(graph.asked("GET", "/users")) + len(graph.asked("GET", "roleManagement")) - before)
    assert counts[0] == counts[1]


# Accounts that are synced from elsewhere ----------------------------------------------------------------------


def synced(graph: Graph, **fields: Any) -> Someone:
    mastered = {"onPremisesImmutableId": IMMUTABLE, "onPremisesSecurityIdentifier": SID}
    return graph.people.add(**{"onPremisesSyncEnabled": True, **mastered, **fields})


def test_a_synced_account_names_its_master_by_what_never_changes_hands(make_store: Make, graph: Graph) -> None:
    store, jo = make_store(mastered_in="forest"), synced(graph)
    account = found(store, jo)
    assert account.synced_from == AccountKey("forest", str(GUID))
    # What looks like a GUID may be a mark of the house's own: then the SID finds the account.
    assert store.linked_to(account, ctx=a_context()) == (account.synced_from, AccountKey("forest", SID))


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"onPremisesImmutableId": "employee 4711"}, [SID]),
        ({"onPremisesImmutableId": b64encode(b"employee 4711").decode(), "onPremisesSecurityIdentifier": None}, []),
        ({"onPremisesImmutableId": None, "onPremisesSecurityIdentifier": None}, []),
    ],
)
def test_without_a_guid_it_is_the_sid_and_without_either_it_is_synced_all_the_same(
    fields: dict[str, Any], keys: list[str], store: Entra, graph: Graph
) -> None:
    account = found(store, synced(graph, **fields))
    assert [key.id for key in store.linked_to(account, ctx=a_context())] == keys
    assert account.synced_from is not None


def test_a_synced_account_is_never_written(store: Entra, graph: Graph) -> None:
    jo = synced(graph)
    assert refused(store, found(store, jo)) == BY_HAND
    assert graph.asked("PATCH") == []
    assert jo.password == OLD


def test_one_that_became_synced_after_the_look_is_not_written_either(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    account = found(store, jo)
    jo.shown["onPremisesSyncEnabled"] = True
    assert refused(store, account) == BY_HAND
    assert graph.asked("PATCH") == []


def test_one_that_is_not_synced_any_more_is_the_clouds(store: Entra, graph: Graph) -> None:
    jo = synced(graph, onPremisesSyncEnabled=False)
    account = found(store, jo)
    assert (account.synced_from, store.linked_to(account, ctx=a_context())) == (None, ())
    reset(store, account)
    assert jo.password == NEW


def test_when_graph_says_that_it_is_mastered_elsewhere_the_help_desk_is_named(store: Entra, graph: Graph) -> None:
    account = found(store, graph.people.add())
    graph.fails("PATCH", "/users/", wrong(400, "Request_BadRequest", MASTERED))
    assert refused(store, account) == BY_HAND


# The contract -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(bool(contracts.missing(PUBLISHED)), reason=contracts.missing(PUBLISHED))
def test_a_slip_would_be_noticed(store: Entra, graph: Graph) -> None:
    jo = graph.people.add()
    jo.shown["displayName"] = 7
    found(store, jo)
    assert [one.split(" ")[0] for one in graph.violations] == ["GET"]
    graph.violations.clear()
    misspelt = json.dumps({"passwordProfile": {"password": NEW, "forceChangePasswordNextLogin": False}}).encode()
    request = MockRequest(
        "https://graph.microsoft.com",
        "patch",
        f"/v1.0/users/{jo.id}",
        headers={"Authorization": "Bearer x"},
        data=misspelt,
        content_type="application/json",
    )
    with pytest.raises(OpenAPIError):
        contracts.judge(PUBLISHED).validate_request(request)
